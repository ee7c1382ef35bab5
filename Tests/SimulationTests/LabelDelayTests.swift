import Discipline
import ReferenceClocks
import SimulatedWorld
import Simulation
import Testing

@testable import Timekeeping

@Suite("How late the sentences are is found out, in a simulated world")
struct LabelDelayTests {
    /// Errors of the delay after a minute and after four, seconds, of starts on a clock that was synchronised before.
    static func errors(delay: Double, seeds: ClosedRange<UInt64>) -> (minute: [Double], fourMinutes: [Double]) {
        var (minute, fourMinutes): ([Double], [Double]) = ([], [])
        for seed in seeds {
            var appliance = SimulatedAppliance(offset: 0.02, seed: seed, inheritedMaximumError: 0.05)
            (appliance.world.labelDelay, appliance.world.labelJitter) = (delay, 0.02)
            appliance.run(seconds: 60)
            minute.append((appliance.timekeeper.sources[0].pairing.delay?.centre ?? .infinity) - delay)
            appliance.run(seconds: 200)
            fourMinutes.append((appliance.timekeeper.sources[0].pairing.delay?.centre ?? .infinity) - delay)
            #expect(appliance.logged("from the others").isEmpty && appliance.logged("not believed").isEmpty)
        }
        return (minute, fourMinutes)
    }

    @Test("delays of 137, 512 and 870 ms with 20 ms of jitter are found to 5 ms", arguments: [0.137, 0.512, 0.87])
    func delays(delay: Double) {
        let errors = Self.errors(delay: delay, seeds: 1...8)
        // 54 labels tell the mean of 20 ms to 2.7 ms: RMS of eight within 1.7 of that (one chance in 1000).
        #expect(errors.minute.rootMeanSquare < 4.6e-3)
        // 240 labels to 1.3 ms.
        #expect(errors.fourMinutes.largest < 5e-3)
    }

    @Test("sentences 20 ms before their pulse are found as well")
    func early() {
        let errors = Self.errors(delay: -0.02, seeds: 1...4)
        #expect(errors.fourMinutes.largest < 5e-3)
    }

    @Test("another receiver's delay is learned anew, without a word and without harm", arguments: [0.03, 0.4, 0.7])
    func relearning(delay: Double) throws {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 300)
        appliance.world.labelDelay = delay
        appliance.run(seconds: 120)
        let learned = try #require(appliance.timekeeper.sources[0].pairing.delay)
        // 120 labels that jitter by 5 ms: half a millisecond.
        #expect(abs(learned.centre - delay) < 2.5e-3)
        #expect(appliance.transitions.map(\.state) == [.locked])
        #expect(appliance.errors.suffix(120).largest < 3e-6)
    }

    @Test("after a restart with another receiver what was kept of the delay does no harm", arguments: [0.03, 0.4])
    func otherReceiver(delay: Double) throws {
        var teacher = SimulatedAppliance()
        teacher.run(seconds: 120)
        var appliance = SimulatedAppliance(keptState: teacher.timekeeper.keptState)
        appliance.world.labelDelay = delay
        try #require(appliance.run(until: .locked, within: 40) != nil)
        appliance.run(seconds: 60)
        #expect(appliance.errors.suffix(10).largest < 10e-6)
        let learned = try #require(appliance.timekeeper.sources[0].pairing.delay)
        #expect(abs(learned.centre - delay) < 5e-3)
    }
}
