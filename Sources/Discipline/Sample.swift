import TimeScale

/// One comparison of the local clock with a reference.
///
/// **The sign rule of the whole project**: offset = reference − local; positive means that the local clock is slow.
public struct Sample: Equatable, Sendable {
    /// What the local clock read at the moment of comparison.
    public private(set) var local: Instant
    /// What it should have read.
    public private(set) var reference: Instant
    /// Bound of errors that averaging cannot remove, seconds, ≥ 0.
    public let systematicError: Double

    /// A comparison.
    public init(local: Instant, reference: Instant, systematicError: Double = 0) {
        (self.local, self.reference) = (local, reference)
        self.systematicError = systematicError
    }

    /// θ = reference − local, seconds.
    public var offset: Double { (reference - local).seconds }

    /// Follows a change of the local clock.
    public mutating func apply(_ change: ClockChange) {
        local = local + change.step
        // Together first: a step over centuries and its opposite would overflow one after the other.
        reference = reference + (change.step + change.offsetChange)
    }
}

/// A change of the local clock's reading that holders of old readings must be told of.
public struct ClockChange: Equatable, Sendable {
    /// How far the clock was set forward; negative for back.
    public let step: Interval
    /// Whether the reference jumped along, as it does at a leap second, so that the offset is what it was.
    public let isLeapSecond: Bool

    /// A step of the clock.
    public init(step: Interval, isLeapSecond: Bool = false) {
        (self.step, self.isLeapSecond) = (step, isLeapSecond)
    }

    /// How much the offset (reference − local) changed.
    public var offsetChange: Interval { isLeapSecond ? .zero : -step }
}

/// What is believed about the local clock at one moment.
public struct Estimate: Equatable, Sendable {
    /// θ, seconds: reference − local; positive means that the local clock is slow.
    public let phase: Double
    /// Frequency error of the uncorrected oscillator, s/s; positive means fast.
    public let frequency: Double
    /// Drift of that frequency, s/s per s.
    public let drift: Double
    /// Standard deviation of `phase`, seconds.
    public let phaseDeviation: Double
    /// Standard deviation of `frequency`, s/s.
    public let frequencyDeviation: Double
    /// Estimated jitter of one sample, standard deviation in seconds.
    public let jitter: Double
    /// Share of an innovation that goes into the phase, 0 ... 1 (Kalman gain).
    public let phaseGain: Double
}
