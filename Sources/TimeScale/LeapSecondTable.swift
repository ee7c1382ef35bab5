/// TAI − UTC through history, and the leap seconds to come that are known.
public struct LeapSecondTable: Sendable, Equatable {
    /// One step of TAI − UTC.
    public struct Entry: Sendable, Equatable {
        /// The moment from which the offset holds: a 00:00:00 UTC just after the leap second.
        public let since: Instant
        /// TAI − UTC in whole seconds, 10 or more.
        public let taiMinusUTC: Int

        /// An entry of the table.
        public init(since: Instant, taiMinusUTC: Int) {
            (self.since, self.taiMinusUTC) = (since, taiMinusUTC)
        }
    }

    /// The steps, oldest first; never empty.
    public let entries: [Entry]

    /// The moment after which the table may lack a leap second; `nil` where it promises to hold for ever.
    public let expires: Instant?

    /// A table from steps in order of time.
    public init(entries: [Entry], expires: Instant?) {
        precondition(!entries.isEmpty, "a leap second table has at least one entry")
        (self.entries, self.expires) = (entries, expires)
    }

    /// TAI − UTC at a moment; before 1972, the 10 s of 1972.
    public func taiMinusUTC(at instant: Instant) -> Int {
        entries.last { $0.since <= instant }?.taiMinusUTC ?? entries[0].taiMinusUTC
    }

    /// GPS − UTC at a moment: TAI − UTC less the constant 19 s (IS-GPS-200 §3.3.4).
    public func gpsMinusUTC(at instant: Instant) -> Int { taiMinusUTC(at: instant) - 19 }

    /// The leap second that ends the UTC day of a moment, if one does.
    public func leapIndicator(at instant: Instant) -> LeapIndicator {
        let secondOfDay = instant.wholeSeconds % 86_400
        let untilMidnight = secondOfDay < 0 ? -secondOfDay : 86_400 - secondOfDay
        guard let endOfDay = Instant(seconds: instant.wholeSeconds + untilMidnight) else { return .none }
        let change = taiMinusUTC(at: endOfDay) - taiMinusUTC(at: instant)
        return change > 0 ? .insertSecond : change < 0 ? .deleteSecond : .none
    }

    /// Whether a leap second happens within two seconds of a moment: clocks and receivers disagree about it just then.
    public func isLeapNear(_ instant: Instant) -> Bool {
        entries.dropFirst().contains { entry in
            // Two moments can be 584 years apart, which no `Interval` holds.
            let (distance, isFar) = entry.since.nanoseconds.subtractingReportingOverflow(instant.nanoseconds)
            return !isFar && distance.magnitude <= 2_000_000_000
        }
    }

    /// Whether the table may be out of date at a moment.
    public func isExpired(at instant: Instant) -> Bool {
        guard let expires else { return false }
        return instant >= expires
    }

    /// The table as IERS Bulletin C 72 (July 2026) leaves it: no leap second announced, TAI − UTC = 37 s since 2017.
    public static let builtIn: LeapSecondTable = {
        /// Dates of each step from 10 s in 1972, one second each (IERS `Leap_Second.dat`): year · 10 + half,
        /// half 0 = 1 January, half 1 = 1 July.
        let steps = [
            1972_0, 1972_1, 1973_0, 1974_0, 1975_0, 1976_0, 1977_0, 1978_0, 1979_0, 1980_0, 1981_1, 1982_1, 1983_1,
            1985_1, 1988_0, 1990_0, 1991_0, 1992_1, 1993_1, 1994_1, 1996_0, 1997_1, 1999_0, 2006_0, 2009_0, 2012_1,
            2015_1, 2017_0,
        ]
        let entries = steps.enumerated().compactMap { index, step in
            CivilTime(year: step / 10, month: step % 10 == 0 ? 1 : 7, day: 1).map {
                Entry(since: $0.instant, taiMinusUTC: 10 + index)
            }
        }
        return LeapSecondTable(entries: entries, expires: CivilTime(year: 2027, month: 6, day: 28)?.instant)
    }()
}
