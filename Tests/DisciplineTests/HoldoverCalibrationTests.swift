import SimulatedWorld
import Testing
import TimeScale

@testable import Discipline

@Suite("Calibration of holdover")
struct HoldoverCalibrationTests {
    /// An estimate of a phase (s) with a standard deviation (s), of a clock that is neither fast nor slow.
    static func estimate(_ phase: Double, _ deviation: Double = 0) -> Estimate {
        Estimate(
            phase: phase, frequency: 0, drift: 0, phaseDeviation: deviation, frequencyDeviation: 0, jitter: 1e-6,
            phaseGain: 0.01)
    }

    /// What the estimator claims for so many seconds ahead: 10 ns after one, growing as a random walk of the phase.
    static func claim(_ seconds: Double) -> Double { 1e-8 * seconds.squareRoot() }

    /// A calibration that has watched an oscillator whose phase walks `factor` times as far as is claimed.
    static func taught(factor: Double, hours: Int, seed: UInt64 = 1) -> HoldoverCalibration {
        var random = RandomSource(seed: seed)
        var calibration = HoldoverCalibration()
        var phase = 0.0
        // An eighth of the shortest outage is a multiple of it.
        let step = 2.5
        for index in 0..<(hours * 1440) {
            phase += factor * claim(step) * random.nextGaussian()
            calibration.note(time: step * Double(index), free: estimate(phase)) { estimate(phase, claim($0)) }
        }
        return calibration
    }

    static func bound(_ calibration: HoldoverCalibration, _ age: Double) -> Double {
        calibration.bound(deviation: claim(age), age: age)
    }

    @Test("an oscillator twice as bad as claimed doubles the bound, one half as bad takes a third off at least")
    func scale() {
        // 30 h are 450 outages a minute long that do not overlap: the scale is known to 1/√(2·200) = 5 %, twice.
        let honest = Self.taught(factor: 1, hours: 30)
        let bad = Self.taught(factor: 2, hours: 30, seed: 2)
        let good = Self.taught(factor: 0.5, hours: 30, seed: 3)
        for age in [60.0, 120, 240] {
            let bound = Self.bound(honest, age)
            #expect(abs(Self.bound(bad, age) / bound - 2) < 0.4, "\(age) s")
            // Towards a half, less what the model's own claim is worth.
            #expect(Self.bound(good, age) < 0.67 * bound, "\(age) s")
            #expect(Self.bound(good, age) > 0.4 * bound, "\(age) s")
        }
    }

    @Test("no past, however good, makes the bound narrower than 99.9 % of the errors", arguments: [0.25, 0.5, 1, 2, 4])
    func floor(factor: Double) {
        // Student's t leaves 0.1 % outside 3.34 for the 200 outages that are remembered (tables), more for fewer.
        for hours in [1, 4, 30] {
            let calibration = Self.taught(factor: factor, hours: hours, seed: UInt64(hours))
            for age in [60.0, 600, 3600, 21_600, 86_400] {
                #expect(Self.bound(calibration, age) >= 3.34 * factor * Self.claim(age), "\(hours) h, \(age) s")
            }
        }
    }

    @Test("before anything was seen the bound is that of a scale known as from sixteen outages, and of the weather")
    func untaught() {
        // Tables: t(0.9995; 16) = 4.015. What a day does to the temperature comes on top, up to 1e-7 · age.
        let calibration = HoldoverCalibration()
        for age in [1.0, 60, 3600, 86_400] {
            let bound = Self.bound(calibration, age)
            #expect(bound >= 4.015 * Self.claim(age))
            #expect(bound <= 10 * Self.claim(age) + 1e-7 * age)
        }
    }

    @Test("the longer the outage the wider the bound, whatever was learned", arguments: [0.25, 1, 4])
    func monotone(factor: Double) {
        for hours in [0, 1, 30] {
            let calibration = Self.taught(factor: factor, hours: hours)
            var last = 0.0
            for age in stride(from: 0.0, through: 200_000, by: 37) {
                let bound = Self.bound(calibration, age)
                #expect(bound >= last, "\(hours) h, \(age) s")
                last = bound
            }
        }
    }

    @Test("where the temperature swings in minutes the bound grows with the age of an outage", arguments: [120.0, 240])
    func swinging(period: Double) {
        // ±0.1 ppm, as a heating that switches: the phase swings by 1e-7·period/2π.
        var random = RandomSource(seed: 9)
        var oscillator = Oscillator(
            OscillatorModel(frequency: 1e-5, wander: 1e-10, sines: [.init(amplitude: 1e-7, period: period)]), seed: 9)
        let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)
        var estimator = Estimator(correction: 0, at: start)
        var calibration = HoldoverCalibration()
        var bounds: [Double] = []
        for second in Int64(1)...7200 {
            let local = start + Interval(nanoseconds: oscillator.count(at: second * 1_000_000_000))
            let stamp = local + Interval(seconds: 1e-6 * random.nextGaussian())
            _ = estimator.update(Sample(local: stamp, reference: start + .seconds(second)))
            guard let estimate = estimator.estimate(at: local) else { continue }
            let claim = { (seconds: Double) in
                estimator.estimate(at: local + Interval(seconds: seconds))?.phaseDeviation ?? .infinity
            }
            calibration.note(time: Double(second), free: estimate) {
                estimator.estimate(at: local + Interval(seconds: $0))
            }
            guard second == 7200 else { continue }
            bounds = stride(from: 0.0, through: 7200, by: 10).map { calibration.bound(deviation: claim($0), age: $0) }
        }
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("outages that were interrupted teach nothing")
    func interruption() {
        var calibration = HoldoverCalibration()
        for index in 0..<2000 {
            // Every 20 s the phase jumps by 1 s, and that is told: no minute passes without.
            if index % 4 == 0 { calibration.interrupt() }
            let phase = Double(index / 4)
            calibration.note(time: Double(index) * 5, free: Self.estimate(phase)) {
                Self.estimate(phase, Self.claim($0))
            }
        }
        #expect(Self.bound(calibration, 60) == Self.bound(HoldoverCalibration(), 60))
    }
}
