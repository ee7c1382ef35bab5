import Discipline
import ReferenceClocks
import Reports
import SimulatedWorld
import Simulation
import Testing
import TimeScale
import Timekeeping

/// A receiver that says that its pulse is not to be used, on a line of the daemon's.
@Suite("Pulses that their receiver denies")
struct PulsesDeniedTests {
    @Test(
        "they are out of use while it says so, and for ten seconds; it is named once when it comes and once when it ends"
    )
    func suspended() {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 120)
        #expect(appliance.state == .locked)
        func say(_ pulse: Int, seconds: Int) {
            for _ in 0..<seconds {
                let bytes = ImaginedReceiver.sentence("PERDCRX,TPS2,\(pulse),2,0,200,+000000,0,0,0023,-1.178,0000")
                appliance.timekeeper.receive(bytes: bytes.span, arrived: appliance.clock.now(), from: 0)
                appliance.run(seconds: 1)
            }
        }
        say(0, seconds: 60)
        #expect(appliance.timekeeper.sources[0].condition == .pulsesDenied("pulse: none"))
        // Its labels are followed instead, weighed by what they are worth.
        #expect(appliance.state == .locked)
        say(0, seconds: 30)
        #expect(appliance.state == .locked)
        #expect(appliance.moments[160..<210].allSatisfy { $0.stratum == 1 && $0.isHonest })
        say(1, seconds: 30)
        #expect(appliance.timekeeper.sources[0].condition == .delivering)
        let words = appliance.log.filter { $0.contains("warning: NMEA(0): the receiver says that its pulses") }
        #expect(words.count == 1, "\(appliance.log)")
        // 120 s before, 90 s of it, 10 s of waiting, and the second after.
        #expect(appliance.log.contains("221 info: NMEA(0): good"), "\(appliance.log)")
    }

    @Test("pulses of a receiver that denies them from the start are never numbered")
    func fromTheStart() {
        var appliance = SimulatedAppliance()
        for _ in 0..<60 {
            let bytes = ImaginedReceiver.sentence("PERDCRY,TPS3,3,0049,015,084533,000000,1,0,00,0x20001300")
            appliance.timekeeper.receive(bytes: bytes.span, arrived: appliance.clock.now(), from: 0)
            appliance.run(seconds: 1)
        }
        #expect(appliance.timekeeper.sources[0].pulses > 50)
        #expect(appliance.state == .locked)
        #expect(appliance.timekeeper.sources[0].pairing.state == .unpaired)
        #expect(appliance.timekeeper.sources[0].condition == .pulsesDenied("TRAIM: the time is not sound"))
    }

    @Test(
        "the place in a report is a tenth of a degree, unless the configuration says exactplace",
        arguments: [false, true])
    func place(exactly: Bool) throws {
        let line = "refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0\(exactly ? " exactplace" : "")"
        var scenario = Scenario(name: "place", summary: "", duration: 5)
        scenario.configuration = line
        var appliance = SimulatedAppliance(scenario: scenario, seed: 1)
        appliance.run(seconds: 5)
        let report = try #require(appliance.timekeeper.snapshot().receivers.first)
        // The imagined receiver's sentences have 4717.1130,N,00833.9150,E.
        #expect(abs((report.latitude ?? 0) - (exactly ? 47.28521667 : 47.3)) < 1e-8)
        #expect(abs((report.longitude ?? 0) - (exactly ? 8.56525 : 8.6)) < 1e-8)
    }
}
