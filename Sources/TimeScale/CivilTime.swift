/// A date and time of day in UTC, proleptic Gregorian; the second may be 60.
public struct CivilTime: Hashable, Sendable {
    /// Year, 1678 ... 2261.
    public let year: Int
    /// Month, 1 ... 12.
    public let month: Int
    /// Day of the month, 1 ... 31.
    public let day: Int
    /// Hour, 0 ... 23.
    public let hour: Int
    /// Minute, 0 ... 59.
    public let minute: Int
    /// Second, 0 ... 60; 60 only at 23:59.
    public let second: Int
    /// Nanoseconds, 0 ..< 1 000 000 000.
    public let nanosecond: Int

    /// A civil time from its fields.
    ///
    /// - Returns: `nil` for anything that no UTC clock shows: a month 13, 30 February, second 60 at any
    ///   minute but 23:59, a year that `Instant` cannot hold.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, nanosecond: Int = 0)
    {
        guard (1678...2261).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.daysInMonth(month, ofYear: year),
            (0...23).contains(hour), (0...59).contains(minute), (0..<1_000_000_000).contains(nanosecond),
            (0...59).contains(second) || (second == 60 && hour == 23 && minute == 59)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second, self.nanosecond) = (hour, minute, second, nanosecond)
    }

    /// The civil time of a moment. Never shows second 60.
    public init(_ instant: Instant) {
        let seconds = instant.wholeSeconds
        let dayNumber = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let secondOfDay = Int(seconds - dayNumber * 86_400)
        (year, month, day) = Self.date(ofDayNumber: Int(dayNumber))
        (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
        nanosecond = Int(instant.nanosecondsOfSecond)
    }

    /// The moment; 23:59:60 falls on the following 00:00:00, as POSIX time does.
    public var instant: Instant {
        let seconds = Self.dayNumber(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        // In the first second of `Instant`'s range the product alone is beyond Int64; the sum wraps back into it.
        return Instant(nanoseconds: Int64(seconds) &* 1_000_000_000 &+ Int64(nanosecond))
    }

    /// Whether this is the inserted second 23:59:60.
    public var isLeapSecond: Bool { second == 60 }

    /// Days of a month, 28 ... 31.
    static func daysInMonth(_ month: Int, ofYear year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date; negative before it.
    ///
    /// Counts in years that begin in March, so that the leap day comes last, and in eras of 400 years.
    static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let era = marchYear / 400
        let yearOfEra = marchYear - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - daysFromEraStartTo1970
    }

    /// The date of a day counted from 1970-01-01.
    static func date(ofDayNumber dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        let days = dayNumber + daysFromEraStartTo1970
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// Days from 0000-03-01, the start of an era of 400 March years, to 1970-01-01.
    private static let daysFromEraStartTo1970 = 719_468
}

extension CivilTime: CustomStringConvertible {
    /// ISO 8601 with milliseconds: `2026-11-21T05:06:07.089Z`; finer digits are cut, not rounded.
    public var description: String {
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let time = "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
        return "\(date)T\(time).\(Self.padded(nanosecond / 1_000_000, 3))Z"
    }

    /// A non-negative number with zeros in front.
    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Instant: CustomStringConvertible {
    /// ISO 8601 in UTC with milliseconds.
    public var description: String { CivilTime(self).description }
}
