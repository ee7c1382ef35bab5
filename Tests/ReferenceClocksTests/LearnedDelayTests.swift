import Receivers
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

@Suite("Delays of labels, learned")
struct LearnedDelayTests {
    static func learned(_ delay: Double, _ jitter: Double = 0.02, baudRate: Int = 9600) -> LearnedDelay {
        LearnedDelay(message: .rmc, baudRate: baudRate, centre: delay, deviation: jitter, count: 240)
    }

    /// The mean of 60 delays of 20 ms is normal with 20/√60 = 2.58 ms: within 5 ms in 94.7 % of all cases, the median
    /// (3.2 ms) in 88 %. Of 600 trials 94.7 % are 568 ± 5.5; 546, four deviations fewer, are beyond the median's 528.
    @Test("60 labels find the delay as well as statistics allow")
    func accuracy() {
        var random = RandomSource(seed: 3)
        var found = 0
        for trial in 0..<600 {
            let delay = [-0.02, 0.137, 0.512, 0.87][trial % 4]
            var statistics = DelayStatistics()
            for _ in 0..<60 { statistics.append(delay + random.nextGaussian() * 0.02) }
            if abs(statistics.centre - delay) <= 0.005 { found += 1 }
        }
        #expect(found >= 546)
    }

    /// One label in ten is 300 ms late: the mean is off by 30 ms. Wild ones within the first four deviations pull by
    /// less than a millisecond; the rest is statistics, 20/√216 = 1.4 ms.
    @Test("late bursts do not move the centre")
    func outliers() {
        var random = RandomSource(seed: 4)
        var statistics = DelayStatistics()
        for index in 0..<240 {
            statistics.append(0.137 + random.nextGaussian() * 0.02 + (index % 10 == 0 ? 0.3 : 0))
        }
        #expect(abs(statistics.centre - 0.137) < 0.006)
        #expect(abs(statistics.deviation - 0.02) < 0.004)
    }

    @Test("a delay that moves is relearned within a minute", arguments: [0.03, 0.3, 0.6, -0.15])
    func relearning(move: Double) {
        var pairing = PulsePairing(baudRate: 9600)
        var train = Train(delay: 0.2, jitter: 0.01)
        train.monitor(&pairing, seconds: 0..<600)
        train.delay += move
        train.monitor(&pairing, seconds: 600..<660)
        // 10/√44 = 1.5 ms, for a move that may be noticed only after 16 labels; four of those.
        #expect(abs((pairing.delay?.centre ?? 0) - train.delay) < 0.006)
        #expect(pairing.labelError == 0)
        #expect(pairing.state == .proven)
    }

    @Test("each kind of label has its own delay")
    func kinds() {
        var pairing = PulsePairing(baudRate: 9600)
        var (first, second) = (Train(delay: 0.1, message: .rmc), Train(delay: 0.3, message: .gga))
        for second_ in Int64(0)..<20 {
            first.monitor(&pairing, seconds: second_..<second_ + 1)
            second.monitor(&pairing, seconds: second_..<second_ + 1)
        }
        #expect(abs((pairing.delay(of: .rmc)?.centre ?? 0) - 0.1) < 1e-6)
        #expect(abs((pairing.delay(of: .gga)?.centre ?? 0) - 0.3) < 1e-6)
        #expect(pairing.delay(of: .zda) == nil)
        #expect(pairing.learnedDelays.map(\.message) == [.rmc, .gga])
        #expect(pairing.learnedDelays.map(\.baudRate) == [9600, 9600])
    }

    @Test("what is not proven is neither told nor kept")
    func unproven() {
        var pairing = PulsePairing(baudRate: 9600)
        var train = Train(delay: 0.87)
        #expect(train.number(&pairing, seconds: 0..<60).isEmpty)
        #expect(pairing.delay == nil)
        #expect(pairing.learnedDelays.isEmpty)
    }

    @Test(
        "a kept delay settles what was ambiguous", arguments: [(0.48, 0.03), (0.87, 0.02), (-0.02, 0.02), (0.99, 0.02)])
    func recall(delay: Double, jitter: Double) {
        for seed in UInt64(0)..<50 {
            var pairing = PulsePairing(baudRate: 9600)
            pairing.recall([Self.learned(delay, jitter)])
            var train = Train(delay: delay, jitter: jitter, random: RandomSource(seed: seed))
            let numbered = train.number(&pairing, seconds: 0..<12)
            #expect(numbered.count >= 10, "seed \(seed)")
            #expect(numbered.allSatisfy { $0.edge == $0.second }, "seed \(seed)")
        }
    }

    @Test("a delay kept at another speed of the line, or out of range, is none")
    func unusable() {
        var pairing = PulsePairing(baudRate: 9600)
        pairing.recall([Self.learned(0.87, baudRate: 4800), Self.learned(70), Self.learned(0.87, 7)])
        var train = Train(delay: 0.87)
        #expect(train.number(&pairing, seconds: 0..<60).isEmpty)
    }

    @Test("another receiver contradicts the kept delay, which is forgotten, and the proof begins anew")
    func contradiction() {
        var pairing = PulsePairing(baudRate: 9600)
        pairing.recall([Self.learned(0.87)])
        var quick = Train(delay: 0.137, jitter: 0.02)
        let numbered = quick.number(&pairing, seconds: 0..<14)
        #expect(numbered.count >= 12)
        #expect(numbered.allSatisfy { $0.edge == $0.second })
        var slow = Train(delay: 0.6, jitter: 0.02)
        var other = PulsePairing(baudRate: 9600)
        other.recall([Self.learned(0.87)])
        #expect(slow.number(&other, seconds: 0..<60).isEmpty)
    }

    @Test("a new proof begins with the delays of the last one")
    func restart() {
        var pairing = PulsePairing(baudRate: 9600)
        var train = Train(delay: 0.87, jitter: 0.02)
        train.monitor(&pairing, seconds: 0..<60)
        pairing.restart()
        #expect(pairing.state != .proven)
        let numbered = train.number(&pairing, seconds: 100..<112)
        #expect(numbered.count >= 10)
        #expect(numbered.allSatisfy { $0.edge == $0.second })
    }
}
