import ConfigurationLanguage
import Discipline
import Receivers
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

/// What a receiver says of its pulses and its leap seconds, in other messages than those that label.
@Suite("What a receiver says beside the time")
struct DeniedPulsesTests {
    private func clock(_ driver: DriverKind) -> ReferenceClock {
        ReferenceClock(
            ReferenceClockConfiguration(driver: driver, unit: 0, position: SourcePosition(file: "test", line: 1)),
            earliestDate: start)
    }

    private func hear(_ clock: inout ReferenceClock, _ bytes: [UInt8], at second: Double) {
        clock.consume(bytes.span, arrived: start + Interval(seconds: second), now: moment(second)) { _ in }
    }

    @Test("pulses that it denies are at fault until ten seconds after it has last said so")
    func pulses() {
        var clock = clock(.nmea)
        let off = ImaginedReceiver.sentence("PERDCRX,TPS2,0,2,0,200,+000000,0,0,9999,+0.000,1000")
        let on = ImaginedReceiver.sentence("PERDCRX,TPS2,1,2,0,200,+000000,0,0,0010,+0.000,1000")
        hear(&clock, off, at: 0)
        #expect(clock.pulsesFault(at: moment(1)) == .pulsesDenied("pulse: none"))
        // It says nothing against the time itself.
        #expect(clock.receiversFault(at: moment(1)) == nil)
        hear(&clock, on, at: 2)
        #expect(clock.pulsesFault(at: moment(10)) != nil)
        #expect(clock.pulsesFault(at: moment(10.1)) == nil)
        hear(&clock, off, at: 20)
        hear(&clock, ImaginedReceiver.sentence("GPVTG,,T"), at: 25)
        #expect(clock.pulsesFault(at: moment(35)) != nil)
        // A line that is silent says nothing.
        #expect(clock.pulsesFault(at: moment(35.1)) == nil)
        hear(&clock, off, at: 40)
        clock.deviceOpened()
        #expect(clock.pulsesFault(at: moment(41)) == nil)
    }

    @Test("a receiver whose second sentence knows the leap seconds is not provisional, whichever comes first")
    func provisional() {
        // 2026-11-20 is the imagined receivers' day.
        func sentences(_ second: Int, hasFix: Bool) -> [UInt8] {
            let time = "00000\(second)"
            return ImaginedReceiver.sentence(
                "GPRMC,\(time),\(hasFix ? "A" : "V"),4717.1130,N,00833.9150,E,0.00,0.00,201126,,,A")
                + (hasFix ? ImaginedReceiver.sentence("PERDCRW,TPS1,20261120\(time),2,00000000000000,+18,+18,2") : [])
        }
        var clock = clock(.nmea)
        for second in 0..<3 { hear(&clock, sentences(second, hasFix: false), at: Double(second)) }
        hear(&clock, Array(sentences(3, hasFix: true).prefix(70)), at: 3)
        #expect(clock.isProvisional(at: moment(3.1)))
        hear(&clock, sentences(4, hasFix: true), at: 4)
        // The next label is the first that is known to know them.
        hear(&clock, sentences(5, hasFix: true), at: 5)
        #expect(!clock.isProvisional(at: moment(5.1)))
    }

    /// @@Aw ff and @@Bo 01: 'A' ^ 'w' ^ ff = c9, 'B' ^ 'o' ^ 01 = 2c.
    private static let questions: [UInt8] = [
        0x40, 0x40, 0x41, 0x77, 0xff, 0xc9, 0x0d, 0x0a, 0x40, 0x40, 0x42, 0x6f, 0x01, 0x2c, 0x0d, 0x0a,
    ]

    @Test(
        "an Oncore is asked at once and every ten seconds, until it has told whether it shows UTC, and the leap seconds"
    )
    func oncore() {
        var clock = clock(.oncore)
        func asked(at second: Double) -> Bool {
            clock.tick(now: moment(second))
            let output = clock.takeOutput()
            #expect(output == [] || output == Self.questions)
            return output == Self.questions
        }
        #expect(asked(at: 0))
        #expect(!asked(at: 9.9))
        #expect(asked(at: 10))
        // @@Aw 1 (gpsd's capture oncore-binary has @@Bo 18).
        hear(&clock, [0x40, 0x40, 0x41, 0x77, 0x01, 0x37, 0x0d, 0x0a], at: 11)
        #expect(asked(at: 20))
        hear(&clock, [0x40, 0x40, 0x42, 0x6f, 0x12, 0x3f, 0x0d, 0x0a], at: 21)
        #expect(!asked(at: 30) && !asked(at: 100))
        clock.deviceOpened()
        #expect(asked(at: 101))
    }

    @Test("another receiver is not asked")
    func others() {
        var clock = clock(.nmea)
        clock.tick(now: moment(0))
        #expect(clock.takeOutput() == [])
    }
}
