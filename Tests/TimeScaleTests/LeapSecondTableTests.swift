import Foundation
import Testing
import TimeScale

@Suite("Leap second table")
struct LeapSecondTableTests {
    @Test("the table built in has the 28 steps that IERS lists, at their moments")
    func steps() {
        let expected = LeapSecondFixture.steps.map {
            LeapSecondTable.Entry(
                since: Instant(nanoseconds: ($0.ntpSeconds - 2_208_988_800) * 1_000_000_000), taiMinusUTC: $0.offset)
        }
        #expect(expected.count == 28)
        #expect(LeapSecondTable.builtIn.entries == expected)
    }

    /// Steps by the list of IERS, two of each kind besides the ends; GPS − UTC is TAI − UTC − 19 s.
    @Test(
        "TAI − UTC changes at midnight and not before",
        arguments: [
            (utc(1900, 1, 1), 10), (utc(1972, 1, 1), 10), (utc(1972, 6, 30, 23, 59, 59), 10), (utc(1972, 7, 1), 11),
            (utc(1980, 1, 6), 19), (utc(1998, 12, 31, 23, 59, 59), 31), (utc(1999, 1, 1), 32),
            (utc(2016, 12, 31, 23, 59, 59), 36), (utc(2017, 1, 1), 37), (utc(2200, 1, 1), 37),
        ])
    func offsets(instant: Instant, taiMinusUTC: Int) {
        #expect(LeapSecondTable.builtIn.taiMinusUTC(at: instant) == taiMinusUTC)
        #expect(LeapSecondTable.builtIn.gpsMinusUTC(at: instant) == taiMinusUTC - 19)
    }

    @Test(
        "a leap second is announced through the day that it ends, and no other",
        arguments: [
            (utc(2016, 12, 30, 23, 59, 59), LeapIndicator.none), (utc(2016, 12, 31), .insertSecond),
            (utc(2016, 12, 31, 12), .insertSecond), (utc(2016, 12, 31, 23, 59, 59), .insertSecond),
            (utc(2017, 1, 1), .none), (utc(2015, 6, 30, 0, 0, 1), .insertSecond), (utc(2015, 7, 1), .none),
            (utc(2026, 12, 31), .none), (utc(1971, 12, 31), .none), (utc(1965, 6, 30, 12), .none),
        ])
    func announcement(instant: Instant, leap: LeapIndicator) {
        #expect(LeapSecondTable.builtIn.leapIndicator(at: instant) == leap)
    }

    @Test("a second taken out is announced as such")
    func deletion() {
        let table = Self.table((utc(2017, 1, 1), 37), (utc(2029, 7, 1), 36))
        #expect(table.leapIndicator(at: utc(2029, 6, 29, 23, 59, 59)) == .none)
        #expect(table.leapIndicator(at: utc(2029, 6, 30)) == .deleteSecond)
        #expect(table.leapIndicator(at: utc(2029, 6, 30, 23, 59, 58)) == .deleteSecond)
        #expect(table.leapIndicator(at: utc(2029, 7, 1)) == .none)
        #expect(table.taiMinusUTC(at: utc(2029, 7, 1)) == 36)
    }

    @Test("days before 1970 are days from midnight to midnight")
    func daysBefore1970() {
        let table = Self.table((utc(1960, 1, 1), 5), (utc(1965, 7, 1), 6))
        #expect(table.leapIndicator(at: utc(1965, 6, 29, 12)) == .none)
        #expect(table.leapIndicator(at: utc(1965, 6, 30)) == .insertSecond)
        #expect(table.leapIndicator(at: utc(1965, 6, 30, 12)) == .insertSecond)
        #expect(table.leapIndicator(at: utc(1965, 7, 1)) == .none)
    }

    @Test("the end of the range of moments brings no trap", arguments: [Int64.min, .max])
    func rangeEnds(nanoseconds: Int64) {
        let instant = Instant(nanoseconds: nanoseconds)
        #expect(LeapSecondTable.builtIn.leapIndicator(at: instant) == .none)
        #expect(!LeapSecondTable.builtIn.isLeapNear(instant))
    }

    @Test(
        "a leap second is near within two seconds, both included",
        arguments: [
            (-2_000_000_001, false), (-2_000_000_000, true), (-1, true), (0, true), (2_000_000_000, true),
            (2_000_000_001, false),
        ] as [(Int64, Bool)])
    func nearness(nanoseconds: Int64, isNear: Bool) {
        let instant = utc(2017, 1, 1) + Interval(nanoseconds: nanoseconds)
        #expect(LeapSecondTable.builtIn.isLeapNear(instant) == isNear)
    }

    @Test("the beginning of UTC was no leap second")
    func beginning() {
        #expect(!LeapSecondTable.builtIn.isLeapNear(utc(1972, 1, 1)))
        #expect(LeapSecondTable.builtIn.isLeapNear(utc(1972, 7, 1)))
    }

    @Test("a table is expired from its moment on, and never without one")
    func expiry() {
        let moment = utc(2026, 6, 28)
        let table = LeapSecondTable(entries: LeapSecondTable.builtIn.entries, expires: moment)
        #expect(!table.isExpired(at: moment - Interval(nanoseconds: 1)))
        #expect(table.isExpired(at: moment))
        let lasting = LeapSecondTable(entries: table.entries, expires: nil)
        #expect(!lasting.isExpired(at: utc(2261, 12, 31)))
    }

    @Test("the list of this machine, where it has one, agrees with the table built in")
    func systemList() throws {
        let path = "/usr/share/zoneinfo/leap-seconds.list"
        guard let contents = FileManager.default.contents(atPath: path) else { return }
        let table = try LeapSecondTable(list: Array(contents), sha1: nil)
        let known = LeapSecondTable.builtIn.entries
        #expect(table.entries.prefix(known.count) == known.prefix(table.entries.count))
    }

    private static func table(_ steps: (Instant, Int)...) -> LeapSecondTable {
        LeapSecondTable(entries: steps.map { .init(since: $0.0, taiMinusUTC: $0.1) }, expires: nil)
    }
}
