import TimeScale

/// Why a clock would not do what it was told.
public enum ClockControlError: Error, Equatable, Sendable {
    /// The system refused it; which operation, and why, in the system's words.
    case refused(String)
}

/// What the clock tells programs on the same machine about itself (adjtimex(2)).
public struct ClockStatus: Equatable, Sendable {
    /// Whether the clock follows a reference.
    public let isSynchronised: Bool
    /// The leap second that ends this UTC day; the kernel carries it out.
    public let leapIndicator: LeapIndicator
    /// Bound of the clock's error in seconds, ≥ 0 (kernel `maxerror`).
    public let maximumError: Double
    /// Estimated error in seconds, ≥ 0 (kernel `esterror`).
    public let estimatedError: Double
    /// TAI − UTC in seconds; `nil` leaves the kernel's value.
    public let taiMinusUTC: Int?

    /// A status to be set.
    public init(
        isSynchronised: Bool, leapIndicator: LeapIndicator, maximumError: Double, estimatedError: Double,
        taiMinusUTC: Int?
    ) {
        (self.isSynchronised, self.leapIndicator) = (isSynchronised, leapIndicator)
        (self.maximumError, self.estimatedError) = (maximumError, estimatedError)
        self.taiMinusUTC = taiMinusUTC
    }
}

/// The clock that the discipline steers: the kernel's, one in user space, or a simulated one.
///
/// Every setter returns what was really applied, because only that enters the discipline's prediction. A slew is
/// a frequency for a while, so that one actuator carries every correction that is not a step.
public protocol ClockControl {
    /// What the clock reads now.
    func now() -> Instant

    /// A reading of the clock that is never set, taken together with nothing.
    func monotonicNow() -> MonotonicInstant

    /// Whether `monotonicNow` is steered as this clock is, so that only a step can part them.
    var isMonotonicSteered: Bool { get }

    /// This clock's reading at the moment of a kernel time stamp (CLOCK_REALTIME), which must be recent (seconds).
    ///
    /// The identity for the kernel's own clock.
    func reading(atKernelTime stamp: Instant) -> Instant

    /// This clock less the kernel's, seconds, at a recent kernel time stamp (CLOCK_REALTIME), and by how much that grows,
    /// s/s: for threads that read the kernel's clock by themselves.
    ///
    /// Zero for the kernel's own clock.
    func differenceFromKernel(at stamp: Instant) -> (offset: Double, rate: Double)

    /// The frequency correction in force, s/s; positive makes the clock faster.
    var frequencyCorrection: Double { get }

    /// Largest correction in either direction that can be set, s/s (Linux: 500e-6).
    var largestFrequencyCorrection: Double { get }

    /// The error bound that the clock had before this program began, in seconds; `nil` where it was not synchronised.
    var inheritedMaximumError: Double? { get }

    /// Asks the clock for the correction in force, which another program may have changed.
    ///
    /// - Returns: s/s; from now on also `frequencyCorrection`.
    /// - Throws: `ClockControlError`.
    mutating func readFrequencyCorrection() throws(ClockControlError) -> Double

    /// Sets the frequency correction.
    ///
    /// - Parameter correction: s/s, positive makes the clock faster; clamped to `largestFrequencyCorrection`.
    /// - Returns: the correction in force from now on, after the clock's own rounding.
    /// - Throws: `ClockControlError`.
    mutating func setFrequencyCorrection(_ correction: Double) throws(ClockControlError) -> Double

    /// Steps the clock.
    ///
    /// - Parameter interval: positive sets the clock forward.
    /// - Returns: the step carried out.
    /// - Throws: `ClockControlError`.
    mutating func step(by interval: Interval) throws(ClockControlError) -> Interval

    /// Tells the operating system how good the clock is.
    ///
    /// - Throws: `ClockControlError`.
    mutating func setStatus(_ status: ClockStatus) throws(ClockControlError)
}

extension ClockControl {
    /// That of the kernel's own clock: none.
    public func differenceFromKernel(at stamp: Instant) -> (offset: Double, rate: Double) { (0, 0) }
}
