/// A signed length of time in whole nanoseconds.
///
/// Range: ±292 years. Arithmetic traps on overflow, which no difference of two `Instant`s that the
/// parsers let in can reach.
public struct Interval: Hashable, Sendable, Comparable {
    /// Nanoseconds, positive or negative.
    public let nanoseconds: Int64

    /// An interval of whole nanoseconds.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// An interval from seconds, rounded to the nearest nanosecond.
    ///
    /// - Parameter seconds: seconds; values beyond ±292 years, infinities and NaN are clamped (NaN to zero).
    public init(seconds: Double) {
        let scaled = (seconds * 1e9).rounded()
        if scaled.isNaN {
            nanoseconds = 0
        } else {
            nanoseconds = Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
        }
    }

    /// The interval in seconds: the nearest `Double` below 104 days (2⁵³ ns), relative error under 2.3e-16 beyond.
    ///
    /// A division, because 10⁻⁹ is no `Double`: its product with 300 000 000 is not 0.3.
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// No time at all.
    public static let zero = Interval(nanoseconds: 0)

    /// One second.
    public static let second = Interval(nanoseconds: 1_000_000_000)

    /// A whole number of milliseconds.
    public static func milliseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000) }

    /// A whole number of seconds.
    public static func seconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }

    /// The length without its sign.
    public var magnitude: Interval { nanoseconds < 0 ? Interval(nanoseconds: -nanoseconds) : self }

    /// Shorter (more negative) before longer.
    public static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The sum of two intervals.
    public static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds + right.nanoseconds)
    }

    /// The difference of two intervals.
    public static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds - right.nanoseconds)
    }

    /// The interval with its sign turned.
    public static prefix func - (interval: Interval) -> Interval { Interval(nanoseconds: -interval.nanoseconds) }
}
