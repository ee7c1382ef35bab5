import SimulatedWorld
import Testing

@Suite("Pulse model")
struct PulseModelTests {
    private static let count = 20_000

    private static func pulses(_ change: (inout PulseModel) -> Void) -> [[Double]] {
        var model = PulseModel()
        model.jitter = 0
        change(&model)
        var random = RandomSource(seed: 11)
        return (0..<Int64(count)).map { model.pulses($0, &random) }
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    @Test("jitter has mean 0 and the deviation asked for")
    func jitter() {
        let late = Self.pulses { $0.jitter = 1e-6 }.flatMap { $0 }
        // Standard errors of mean and variance: σ/√20000 = 0.7 % of σ, and √(2/20000) = 1 %; four of each.
        #expect(abs(Self.mean(late)) < 0.028e-6)
        #expect(abs(Self.mean(late.map { $0 * $0 }) / 1e-12 - 1) < 0.04)
    }

    @Test("latency is never early, has the mean asked for, and the deviation of an exponential")
    func latency() {
        let late = Self.pulses { $0.latency = 20e-6 }.flatMap { $0 }
        #expect(late.allSatisfy { $0 >= 0 })
        // Standard error of the mean 0.7 %; the second moment of an exponential is 2μ², its standard error
        // √(20/20000)·μ² = 1.6 % of that.
        #expect(abs(Self.mean(late) / 20e-6 - 1) < 0.028)
        #expect(abs(Self.mean(late.map { $0 * $0 }) / 800e-12 - 1) < 0.064)
    }

    // A share p of n: standard error √(p(1−p)/n), 0.0021 at 0.1; four of them.
    @Test("outliers have their share and their range")
    func outliers() {
        let late = Self.pulses { ($0.outlierShare, $0.outlierRange) = (0.1, 20e-6...200e-6) }.flatMap { $0 }
        let outliers = late.filter { $0 != 0 }
        #expect(abs(Double(outliers.count) / Double(Self.count) - 0.1) < 0.0085)
        #expect(outliers.allSatisfy { (20e-6...200e-6).contains($0) })
    }

    @Test("half the latency share halves the mean")
    func latencyShare() {
        let late = Self.pulses { ($0.latency, $0.latencyShare) = (20e-6, 0.5) }.flatMap { $0 }
        // Variance 2μ²/2 − μ²/4 = 0.75 μ²: standard error 1.2 % of the mean.
        #expect(abs(Self.mean(late) / 10e-6 - 1) < 0.05)
    }

    @Test("missing and spurious pulses have their shares")
    func missingAndSpurious() {
        let missing = Self.pulses { $0.missingShare = 0.1 }
        #expect(abs(Double(missing.count { $0.isEmpty }) / Double(Self.count) - 0.1) < 0.0085)
        let spurious = Self.pulses { $0.spuriousShare = 0.1 }
        #expect(abs(Double(spurious.count { $0.count == 2 }) / Double(Self.count) - 0.1) < 0.0085)
        #expect(spurious.allSatisfy { $0[0] == 0 && $0.dropFirst().allSatisfy((0..<1).contains) })
    }

    @Test("the sawtooth stays within its amplitude, rises through it in a period, and averages to nothing")
    func sawtooth() {
        let late = Self.pulses { ($0.sawtoothAmplitude, $0.sawtoothPeriod) = (15e-9, 20) }.flatMap { $0 }
        #expect(late.largestMagnitude <= 15e-9)
        // −15 ns at the start; half a period later, the middle; then from the start again.
        #expect(abs(late[0] + 15e-9) < 1e-15 && abs(late[10]) < 1e-15 && abs(late[20] + 15e-9) < 1e-15)
        // Steps of 1.5 ns from −15 to 13.5: their mean is −0.75 ns.
        #expect(abs(Self.mean(late) + 0.75e-9) < 1e-12)
    }

    @Test("a delay and a lie move the whole train, and a rate error goes on moving it")
    func lies() {
        let late = Self.pulses { ($0.delay, $0.phaseOffset, $0.rateError) = (50e-9, 5e-6, 1e-6) }.flatMap { $0 }
        #expect(abs(late[0] - 5.05e-6) < 1e-12)
        #expect(abs(late[1000] - 1005.05e-6) < 1e-9)
    }
}

@Suite("Network path")
struct NetworkPathTests {
    @Test("delays are the least ones and queueing, each way, and losses have their share")
    func exchange() throws {
        var path = NetworkPath(delay: 0.01, queueing: 0.001, lossShare: 0.1)
        path.replyQueueing = 0.004
        var random = RandomSource(seed: 5)
        let exchanges = (0..<20_000).map { _ in path.exchange(&random) }
        let done = exchanges.compactMap { $0 }
        // Both ways survive with 0.81: standard error 0.0028. Mean of an exponential: 0.8 %.
        #expect(abs(Double(done.count) / 20_000 - 0.81) < 0.011)
        #expect(done.allSatisfy { $0.request >= 0.01 && $0.reply >= 0.01 })
        let (request, reply) = done.reduce((0.0, 0.0)) { ($0.0 + $1.request, $0.1 + $1.reply) }
        #expect(abs((request / Double(done.count) - 0.01) / 0.001 - 1) < 0.032)
        #expect(abs((reply / Double(done.count) - 0.01) / 0.004 - 1) < 0.032)
    }
}

extension [Double] {
    fileprivate var largestMagnitude: Double { reduce(0) { Swift.max($0, abs($1)) } }
}
