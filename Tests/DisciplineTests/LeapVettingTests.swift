import Testing
import TimeScale

@testable import Discipline

@Suite("Leap vetting")
struct LeapVettingTests {
    private typealias Announcement = LeapVetting.Announcement

    private func day(_ year: Int, _ month: Int, _ day: Int, hour: Int = 0, minute: Int = 0) -> Instant {
        guard let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute) else {
            preconditionFailure("\(year)-\(month)-\(day) is a date")
        }
        return time.instant
    }

    /// No leap second known after 2017, not valid after 2027-06-28.
    private let table = LeapSecondTable.builtIn

    /// Announcements from a text such as `A+ B+ C0 D?`: insert, none, unsynchronised; `-` deletes.
    private static func announcements(_ text: String) -> [LeapVetting.Announcement] {
        let indicators: [Character: LeapIndicator] = [
            "+": .insertSecond, "-": .deleteSecond, "0": .none, "?": .unsynchronised,
        ]
        return text.split(separator: " ").map { word in
            Announcement(source: String(word.dropLast()), indicator: word.last.flatMap { indicators[$0] } ?? .none)
        }
    }

    /// The last verdict after hearing the same from a moment on, each ten minutes; the vetoes of all.
    private func listen(
        _ text: String, from start: Instant, minutes: Int64, _ table: LeapSecondTable? = nil, end: Instant? = nil
    ) -> (verdict: LeapVetting.Verdict, vetoes: [LeapVetting.Veto]) {
        var vetting = LeapVetting(end: end)
        var verdict = LeapVetting.Verdict(indicator: .none, leapSecond: nil, vetoes: [])
        var vetoes: [LeapVetting.Veto] = []
        for minute in stride(from: 0, through: minutes, by: 10) {
            verdict = vetting.decide(
                announcements: Self.announcements(text), table: table ?? self.table,
                at: start + .seconds(60 * minute))
            vetoes += verdict.vetoes
        }
        return (verdict, vetoes)
    }

    @Test(
        "beyond the table two that agree for an hour are believed, unless contradicted",
        arguments: [
            ("A+ B+", 60, LeapIndicator.insertSecond, []), ("A- B-", 60, .deleteSecond, []), ("A+ B+", 50, .none, []),
            ("A+", 60, .none, [.alone]), ("A+ A+", 60, .none, [.alone]), ("A+ B?", 60, .none, [.alone]),
            ("A+ B-", 60, .none, [.opposed, .opposed]), ("A+ B+ C-", 60, .none, [.opposed, .opposed, .opposed]),
            ("A+ B+ C0 D0", 60, .insertSecond, []),
            ("A+ B+ C0 D0 E0", 60, .none, [.deniedByMajority, .deniedByMajority]),
            ("A0 B0", 60, .none, []), ("", 60, .none, []),
        ] as [(String, Int64, LeapIndicator, [LeapVetting.Reason])])
    func announced(text: String, minutes: Int64, expected: LeapIndicator, reasons: [LeapVetting.Reason]) {
        let (verdict, vetoes) = listen(text, from: day(2027, 12, 31, hour: 12), minutes: minutes)
        #expect(verdict.indicator == expected)
        #expect(verdict.leapSecond?.end == (expected == .none ? nil : day(2028, 1, 1)))
        #expect(verdict.leapSecond?.isInserted ?? true == (expected != .deleteSecond))
        #expect(vetoes.map(\.reason) == reasons)
    }

    @Test("the indicator is shown on the last day only, and gone with the month")
    func lastDay() {
        var vetting = LeapVetting(end: nil)
        let both = Self.announcements("A+ B+")
        var verdict = vetting.decide(announcements: both, table: table, at: day(2028, 6, 10))
        for (moment, expected) in [
            (day(2028, 6, 29, hour: 23, minute: 59), LeapIndicator.none), (day(2028, 6, 30), .insertSecond),
            (day(2028, 6, 30, hour: 23, minute: 59), .insertSecond), (day(2028, 7, 1), .none),
        ] {
            verdict = vetting.decide(announcements: both, table: table, at: moment)
            #expect(verdict.indicator == expected, "\(moment)")
        }
        #expect(verdict.leapSecond == nil)
    }

    @Test(
        "the IERS has used no other month's end than June's and December's",
        arguments: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11])
    func otherMonths(month: Int) {
        let (verdict, vetoes) = listen("A+ B+", from: day(2028, month, 10), minutes: 28 * 1440)
        #expect(verdict.indicator == .none)
        #expect(vetoes.allSatisfy { $0.reason == .notEndOfHalfYear })
    }

    @Test("a veto is told once a month, in words")
    func words() {
        let (_, vetoes) = listen("NMEA(0)+ B0", from: day(2027, 2, 1, hour: 2), minutes: 10_000)
        #expect(
            vetoes.map(\.description) == [
                "NMEA(0) announces a leap second for 2027-02-28, which is no end of June or December: ignored"
            ])
        let months = listen("A+", from: day(2028, 1, 20), minutes: 20 * 1440).vetoes
        #expect(months.map(\.day) == [day(2028, 1, 31), day(2028, 2, 29)])
    }

    @Test("a valid table decides: announcements neither make a leap second nor prevent one")
    func validTable() {
        let (quiet, vetoes) = listen("A+ B+", from: day(2026, 12, 31, hour: 12), minutes: 120)
        #expect(quiet.indicator == .none)
        #expect(vetoes.map(\.reason) == [.deniedByTable, .deniedByTable])
        for expires in [nil, day(2027, 1, 1), day(2026, 12, 28)] {
            let listing = LeapSecondTable(
                entries: table.entries + [.init(since: day(2027, 1, 1), taiMinusUTC: 38)], expires: expires)
            let leap = listen("A0 B0 C-", from: day(2026, 12, 31, hour: 12), minutes: 0, listing)
            #expect(leap.verdict.indicator == .insertSecond)
            #expect(leap.vetoes.map(\.reason) == [.deniedByTable])
        }
    }

    /// `leap-seconds-end 2027-05-20`: the end of continuous UTC's leap seconds as resolved in 2026.
    @Test("after the configured end neither table nor sources are believed, on that day they are")
    func end() {
        let listing = LeapSecondTable(
            entries: table.entries + [.init(since: day(2027, 7, 1), taiMinusUTC: 38)], expires: nil)
        let after = listen("A+ B+", from: day(2027, 6, 30, hour: 12), minutes: 60, listing, end: day(2027, 5, 20))
        #expect(after.verdict.indicator == .none)
        #expect(after.vetoes.map(\.source) == ["A", "B", LeapVetting.table])
        #expect(after.vetoes.allSatisfy { $0.reason == .afterEnd })
        #expect(
            after.vetoes.last?.description
                == "the leap second table lists a leap second for 2027-06-30, which is after leap-seconds-end: ignored")
        let on = listen("A+ B+", from: day(2027, 6, 30, hour: 12), minutes: 60, end: day(2027, 6, 30))
        #expect(on.verdict.indicator == .insertSecond)
    }

    @Test("what comes in the last hour comes too late, and what is left over in the first hour is not heard")
    func hours() {
        let late = listen("A+ B+", from: day(2027, 12, 31, hour: 23, minute: 10), minutes: 40)
        #expect(late.verdict.indicator == .none)
        #expect(late.vetoes.map(\.reason) == [.tooLate, .tooLate])
        #expect(listen("A+ B+", from: day(2028, 1, 1), minutes: 50).vetoes.isEmpty)
        #expect(listen("A+ B+", from: day(2028, 1, 1), minutes: 60).vetoes.count == 2)
    }

    @Test("a source that falls silent or changes its mind begins its hour anew")
    func interruption() {
        let start = day(2027, 12, 31, hour: 12)
        for interruption in ["A+", "A+ B0"] {
            var vetting = LeapVetting(end: nil)
            func decide(_ text: String, after minutes: Int64) -> LeapIndicator {
                vetting.decide(
                    announcements: Self.announcements(text), table: table, at: start + .seconds(60 * minutes)
                ).indicator
            }
            #expect(decide("A+ B+", after: 0) == .none)
            #expect(decide(interruption, after: 50) == .none)
            #expect(decide("A+ B+", after: 60) == .none)
            #expect(decide("A+ B+", after: 119) == .none)
            #expect(decide("A+ B+", after: 120) == .insertSecond)
        }
    }

    @Test("any moment and a clock that goes back are survived", arguments: [Int64.min, -1, 0, .max])
    func extremes(nanoseconds: Int64) {
        var vetting = LeapVetting(end: Instant(nanoseconds: .max))
        let announced = Self.announcements("A+ B+")
        for moment in [0, nanoseconds, 0, nanoseconds] {
            _ = vetting.decide(announcements: announced, table: table, at: Instant(nanoseconds: moment))
        }
    }
}
