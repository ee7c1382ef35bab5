import Discipline
import NTPServer
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

@Suite("The ladder of quality in a simulated world")
struct LadderTests {
    @Test("a cold start 0.3 s and 30 ppm off is locked within 15 s, on the right second")
    func coldStart() throws {
        var appliance = SimulatedAppliance()
        #expect(appliance.timekeeper.serverState.stratum == 16)
        #expect(appliance.timekeeper.serverState.leapIndicator == .unsynchronised)
        let found = appliance.run(until: .locked, within: 60)
        let elapsed = try #require(found)
        #expect(elapsed <= 15)
        appliance.run(seconds: 30)
        let state = appliance.timekeeper.serverState
        #expect(state.stratum == 1)
        #expect(state.leapIndicator == .none)
        #expect(state.referenceID == ReferenceID("GPS"))
        // Jitter 1 µs: 10 µs is far outside what the estimate can be wrong by, and far inside any wrong second.
        #expect(appliance.errors.suffix(20).largest < 10e-6)
    }

    @Test("a start 50 years off is one step")
    func startWithoutRTC() throws {
        var appliance = SimulatedAppliance(offset: -1_700_000_000)
        try #require(appliance.run(until: .locked, within: 60) != nil)
        appliance.run(seconds: 60)
        #expect(appliance.clock.steps.count == 1)
        #expect(appliance.errors.suffix(10).largest < 10e-6)
    }

    @Test("a lost signal ends at stratum 10 with dispersion that goes on growing, and comes back without a step")
    func lossAndReturn() throws {
        var appliance = SimulatedAppliance()
        try #require(appliance.run(until: .locked, within: 60) != nil)
        appliance.run(seconds: 300)
        let steps = appliance.clock.steps.count
        let dispersion = appliance.timekeeper.serverState.rootDispersion
        appliance.world.hasPulses = false
        appliance.world.hasSentences = false
        // Reach holds eight polls of 1 s.
        let found = appliance.run(until: .local, within: 20)
        let elapsed = try #require(found)
        #expect((7...9).contains(elapsed))
        let lost = appliance.timekeeper.serverState
        #expect(lost.stratum == 10)
        #expect(lost.referenceID == .local)
        #expect(lost.leapIndicator == .none)
        #expect(lost.rootDispersion > dispersion)
        appliance.run(seconds: 600)
        #expect(appliance.timekeeper.serverState.rootDispersion > lost.rootDispersion)
        #expect(appliance.timekeeper.serverState.rootDispersion > abs(appliance.errors.last ?? .infinity))
        appliance.world.hasPulses = true
        appliance.world.hasSentences = true
        #expect(appliance.run(until: .locked, within: 20) != nil)
        appliance.run(seconds: 60)
        #expect(appliance.clock.steps.count == steps)
        #expect(appliance.errors.suffix(10).largest < 10e-6)
    }

    @Test("a clock left alone for a month never claims to be better than it was")
    func month() throws {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 120)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        var last = 0.0
        for _ in 0..<60 {
            appliance.run(seconds: 60)
            appliance.skip(seconds: 43_200)
            #expect(appliance.state == .local)
            let dispersion = appliance.timekeeper.serverState.rootDispersion(at: appliance.clock.now())
            #expect(dispersion >= last)
            last = dispersion
        }
        #expect(!appliance.logged("the seconds must be proven anew").isEmpty)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (true, true)
        let found = appliance.run(until: .locked, within: 40)
        #expect(found != nil)
        appliance.run(seconds: 30)
        #expect(appliance.errors.suffix(10).largest < 20e-6)
    }

    @Test("an inherited status is left alone until the first lock")
    func inheritedStatus() {
        var appliance = SimulatedAppliance(inheritedMaximumError: 0.05)
        appliance.run(seconds: 5)
        #expect(appliance.clock.status == nil)
        appliance.run(seconds: 30)
        #expect(appliance.clock.status?.isSynchronised == true)
    }

    @Test("each change of state is logged with its reason")
    func reasons() {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 60)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        appliance.run(seconds: 30)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (true, true)
        appliance.run(seconds: 30)
        let changes = appliance.logged("→")
        #expect(changes.count == 3)
        #expect(changes.first?.contains("starting → locked: following NMEA(0)") ?? false)
        #expect(changes.dropFirst().first?.contains("locked → local: reference lost (NMEA(0): nothing") ?? false)
        #expect(changes.last?.contains("local → locked") ?? false)
    }

    @Test("without a local clock a lost signal ends at leap 3")
    func unsynchronised() {
        var appliance = SimulatedAppliance("refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0")
        appliance.run(seconds: 60)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        appliance.run(seconds: 30)
        #expect(appliance.state == .unsynchronised)
        #expect(appliance.timekeeper.serverState.leapIndicator == .unsynchronised)
        #expect(appliance.timekeeper.serverState.stratum == 16)
    }

    @Test("a box that never saw its satellites does not serve as local")
    func neverSynchronised() {
        var appliance = SimulatedAppliance()
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        appliance.run(seconds: 3600)
        #expect(appliance.state == .starting)
        #expect(appliance.timekeeper.serverState.stratum == 16)
    }

    @Test("ntpd's LOCAL driver serves one stratum below its fudge, after orphanwait, as ntpd's does")
    func localDriver() {
        var appliance = SimulatedAppliance(
            """
            server 127.127.1.0
            fudge 127.127.1.0 stratum 10
            """)
        appliance.run(seconds: 299)
        #expect(appliance.state == .starting)
        appliance.run(seconds: 3)
        #expect(appliance.state == .local)
        #expect(appliance.timekeeper.serverState.stratum == 11)
        #expect(appliance.timekeeper.serverState.leapIndicator == .none)
    }

    @Test("pulses that fail while sentences go on are replaced by the calibrated sentences")
    func pulsesLost() {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 300)
        appliance.world.hasPulses = false
        appliance.run(seconds: 120)
        #expect(appliance.state == .locked)
        // Sentences alone jitter by 5 ms, and their delay of 137 ms is known from the pulses to a few ms.
        #expect(appliance.errors.suffix(60).largest < 10e-3)
        #expect(appliance.errors.suffix(60).largest < appliance.timekeeper.serverState.rootDispersion)
    }
}
