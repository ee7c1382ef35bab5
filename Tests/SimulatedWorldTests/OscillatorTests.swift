import SimulatedWorld
import Testing

@Suite("Oscillator")
struct OscillatorTests {
    private static let second: Int64 = 1_000_000_000

    @Test("without wander the counter gains its frequency error times the time gone")
    func constantFrequency() {
        var oscillator = Oscillator(OscillatorModel(frequency: 10e-6, wander: 0), seed: 1)
        // 10 ppm over 1000 s are 10 ms; 1 ns is lost to rounding at most.
        #expect(abs(oscillator.count(at: 1000 * Self.second) - 1000 * Self.second - 10_000_000) <= 1)
    }

    @Test("the counter never falls and the same seed counts the same")
    func monotoneAndRepeatable() {
        var first = Oscillator(OscillatorModel(frequency: -50e-6, wander: 1e-6), seed: 7)
        var second = Oscillator(OscillatorModel(frequency: -50e-6, wander: 1e-6), seed: 7)
        var last: Int64 = -1
        for step in 0..<5000 {
            let count = first.count(at: Int64(step) * 10_000_019)
            #expect(count >= last)
            last = count
        }
        #expect(second.count(at: 4999 * 10_000_019) == last)
    }

    @Test("moments of the last seconds are answered as they were before")
    func recentPast() {
        var oscillator = Oscillator(OscillatorModel(frequency: 3e-6, wander: 1e-7), seed: 2)
        let moments = (0..<40).map { 20 * Self.second + Int64($0) * 333_333_333 }
        let counts = moments.map { oscillator.count(at: $0) }
        #expect(moments.map { oscillator.count(at: $0) } == counts)
    }

    @Test("the frequency spreads with the root of time")
    func randomWalk() {
        let squares = (0..<400).map { seed in
            var oscillator = Oscillator(OscillatorModel(frequency: 0, wander: 1e-9), seed: UInt64(seed))
            _ = oscillator.count(at: 100 * Self.second)
            return oscillator.frequency * oscillator.frequency
        }
        // Variance 100 · (1e-9)²; that of 400 samples is good to √(2/400) = 7 %, so ±28 % is 4 σ.
        let variance = squares.reduce(0, +) / 400
        #expect(abs(variance / 100e-18 - 1) < 0.28)
    }
}

@Suite("Oscillator noise")
struct OscillatorNoiseTests {
    /// Allan variance at a whole number of seconds from phases a second apart: half the mean square of the second
    /// difference over τ² (NIST SP 1065 §5.2.4, overlapping).
    private static func allanVariance(_ phases: [Double], seconds: Int) -> Double {
        let count = phases.count - 2 * seconds
        let sum = (0..<count).reduce(0.0) { sum, index in
            let difference = phases[index + 2 * seconds] - 2 * phases[index + seconds] + phases[index]
            return sum + difference * difference
        }
        return sum / Double(count) / 2 / Double(seconds * seconds)
    }

    /// Phases of an oscillator at each second, seconds.
    private static func phases(_ model: OscillatorModel, seed: UInt64 = 4, count: Int = 40_000) -> [Double] {
        var oscillator = Oscillator(model, seed: seed)
        return (0..<Int64(count)).map { Double(oscillator.count(at: $0 * 1_000_000_000) - $0 * 1_000_000_000) / 1e9 }
    }

    // An Allan variance over N seconds at τ has at least N/τ/1.5 degrees of freedom, so a standard error of
    // √(3τ/N): 0.9 %, 2.7 % and 8.7 % here; the tolerance is four of them.
    static let times = [(1, 0.035), (10, 0.11), (100, 0.35)]

    @Test("white noise has an Allan variance that falls with the averaging time", arguments: times)
    func white(seconds: Int, tolerance: Double) {
        let variance = Self.allanVariance(Self.phases(OscillatorModel(white: 1e-6)), seconds: seconds)
        #expect(abs(variance / (1e-12 / Double(seconds)) - 1) < tolerance)
    }

    @Test("a random walk has an Allan variance that grows with the averaging time", arguments: times)
    func randomWalk(seconds: Int, tolerance: Double) {
        let variance = Self.allanVariance(Self.phases(OscillatorModel(wander: 1e-7)), seconds: seconds)
        // Of steps once a second the difference of two means over m takes 1/m … 1 … 1/m: the squares add up to
        // (2m² + 1)/3m, and the Allan variance is half of that.
        let m = Double(seconds)
        #expect(abs(variance / (1e-14 * (2 * m * m + 1) / (6 * m)) - 1) < tolerance)
    }

    @Test("flicker noise has the same Allan variance at 10, 100 and 1000 s", arguments: [10, 100, 1000])
    func flicker(seconds: Int) {
        let variances = (1...10).map { seed in
            Self.allanVariance(Self.phases(OscillatorModel(flicker: 1e-6), seed: seed), seconds: seconds)
        }
        // Ten runs of 40 000 s: standard errors 0.9, 2.7 and 8.7 %, of which four. The edge at 1 s makes the sum of the
        // processes 4 % low at 10 s, 0.5 % at 100 s (from their autocorrelations).
        let mean = variances.reduce(0, +) / 10
        #expect(abs(mean / 1e-12 - 1) < (seconds == 1000 ? 0.35 : 0.12))
    }

    @Test("ageing is a parabola in the phase")
    func ageing() {
        let phases = Self.phases(OscillatorModel(ageing: 1e-9), count: 10_001)
        // ½·1e-9·(1e4)² = 50 ms, to the nanosecond of the counter.
        #expect(abs(phases[10_000] - 0.05) < 2e-9)
        #expect(abs(phases[5000] - 0.0125) < 2e-9)
    }

    @Test("a sine of the frequency is one of the phase, period/2π times as large")
    func sine() {
        let sine = OscillatorModel.Sine(amplitude: 0.5e-6, period: 1200)
        let phases = Self.phases(OscillatorModel(sines: [sine]), count: 2401)
        // ∫ 0.5e-6·sin = 0.5e-6·1200/2π·(1 − cos): from 0 to twice 95.493 µs and back.
        #expect(abs(phases[600] - 2 * 95.493e-6) < 5e-9)
        #expect(abs(phases[1200]) < 2e-9)
        #expect(abs(phases[1500] - 95.493e-6) < 5e-9)
    }

    @Test("a frequency step changes the slope at its second")
    func step() {
        let phases = Self.phases(OscillatorModel(steps: [.init(at: 100, size: 1e-6)]), count: 201)
        #expect(phases[100] == 0)
        #expect(abs(phases[200] - 100e-6) < 2e-9)
    }
}

@Suite("Random source")
struct RandomSourceTests {
    @Test("seed 1234567 gives the published SplitMix64 numbers")
    func splitMixVector() {
        // https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
        var source = RandomSource(seed: 1_234_567)
        #expect(source.next() == 6_457_827_717_110_365_317)
        #expect(source.next() == 3_203_168_211_198_807_973)
    }

    @Test("Gaussian numbers have mean 0 and variance 1")
    func gaussian() {
        var source = RandomSource(seed: 3)
        let numbers = (0..<40_000).map { _ in source.nextGaussian() }
        // Standard errors 0.005 and √(2/40000) = 0.007; four of each.
        #expect(abs(numbers.reduce(0, +) / 40_000) < 0.02)
        #expect(abs(numbers.reduce(0) { $0 + $1 * $1 } / 40_000 - 1) < 0.028)
    }
}
