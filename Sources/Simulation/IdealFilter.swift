/// The Kalman filter of phase and frequency that knows jitter and wander: nothing can do better on white jitter and a
/// random walk of the frequency, so its error is the optimum on the same samples.
///
/// It works on the phase of the free-running oscillator, which corrections do not touch, one pulse a second.
public struct IdealFilter: Sendable {
    private let jitterSquared: Double
    private let wanderSquared: Double
    private var frequency = 0.0
    /// Variance of the phase (s²), covariance, variance of the frequency.
    ///
    /// It begins by knowing nothing: a second, and 100 ppm.
    private var (phaseVariance, covariance, frequencyVariance) = (1.0, 0.0, 1e-8)
    private var updates = 0

    /// What it believes of the phase now, seconds, positive = fast.
    public private(set) var phase = 0.0

    /// An innovation beyond so many standard deviations is no white jitter: one in 500 million.
    private static let gate = 6.0
    /// Innovations before the gate is closed.
    private static let ungatedUpdates = 10

    /// A filter that knows what the pulses and the oscillator are like.
    ///
    /// - Parameters:
    ///   - jitter: standard deviation of a pulse, seconds, > 0.
    ///   - wander: random walk of the frequency, s/s per √s, > 0.
    public init(jitter: Double, wander: Double) {
        (jitterSquared, wanderSquared) = (jitter * jitter, wander * wander)
    }

    /// Lets a second pass: ẋ = y, ẏ = white noise of density q².
    public mutating func predict() {
        phase += frequency
        phaseVariance += 2 * covariance + frequencyVariance + wanderSquared / 3
        covariance += frequencyVariance + wanderSquared / 2
        frequencyVariance += wanderSquared
    }

    /// Takes in a pulse: the phase as it shows it, seconds.
    public mutating func update(_ measured: Double) {
        let innovation = measured - phase
        let variance = phaseVariance + jitterSquared
        let isBelievable = abs(innovation) < Self.gate * variance.squareRoot()
        guard isBelievable || updates < Self.ungatedUpdates else { return }
        updates += 1
        let (phaseGain, frequencyGain) = (phaseVariance / variance, covariance / variance)
        phase += phaseGain * innovation
        frequency += frequencyGain * innovation
        frequencyVariance -= frequencyGain * covariance
        // 1 − gain, written so that a gain near 1 loses no digits.
        covariance *= jitterSquared / variance
        phaseVariance *= jitterSquared / variance
    }

    /// The steady state's one-step prediction error √P(k|k−1): the discrete Riccati equation at its fixed point.
    ///
    /// - Parameters:
    ///   - jitter: standard deviation of a pulse, seconds, > 0.
    ///   - wander: random walk of the frequency, s/s per √s, > 0.
    /// - Returns: seconds; what a clock that is corrected at once is wrong by just before the next pulse, RMS.
    public static func steadyStateBound(jitter: Double, wander: Double) -> Double {
        var filter = IdealFilter(jitter: jitter, wander: wander)
        filter.predict()
        var last = Double.infinity
        // The variance falls towards its fixed point: it is there when a second takes no more digits off it.
        while last - filter.phaseVariance > 1e-12 * filter.phaseVariance {
            last = filter.phaseVariance
            filter.update(filter.phase)
            filter.predict()
        }
        return filter.phaseVariance.squareRoot()
    }
}
