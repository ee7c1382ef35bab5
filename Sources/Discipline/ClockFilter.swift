/// A Kalman filter of the clock's phase, frequency and drift for one assumed character of its oscillator.
///
/// State: phase x (s, reference − local), frequency y (s/s, positive = local fast) and drift d (s/s per s);
/// ẋ = −y − correction, ẏ = d. Phase samples carry white noise of unit variance, y walks at random by
/// `wanderRatio` per √s and d by `driftRatio` per √s; covariances are in units of the jitter squared, so that the
/// jitter itself may be learned beside. Model, score and mixing: `shared/reference/estimator.md`.
struct ClockFilter: Sendable {
    /// ρ: random walk of the frequency over the jitter, per √s.
    let wanderRatio: Double
    /// Random walk of the drift over the jitter, per s√s; 0 for an oscillator that only ages.
    let driftRatio: Double

    var phase = 0.0
    var frequency = 0.0
    var drift = 0.0
    /// Covariances in units of the jitter squared; p, f, d for phase, frequency, drift.
    var pp = 1.0
    var pf = 0.0
    var pd = 0.0
    var ff = 1.0
    var fd = 0.0
    var dd = 0.0

    /// Running mean of e²/S: this model's estimate of the jitter squared, s².
    private(set) var meanSquare = 0.0
    /// Running mean of ln S; of −2 ln p where samples are late.
    private(set) var meanLogVariance = 0.0
    /// Phase gain of the last update.
    private(set) var phaseGain = 1.0

    /// Standard deviation of an unknown ageing, s/s per s: 2.6e-8 a day, an ordinary quartz.
    static let ageing = 3e-13
    /// An ageing known once is forgotten over this, seconds: 2 days.
    private static let ageingMemory = 172_800.0

    /// Concentrated negative log-likelihood per sample; lower fits better.
    var score: Double { meanSquare > 0 ? meanSquare.logarithm + meanLogVariance : meanLogVariance }

    /// How long a drift goes on once nothing is heard, seconds: temperature turns round, and a filter that follows it
    /// quickly knows only that it does; ageing goes on for days.
    let driftTime: Double

    init(wanderRatio: Double, driftRatio: Double) {
        (self.wanderRatio, self.driftRatio) = (wanderRatio, driftRatio)
        // Two memories of the filter, which is 1/ρ^(1/3) long.
        driftTime = driftRatio > 0 ? 2 * (-driftRatio.logarithm / 3).exponential : Self.ageingMemory
    }

    /// What a drift of 1 does to frequency and phase in a time: t and t²/2 at first, then less.
    private func driftWeights(after time: Double) -> (frequency: Double, phase: Double) {
        guard time > driftTime / 64 else { return (time, time * time / 2) }
        let decayed = 1 - (-time / driftTime).exponential
        return (driftTime * decayed, driftTime * (time - driftTime * decayed))
    }

    /// Variance of the phase `time` seconds after the last update, in units of the jitter squared.
    func phaseVariance(after time: Double) -> Double {
        let weight = driftWeights(after: time).phase
        let square = time * time
        let known = pp - 2 * time * pf + square * ff + weight * (2 * time * fd - 2 * pd + weight * dd)
        let walk = driftRatio * driftRatio * min(square / 20, driftTime * driftTime / 3)
        return known + square * abs(time) * (wanderRatio * wanderRatio / 3 + walk)
    }

    /// Variance of the frequency `time` seconds after the last update, in units of the jitter squared.
    func frequencyVariance(after time: Double) -> Double {
        let weight = driftWeights(after: time).frequency
        let walk = driftRatio * driftRatio * min(time * time / 3, driftTime * driftTime)
        return ff + weight * (2 * fd + weight * dd) + (wanderRatio * wanderRatio + walk) * abs(time)
    }

    /// The phase `time` seconds after the last update, without corrections.
    func phase(after time: Double) -> Double {
        phase - time * frequency - driftWeights(after: time).phase * drift
    }

    /// The frequency `time` seconds after the last update.
    func frequency(after time: Double) -> Double { frequency + driftWeights(after: time).frequency * drift }

