import Discipline
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

@Suite("How soon and how well, in a simulated world")
struct StartAccuracyTests {
    @Test("a cold start is below 1 µs in under 15 s at 1 µs of jitter, and most stay there")
    func coldStart() {
        var firsts: [Int] = []
        var settled: [Int] = []
        for seed in UInt64(1)...20 {
            let scenario = Scenario(name: "start", summary: "", duration: 60)
            var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
            appliance.run(seconds: scenario.duration)
            // The first moment is that of second 1.
            firsts.append((appliance.moments.firstIndex { abs($0.clockError) < 1e-6 } ?? 98) + 1)
            settled.append(ScenarioResult(appliance, of: scenario).secondsTo1Microsecond ?? 99)
        }
        #expect(firsts.allSatisfy { $0 < 15 }, "\(firsts)")
        // To stay below for ten seconds is a matter of luck while the deviation is half a microsecond: the median.
        #expect(settled.sorted()[10] < 15, "\(settled)")
        #expect(settled.allSatisfy { $0 < 40 }, "\(settled)")
    }

    @Test(
        "stamps that are all late by 20 µs·Exp(1) end within 3 µs of the truth, unlucky ones within a quarter of that",
        arguments: [(1, 3e-6), (3, 5e-6), (8, 5e-6)])
    func latency(seed: UInt64, limit: Double) {
        var appliance = SimulatedAppliance(seed: seed)
        appliance.world.pulse.latency = 20e-6
        appliance.run(seconds: 60)
        appliance.world.hasSentences = false
        appliance.run(seconds: 2340)
        #expect(appliance.errors.suffix(600).rootMeanSquare < limit)
        #expect(appliance.moments.dropFirst(600).allSatisfy { $0.isHonest })
    }

    @Test("a quartz that jumps by 0.1 ppm is relearned within two minutes, and is no lie", arguments: [1e-7, -1e-7])
    func frequencyStep(size: Double) {
        for seed in UInt64(1)...2 {
            let scenario = Scenario(
                name: "step", summary: "", duration: 800,
                oscillator: OscillatorModel(frequency: 30e-6, wander: 1e-10, steps: [.init(at: 500, size: size)]))
            var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
            appliance.run(seconds: scenario.duration)
            #expect(appliance.moments[620...].map(\.clockError).largest < 1e-6)
            #expect(appliance.transitions.map(\.state) == [.locked])
            #expect(appliance.logged("not believed").isEmpty)
        }
    }
}
