import SimulatedWorld
import Testing

@testable import Discipline

@Suite("Surprise detector")
struct SurpriseDetectorTests {
    /// What is first said of innovations that change after a hundred ordinary ones, and after how many.
    private func verdict(
        seed: UInt64, within limit: Int, change: (Int) -> Double
    ) -> (surprise: SurpriseDetector.Surprise, after: Int)? {
        var random = RandomSource(seed: seed)
        var detector = SurpriseDetector()
        for _ in 0..<100 { _ = detector.note(random.nextGaussian()) }
        for sample in 1...limit {
            if let surprise = detector.note(change(sample) + random.nextGaussian()) { return (surprise, sample) }
        }
        return nil
    }

    @Test("a million innovations that mean nothing raise no more alarms than chance allows")
    func falseAlarms() {
        var random = RandomSource(seed: 1)
        var detector = SurpriseDetector()
        var alarms = 0
        for _ in 0..<1_000_000 where detector.note(random.nextGaussian()) != nil { alarms += 1 }
        // Four sums a sample, each beyond 5.5 of its deviations with P = 3.8e-8: at most 0.15 of them in 10⁶ samples
        // (fewer, for clipped innovations have thinner tails). Two would be one chance in a hundred.
        #expect(alarms <= 1)
    }

    @Test("a lone outlier is no surprise, however large")
    func outlier() {
        var random = RandomSource(seed: 2)
        var detector = SurpriseDetector()
        for sample in 0..<5000 {
            let wild = sample % 100 == 99 ? 1e6 * (random.nextUnit() - 0.3) : 0
            #expect(detector.note(random.nextGaussian() + wild) == nil)
        }
    }

    @Test("a step of five deviations is noticed within eight innovations, and called a step", arguments: [5.0, -5])
    func step(size: Double) {
        var steps = 0
        for seed in UInt64(1)...100 {
            let verdict = verdict(seed: seed, within: 8) { _ in size }
            #expect(verdict != nil, "seed \(seed)")
            if verdict?.surprise == .phase { steps += 1 }
        }
        #expect(steps >= 60)
    }

    @Test("nine in ten steps of eight deviations are called steps", arguments: [8.0, -8])
    func largeStep(size: Double) {
        let steps = (UInt64(1)...100).count { verdict(seed: $0, within: 8) { _ in size }?.surprise == .phase }
        #expect(steps >= 90)
    }

    @Test(
        "innovations that grow are a jump of the frequency, and its size is told",
        arguments: [0.05, 0.1, 0.2, 0.5, 1, -0.05, -0.3])
    func ramp(slope: Double) {
        var (ramps, sizes) = (0, 0.0)
        for seed in UInt64(1)...100 {
            let verdict = verdict(seed: seed, within: 64) { slope * Double($0) }
            guard case .frequency(let size) = verdict?.surprise else { continue }
            ramps += 1
            sizes += size
        }
        // The slowest look like a step for a while: one in twenty or so is called one.
        #expect(ramps >= 90)
        // The span that notices it is not the ramp's own length, and innovations are clipped: within a factor of 4.
        let mean = sizes / Double(ramps)
        #expect(mean > abs(slope) / 4 && mean < abs(slope) * 4)
    }

    @Test("after a surprise it begins anew")
    func anew() {
        var detector = SurpriseDetector()
        var surprises = 0
        for _ in 0..<8 where detector.note(4) != nil { surprises += 1 }
        #expect(surprises == 1)
        for _ in 0..<1000 { #expect(detector.note(0) == nil) }
    }
}

@Suite("Jumps")
struct JumpTests {
    /// A jump seen eight samples after it left, with a slope known to 10 ns/s.
    private func jump(phase: Double, slope: Double, age: Double = 8, duration: Double = 7) -> Jump {
        Jump(
            phase: phase, slope: slope, scatter: 1e-8, slopeDeviation: 1e-8, claim: 1e-7, age: age, duration: duration)
    }

    /// The phase of a quartz is continuous, and its frequency jumps by 1e-6 at most: whatever leaves the prediction
    /// must have grown from nothing, at that rate, since about the last sample that was believed.
    @Test(
        "what a quartz can have done",
        arguments: [
            // phase (s), slope (s/s), age (s); bound 1 µs
            (0.9e-6, 0, 8, true),  // within the bound anyway
            (-0.9e-6, 5e-6, 8, true),
            (5e-6, 0, 8, false),  // a step
            (5e-6, 0.3e-7, 8, false),  // a slope within its own error
            (5e-6, 0.5e-6, 8, true),  // grown for 10 s
            (-5e-6, -0.5e-6, 8, true),
            (5e-6, -0.5e-6, 8, false),  // running back to where it should be
            (2e-6, 0.5e-6, 8, false),  // grown for 4 s, yet off for 7
            (1e-3, 0.9e-6, 8, false),  // would have taken 1111 s
            (1e-3, 0.9e-6, 3600, true),  // in an hour without samples it can
            (50e-6, 5e-6, 8, false),  // at 5 ppm: no quartz
            (1e-3, 5e-6, 3600, false),
            (0.1, 0, 86_400, false),
            (35e-6, 0.6e-6, 8, true),  // innovations may grow for a minute before one is rejected
        ])
    func oscillators(phase: Double, slope: Double, age: Double, expected: Bool) {
        #expect(jump(phase: phase, slope: slope, age: age).isOscillators(bound: 1e-6) == expected)
    }

    @Test(
        "a rate is what a quartz's jump is not",
        arguments: [(0, false), (0.9e-6, false), (-5e-6, true), (5e-6, true)])
    func rate(slope: Double, expected: Bool) {
        #expect(jump(phase: 1e-4, slope: slope).isRate == expected)
    }
}
