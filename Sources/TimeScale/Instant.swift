/// A moment of UTC: whole nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
///
/// Range: 1677-09-21 to 2262-04-11. During an inserted leap second the POSIX count repeats, so an
/// `Instant` alone cannot tell 23:59:60 from 00:00:00; `SecondLabel` and `LeapIndicator` carry that.
public struct Instant: Hashable, Sendable, Comparable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let nanoseconds: Int64

    /// A moment from its count of nanoseconds.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A moment from seconds and nanoseconds, as the kernel and shared memory give it; `nil` where the sum is outside
    /// the range of the type.
    ///
    /// - Parameters:
    ///   - seconds: seconds since 1970.
    ///   - nanosecondsOfSecond: any value; carried into the seconds.
    public init?(seconds: Int64, nanosecondsOfSecond: Int64 = 0) {
        let (whole, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = whole.addingReportingOverflow(nanosecondsOfSecond)
        guard !tooLong, !carried else { return nil }
        nanoseconds = sum
    }

    /// 1970-01-01T00:00:00Z.
    public static let unixEpoch = Instant(nanoseconds: 0)

    /// The whole second at or before this moment, in seconds since 1970.
    public var wholeSeconds: Int64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest < 0 ? seconds - 1 : seconds
    }

    /// Nanoseconds since the whole second: 0 ..< 1 000 000 000.
    public var nanosecondsOfSecond: Int64 {
        let rest = nanoseconds % 1_000_000_000
        return rest < 0 ? rest + 1_000_000_000 : rest
    }

    /// The boundary of a second nearest to this moment; the later one at exactly half a second.
    public var nearestSecond: Instant { (self + Interval(nanoseconds: 500_000_000)).startOfSecond }

    /// The beginning of the second that this moment is in.
    public var startOfSecond: Instant { Instant(nanoseconds: wholeSeconds * 1_000_000_000) }

    /// Earlier before later.
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment an interval later.
    public static func + (instant: Instant, interval: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds + interval.nanoseconds)
    }

    /// The moment an interval earlier.
    public static func - (instant: Instant, interval: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds - interval.nanoseconds)
    }

    /// How much later the first moment is than the second.
    public static func - (left: Instant, right: Instant) -> Interval {
        Interval(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// A reading of a clock that is never set: for timers, ages and time-outs.
///
/// The zero is arbitrary (boot, for the kernel's CLOCK_MONOTONIC); only differences mean anything.
public struct MonotonicInstant: Hashable, Sendable, Comparable {
    /// Nanoseconds since the arbitrary zero.
    public let nanoseconds: Int64

    /// A moment that never comes.
    public static let distantFuture = MonotonicInstant(nanoseconds: .max)

    /// A reading from its count of nanoseconds.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Earlier before later.
    public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The reading an interval later.
    public static func + (instant: MonotonicInstant, interval: Interval) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: instant.nanoseconds + interval.nanoseconds)
    }

    /// How much later the first reading is than the second.
    public static func - (left: MonotonicInstant, right: MonotonicInstant) -> Interval {
        Interval(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}
