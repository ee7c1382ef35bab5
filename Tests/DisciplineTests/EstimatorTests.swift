import SimulatedWorld
import Testing
import TimeScale

@testable import Discipline

@Suite("Estimator")
struct EstimatorTests {
    static let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    /// A clock with a known error: offset(t) = phase − frequency · t, sampled once a second.
    struct Truth {
        var phase = 0.0
        var frequency = 0.0
        var jitter = 0.0
        var random = RandomSource(seed: 3)

        mutating func sample(_ second: Int, correction: Double = 0) -> Sample {
            let local = start + .seconds(Int64(second))
            let offset = phase - (frequency + correction) * Double(second) + jitter * random.nextGaussian()
            return Sample(local: local, reference: local + Interval(seconds: offset))
        }
    }

    @Test("eight samples of a clock without noise give its phase and frequency")
    func firstFit() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0.25, frequency: 40e-6)
        for second in 1...7 {
            #expect(estimator.update(truth.sample(second)) == .collected)
            #expect(!estimator.isReady)
        }
        _ = estimator.update(truth.sample(8))
        let estimate = try #require(estimator.estimate(at: Self.start + .seconds(8)))
        // Samples are rounded to 1 ns; the line through eight of them is good to a few.
        #expect(abs(estimate.phase - (0.25 - 40e-6 * 8)) < 3e-9)
        #expect(abs(estimate.frequency - 40e-6) < 1e-9)
    }

    @Test("an estimate is carried on by its frequency, and its deviation grows")
    func prediction() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0, frequency: -5e-6, jitter: 1e-6)
        for second in 1...300 { _ = estimator.update(truth.sample(second)) }
        let soon = try #require(estimator.estimate(at: Self.start + .seconds(301)))
        let later = try #require(estimator.estimate(at: Self.start + .seconds(900)))
        #expect(abs(soon.phase - 5e-6 * 301) < 1e-6)
        #expect(abs(later.phase - 5e-6 * 900) < 4 * later.phaseDeviation)
        #expect(later.phaseDeviation > soon.phaseDeviation)
        #expect(abs(soon.jitter / 1e-6 - 1) < 0.15)
    }

    @Test("a correction in force enters the prediction exactly")
    func control() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0, frequency: 10e-6)
        for second in 1...20 { _ = estimator.update(truth.sample(second)) }
        let before = try #require(estimator.estimate(at: Self.start + .seconds(20)))
        estimator.controlChanged(to: 100e-6, at: Self.start + .seconds(20))
        let after = try #require(estimator.estimate(at: Self.start + .seconds(30)))
        // Ten seconds of 10 ppm fast and of 100 ppm faster.
        #expect(abs(after.phase - (before.phase - 10 * 110e-6)) < 5e-9)
    }

    @Test("a sample stamped before the last change of correction is predicted to its own moment")
    func lateSample() {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0, frequency: 0)
        for second in 1...50 { _ = estimator.update(truth.sample(second)) }
        // The correction changes half a second after the pulse that is processed later.
        estimator.controlChanged(to: 400e-6, at: Self.start + .milliseconds(51_500))
        guard case .accepted(let innovation) = estimator.update(truth.sample(51)) else {
            Issue.record("the sample was not accepted")
            return
        }
        #expect(abs(innovation) < 5e-9)
    }

    @Test("a step of the clock moves the estimate along")
    func step() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0.2, frequency: 0)
        for second in 1...20 { _ = estimator.update(truth.sample(second)) }
        estimator.apply(ClockChange(step: .milliseconds(150)))
        let estimate = try #require(estimator.estimate(at: Self.start + .seconds(20) + .milliseconds(150)))
        #expect(abs(estimate.phase - 0.05) < 5e-9)
    }

    @Test("a leap second moves the readings and not the offset")
    func leapSecond() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0.001, frequency: 0)
        for second in 1...20 { _ = estimator.update(truth.sample(second)) }
        estimator.apply(ClockChange(step: .seconds(-1), isLeapSecond: true))
        let estimate = try #require(estimator.estimate(at: Self.start + .seconds(19)))
        #expect(abs(estimate.phase - 0.001) < 5e-9)
    }

    @Test("a lone outlier is rejected, and a jump that lasts is followed after eight, and its size told")
    func outliers() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth(phase: 0, frequency: 0, jitter: 1e-6)
        for second in 1...200 { _ = estimator.update(truth.sample(second)) }
        truth.phase = 1e-3
        guard case .rejected = estimator.update(truth.sample(201)) else {
            Issue.record("the outlier was accepted")
            return
        }
        var outcomes: [Estimator.Outcome] = []
        for second in 202...260 { outcomes.append(estimator.update(truth.sample(second))) }
        guard case .restarted(let jump) = outcomes[6] else {
            Issue.record("the eighth sample after the jump did not end it: \(outcomes[6])")
            return
        }
        #expect(abs(jump.phase - 1e-3) < 2e-6)
        #expect(!jump.isOscillators(bound: 1e-5))
        let estimate = try #require(estimator.estimate(at: Self.start + .seconds(260)))
        #expect(abs(estimate.phase - 1e-3) < 2e-6)
    }

    @Test("samples do not go back in time")
    func order() {
        var estimator = Estimator(correction: 0, at: Self.start)
        var truth = Truth()
        for second in 1...20 { _ = estimator.update(truth.sample(second)) }
        #expect(estimator.update(truth.sample(15)) == .rejected(innovation: 0))
    }

    @Test("what another source has taught is adopted where it is better, and only there")
    func adoption() throws {
        var precise = Estimator(correction: 0, at: Self.start)
        var coarse = precise
        var pulses = Truth(phase: 0, frequency: 3e-6, jitter: 1e-6)
        var labels = Truth(phase: 0, frequency: 3e-6, jitter: 5e-3)
        for second in 1...800 {
            _ = precise.update(pulses.sample(second))
            _ = coarse.update(labels.sample(second))
        }
        let now = Self.start + .seconds(800)
        coarse.adopt(precise, at: now)
        for second in 801...860 { _ = coarse.update(labels.sample(second)) }
        let estimate = try #require(coarse.estimate(at: Self.start + .seconds(860)))
        #expect(abs(estimate.phase + 3e-6 * 860) < 1e-4)
        #expect(abs(estimate.frequency - 3e-6) < 1e-7)
        #expect(estimate.jitter > 2e-3)
        // The other way round there is nothing to gain.
        let later = Self.start + .seconds(801)
        precise.adopt(coarse, at: later)
        #expect(try #require(precise.estimate(at: later)).phaseDeviation < 2e-6)
    }

    @Test("a frequency from a drift file is kept until samples know better")
    func preset() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        estimator.preset(frequency: 25e-6, deviation: 1e-6, at: Self.start)
        var truth = Truth(phase: 0.01, frequency: 25.1e-6, jitter: 1e-3)
        for second in 1...8 { _ = estimator.update(truth.sample(second)) }
        let estimate = try #require(estimator.estimate(at: Self.start + .seconds(8)))
        // A line through eight samples of 1 ms jitter would be off by some 150 ppm.
        #expect(abs(estimate.frequency - 25e-6) < 3e-6)
    }

    @Test("a drift file that the samples rule out is forgotten")
    func wrongPreset() throws {
        var estimator = Estimator(correction: 0, at: Self.start)
        estimator.preset(frequency: 25e-6, deviation: 1e-6, at: Self.start)
        var truth = Truth(phase: 0.01, frequency: -40e-6, jitter: 1e-6)
        for second in 1...8 { _ = estimator.update(truth.sample(second)) }
        let estimate = try #require(estimator.estimate(at: Self.start + .seconds(8)))
        #expect(abs(estimate.frequency + 40e-6) < 1e-6)
    }
}
