import Receivers
import Testing
import TimeScale

@testable import ReferenceClocks

/// Alarms of a receiver: named once when they come, once when they are over.
@Suite("Alarms of a receiver")
struct ReceiverAlarmTests {
    @Test("an alarm is told once, and its end once it has been over for ten seconds")
    func onceEach() {
        var alarms = ReceiverAlarms()
        var news: [String] = []
        // Unplugged at 5 s, in again at 20 s, out for a moment at 25 s: over at 25 + 10 s.
        for second in 0..<60 {
            let isOpen = (5..<20).contains(second) || second == 25
            for (alarm, isRaised) in alarms.update(isOpen ? [.antennaOpen] : [], now: moment(Double(second))) {
                news.append("\(second) \(alarm.rawValue) \(isRaised)")
            }
        }
        #expect(news == ["5 0 true", "35 0 false"])
    }

    @Test("what a receiver says raises the alarm for it")
    func raised() {
        var status = ReceiverStatus()
        #expect(ReceiverAlarm.of(status) == [])
        status.antenna = .short
        status.jamming = .affirmed
        status.spoofing = .indicated
        status.hasAlmanac = false
        #expect(ReceiverAlarm.of(status) == [.antennaShort, .jamming, .spoofing, .noAlmanac])
        status.jamming = ReceiverStatus.Threat.none
        status.antenna = .good
        #expect(ReceiverAlarm.of(status) == [.spoofing, .noAlmanac])
    }

    @Test("what is no longer known does not end as all right")
    func unknown() {
        var status = ReceiverStatus()
        let ends = [ReceiverAlarm.antennaOpen, .jamming, .spoofing].map { $0.end(status) }
        #expect(ends.allSatisfy { $0.hasPrefix("the receiver no longer knows") })
        (status.antenna, status.jamming, status.spoofing) = (.good, ReceiverStatus.Threat.none, .some(.none))
        #expect(ReceiverAlarm.antennaOpen.end(status) == "the antenna is all right again")
        #expect(ReceiverAlarm.jamming.end(status) == "interference is over")
        #expect(ReceiverAlarm.spoofing.end(status) == "the signals are trusted again by the receiver")
    }
}
