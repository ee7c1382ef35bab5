import Testing
import TimeScale

@Suite("GNSS weeks")
struct GNSSWeekTests {
    /// Python: `datetime(1980, 1, 6) + timedelta(weeks=w, seconds=tow - leap)`. The rollovers of 22 August 1999 (GPS −
    /// UTC 13 s), 7 April 2019 and 21 November 2038 (18 s) come some seconds before midnight UTC.
    @Test(
        "weeks and times of week are moments and back",
        arguments: [
            (0, 0, 0, utc(1980, 1, 6)),
            (1023, 604_799, 13, utc(1999, 8, 21, 23, 59, 46)),
            (1024, 0, 13, utc(1999, 8, 21, 23, 59, 47)),
            (2047, 604_799, 18, utc(2019, 4, 6, 23, 59, 41)),
            (2048, 0, 18, utc(2019, 4, 6, 23, 59, 42)),
            (2238, 345_600, 18, utc(2022, 11, 30, 23, 59, 42)),
            (2445, 18, 18, utc(2026, 11, 15)),
            (3071, 604_799, 18, utc(2038, 11, 20, 23, 59, 41)),
            (3072, 0, 18, utc(2038, 11, 20, 23, 59, 42)),
        ])
    func moments(week: Int, timeOfWeek: Int64, leapSeconds: Int, instant: Instant) {
        let made = GNSSWeek.instant(week: week, timeOfWeek: .seconds(timeOfWeek), leapSeconds: leapSeconds)
        #expect(made == instant)
        #expect(GNSSWeek.week(of: instant, leapSeconds: leapSeconds) == (week, .seconds(timeOfWeek)))
    }

    @Test("nanoseconds before a week's start belong to the week before, also before 1980")
    func boundaries() {
        let last = Interval(nanoseconds: 604_799_999_999_999)
        let nanosecond = Interval(nanoseconds: 1)
        #expect(GNSSWeek.week(of: utc(1980, 1, 13) - nanosecond, leapSeconds: 0) == (0, last))
        #expect(GNSSWeek.week(of: utc(1980, 1, 6) - nanosecond, leapSeconds: 0) == (-1, last))
        #expect(GNSSWeek.week(of: utc(1979, 12, 30), leapSeconds: 0) == (-1, .zero))
        #expect(GNSSWeek.instant(week: 0, timeOfWeek: last, leapSeconds: 0) == utc(1980, 1, 13) - nanosecond)
    }

    @Test(
        "weeks and times of week out of range are no moments",
        arguments: [(-1, 0), (14_001, 0), (0, -1), (0, 604_800), (.max, 0), (.min, 0)] as [(Int, Int64)])
    func outOfRange(week: Int, timeOfWeek: Int64) {
        #expect(GNSSWeek.instant(week: week, timeOfWeek: .seconds(timeOfWeek), leapSeconds: 18) == nil)
    }

    @Test("week 14000 is still a moment")
    func lastWeek() throws {
        let last = try #require(GNSSWeek.instant(week: 14_000, timeOfWeek: .zero, leapSeconds: 18))
        // 14000 weeks are 98 000 days, from 1980-01-06 to 2248-04-30.
        #expect(last == utc(2248, 4, 30) - .seconds(18))
    }

    /// 1024 weeks before and after by Python's `timedelta(weeks=1024)`.
    @Test(
        "rollovers are undone up to the pivot, at most three times",
        arguments: [
            (utc(2006, 4, 9), utc(2025, 11, 23), utc(2025, 11, 23), 1),
            (utc(2006, 4, 9), utc(2006, 4, 9), utc(2006, 4, 9), 0),
            (utc(2006, 4, 8, 23, 59, 59), utc(2006, 4, 9), utc(2025, 11, 22, 23, 59, 59), 1),
            (utc(1986, 8, 24), utc(2006, 4, 10), utc(2025, 11, 23), 2),
            (utc(2025, 11, 22), utc(2026, 1, 1), utc(2045, 7, 8), 1),
            (utc(1980, 1, 6), utc(2030, 1, 1), utc(2038, 11, 21), 3),
            (utc(1980, 1, 6), utc(2100, 1, 1), utc(2038, 11, 21), 3),
            (utc(2099, 1, 1), utc(2026, 1, 1), utc(2099, 1, 1), 0),
        ])
    func unfold(said: Instant, pivot: Instant, meant: Instant, rollovers: Int) {
        #expect(GNSSWeek.unfold(said, notBefore: pivot) == (meant, rollovers))
    }
}
