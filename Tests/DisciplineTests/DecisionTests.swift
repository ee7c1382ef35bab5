import Testing
import TimeScale

@testable import Discipline

@Suite("Servo and step policy")
struct ServoTests {
    @Test("a slow clock is made faster, a fast oscillator slower, within the clock's limit")
    func signs() {
        func estimate(phase: Double, frequency: Double, gain: Double) -> Estimate {
            Estimate(
                phase: phase, frequency: frequency, drift: 0, phaseDeviation: 0, frequencyDeviation: 0, jitter: 0,
                phaseGain: gain)
        }
        func correction(_ estimate: Estimate, isServing: Bool = false) -> Double {
            Servo.correction(for: estimate, largest: 500e-6, isServing: isServing)
        }
        // A gain of 1 corrects within a second; 0.05 / 0.005 gives a time constant of 10 s.
        #expect(correction(estimate(phase: 1e-6, frequency: 0, gain: 1)) == 1e-6)
        #expect(correction(estimate(phase: 0, frequency: 2e-5, gain: 1)) == -2e-5)
        #expect(abs(correction(estimate(phase: 1e-6, frequency: 0, gain: 0.005)) - 1e-7) < 1e-15)
        #expect(correction(estimate(phase: 1, frequency: 0, gain: 1)) == 500e-6)
        // Once somebody follows the clock, phase is taken out at 100 ppm at most, beside the frequency.
        #expect(abs(correction(estimate(phase: 1, frequency: 2e-5, gain: 1), isServing: true) - 80e-6) < 1e-15)
    }

    @Test(
        "when to step",
        arguments: [
            // offset, updates before, known good, decision
            (0.3, 0, false, StepPolicy.Decision.step), (0.0005, 0, false, .slew), (1.7e9, 0, false, .step),
            (0.1, 1, true, .slew), (-0.2, 1, true, .step), (3600, 0, true, .panic), (-1001, 5, true, .panic),
        ])
    func defaults(offset: Double, updates: Int, isKnownGood: Bool, expected: StepPolicy.Decision) {
        #expect(StepPolicy().decide(offset: offset, updates: updates, isKnownGood: isKnownGood) == expected)
    }

    @Test("makestep allows steps in the first updates only, and tinker's zeros forbid and allow")
    func rules() {
        let policy = StepPolicy(makeStep: .init(threshold: 1, limit: 3))
        #expect(policy.decide(offset: 2, updates: 2, isKnownGood: false) == .step)
        #expect(policy.decide(offset: 2, updates: 3, isKnownGood: false) == .slew)
        #expect(policy.decide(offset: 0.9, updates: 0, isKnownGood: false) == .slew)
        let always = StepPolicy(makeStep: .init(threshold: 1, limit: -1))
        #expect(always.decide(offset: -2, updates: 1000, isKnownGood: false) == .step)
        #expect(StepPolicy(threshold: 0).decide(offset: 100, updates: 1, isKnownGood: true) == .slew)
        #expect(StepPolicy(panicLimit: 0).decide(offset: 1e6, updates: 1, isKnownGood: true) == .step)
    }
}

@Suite("Quality ladder")
struct QualityLadderTests {
    func conditions(_ hasReference: Bool, trusted: Bool = true, uptime: Int64 = 100) -> QualityLadder.Conditions {
        .init(hasReference: hasReference, isClockTrusted: trusted, uptime: .seconds(uptime), remark: "x")
    }

    @Test("from starting to locked to local and back")
    func climb() {
        var ladder = QualityLadder(local: LocalService(stratum: 10, waitBeforeFirstLock: nil))
        #expect(ladder.update(conditions(false, uptime: 100_000)) == nil)
        #expect(ladder.update(conditions(true))?.to == .locked)
        #expect(ladder.update(conditions(true)) == nil)
        #expect(ladder.update(conditions(false))?.to == .local)
        #expect(ladder.update(conditions(true))?.to == .locked)
    }

    @Test("a disturbed clock is no local clock, however good it was before")
    func distrust() {
        var ladder = QualityLadder(local: LocalService(stratum: 10, waitBeforeFirstLock: .zero))
        _ = ladder.update(conditions(true))
        #expect(ladder.update(conditions(false, trusted: false))?.to == .starting)
        #expect(ladder.update(conditions(false, trusted: false)) == nil)
        #expect(!ladder.wasLocked)
    }

    @Test("ntpd's wait before a local clock that was never right")
    func wait() {
        var ladder = QualityLadder(local: LocalService(stratum: 11, waitBeforeFirstLock: .seconds(300)))
        #expect(ladder.update(conditions(false, uptime: 299)) == nil)
        #expect(ladder.update(conditions(false, uptime: 300))?.to == .local)
    }
}

@Suite("Steered clock and reach")
struct SteeredClockTests {
    @Test("a correction makes the reading gain, in units of 2⁻¹⁶ ppm, clamped at 500 ppm")
    func correction() {
        var clock = SteeredClock(count: 0, reading: .unixEpoch)
        let applied = clock.setFrequencyCorrection(100e-6, at: 0)
        #expect(abs(applied - 100e-6) < 1e-6 / 65536)
        #expect(clock.reading(at: 10_000_000_000).nanoseconds == 10_001_000_000)
        #expect(clock.setFrequencyCorrection(1, at: 0) == 500e-6)
        #expect(clock.setFrequencyCorrection(.nan, at: 0) == 500e-6)
    }

    @Test("an inserted leap second repeats 23:59:59, once")
    func insertion() throws {
        let midnight = try #require(CivilTime(year: 2017, month: 1, day: 1)).instant
        var clock = SteeredClock(count: 0, reading: midnight - .seconds(2))
        clock.setLeap(.insertSecond, at: 0)
        // A change of correction each second, as the servo makes, must not lose it.
        for second in Int64(0)...1 { _ = clock.setFrequencyCorrection(0, at: second * 1_000_000_000) }
        #expect(clock.reading(at: 1_999_999_999) == midnight - Interval(nanoseconds: 1))
        #expect(clock.reading(at: 2_000_000_000) == midnight - .second)
        _ = clock.setFrequencyCorrection(0, at: 2_500_000_000)
        #expect(clock.reading(at: 3_000_000_000) == midnight)
        #expect(clock.reading(at: 4_000_000_000) == midnight + .second)
    }

    @Test("a deleted leap second goes from 23:59:58 to 00:00:00")
    func deletion() throws {
        let midnight = try #require(CivilTime(year: 2027, month: 1, day: 1)).instant
        var clock = SteeredClock(count: 0, reading: midnight - .seconds(3))
        clock.setLeap(.deleteSecond, at: 0)
        #expect(clock.reading(at: 1_999_999_999) == midnight - .second - Interval(nanoseconds: 1))
        #expect(clock.reading(at: 2_000_000_000) == midnight)
    }

    @Test("reach forgets after eight polls")
    func reach() {
        var reach = ReachRegister()
        reach.mark()
        for _ in 0..<7 { reach.shift() }
        #expect(reach.bits == 0b1000_0000)
        reach.shift()
        #expect(!reach.isReachable)
    }
}
