import SimulatedWorld
import Simulation
import Testing

@Suite("Ideal filter")
struct IdealFilterTests {
    /// `shared/reference/estimator.md`, column "bound", nanoseconds.
    static let table: [(jitter: Double, wander: Double, bound: Double)] = [
        (1e-7, 1e-11, 11.9), (1e-7, 1e-10, 21.4), (1e-7, 1e-9, 39.0), (1e-6, 1e-11, 66.9), (1e-6, 1e-10, 119),
        (1e-6, 1e-9, 214), (1e-5, 1e-11, 376), (1e-5, 1e-10, 670), (1e-5, 1e-9, 1193),
    ]

    @Test("the steady-state bound is that of the table", arguments: table)
    func bound(jitter: Double, wander: Double, expected: Double) {
        // The table has three digits.
        #expect(abs(IdealFilter.steadyStateBound(jitter: jitter, wander: wander) * 1e9 / expected - 1) < 0.005)
    }

    @Test("on what it knows it reaches the bound")
    func reachesBound() {
        var ideal = IdealFilter(jitter: 1e-7, wander: 1e-9)
        var random = RandomSource(seed: 1)
        var (phase, frequency) = (0.3, 30e-6)
        var errors: [Double] = []
        for second in 0..<40_000 {
            ideal.predict()
            if second >= 1000 { errors.append(ideal.phase - phase) }
            ideal.update(phase + 1e-7 * random.nextGaussian())
            phase += frequency
            frequency += 1e-9 * random.nextGaussian()
        }
        // Errors hang together for √(σ/q) = 10 s: 3900 independent ones, of whose RMS the standard error is 1.1 %.
        let bound = IdealFilter.steadyStateBound(jitter: 1e-7, wander: 1e-9)
        #expect(abs(errors.rootMeanSquare / bound - 1) < 0.045)
    }

    @Test("a pulse far outside the jitter is not taken in")
    func outlier() {
        var ideal = IdealFilter(jitter: 1e-6, wander: 1e-10)
        for _ in 0..<100 {
            ideal.predict()
            ideal.update(0)
        }
        ideal.update(1e-4)
        #expect(ideal.phase == 0)
    }
}
