// HOT PATH
import ConfigurationLanguage
import TimeScale

/// The clients of the time service: what they did, and what they may do next.
///
/// One instance for each thread that serves, without locks. Its memory grows between requests by `growIfCrowded()`, up
/// to its limit and no further. A full table makes room by forgetting those who came once, then those who have stayed
/// away for long, measured by how long they are known; a client that keeps its pace is never forgotten, so a flood from
/// any number of addresses cannot push it out. Whom there is no room for is served without being remembered.
///
/// The table is an array of sets of eight places; an address has its set by a secret hash.
public struct ClientTable: Sendable {
    /// What happened to the table since it was made.
    public struct Counters: Equatable, Sendable {
        /// Clients that were forgotten for others.
        public var forgotten = 0
        /// Requests whose client was not remembered.
        public var unrecorded = 0
    }

    /// Places of a set.
    static let setSize = 8
    /// Sets of a new table: 256 clients, 17 kB.
    private static let fewestSets = 32
    /// Kisses o'death per second that a server allows to all clients together, and at once: a flood with forged
    /// addresses shall not be reflected.
    private static let kissRate = 100.0

    /// What happened to the table since it was made.
    public private(set) var counters = Counters()
    /// Clients remembered.
    public private(set) var count = 0
    /// The limit in force.
    public let limit: RateLimit

    /// The upper half of each place's hash; 0 = the place is free.
    private(set) var tags: [UInt32]
    private(set) var records: [ClientRecord]
    private let hash: AddressHash
    private let mostSets: Int
    private let ipv4Mask: UInt64
    private let ipv6Mask: (high: UInt64, low: UInt64)
    /// The place of the last request's client.
    private var lastPlace: Int?
    /// Kisses that may be sent at once, and when that was so.
    private var kissAllowance: Double
    /// This table's share of the rate, per second.
    private let kissRate: Double
    private var kissAllowanceTime = MonotonicInstant(nanoseconds: 0)

    /// An empty table.
    ///
    /// - Parameters:
    ///   - rule: its size, which is rounded down to a power of two of clients, and what counts as one client.
    ///   - limit: how often a client may ask.
    ///   - key: random bits that nobody else knows.
    ///   - tables: among how many tables a server's kisses are divided.
    public init(_ rule: ClientTableRule, limit: RateLimit, key: (UInt64, UInt64), tables: Int = 1) {
        kissRate = Self.kissRate / Double(max(1, tables))
        kissAllowance = kissRate
        let clients =
            switch rule.size {
            case .clients(let clients): clients
            case .bytes(let bytes): bytes / (MemoryLayout<ClientRecord>.stride + MemoryLayout<UInt32>.stride)
            }
        let sets = max(clients / Self.setSize, 1)
        mostSets = 1 << (Int.bitWidth - 1 - sets.leadingZeroBitCount)
        self.limit = limit
        hash = AddressHash(key: key)
        let ipv6 = IPAddress(maskOf: min(max(rule.ipv6Prefix, 0), 128), family: .v6)
        ipv4Mask = UInt64.max << UInt64(32 - min(max(rule.ipv4Prefix, 0), 32))
        ipv6Mask = (ipv6?.high ?? .max, ipv6?.low ?? .max)
        let places = min(Self.fewestSets, mostSets) * Self.setSize
        tags = [UInt32](repeating: 0, count: places)
        records = [ClientRecord](repeating: ClientRecord(), count: places)
    }

    /// Remembers a request and decides what becomes of it.
    ///
    /// - Parameters:
    ///   - request: the datagram; what is no request is neither counted nor limited.
    ///   - address: where it comes from, 16 bytes in two words; IPv4 as ::ffff:a.b.c.d.
    ///   - port: its source port.
    ///   - flags: what the access rules deny this client.
    ///   - now: about when it came.
    /// - Returns: what the client may have.
    public mutating func admit(
        _ request: Span<UInt8>, from address: (high: UInt64, low: UInt64), port: UInt16, flags: AccessFlags,
        now: MonotonicInstant
    ) -> AccessDecision {
        lastPlace = nil
        guard !flags.contains(.ignore) else { return .ignore }
        guard NTPServer.isRequest(request) else { return Self.service(flags) }
        let key = masked(address)
        let bits = hash(key.high, key.low)
        guard let place = place(of: key, bits, now: now) else {
            counters.unrecorded += 1
            return Self.service(flags)
        }
        lastPlace = place
        let interval = records[place].countRequest(request[0], port: port, now: now)
        if flags.contains(.noServe) { return deny(place, flags, interval: interval, now: now) }
        // Random enough: nobody knows the hash, and the count of requests is different every time.
        let random = Self.lot(bits &+ UInt64(records[place].count))
        if flags.contains(.flake), random >> 32 % 10 == 0 {
            records[place].countDrop(.flaked, isTold: false)
            return .flake
        }
        guard isLimited(flags) else { return Self.service(flags) }
        let judgement = limit.judge(
            level: &records[place].level, interval: interval, kisses: flags.contains(.kissOfDeath), random: random)
        guard judgement != .within else { return Self.service(flags) }
        let isTold = judgement == .aboveAndToldSo && takeKiss(now: now)
        records[place].countDrop(.limited, isTold: isTold)
        return isTold ? .kiss(.rateExceeded) : .limit
    }

