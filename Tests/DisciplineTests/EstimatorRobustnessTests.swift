import SimulatedWorld
import Testing
import TimeScale

@testable import Discipline

@Suite("Estimator beside itself in a better world")
struct EstimatorRobustnessTests {
    static let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    /// RMS of the error of the prediction to each of the last samples, seconds, with the same quartz and jitter; `late`
    /// is by how much the sample of a second is late besides.
    static func rms(seconds: Int, measured: Int, late: (Int) -> Double) -> Double {
        var random = RandomSource(seed: 5)
        var estimator = Estimator(correction: 0, at: start)
        var (phase, frequency, square) = (0.0, 2e-5, 0.0)
        for second in 1...seconds {
            frequency += 1e-10 * random.nextGaussian()
            phase -= frequency
            let jitter = 1e-6 * random.nextGaussian()
            let local = start + .seconds(Int64(second))
            if second > seconds - measured, let estimate = estimator.estimate(at: local) {
                square += (estimate.phase - phase) * (estimate.phase - phase)
            }
            let late = late(second)
            // A late stamp reads more on the local clock: the offset is smaller.
            let stamp = local + Interval(seconds: late)
            _ = estimator.update(Sample(local: stamp, reference: stamp + Interval(seconds: phase + jitter - late)))
        }
        return (square / Double(measured)).squareRoot()
    }

    @Test("one late outlier in a hundred, by 50 to 500 µs, costs less than 5 %")
    func outliers() {
        var random = RandomSource(seed: 6)
        let undisturbed = Self.rms(seconds: 5000, measured: 4000) { _ in 0 }
        let disturbed = Self.rms(seconds: 5000, measured: 4000) { _ in
            random.nextUnit() < 0.01 ? 50e-6 + 450e-6 * random.nextUnit() : 0
        }
        #expect(disturbed < 1.05 * undisturbed)
    }
}
