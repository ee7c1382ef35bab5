import ConfigurationLanguage
import Discipline
import ReferenceClocks
import Reports
import SimulatedWorld
import Testing
import TimeScale

@testable import Timekeeping

@Suite("What a card stamps that cannot be used")
struct UnusableStampTests {
    private func timekeeper() -> Timekeeper<SimulatedClock> {
        let (configuration, _) = NTPConfiguration.parse(text: Array("refclock phc unit 0 extpps\n".utf8), file: "test")
        {
            _ in nil
        }
        let oscillator = Oscillator(OscillatorModel(frequency: 1e-5), seed: 1)
        let clock = SimulatedClock(start: .unixEpoch + .seconds(1_780_488_000), offset: 0, oscillator: oscillator)
        return Timekeeper(
            clock: clock, sources: configuration.referenceClocks.map { ReferenceClock($0, earliestDate: .unixEpoch) },
            settings: Timekeeper<SimulatedClock>.Settings(configuration))
    }

    @Test("one stamp again and again is said once, and again only after something else")
    func repeated() {
        var timekeeper = timekeeper()
        for _ in 0..<40 { timekeeper.receive(unusableStamp: .repeatedStamp, from: 0) }
        timekeeper.receive(unusableStamp: .ambiguousEdges(width: 500), from: 0)
        timekeeper.receive(unusableStamp: .repeatedStamp, from: 0)
        let lines = timekeeper.takeJournal()
        #expect(lines.map(\.level) == [.warning, .warning, .warning])
        #expect(lines[2] == lines[0] && lines[1] != lines[0])
        #expect(
            lines[0].text
                == "PHC(0): the card repeats one stamp: its clock may stand still, as some do without a network cable")
    }

    @Test(
        "the log names the width that was learned, and what to set where it is the other", arguments: [0.1, 0.2, 0.25])
    func learnedWidth(width: Double) {
        var timekeeper = timekeeper()
        timekeeper.receiveLearnedWidth(width, from: 0)
        let (short, long) = (Int(width * 1000), 1000 - Int(width * 1000))
        let text =
            "PHC(0): both edges are stamped, and pulses taken to last \(short) ms; "
            + "if they last \(long) ms, set width \(1 - width)"
        #expect(timekeeper.takeJournal().map(\.text) == [text])
    }
}