    /// Forgets the scores and begins them anew with an assumed jitter squared, s².
    mutating func beginScores(jitterSquared: Double) {
        (meanSquare, meanLogVariance) = (jitterSquared, (1 + pp).logarithm)
    }

    /// Carries the state `time` seconds on, during which corrections added `controlPhase` seconds to the clock.
    ///
    /// - Parameters:
    ///   - time: seconds, > 0.
    ///   - controlPhase: what corrections have added, seconds.
    ///   - ageingVariance: variance of an unknown ageing, in units of the jitter squared.
    mutating func predict(time: Double, controlPhase: Double, ageingVariance: Double) {
        let (square, wander, walk) = (time * time, wanderRatio * wanderRatio, driftRatio * driftRatio)
        phase -= time * (frequency + time / 2 * drift) + controlPhase
        frequency += time * drift
        let variance =
            pp - 2 * time * pf + square * (ff - pd + time * (fd + time / 4 * dd))
            + square * time * (wander / 3 + square * walk / 20)
        pf += time * (pd - ff) - square * (1.5 * fd + time / 2 * dd) - square * (wander / 2 + square * walk / 8)
        pd -= time * (fd + time / 2 * dd) + square * time * walk / 6
        pp = variance
        ff += 2 * time * fd + square * dd + time * (wander + square * walk / 3)
        fd += time * dd + square * walk / 2
        dd += time * walk
        guard driftRatio == 0 else { return }
        let kept = max(1 - time / Self.ageingMemory, 0)
        drift *= kept
        pd *= kept
        fd *= kept
        dd = ageingVariance + kept * kept * (dd - ageingVariance)
    }

    /// Takes in a phase sample.
    ///
    /// - Parameters:
    ///   - offset: the sample, seconds.
    ///   - weight: weight of this sample in the running means, 0 ... 1.
    mutating func update(offset: Double, weight: Double) {
        let (innovation, variance) = (offset - phase, pp + 1)
        correct(innovation: innovation, variance: variance)
        meanSquare += weight * (innovation * innovation / variance - meanSquare)
        meanLogVariance += weight * (variance.logarithm - meanLogVariance)
    }

    /// Takes in a phase sample that may be late.
    ///
    /// What it tells, and how well this filter foretold it, is judged from this filter's own prediction: seen from another one's,
    /// samples that are all late because that one lags would speak against the filter that does not.
    ///
    /// - Parameters:
    ///   - offset: the sample, seconds.
    ///   - latency: how late samples are.
    ///   - jitterSquared: beside the latency, s².
    ///   - earliest: largest innovation taken for one, standard deviations.
    ///   - weight: weight of this sample in the running means, 0 ... 1.
    mutating func update(
        offset: Double, latency: LatencyModel, jitterSquared: Double, earliest: Double, weight: Double
    ) {
        let variance = (pp + 1) * jitterSquared
        let evidence = latency.evidence(
            innovation: min(offset - phase, earliest * variance.squareRoot()), variance: variance)
        correct(innovation: evidence.innovation, variance: evidence.variance / jitterSquared)
        // In place of both means: e²/S + ln S is −2 ln p but for a constant where there is no latency.
        meanSquare = 1
        meanLogVariance += weight * (-2 * evidence.logDensity - meanLogVariance)
    }

    /// Follows an innovation (s) of a variance, prediction and noise together, in units of the jitter squared.
    mutating func correct(innovation: Double, variance: Double) {
        let (phaseGain, frequencyGain, driftGain) = (pp / variance, pf / variance, pd / variance)
        phase += phaseGain * innovation
        frequency += frequencyGain * innovation
        drift += driftGain * innovation
        dd -= driftGain * pd
        fd -= frequencyGain * pd
        ff -= frequencyGain * pf
        pd -= phaseGain * pd
        pf -= phaseGain * pf
        pp -= phaseGain * pp
        self.phaseGain = phaseGain
    }

    /// Expresses the covariance in units of another jitter squared.
    mutating func rescale(by factor: Double) {
        (pp, pf, pd) = (pp * factor, pf * factor, pd * factor)
        (ff, fd, dd) = (ff * factor, fd * factor, dd * factor)
    }
}