    /// Remembers that the last request that was admitted had a good authenticator.
    public mutating func noteAuthentication() {
        if let lastPlace { records[lastPlace].isAuthenticated = true }
    }

    /// Remembers that the last request that was admitted, and that lacked the proof it needed, got no time.
    ///
    /// - Parameters:
    ///   - flags: what the access rules deny this client.
    ///   - now: about when it came.
    /// - Returns: whether the client is to be told so by a kiss, which goes out in place of a reply that the rate limit
    ///   allowed; where there is no rate limit, no more often than to clients that are denied.
    public mutating func noteMissingProof(flags: AccessFlags, now: MonotonicInstant) -> Bool {
        guard let lastPlace else { return false }
        let interval = Double(records[lastPlace].lastInterval)
        let isTold =
            flags.isSuperset(of: [.noTrust, .kissOfDeath])
            && (isLimited(flags) || RateLimit.tellsDenial(level: &records[lastPlace].level, interval: interval))
            && takeKiss(now: now)
        records[lastPlace].countDrop(.denied, isTold: isTold)
        return isTold
    }

    /// Doubles the table where more than a quarter of its places are taken and its limit allows. It allocates, so it is
    /// to be called between requests.
    ///
    /// A quarter, because then one set in five thousand has more than eight clients; with a half it is one in fifty.
    public mutating func growIfCrowded() {
        let sets = tags.count / Self.setSize
        guard count > tags.count / 4, sets < mostSets else { return }
        let old = (tags: tags, records: records)
        lastPlace = nil
        tags = [UInt32](repeating: 0, count: 2 * old.tags.count)
        records = [ClientRecord](repeating: ClientRecord(), count: 2 * old.tags.count)
        for place in old.tags.indices where old.tags[place] != 0 {
            let record = old.records[place]
            // A set divides into two, so there is always a place.
            let first = firstPlace(hash(record.address.high, record.address.low))
            guard let free = (first..<first + Self.setSize).first(where: { tags[$0] == 0 }) else { continue }
            (tags[free], records[free]) = (old.tags[place], record)
        }
    }

    private mutating func deny(
        _ place: Int, _ flags: AccessFlags, interval: Double, now: MonotonicInstant
    ) -> AccessDecision {
        let isTold =
            flags.contains(.kissOfDeath) && RateLimit.tellsDenial(level: &records[place].level, interval: interval)
            && takeKiss(now: now)
        records[place].countDrop(.denied, isTold: isTold)
        return isTold ? .kiss(.denied) : .refuse
    }

    /// Whether the rate limit is for a client.
    private func isLimited(_ flags: AccessFlags) -> Bool { limit.isForEveryone || flags.contains(.limited) }

    /// What a client may have by the access rules alone.
    private static func service(_ flags: AccessFlags) -> AccessDecision {
        if flags.contains(.noServe) { return .refuse }
        if flags.contains(.noTrust) {
            return flags.contains(.version) ? .currentVersionAuthenticatedOnly : .authenticatedOnly
        }
        return flags.contains(.version) ? .currentVersionOnly : .serve
    }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood: OOPSLA 2014).
    private static func lot(_ number: UInt64) -> UInt64 {
        var bits = number &* 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }

    /// The address as far as it tells one client from another.
    private func masked(_ address: (high: UInt64, low: UInt64)) -> (high: UInt64, low: UInt64) {
        let isMapped = address.high == 0 && address.low >> 32 == 0xffff
        return isMapped
            ? (0, address.low & ipv4Mask) : (address.high & ipv6Mask.high, address.low & ipv6Mask.low)
    }

    private func firstPlace(_ bits: UInt64) -> Int {
        Int(truncatingIfNeeded: bits) & (tags.count / Self.setSize - 1) * Self.setSize
    }

    /// The place of a client, a new one where it has none yet; `nil` where every place of its set is kept for others.
    private mutating func place(
        of address: (high: UInt64, low: UInt64), _ bits: UInt64, now: MonotonicInstant
    ) -> Int? {
        let first = firstPlace(bits)
        let tag = UInt32(truncatingIfNeeded: bits >> 32) | 1
        var free: Int?
        for place in first..<first + Self.setSize {
            if tags[place] == tag, records[place].address == address { return place }
            if tags[place] == 0 { free = free ?? place }
        }
        guard let place = free ?? mostOverdue(from: first, now: now) else { return nil }
        if free == nil { counters.forgotten += 1 } else { count += 1 }
        tags[place] = tag
        records[place] = ClientRecord()
        records[place].address = address
        return place
    }

    /// The client of a set that has outstayed its time the longest; `nil` where none has.
    private func mostOverdue(from first: Int, now: MonotonicInstant) -> Int? {
        var (worst, most) = (first, Int64.min)
        for place in first..<first + Self.setSize {
            let overstay = records[place].overstay(at: now)
            if overstay > most { (worst, most) = (place, overstay) }
        }
        return most >= 0 ? worst : nil
    }

    private mutating func takeKiss(now: MonotonicInstant) -> Bool {
        let elapsed = max(0, (now - kissAllowanceTime).seconds)
        kissAllowance = min(kissAllowance + elapsed * kissRate, max(1, kissRate))
        kissAllowanceTime = now
        guard kissAllowance >= 1 else { return false }
        kissAllowance -= 1
        return true
    }
}
