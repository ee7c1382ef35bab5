// HOT PATH
import TimeScale

/// When replies really left, for the clients that ask for it in their next request (RFC 9769 §2).
///
/// One instance for each thread that serves, without locks. It has no memory before the first interleaved client, grows
/// between requests by `growIfCrowded()` up to its limit, and is an array of sets of eight places. An exchange is found
/// by the receive timestamp that its reply told and the client that it was told to, and only once. Where a set is full,
/// exchanges of those give way first who have not yet proven, by naming a timestamp of ours, that they get our replies:
/// a flood with forged addresses pushes no client out.
public struct InterleavedExchanges: Sendable {
    /// A reply that was sent.
    private struct Exchange {
        /// Its receive timestamp, odd; 0 = the place is free.
        var received: UInt64 = 0
        /// When it left, even; 0 = two replies told the same client the same receive timestamp, and neither is used.
        var transmitted: UInt64 = 0
        /// The hash of the client's address.
        var client: UInt64 = 0
        /// Whether it answered a request that named an exchange before.
        var isProven = false
    }

    /// Places of a set.
    private static let setSize = 8
    /// Places after the first interleaved client: 2 kB.
    private static let fewestPlaces = 64
    /// 2048 s in units of 2⁻³² s: twice the longest interval that a client takes to by itself. What is older has been
    /// given up.
    private static let patience: Int64 = 2048 << 32
    /// 1 s in units of 2⁻³² s: a kernel's stamp that differs by more from ours belongs to another clock or reply.
    private static let farthestCorrection: UInt64 = 1 << 32

    /// Exchanges remembered.
    public private(set) var count = 0
    private var exchanges: [Exchange] = []
    private var isWanted = false
    private let hash: AddressHash
    /// Spreads receive timestamps over the sets; odd.
    private let multiplier: UInt64
    private let mostPlaces: Int

    /// No exchanges, and no memory for them.
    ///
    /// - Parameters:
    ///   - limit: most exchanges remembered, 8 or more; rounded down to a power of two.
    ///   - key: random bits that nobody else knows.
    public init(limit: Int = 4096, key: (UInt64, UInt64)) {
        let places = max(limit, Self.setSize)
        mostPlaces = 1 << (Int.bitWidth - 1 - places.leadingZeroBitCount)
        hash = AddressHash(key: key)
        multiplier = hash(0, 0) | 1
    }

    /// Places that there is memory for, never above the limit.
    public var placeCount: Int { exchanges.count }

    /// When the reply left that told a client a receive timestamp, once; `nil` where that is not known.
    mutating func take(received: NTPTimestamp, client: (high: UInt64, low: UInt64)) -> NTPTimestamp? {
        guard !exchanges.isEmpty else { return nil }
        let client = hash(client.high, client.low)
        guard let place = place(of: received.bits, client: client), exchanges[place].transmitted != 0 else {
            return nil
        }
        defer {
            exchanges[place] = Exchange()
            count -= 1
        }
        return NTPTimestamp(bits: exchanges[place].transmitted)
    }

    /// Remembers a reply.
    ///
    /// - Parameters:
    ///   - received: the receive timestamp that it tells, odd.
    ///   - client: whom it is told to.
    ///   - transmitted: when it leaves, as far as known now; even.
    ///   - isProven: whether the request named an exchange that was remembered.
    mutating func remember(
        received: NTPTimestamp, client: (high: UInt64, low: UInt64), transmitted: NTPTimestamp, isProven: Bool
    ) {
        guard !exchanges.isEmpty else {
            isWanted = true
            return
        }
        let exchange = Exchange(
            received: received.bits, transmitted: transmitted.bits, client: hash(client.high, client.low),
            isProven: isProven)
        if let twin = place(of: exchange.received, client: exchange.client) {
            (exchanges[twin].transmitted, exchanges[twin].isProven) = (0, false)
        } else if let place = room(for: exchange) {
            if exchanges[place].received == 0 { count += 1 }
            exchanges[place] = exchange
        }
    }

