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
