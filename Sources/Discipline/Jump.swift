/// How a source's samples have left the prediction.
public struct Jump: Equatable, Sendable {
    /// Where the samples are now, less where they were predicted, seconds.
    public let phase: Double
    /// How fast they go on leaving it, s/s.
    public let slope: Double
    /// Their own scatter, standard deviation in seconds.
    public let scatter: Double
    /// Standard deviation of `slope`, s/s.
    public let slopeDeviation: Double
    /// Standard deviation of the phase that was claimed for now, seconds.
    public let claim: Double
    /// Since the last sample that was taken in, seconds.
    public let age: Double
    /// Since the first of the samples that left, seconds.
    public let duration: Double

    /// Largest sudden change of a quartz's frequency, s/s: a knock, a fan; a receiver's pulses that run free are worse.
    public static let quartz = 1e-6
    /// How long innovations may have been growing before the first was rejected, seconds.
    private static let longestGrowth = 60.0
    /// A slope is one beyond so many standard deviations.
    private static let significance = 4.0

    /// Whether the local oscillator can have done it: its phase is continuous, and its frequency nearly so.
    ///
    /// - Parameter bound: what the phase may be off after `age`, seconds.
    /// - Returns: `false` for what only the source can have done.
    public func isOscillators(bound: Double) -> Bool {
        if abs(phase) <= bound { return true }
        guard abs(slope) > Self.significance * slopeDeviation,
            abs(slope) <= Self.quartz + Self.significance * slopeDeviation
        else { return false }
        // When the line through the samples left the prediction.
        let growth = phase / slope
        return growth > duration && growth <= age + Self.longestGrowth
    }

    /// Whether the samples run at another rate, and not only from another phase.
    public var isRate: Bool { abs(slope) > Self.quartz + Self.significance * slopeDeviation }
}