    /// Replaces our own stamp of a reply by the kernel's or the network card's.
    ///
    /// - Parameters:
    ///   - received: the receive timestamp in the reply.
    ///   - transmitted: when the reply left, in served time.
    /// - Returns: `false` where the reply is not remembered any more, or the stamp cannot be its.
    @discardableResult
    public mutating func correct(received: NTPTimestamp, transmitted: NTPTimestamp) -> Bool {
        guard !exchanges.isEmpty else { return false }
        var found: Int?
        for place in places(of: received.bits)
        where exchanges[place].received == received.bits && exchanges[place].transmitted != 0 {
            // Two clients were told the same receive timestamp: whose stamp is it?
            guard found == nil else { return false }
            found = place
        }
        guard let found else { return false }
        let stamp = transmitted.asTransmit.bits
        let correction = Int64(bitPattern: stamp &- exchanges[found].transmitted).magnitude
        guard correction <= Self.farthestCorrection, Int64(bitPattern: stamp &- received.bits) > 0 else { return false }
        exchanges[found].transmitted = stamp
        return true
    }

    /// Forgets every exchange: after the clock was stepped its timestamps are of another time.
    public mutating func removeAll() {
        for place in exchanges.indices { exchanges[place] = Exchange() }
        count = 0
    }

    /// Gets memory where the first interleaved client has come, and doubles it where more than a quarter is taken, up to
    /// the limit. It allocates, so it is to be called between requests.
    public mutating func growIfCrowded() {
        guard isWanted || count > exchanges.count / 4, exchanges.count < mostPlaces else { return }
        isWanted = false
        let old = exchanges
        let places = max(2 * old.count, min(Self.fewestPlaces, mostPlaces))
        (exchanges, count) = ([Exchange](repeating: Exchange(), count: places), 0)
        for exchange in old where exchange.received != 0 {
            // A set divides into two, so there is always a place.
            guard let place = room(for: exchange) else { continue }
            exchanges[place] = exchange
            count += 1
        }
    }

    /// The set of a receive timestamp.
    private func places(of received: UInt64) -> Range<Int> {
        let set = Int(truncatingIfNeeded: (received &* multiplier) >> 32) & (exchanges.count / Self.setSize - 1)
        return set * Self.setSize..<(set + 1) * Self.setSize
    }

    private func place(of received: UInt64, client: UInt64) -> Int? {
        for place in places(of: received)
        where exchanges[place].received == received && exchanges[place].client == client { return place }
        return nil
    }

    /// A free place, or that of the oldest exchange among those that are worth least; `nil` where all are worth more.
    private func room(for exchange: Exchange) -> Int? {
        var (worst, most, isProven) = (0, Int64.min, true)
        for place in places(of: exchange.received) {
            let other = exchanges[place]
            if other.received == 0 { return place }
            let age = Int64(bitPattern: exchange.received &- other.received)
            let isWorse = other.isProven == isProven ? age > most : isProven
            if isWorse { (worst, most, isProven) = (place, age, other.isProven) }
        }
        return exchange.isProven || !isProven || most > Self.patience ? worst : nil
    }
}

/// The lowest bit of a timestamp, 233 ps, tells a receive timestamp of ours (1) from a transmit timestamp (0): so a
/// request that names a receive timestamp, as only interleaved clients do, is known without a look at any memory.
extension NTPTimestamp {
    /// The timestamp as replies tell when a request was received.
    var asReceive: NTPTimestamp { NTPTimestamp(bits: bits | 1) }

    /// The timestamp as replies tell when they were sent; never 0, which means "unknown".
    var asTransmit: NTPTimestamp { NTPTimestamp(bits: bits > 1 ? bits & ~1 : 2) }

    /// The timestamp of sending, but after that of receiving.
    func asTransmit(after received: NTPTimestamp) -> NTPTimestamp {
        Int64(bitPattern: bits &- received.bits) > 0 ? asTransmit : NTPTimestamp(bits: received.bits &+ 1).asTransmit
    }
}
