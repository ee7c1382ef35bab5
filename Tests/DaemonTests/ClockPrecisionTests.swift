import Discipline
import Testing
import TimeScale

@testable import Daemon

@Suite("Precision of a clock")
struct ClockPrecisionTests {
    /// log₂ of the step in seconds, rounded up: 1 ns = 2^−29.9, 30 ns = 2^−24.99, 1 µs = 2^−19.9, 1 ms = 2^−9.97;
    /// 2⁻⁹ s = 1 953 125 ns exactly.
    @Test(
        "the shortest step of the readings, as a power of two, rounded up",
        arguments: [
            (1, -29), (2, -28), (30, -24), (29, -25), (1000, -19), (1_000_000, -9), (1_953_125, -9), (1_953_126, -8),
            (15_625_000, -6),
        ] as [(Int64, Int8)])
    func steps(nanoseconds: Int64, precision: Int8) {
        #expect(ClockPrecision.measure(SteppingClock(steps: [nanoseconds])) == precision)
    }

    /// Windows takes −30 ... −3 (KB 940742).
    @Test(
        "a clock coarser than 1/64 s, or one that stands, has −6", arguments: [15_625_001, 1_000_000_000, 0] as [Int64])
    func coarse(nanoseconds: Int64) {
        #expect(ClockPrecision.measure(SteppingClock(steps: [nanoseconds])) == -6)
    }

    @Test("repeated readings and steps back do not count")
    func uneven() {
        #expect(ClockPrecision.measure(SteppingClock(steps: [0, 5000, -7000, 0, 3000])) == -18)
    }
}

/// A clock that goes forward by the next of its steps at each reading.
private final class SteppingClock: ClockControl {
    private let steps: [Int64]
    private var reading = Instant(nanoseconds: 1_795_237_567_000_000_000)
    private var count = 0
    let frequencyCorrection = 0.0
    let largestFrequencyCorrection = 0.0
    let isMonotonicSteered = false
    let inheritedMaximumError: Double? = nil

    init(steps: [Int64]) { self.steps = steps }

    func now() -> Instant {
        reading = reading + Interval(nanoseconds: steps[count % steps.count])
        count += 1
        return reading
    }

    func monotonicNow() -> MonotonicInstant { MonotonicInstant(nanoseconds: reading.nanoseconds) }
    func reading(atKernelTime stamp: Instant) -> Instant { stamp }
    func readFrequencyCorrection() -> Double { 0 }

    func setFrequencyCorrection(_ correction: Double) throws(ClockControlError) -> Double { 0 }
    func step(by interval: Interval) throws(ClockControlError) -> Interval { .zero }
    func setStatus(_ status: ClockStatus) throws(ClockControlError) {}
}
