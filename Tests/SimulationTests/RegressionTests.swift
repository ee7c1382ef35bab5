import Discipline
import NTPServer
import ReferenceClocks
import Reports
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

/// Faults that a review found by reading; each scenario is the one described there.
@Suite("Faults once found, in a simulated world")
struct RegressionTests {
    @Test("pulses that come after a lock on sentences 0.55 s late are not numbered by that clock")
    func pulsesAfterLabels() {
        var appliance = SimulatedAppliance()
        appliance.world.labelDelay = 0.55
        appliance.world.hasPulses = false
        appliance.run(seconds: 60)
        #expect(appliance.state == .locked)
        let state = appliance.timekeeper.serverState
        #expect(state.rootDispersion > abs(appliance.errors.last ?? .infinity))
        appliance.world.hasPulses = true
        appliance.run(seconds: 600)
        // Half a second of unknown delay, never a whole second on top.
        #expect(appliance.errors.largest < 0.8)
        #expect(appliance.timekeeper.snapshot().tracking.state != "locked")
    }

    @Test("a local clock that was never right is not called synchronised")
    func neverRight() {
        var appliance = SimulatedAppliance("server 127.127.1.0")
        appliance.run(seconds: 400)
        #expect(appliance.state == .local)
        #expect(appliance.clock.status?.isSynchronised == false)
    }

    @Test("what an earlier program knew of the clock is forgotten when it has aged")
    func agedWitness() {
        var appliance = SimulatedAppliance(offset: 0.01, frequency: 20e-6, inheritedMaximumError: 0.01)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        appliance.run(seconds: 10)
        // Two days: 3.5 s off by then.
        appliance.skip(seconds: 2 * 86_400)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (true, true)
        let found = appliance.run(until: .locked, within: 40)
        #expect(found != nil)
        appliance.run(seconds: 30)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }

    @Test("a clock that another hand has moved by milliseconds is slewed back, once the pulses have kept to it")
    func noLateStep() {
        var appliance = SimulatedAppliance(offset: 0.0001)
        appliance.run(seconds: 120)
        #expect(appliance.clock.steps.isEmpty)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        appliance.run(seconds: 60)
        // The quartz drifts by 5 ms while nobody looks.
        appliance.clock.disturb(by: .milliseconds(5))
        (appliance.world.hasPulses, appliance.world.hasSentences) = (true, true)
        appliance.run(seconds: 120)
        #expect(appliance.state == .local)
        #expect(!appliance.logged("which no quartz does").isEmpty)
        appliance.run(seconds: 720)
        #expect(appliance.clock.steps.isEmpty)
        #expect(appliance.state == .locked)
        #expect(appliance.errors.suffix(20).largest < 20e-6)
    }

    @Test("samples that jump by a second do not make the clock flap")
    func noFlapping() {
        var appliance = SimulatedAppliance("refclock shm unit 0 minpoll 0 maxpoll 0")
        appliance.world.hasSentences = false
        appliance.world.producerError = 0
        appliance.run(seconds: 120)
        let steps = appliance.clock.steps.count
        appliance.world.producerError = 0.6
        appliance.run(seconds: 200)
        #expect(appliance.clock.steps.count <= steps + 1)
    }

    @Test("a sample stamped in the future is refused and stops nothing", arguments: [3600, -3600, 86_400 * 365 * 20])
    func futureStamp(seconds: Int64) {
        var appliance = SimulatedAppliance("refclock shm unit 0 minpoll 0 maxpoll 0")
        appliance.world.hasSentences = false
        appliance.world.producerError = 0
        appliance.run(seconds: 60)
        let stamp = appliance.clock.now() + .seconds(seconds)
        appliance.timekeeper.receive(sampleAt: stamp, reference: stamp, isPulse: false, from: 0)
        let samples = appliance.timekeeper.sources[0].samples
        appliance.run(seconds: 60)
        #expect(appliance.timekeeper.sources[0].samples == samples + 60)
        #expect(appliance.timekeeper.sources[0].malformed == 1)
        #expect(appliance.errors.suffix(10).largest < 5e-3)
    }

    @Test("a reference fudged to stratum 15 is no time to serve")
    func stratumSixteen() {
        var appliance = SimulatedAppliance(
            """
            server 127.127.20.0 mode 17 minpoll 0 maxpoll 0
            fudge 127.127.20.0 flag1 1 stratum 15
            """)
        appliance.run(seconds: 60)
        #expect(appliance.timekeeper.serverState.stratum == 16)
        #expect(appliance.timekeeper.serverState.leapIndicator == .unsynchronised)
    }

    @Test("after a gap in which the quartz has drifted as quartz does, eight samples are enough")
    func returnAfterGap() {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 600)
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        appliance.run(seconds: 300)
        // Twenty times its wander of 1e-10 · 300^1.5 / √3 = 0.3 µs would be; the bound allows as much so soon after the
        // start.
        appliance.clock.disturb(by: Interval(nanoseconds: 4_000))
        (appliance.world.hasPulses, appliance.world.hasSentences) = (true, true)
        appliance.run(seconds: 30)
        #expect(appliance.state == .locked)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }
}
