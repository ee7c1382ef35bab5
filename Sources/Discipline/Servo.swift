import TimeScale

/// Turns an estimate into a frequency correction.
public enum Servo {
    /// Time constants of the phase correction, seconds: dead-beat at 1 s pulses while the gain is high, up to 16 s in
    /// the steady state, where what is left to correct is small.
    private static let timeConstants = 1.0...16.0
    /// Time constant as a share of the estimator's own, 1/gain: 1/20 costs 1 % of RMS and makes the frequency twice to
    /// ten times quieter than dead-beat would (simulated).
    private static let share = 0.05

    /// Largest part of the correction that takes out phase once time is served, s/s: programs that measure intervals on
    /// this machine see no more than an ordinary quartz would do to them.
    private static let largestSlew = 100e-6

    /// The correction that removes the frequency error at once and the phase error over a time constant.
    ///
    /// The time constant makes the phase approach its estimate from one side: there is no overshoot.
    ///
    /// - Parameters:
    ///   - estimate: what is believed about the clock now.
    ///   - largest: the clock's limit, s/s.
    ///   - isServing: whether somebody follows the clock already.
    /// - Returns: s/s, positive makes the clock faster; within ±`largest`.
    public static func correction(for estimate: Estimate, largest: Double, isServing: Bool) -> Double {
        let slow = share / max(estimate.phaseGain, 1e-4)
        let timeConstant = min(max(slow, timeConstants.lowerBound), timeConstants.upperBound)
        let limit = isServing ? min(largest, largestSlew) : largest
        let slew = min(max(estimate.phase / timeConstant, -limit), limit)
        return min(max(slew - estimate.frequency, -largest), largest)
    }
}

/// When the clock is stepped, slewed, or left alone.
public struct StepPolicy: Equatable, Sendable {
    /// What to do about an offset.
    public enum Decision: Equatable, Sendable {
        /// Correct it by frequency.
        case slew
        /// Set the clock.
        case step
        /// Do nothing: the reference is not to be believed.
        case panic
    }

    /// `makestep`: steps above a threshold (s) in the first so many updates; negative for always.
    public struct MakeStep: Equatable, Sendable {
        /// Offset above which a step is made, seconds, > 0.
        public let threshold: Double
        /// Number of first updates in which it may be; negative for always.
        public let limit: Int

        /// A `makestep` rule.
        public init(threshold: Double, limit: Int) {
            (self.threshold, self.limit) = (threshold, limit)
        }
    }

    /// Before anyone was served, offsets above this are stepped: slewing 1 ms at 500 ppm takes 2 s, and nobody is
    /// waiting for less.
    private static let firstThreshold = 1e-3

    /// Once time was served, offsets above this are stepped; 0 never (`tinker step`, default 0.128 s).
    public var threshold: Double
    /// Offsets above this are refused once the clock was known good; 0 never (`tinker panic`, default 1000 s).
    public var panicLimit: Double
    /// An operator's rule in place of `threshold` and of the free first step.
    public var makeStep: MakeStep?

    /// A policy.
    public init(threshold: Double = 0.128, panicLimit: Double = 1000, makeStep: MakeStep? = nil) {
        (self.threshold, self.panicLimit, self.makeStep) = (threshold, panicLimit, makeStep)
    }

    /// Decides about an offset.
    ///
    /// - Parameters:
    ///   - offset: reference − local, seconds.
    ///   - updates: how many times the clock was corrected before.
    ///   - isKnownGood: whether the clock was synchronised before, by this program or the one before it.
    /// - Returns: what to do.
    public func decide(offset: Double, updates: Int, isKnownGood: Bool) -> Decision {
        let size = abs(offset)
        if isKnownGood, panicLimit > 0, size > panicLimit { return .panic }
        if let makeStep {
            return size > makeStep.threshold && (makeStep.limit < 0 || updates < makeStep.limit) ? .step : .slew
        }
        if updates == 0 { return size > Self.firstThreshold ? .step : .slew }
        return threshold > 0 && size > threshold ? .step : .slew
    }
}
