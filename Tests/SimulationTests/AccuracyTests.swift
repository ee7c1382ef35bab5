import Simulation
import Testing

@Suite("Accuracy in a simulated world; no physical receiver")
struct AccuracyTests {
    /// Lengths in filter memories √(σ/q), over which errors hang together.
    ///
    /// Before: a memory tells one independent thing about the wander, n of them its variance to √(2/n); 16 know it
    /// within a factor 1.4, of which 2 would cost 3 %. Then: what the clock adds to the ideal's error is uncorrelated
    /// with it, so that the ratio of their RMS over N memories scatters by δ/√N, δ² being the part added. At a ratio of
    /// 1.03 δ is 0.25: two seeds of 20 make 0.04 at most. `make accuracy` measures 16 h and to 0.01.
    private static let (memoriesBefore, memoriesMeasured) = (16.0, 20.0)

    @Test("the RMS error stays within 1.10 of the ideal's on the same samples, untuned", arguments: 0..<9)
    func rms(index: Int) throws {
        var cell = Scenario.cells[index]
        let (jitter, wander) = try #require(cell.ideal)
        let memory = (jitter / wander).squareRoot()
        cell.measuredFrom = Int(Self.memoriesBefore * memory)
        cell.duration = cell.measuredFrom + Int(Self.memoriesMeasured * memory)
        // Cells of the same σ/q are the same but for their scale, so each has seeds of its own.
        let results = [UInt64(100 + index), UInt64(200 + index)].map { seed in
            var appliance = SimulatedAppliance(scenario: cell, seed: seed)
            appliance.run(seconds: 60)
            // Locked by now, the clock numbers its pulses by itself; sentences would only cost time.
            appliance.world.hasSentences = false
            appliance.run(seconds: cell.duration - 60)
            return ScenarioResult(appliance, of: cell)
        }
        let summary = ScenarioSummary(cell, results)
        let ratio = summary.rms / (try #require(summary.idealRMS))
        print("\(cell.name): \(summary.rms) s, \(ratio) of the ideal on the same samples")
        #expect(ratio <= 1.10, "\(cell.name)")
    }

    @Test("late outliers of 50 to 500 µs, one in a hundred, cost little")
    func outliers() {
        var appliance = SimulatedAppliance(frequency: 10e-6, seed: 7)
        appliance.world.outliers = 0.01
        appliance.run(seconds: 2400)
        // The bound without outliers is 119 ns.
        #expect(appliance.errors.suffix(1200).rootMeanSquare < 200e-9)
        #expect(appliance.errors.suffix(1200).largest < 2e-6)
    }

    @Test("within half a minute of a cold start the error is below 10 µs and stays there", arguments: 1...20)
    func settling(seed: UInt64) {
        var appliance = SimulatedAppliance(seed: seed)
        appliance.run(seconds: 90)
        #expect(appliance.errors[30...].largest < 10e-6)
    }
}
