import TimeScale

/// A date as a receiver sends it: perhaps with two digits of the year, perhaps multiples of 1024 weeks ago.
public struct SentDate: Sendable, Equatable {
    /// Year as sent; below 100 where the century is missing.
    public let year: Int
    /// Month as sent; a number.
    public let month: Int
    /// Day of the month as sent; a number.
    public let day: Int

    /// A date from its fields, which need not be valid.
    public init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// How far before the pivot a date is still believed as it is.
    ///
    /// 1 day: a pivot from a build, a file or a battery clock may be in local time or run fast, and the price of
    /// unfolding a right date is an error of 19.6 years.
    static let pivotAllowance = Interval.seconds(86_400)

    /// The pivots that leave room for three rollovers and 100 years within the range of `Instant`: 1980-01-06 ... 2150.
    static let pivotRange = GNSSWeek.gpsEpoch...Instant(nanoseconds: 5_680_281_600 * 1_000_000_000)

    /// The UTC moment that the receiver means.
    ///
    /// Candidates are the date as sent, or in each of the centuries 19, 20 and 21 where the year has two digits; each
    /// one not before the GPS epoch and with as many week rollovers added (`GNSSWeek.unfold`) as bring it to the
    /// pivot. The earliest one that is not before the pivot is meant. So with a pivot in 2019, 220899 is 1999-08-22
    /// with one rollover, 2019-04-07, and not 2099; with a pivot in 2026, 010626 is 2026 as it stands.
    ///
    /// - Parameters:
    ///   - timeOfDay: time since midnight, 0 ..< 86 401 s; from 86 400 s on, within 23:59:60.
    ///   - pivot: a moment that cannot lie in the future, within `pivotRange`.
    /// - Returns: the moment, with 0 ... 3 rollovers added.
    /// - Throws: `MessageRejection.badDate`, `.dateOutOfRange`, or `.badLeapSecond` for second 60 on a day that does not
    ///   end a quarter (ITU-R TF.460-6 annex 1 §2.1 prefers the ends of December and June, then of March and September).
    func moment(
        at timeOfDay: Interval, notBefore pivot: Instant
    ) throws(MessageRejection) -> NamedMoment {
        let floor = pivot - Self.pivotAllowance
        var exists = false
        var best: (utc: Instant, weekRollovers: Int)?
        for century in stride(from: year < 100 ? 1900 : 0, through: year < 100 ? 2100 : 0, by: 100) {
            guard year < 2200, let midnight = CivilTime(year: century + year, month: month, day: day)?.instant else {
                continue
            }
            exists = true
            guard midnight >= GNSSWeek.gpsEpoch else { continue }
            let (utc, rollovers) = GNSSWeek.unfold(midnight + timeOfDay, notBefore: floor)
            guard utc >= floor, utc - floor < Self.hundredYears, utc < best?.utc ?? Self.never else { continue }
            best = (utc, rollovers)
        }
        guard exists else { throw .badDate }
        guard let best else { throw .dateOutOfRange }
        guard timeOfDay < Self.day || Self.beginsQuarter(best.utc) else { throw .badLeapSecond }
        return NamedMoment(
            utc: best.utc, weekRollovers: best.weekRollovers, isLeapSecond: timeOfDay >= Self.day)
    }

    /// Whether a moment is on the first day of January, April, July or October.
    static func beginsQuarter(_ instant: Instant) -> Bool {
        let civil = CivilTime(instant)
        return civil.day == 1 && civil.month % 3 == 1
    }

    private static let day = Interval.seconds(86_400)
    /// A date this long after the pivot is none.
    static let hundredYears = Interval.seconds(36_525 * 86_400)
    private static let never = Instant(nanoseconds: .max)
}

extension Interval {
    /// Time since midnight, from 86 400 s on within 23:59:60; `nil` for what is no time of day.
    init?(hour: Int, minute: Int, second: Int) {
        guard hour < 24, minute < 60, second < 60 || second == 60 && hour == 23 && minute == 59 else { return nil }
        self = .seconds(Int64(hour * 3600 + minute * 60 + second))
    }
}
