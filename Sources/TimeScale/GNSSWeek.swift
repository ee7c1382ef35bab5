/// Weeks of GPS time, and how receivers that count them in ten bits go wrong by 1024 of them.
public enum GNSSWeek {
    /// The start of GPS time, 1980-01-06T00:00:00Z (IS-GPS-200 §3.3.4).
    public static let gpsEpoch = Instant(nanoseconds: 315_964_800 * 1_000_000_000)

    /// One week.
    public static let length = Interval.seconds(604_800)

    /// 1024 weeks, after which the week number of the GPS L1 C/A message repeats (19.6 years).
    public static let rollover = Interval.seconds(1024 * 604_800)

    /// The moment of a GPS week and time of week.
    ///
    /// - Parameters:
    ///   - week: full week number since 1980, 0 ... 14 000.
    ///   - timeOfWeek: time since the start of the week on Sunday 00:00 GPS time.
    ///   - leapSeconds: GPS − UTC in seconds (18 since 2017).
    /// - Returns: `nil` where the week or the time of week is out of range.
    public static func instant(week: Int, timeOfWeek: Interval, leapSeconds: Int) -> Instant? {
        guard (0...14_000).contains(week), timeOfWeek >= .zero, timeOfWeek < length else { return nil }
        return gpsEpoch + .seconds(Int64(week) * 604_800 - Int64(leapSeconds)) + timeOfWeek
    }

    /// The GPS week and the time in it of a moment.
    ///
    /// - Parameters:
    ///   - instant: the moment, UTC.
    ///   - leapSeconds: GPS − UTC in seconds at that moment.
    /// - Returns: full week number since 1980 and time since the start of that week.
    public static func week(of instant: Instant, leapSeconds: Int) -> (week: Int, timeOfWeek: Interval) {
        let sinceEpoch = (instant - gpsEpoch + .seconds(Int64(leapSeconds))).nanoseconds
        var week = sinceEpoch / length.nanoseconds
        if sinceEpoch % length.nanoseconds < 0 { week -= 1 }
        return (Int(week), Interval(nanoseconds: sinceEpoch - week * length.nanoseconds))
    }

    /// Undoes week rollovers: adds 1024 weeks until the moment is no earlier than a pivot, at most three times.
    ///
    /// Three covers a receiver of the first era (1980) read until 2058.
    ///
    /// - Parameters:
    ///   - instant: the moment as the receiver says it.
    ///   - pivot: a moment that cannot lie in the future: the build date, the last good time.
    /// - Returns: the moment, and how many rollovers were added (0 ... 3).
    public static func unfold(_ instant: Instant, notBefore pivot: Instant) -> (instant: Instant, rollovers: Int) {
        var (unfolded, rollovers) = (instant, 0)
        while unfolded < pivot, rollovers < 3 {
            unfolded = unfolded + rollover
            rollovers += 1
        }
        return (unfolded, rollovers)
    }
}
