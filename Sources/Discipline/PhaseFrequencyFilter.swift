/// A Kalman filter of the clock's phase and frequency for one assumed ratio of wander to jitter.
///
/// State: phase x (s, reference − local) and frequency y (s/s, positive = local fast), ẋ = −y − correction. Phase
/// samples carry white noise of unit variance, y is a random walk of ρ per √s; covariances are in units of the jitter
/// squared, so that the jitter itself may be learned beside. Score and mixing: `shared/reference/estimator.md`.
struct PhaseFrequencyFilter: Sendable {
    /// ρ = wander / jitter, per √s.
    let wanderRatio: Double
    var phase = 0.0
    var frequency = 0.0
    /// Covariance in units of the jitter squared (s and s/s).
    var phaseVariance = 1.0
    var covariance = 0.0
    var frequencyVariance = 1.0

    /// Running mean of e²/S: this model's estimate of the jitter squared, s².
    private(set) var meanSquare = 0.0
    /// Running mean of ln S.
    private(set) var meanLogVariance = 0.0
    /// Phase gain of the last update.
    private(set) var phaseGain = 1.0

    init(wanderRatio: Double) {
        self.wanderRatio = wanderRatio
    }

    /// Concentrated negative log-likelihood per sample; lower fits better.
    var score: Double { meanSquare > 0 ? meanSquare.logarithm + meanLogVariance : meanLogVariance }

    /// Variance of the phase `time` seconds after the last update, in units of the jitter squared.
    func phaseVariance(after time: Double) -> Double {
        phaseVariance - 2 * time * covariance + time * time * frequencyVariance
            + wanderRatio * wanderRatio * time * time * time / 3
    }

    /// Forgets the scores and begins them anew with an assumed jitter squared, s².
    mutating func beginScores(jitterSquared: Double) {
        (meanSquare, meanLogVariance) = (jitterSquared, (1 + phaseVariance).logarithm)
    }

    /// Carries the state `time` seconds on, during which corrections added `controlPhase` seconds to the clock.
    mutating func predict(time: Double, controlPhase: Double) {
        let noise = wanderRatio * wanderRatio * time
        phase -= frequency * time + controlPhase
        phaseVariance = phaseVariance(after: time)
        covariance -= time * frequencyVariance + noise * time / 2
        frequencyVariance += noise
    }

    /// Takes in a phase sample, in seconds.
    ///
    /// - Parameters:
    ///   - offset: the sample.
    ///   - weight: weight of this sample in the running means, 0 ... 1.
    mutating func update(offset: Double, weight: Double) {
        let innovation = offset - phase
        let variance = phaseVariance + 1
        let (phaseGain, frequencyGain) = (phaseVariance / variance, covariance / variance)
        phase += phaseGain * innovation
        frequency += frequencyGain * innovation
        frequencyVariance -= frequencyGain * covariance
        covariance -= phaseGain * covariance
        phaseVariance -= phaseGain * phaseVariance
        meanSquare += weight * (innovation * innovation / variance - meanSquare)
        meanLogVariance += weight * (variance.logarithm - meanLogVariance)
        self.phaseGain = phaseGain
    }

    /// Expresses the covariance in units of another jitter squared.
    mutating func rescale(by factor: Double) {
        phaseVariance *= factor
        covariance *= factor
        frequencyVariance *= factor
    }
}
