import Reports
import Testing
import TimeScale

@Suite("Alarms")
struct AlarmListTests {
    static func at(_ second: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: second * 1_000_000_000) }

    @Test("an alarm is news once, keeps its beginning, takes new words, and ends once")
    func life() {
        var list = AlarmList()
        let raised = [
            list.raise("state", "full", remedy: "make room", at: Self.at(10)),
            list.raise("rtc", "dead", remedy: "new battery", at: Self.at(15)),
            list.raise("state", "read-only", remedy: "remount", at: Self.at(20)),
        ]
        #expect(raised == [true, true, false])
        let reports = list.reports(at: Self.at(25))
        #expect(reports.map(\.name) == ["state", "rtc"])
        #expect(reports.map(\.text) == ["read-only", "dead"])
        #expect(reports.map(\.remedy) == ["remount", "new battery"])
        #expect(reports.map(\.age) == [15, 10])
        let cleared = [list.clear("state"), list.clear("state")]
        #expect(cleared == [true, false])
        #expect(list.reports(at: Self.at(30)).map(\.name) == ["rtc"])
    }
}
