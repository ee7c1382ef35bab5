import Receivers
import Testing
import TimeScale

@testable import ReferenceClocks

/// Alarms of a receiver: named once when they come, once when they are over.
@Suite("Alarms of a receiver")
struct ReceiverAlarmTests {
    /// The news of some seconds, in each of which the receiver says something, and perhaps how its antenna is.
    private func news(
        _ seconds: Range<Int>, _ alarms: inout ReceiverAlarms, speaks: (Int) -> Bool = { _ in true },
        _ antenna: (Int) -> ReceiverStatus.Antenna?
    ) -> [String] {
        var status = ReceiverStatus()
        var spoken: MonotonicInstant?
        return seconds.flatMap { second in
            let (now, told) = (moment(Double(second)), antenna(second))
            status.antenna = told ?? status.antenna
            if speaks(second) {
                if spoken.map({ now - $0 > .seconds(10) }) ?? true { alarms.resume(at: now) }
                spoken = now
            }
            return alarms.update(status, told: told == nil ? [] : .antenna, spoken: spoken, now: now).map {
                "\(second) \($0.isRaised ? "raised" : "over"): \($0.words)"
            }
        }
    }

    private let open = "the antenna is unplugged or its cable broken, says the receiver"
    private let short = "the antenna or its cable is shorted, says the receiver"
    private let good = "the antenna is all right again"
    private let untold = "the state of the antenna is not told any more by the receiver"

    @Test("an alarm is told once, and its end once it has been over for ten seconds")
    func onceEach() {
        var alarms = ReceiverAlarms()
        // Unplugged at 5 s, in again at 20 s, out for a moment at 25 s: over at 25 + 10 s.
        let said = news(0..<60, &alarms) { (5..<20).contains($0) || $0 == 25 ? .open : .good }
        #expect(said == ["5 raised: \(open)", "35 over: \(good)"])
    }

    @Test("while an end settles, the alarm is not shown: a report says nothing and its opposite never")
    func settling() {
        var alarms = ReceiverAlarms()
        _ = news(0..<20, &alarms) { $0 < 15 ? .open : .good }
        #expect(alarms.inForce == [])
        _ = news(20..<21, &alarms) { _ in .open }
        #expect(alarms.inForce == [.antennaOpen])
    }

    @Test("an open antenna that is shorted is the same alarm in other words, and not all right in between")
    func openThenShort() {
        var alarms = ReceiverAlarms()
        let said = news(0..<60, &alarms) { $0 < 20 ? .open : .short }
        #expect(said == ["0 raised: \(open)", "20 raised: \(short)"])
        #expect(alarms.inForce == [.antennaShort])
    }

    @Test("what was told each second and is not any more is over after a minute, and nobody says all is well")
    func untoldAnyMore() {
        var alarms = ReceiverAlarms()
        let said = news(0..<120, &alarms) { $0 < 20 ? .open : nil }
        #expect(said == ["0 raised: \(open)", "80 over: \(untold)"])
        #expect(alarms.inForce == [])
    }

    @Test("what is told once, when it changes, stands until it is taken back")
    func toldOnce() {
        var alarms = ReceiverAlarms()
        #expect(
            news(0..<600, &alarms) { $0 == 3 ? .open : $0 == 500 ? .good : nil } == [
                "3 raised: \(open)", "500 over: \(good)",
            ])
    }

    @Test("silence of the line is no news about an antenna, and then there is a minute to say it again")
    func silence() {
        var alarms = ReceiverAlarms()
        let speaks = { (second: Int) in second < 20 || second >= 300 }
        #expect(
            news(0..<400, &alarms, speaks: speaks) { $0 < 20 ? .open : nil } == [
                "0 raised: \(open)", "361 over: \(untold)",
            ])
    }

    @Test("a receiver that is plugged in anew, and may be another, ends the alarm by a word or by a minute without")
    func replugged() {
        var alarms = ReceiverAlarms()
        #expect(news(0..<20, &alarms) { $0 == 3 ? .open : nil } == ["3 raised: \(open)"])
        alarms.forgetReceiver()
        #expect(alarms.inForce == [.antennaOpen])
        var same = alarms
        #expect(news(30..<130, &alarms) { _ in nil } == ["91 over: \(untold)"])
        #expect(news(30..<60, &same) { $0 > 35 ? .good : nil } == ["36 over: \(good)"])
    }

    @Test("what a receiver says raises the alarm for it")
    func raised() {
        var status = ReceiverStatus()
        let told = { (status: ReceiverStatus) in
            [.antenna, .jamming, .spoofing, .almanac].map { ReceiverAlarm.telling(of: $0, status) }
        }
        #expect(told(status) == [.nothing, .nothing, .nothing, .nothing])
        status.antenna = .short
        status.jamming = .affirmed
        status.spoofing = .indicated
        status.hasAlmanac = false
        #expect(told(status) == [.wrong(.antennaShort), .wrong(.jamming), .wrong(.spoofing), .wrong(.noAlmanac)])
        status.jamming = ReceiverStatus.Threat.none
        (status.antenna, status.spoofing, status.hasAlmanac) = (.off, nil, true)
        #expect(told(status) == [.nothing, .fine, .nothing, .fine])
    }
}
