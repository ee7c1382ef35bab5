import SimulatedWorld
import Testing
import TimeScale

@Suite("Civil time")
struct CivilTimeTests {
    /// Days by Python: `(date(y, m, d) - date(1970, 1, 1)).days`.
    @Test(
        "a date has its day number and a day number its date",
        arguments: [
            (1678, 1, 1, -106_650), (1700, 2, 28, -98_557), (1700, 3, 1, -98_556), (1899, 12, 31, -25_568),
            (1900, 1, 1, -25_567), (1900, 2, 28, -25_509), (1900, 3, 1, -25_508), (1969, 12, 31, -1),
            (1970, 1, 1, 0), (1972, 2, 29, 789), (1980, 1, 6, 3657), (2000, 2, 29, 11_016), (2000, 3, 1, 11_017),
            (2026, 11, 21, 20_778), (2038, 1, 19, 24_855), (2100, 2, 28, 47_540), (2100, 3, 1, 47_541),
            (2261, 12, 31, 106_650),
        ])
    func dayNumbers(year: Int, month: Int, day: Int, number: Int64) throws {
        let civil = try #require(CivilTime(year: year, month: month, day: day))
        #expect(civil.instant.nanoseconds == number * 86_400 * 1_000_000_000)
        #expect(CivilTime(civil.instant) == civil)
    }

    @Test("every day from 1678 to 2261 follows the one before")
    func everyDay() throws {
        var (year, month, day) = (1678, 1, 1)
        // Lengths of months from the rhyme, leap years from the Gregorian rule.
        for number in Int64(-106_650)...106_650 {
            let civil = CivilTime(Instant(nanoseconds: number * 86_400_000_000_000))
            try #require((civil.year, civil.month, civil.day) == (year, month, day))
            let isLeapYear = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (2262, 1, 1))
    }

    @Test(
        "fields that no UTC clock shows are refused",
        arguments: [
            [1677, 12, 31, 0, 0, 0, 0], [2262, 1, 1, 0, 0, 0, 0], [2026, 0, 1, 0, 0, 0, 0], [2026, 13, 1, 0, 0, 0, 0],
            [2026, 1, 0, 0, 0, 0, 0], [2026, 1, 32, 0, 0, 0, 0], [2026, 4, 31, 0, 0, 0, 0], [2026, 6, 31, 0, 0, 0, 0],
            [2026, 9, 31, 0, 0, 0, 0], [2026, 11, 31, 0, 0, 0, 0], [2026, 2, 29, 0, 0, 0, 0],
            [1900, 2, 29, 0, 0, 0, 0],
            [2100, 2, 29, 0, 0, 0, 0], [2000, 2, 30, 0, 0, 0, 0], [2026, 1, 1, 24, 0, 0, 0], [2026, 1, 1, -1, 0, 0, 0],
            [2026, 1, 1, 0, 60, 0, 0], [2026, 1, 1, 0, -1, 0, 0], [2026, 1, 1, 0, 0, -1, 0],
            [2026, 1, 1, 23, 59, 61, 0],
            [2026, 1, 1, 23, 58, 60, 0], [2026, 1, 1, 22, 59, 60, 0], [2026, 1, 1, 0, 0, 60, 0],
            [2026, 1, 1, 0, 0, 0, -1], [2026, 1, 1, 0, 0, 0, 1_000_000_000],
        ])
    func refused(fields: [Int]) {
        #expect(Self.civil(fields) == nil)
    }

    @Test(
        "the last value of each field is taken",
        arguments: [
            [1678, 1, 1, 0, 0, 0, 0], [2261, 12, 31, 23, 59, 60, 999_999_999], [2000, 2, 29, 23, 59, 59, 999_999_999],
            [1972, 2, 29, 0, 0, 0, 0], [2026, 1, 31, 23, 59, 60, 0], [2026, 11, 30, 0, 0, 0, 0],
        ])
    func taken(fields: [Int]) throws {
        let civil = try #require(Self.civil(fields))
        #expect(
            [civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second, civil.nanosecond] == fields)
    }

    @Test("the leap second falls on the midnight that follows it, as in POSIX")
    func leapSecond() throws {
        let leap = try #require(
            CivilTime(year: 2016, month: 12, day: 31, hour: 23, minute: 59, second: 60, nanosecond: 250_000_000))
        #expect(leap.isLeapSecond)
        // 2017-01-01T00:00:00Z is 1483228800 by date(1).
        #expect(leap.instant.nanoseconds == 1_483_228_800_250_000_000)
        #expect(!CivilTime(leap.instant).isLeapSecond)
        #expect(CivilTime(leap.instant).description == "2017-01-01T00:00:00.250Z")
        #expect(leap.description == "2016-12-31T23:59:60.250Z")
    }

    /// Python: `datetime(1970, 1, 1) + timedelta(microseconds=…)`; the range ends by dividing 2⁶³ by hand.
    @Test(
        "moments are described in ISO 8601 with milliseconds, cut",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-1_000_000_000, "1969-12-31T23:59:59.000Z"),
            (-86_400_000_000_000, "1969-12-31T00:00:00.000Z"),
            (-86_400_000_000_001, "1969-12-30T23:59:59.999Z"),
            (1_795_237_567_089_999_999, "2026-11-21T05:06:07.089Z"),
            (.max, "2262-04-11T23:47:16.854Z"),
            (.min, "1677-09-21T00:12:43.145Z"),
        ] as [(Int64, String)])
    func descriptions(nanoseconds: Int64, text: String) {
        #expect(Instant(nanoseconds: nanoseconds).description == text)
    }

    @Test("moments become fields and moments again, the ends of the range included")
    func roundTrip() throws {
        var random = RandomSource(seed: 11)
        let ends: [Int64] = [.min, .min + 1, .max - 1, .max, -1, 0, 1]
        let others = (0..<20_000).map { _ in Int64(bitPattern: random.next()) }
        for nanoseconds in ends + others {
            let instant = Instant(nanoseconds: nanoseconds)
            try #require(CivilTime(instant).instant == instant)
        }
    }

    private static func civil(_ fields: [Int]) -> CivilTime? {
        CivilTime(
            year: fields[0], month: fields[1], day: fields[2], hour: fields[3], minute: fields[4], second: fields[5],
            nanosecond: fields[6])
    }
}
