// HOT PATH
import TimeScale

/// Why requests of a client got no time.
public struct DropReasons: OptionSet, Hashable, Sendable {
    /// One bit for each reason.
    public let rawValue: UInt8

    /// A set of reasons from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// An access rule denied it.
    public static let denied = DropReasons(rawValue: 1)
    /// It came too soon.
    public static let limited = DropReasons(rawValue: 2)
    /// It was the one in ten of `flake`.
    public static let flaked = DropReasons(rawValue: 4)
}

/// What is remembered about one client: 64 bytes, a line of the processor's cache.
struct ClientRecord: Equatable, Sendable {
    /// The address, masked; 16 bytes in two words.
    var address: (high: UInt64, low: UInt64) = (0, 0)
    /// The first request and the last, on the clock that is never set.
    var first = MonotonicInstant(nanoseconds: 0)
    var last = MonotonicInstant(nanoseconds: 0)
    /// Requests, and those of them that got no time; both stop at the highest number.
    var count: UInt32 = 0
    var drops: UInt32 = 0
    /// The bucket of the rate limit, s.
    var level: Float = 0
    /// The last interval and its mean, s.
    var lastInterval: Float = 0
    var averageInterval: Float = 0
    /// The last source port.
    var port: UInt16 = 0
    /// Kisses o'death sent; stops at the highest number.
    var kisses: UInt16 = 0
    /// Bit n: a request of version n, of mode n.
    var versions: UInt8 = 0
    var modes: UInt8 = 0
    /// Version and mode of the last request, as in the packet: version × 8 + mode.
    var versionAndMode: UInt8 = 0
    var dropReasons: DropReasons = []
    var isAuthenticated = false

    /// 1/8: the mean follows a change of the interval within some ten requests, as RFC 5905's CLOCK_AVG.
    private static let averagingGain: Float = 0.125

    /// 1024 s, in nanoseconds: the longest interval that a client takes to by itself (ntpd's and chrony's default maxpoll).
    private static let usualLongestPoll: Int64 = 1_024_000_000_000

    static func == (left: ClientRecord, right: ClientRecord) -> Bool {
        left.address == right.address && left.first == right.first && left.last == right.last
    }

    /// Counts a request.
    ///
    /// - Returns: seconds since the one before, ≥ 0; infinity for the first.
    mutating func countRequest(_ firstByte: UInt8, port: UInt16, now: MonotonicInstant) -> Double {
        var interval = Double.infinity
        if count == 0 {
            first = now
        } else {
            interval = max(0, (now - last).seconds)
            lastInterval = Float(interval)
            averageInterval += (lastInterval - averageInterval) * (count == 1 ? 1 : Self.averagingGain)
        }
        last = now
        count = count < .max ? count + 1 : count
        self.port = port
        versionAndMode = firstByte & 0x3f
        versions |= 1 << (versionAndMode >> 3)
        modes |= 1 << (versionAndMode & 7)
        return interval
    }

    /// Counts what was not served, and whether the client was told.
    mutating func countDrop(_ reason: DropReasons, isTold: Bool) {
        drops = drops < .max ? drops + 1 : drops
        dropReasons.formUnion(reason)
        if isTold, kisses < .max { kisses += 1 }
    }

    /// By how many nanoseconds a client has outstayed the time for which it is kept while others need its place.
    ///
    /// That is 16 times as long as it is known, for the young ones; for the others 8 of its intervals or 1024 s, whatever
    /// is longer. A client of a single request is not kept at all.
    func overstay(at now: MonotonicInstant) -> Int64 {
        let known = max(0, last.nanoseconds - first.nanoseconds)
        let habit = Int64(min(Double(averageInterval), 1e6) * 8e9)
        let patience = min(known > .max / 16 ? .max : 16 * known, max(habit, Self.usualLongestPoll))
        return max(0, now.nanoseconds - last.nanoseconds) - patience
    }
}
