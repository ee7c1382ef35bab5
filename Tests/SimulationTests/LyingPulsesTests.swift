import Discipline
import NTPServer
import ReferenceClocks
import Reports
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

@Suite("Pulses and receivers that lie, in a simulated world")
struct LyingPulsesTests {
    /// An appliance that has followed an honest receiver for 400 s: four memories √(σ/q) of the ideal filter.
    static func honest(_ text: String = SimulatedAppliance.oneReceiver, seed: UInt64) -> SimulatedAppliance {
        var appliance = SimulatedAppliance(text, seed: seed)
        appliance.run(seconds: 400)
        return appliance
    }

    /// The errors of the served time since the lie began, seconds.
    static func errors(_ appliance: SimulatedAppliance) -> [Double] { appliance.errors.suffix(from: 400).map { $0 } }

    @Test("pulses that jump are dropped within 10 s, with the reason", arguments: [1e-3, -0.1])
    func jump(size: Double) {
        var appliance = Self.honest(seed: 1)
        let bound = appliance.timekeeper.snapshot().tracking.rootDispersion
        appliance.world.pulse.phaseOffset = size
        appliance.run(seconds: 10)
        // On trial: served on the clock's own memory, whose bound is far below a millisecond.
        #expect(appliance.state == .holdover)
        #expect(!appliance.logged("NMEA(0): samples have jumped by").isEmpty)
        appliance.run(seconds: 590)
        // The clock runs alone, and what is served says how well.
        #expect(appliance.moments.suffix(600).allSatisfy { $0.isHonest })
        #expect(Self.errors(appliance).prefix(60).map { $0 }.largest < 2 * bound)
        #expect(appliance.clock.steps.count == 1)
    }

    @Test("pulses that jump by five times their jitter are dropped like any others", arguments: [5e-6, -5e-6])
    func smallJump(size: Double) {
        var dropped = 0
        for seed in UInt64(1)...4 {
            var appliance = Self.honest(seed: seed)
            // The clock's memory must be better than what it is to notice.
            appliance.world.hasSentences = false
            appliance.run(seconds: 3000)
            appliance.world.pulse.phaseOffset = size
            appliance.run(seconds: 15)
            if appliance.state == .holdover { dropped += 1 }
        }
        // At five times the jitter a step may look like a ramp, which quartzes do; most do not.
        #expect(dropped >= 2)
    }

    @Test("labels that have moved along with the pulses clear them within two minutes: the clock has jumped")
    func labelsMoveAlong() {
        var appliance = Self.honest(seed: 1)
        appliance.world.pulse.phaseOffset = 0.1
        appliance.world.labelDelay += 0.1
        appliance.run(seconds: 30)
        #expect(appliance.state == .holdover)
        appliance.run(seconds: 90)
        #expect(appliance.state == .locked)
        #expect(appliance.logged("believed again: the labels say the same").count == 1)
    }

    @Test("labels that stay where they are keep pulses out that have jumped by 100 ms, for ever")
    func labelsStay() {
        var appliance = Self.honest(seed: 2)
        appliance.world.pulse.phaseOffset = 0.1
        appliance.run(seconds: 2000)
        #expect(appliance.state == .local)
        #expect(appliance.logged("believed again").isEmpty)
        #expect(Self.errors(appliance).largest < 1e-3)
        #expect(appliance.moments.suffix(2000).allSatisfy { $0.isHonest })
    }

    @Test("pulses at a rate of 5 ppm are not followed in the first ten minutes", arguments: [-5e-6])
    func rate(size: Double) {
        var appliance = Self.honest(seed: 1)
        appliance.world.pulse.rateError = size
        appliance.run(seconds: 600)
        #expect(appliance.logged("ppm off, which no quartz does; not believed").count == 1)
        #expect(appliance.moments.suffix(600).allSatisfy { $0.isHonest })
        appliance.run(seconds: 120)
        #expect(appliance.logged("believed again").isEmpty)
        #expect(Self.errors(appliance).largest < 100e-6)
    }

    @Test("of two receivers the one that lies is dropped, and the state stays locked", arguments: [0, 1])
    func twoReceivers(liar: Int) {
        var appliance = Self.honest(
            """
            refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0
            refclock nmea unit 1 baud 9600 flag1 1 minpoll 0 maxpoll 0
            local stratum 10
            """, seed: 1)
        appliance.world.receivers[liar].pulse.phaseOffset = 0.1
        appliance.world.receivers[liar].voice.labelDelay += 0.1
        appliance.run(seconds: 300)
        #expect(appliance.transitions.map(\.state) == [.locked])
        #expect(appliance.timekeeper.snapshot().tracking.source == "NMEA(\(1 - liar))")
        #expect(!appliance.logged("NMEA(\(liar)): samples have jumped by -100 ms").isEmpty)
        #expect(Self.errors(appliance).largest < 2e-6)
    }

    @Test("a receiver that has lost its fix is not followed, though its pulses go on and drift away")
    func lostFix() {
        var appliance = Self.honest(seed: 1)
        appliance.receiver.hasFix = false
        // Its own quartz: 0.2 ppm, which the clock's quartz could have done as well.
        appliance.world.pulse.rateError = 2e-7
        appliance.run(seconds: 600)
        #expect(appliance.state == .local)
        #expect(appliance.logged("warning: NMEA(0): the receiver has no valid time (no fix)").count == 1)
        // Followed they would have taken it 120 µs along.
        #expect(Self.errors(appliance).largest < 20e-6)
        #expect(appliance.moments.suffix(580).allSatisfy { $0.isHonest })
        (appliance.world.pulse.rateError, appliance.world.pulse.phaseOffset) = (0, 0)
        appliance.receiver.hasFix = true
        appliance.run(seconds: 60)
        #expect(appliance.state == .locked)
        #expect(appliance.errors.suffix(10).largest < 3e-6)
    }

    @Test("a receiver that repeats one second is dropped with the reason, and followed again when it goes on")
    func frozen() {
        var appliance = Self.honest(seed: 1)
        appliance.receiver.frozenAt = appliance.world.utc
        appliance.run(seconds: 300)
        #expect(appliance.state == .local)
        #expect(appliance.logged("warning: NMEA(0): the receiver repeats the same second").count == 1)
        #expect(Self.errors(appliance).largest < 20e-6)
        appliance.receiver.frozenAt = nil
        appliance.run(seconds: 60)
        #expect(appliance.state == .locked)
        #expect(appliance.clock.steps.count == 1)
        #expect(appliance.errors.suffix(10).largest < 3e-6)
    }
}
