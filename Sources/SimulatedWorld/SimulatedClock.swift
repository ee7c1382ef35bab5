import Discipline
import TimeScale

/// A kernel clock in a simulation: an imagined oscillator, steered as adjtimex(2) steers, read at true times.
public final class SimulatedClock: ClockControl {
    /// True time that has passed since the beginning, nanoseconds; the simulation sets it.
    public private(set) var elapsed: Int64 = 0
    /// True UTC at the beginning.
    public let start: Instant
    /// The last status set.
    public private(set) var status: ClockStatus?
    /// Steps made, oldest first.
    public private(set) var steps: [Interval] = []

    private var steered: SteeredClock
    private var oscillator: Oscillator

    /// The error bound inherited from an imagined predecessor.
    public let inheritedMaximumError: Double?

    /// A clock that is wrong from the beginning.
    ///
    /// - Parameters:
    ///   - start: true UTC at the beginning.
    ///   - offset: seconds by which the clock is fast at the beginning.
    ///   - oscillator: what drives it.
    ///   - inheritedMaximumError: bound of the error in seconds as an earlier daemon left it, if one did.
    public init(start: Instant, offset: Double, oscillator: Oscillator, inheritedMaximumError: Double? = nil) {
        self.start = start
        self.oscillator = oscillator
        self.inheritedMaximumError = inheritedMaximumError
        steered = SteeredClock(count: 0, reading: start + Interval(seconds: offset))
    }

    /// True UTC now, leap seconds not counted.
    public var truth: Instant { start + Interval(nanoseconds: elapsed) }

    /// Lets true time pass.
    ///
    /// - Parameter elapsed: nanoseconds since the beginning; not before the last.
    public func advance(to elapsed: Int64) {
        precondition(elapsed >= self.elapsed, "true time does not go back")
        self.elapsed = elapsed
    }

    /// The error of the clock now, seconds, positive = fast.
    public var error: Double { (now() - truth).seconds }

    /// What the clock reads now.
    public func now() -> Instant { steered.reading(at: oscillator.count(at: elapsed)) }

    /// What `monotonicNow` counts is the free oscillator.
    public let isMonotonicSteered = false

    /// The time since the beginning, as the oscillator counts it.
    public func monotonicNow() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: oscillator.count(at: elapsed))
    }

    /// The identity: stamps are readings of this clock.
    public func reading(atKernelTime stamp: Instant) -> Instant { stamp }

    /// The correction in force as far as the daemon knows, s/s.
    public private(set) var frequencyCorrection = 0.0

    /// ±500 ppm, as Linux.
    public var largestFrequencyCorrection: Double { SteeredClock.largestFrequencyCorrection }

    /// The correction in force, which `disturb(frequency:)` may have changed.
    public func readFrequencyCorrection() -> Double {
        frequencyCorrection = steered.frequencyCorrection
        return frequencyCorrection
    }

    /// Sets the correction, rounded as Linux does.
    ///
    /// - Parameter correction: s/s, positive = faster.
    /// - Returns: the correction in force.
    public func setFrequencyCorrection(_ correction: Double) -> Double {
        frequencyCorrection = steered.setFrequencyCorrection(correction, at: oscillator.count(at: elapsed))
        return frequencyCorrection
    }

    /// Steps the clock.
    ///
    /// - Parameter interval: positive = forward.
    /// - Returns: the same.
    public func step(by interval: Interval) -> Interval {
        steered.step(by: interval)
        steps.append(interval)
        return interval
    }

    /// Sets the clock behind the daemon's back, as another program would.
    public func disturb(by interval: Interval) { steered.step(by: interval) }

    /// Changes the frequency correction behind the daemon's back, as another program's adjtimex(2) would.
    ///
    /// - Parameter frequency: the correction from now on, s/s, positive = faster; rounded and limited as Linux does.
    public func disturb(frequency: Double) {
        _ = steered.setFrequencyCorrection(frequency, at: oscillator.count(at: elapsed))
    }

    /// Keeps the status, and arms the leap second.
    public func setStatus(_ status: ClockStatus) {
        if status.leapIndicator != self.status?.leapIndicator {
            steered.setLeap(status.leapIndicator, at: oscillator.count(at: elapsed))
        }
        self.status = status
    }
}
