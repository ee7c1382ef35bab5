/// The filters that share one source's samples, and how far each is believed.
struct FilterBank: Sendable {
    /// Length of the running means in samples: so many memories of the filter that leads (1/gain), within limits. A
    /// slow filter needs longer to show what it is worth: 2 to 9 % of RMS at ρ = 1e-6.
    private static let memories = 30.0
    private static let memoryLimits = 8000.0...30_000
    /// Innovations before the bank is mixed by score; until then one filter leads.
    static let youth = 40
    /// Grid of ρ, half a decade apart: a factor 2 of error in ρ costs under 3 % of RMS.
    private static let wanderRatios = [
        1e-7, 3.2e-7, 1e-6, 3.2e-6, 1e-5, 3.2e-5, 1e-4, 3.2e-4, 1e-3, 3.2e-3, 1e-2, 3.2e-2, 0.1, 0.2,
    ]
    /// Grid of the drift's random walk over the jitter, per s√s; such an oscillator also wanders by thrice as much.
    private static let driftRatios = [
        1e-10, 3.2e-10, 1e-9, 3.2e-9, 1e-8, 3.2e-8, 1e-7, 3.2e-7, 1e-6, 3.2e-6, 1e-5, 3.2e-5, 1e-4, 3.2e-4,
    ]
    private static let middle = 8
    /// Innovations after which the mixture tells the oscillator's wander.
    private static let adulthood = 500
    /// How far ρ may be from what the wander known before makes one expect, standard deviation of its logarithm: a
    /// decade.
    private static let priorDeviation = 2.3
    /// Price of the third state, in units of log-likelihood.
    private static let driftPrice = 2.0
    /// A filter with less than this share of the best one's weight is left out: far ahead, its wide bound would count.
    private static let leastWeight = 1e-3

    private(set) var filters =
        wanderRatios.map { ClockFilter(wanderRatio: $0, driftRatio: 0) }
        + driftRatios.map { ClockFilter(wanderRatio: 3 * $0, driftRatio: $0) }
    private(set) var weights: [Double] = []
    /// Innovations taken in since the last fit.
    private(set) var count = 0
    /// Jitter of a sample squared, s²; before any sample, what makes no oscillator wander.
    var jitterSquared = Estimator.leastJitter * Estimator.leastJitter
    /// The oscillator's random walk of the frequency as learned, s/s per √s; `nil` before.
    private(set) var wander: Double?
    /// Logarithm of the ρ that the wander known before makes one expect; `nil` where none is known.
    private var expected: Double?

    init() {
        weights = [Double](repeating: 0, count: filters.count)
        weights[Self.middle] = 1
    }

    // MARK: - What is believed

    /// The estimate `time` seconds after the last update, during which corrections added `controlPhase`.
    func estimate(after time: Double, controlPhase: Double, systematicDeviation: Double = 0) -> Estimate {
        var (phase, frequency, drift, gain) = (0.0, 0.0, 0.0, 0.0)
        for index in filters.indices where weights[index] > 0 {
            let weight = weights[index]
            phase += weight * filters[index].phase(after: time)
            frequency += weight * filters[index].frequency(after: time)
            drift += weight * filters[index].drift
            gain += weight * filters[index].phaseGain
        }
        // The mean of the deviations, not of the variances: hours ahead, an unlikely filter with a wide bound would
        // otherwise speak for all.
        var (phaseDeviation, frequencyDeviation) = (0.0, 0.0)
        for index in filters.indices where weights[index] > 0 {
            let weight = weights[index]
            let phaseSpread = filters[index].phase(after: time) - phase
            let frequencySpread = filters[index].frequency(after: time) - frequency
            let phaseVariance = filters[index].phaseVariance(after: time) * jitterSquared
            let frequencyVariance = filters[index].frequencyVariance(after: time) * jitterSquared
            phaseDeviation += weight * max(phaseVariance + phaseSpread * phaseSpread, 0).squareRoot()
            frequencyDeviation += weight * max(frequencyVariance + frequencySpread * frequencySpread, 0).squareRoot()
        }
        return Estimate(
            phase: phase - controlPhase, frequency: frequency, drift: drift,
            phaseDeviation: (phaseDeviation * phaseDeviation + systematicDeviation * systematicDeviation).squareRoot(),
            frequencyDeviation: frequencyDeviation,
            jitter: jitterSquared.squareRoot(), phaseGain: gain)
    }

    /// Variance of the phase after an update, mixed, s².
    var meanPhaseVariance: Double {
        zip(weights, filters).reduce(0) { $0 + $1.0 * $1.1.pp } * jitterSquared
    }

    // MARK: - Samples

    /// Carries every filter on without a sample.
    mutating func carry(time: Double, controlPhase: Double) {
        let ageingVariance = ClockFilter.ageing * ClockFilter.ageing / jitterSquared
        for index in filters.indices {
            filters[index].predict(time: time, controlPhase: controlPhase, ageingVariance: ageingVariance)
        }
    }

    /// Takes in a sample of the moment that the filters have been carried to.
    ///
    /// - Parameters:
    ///   - offset: the sample, seconds.
    ///   - latency: how late samples are; without latency the jitter follows the innovations.
    mutating func take(offset: Double, latency: LatencyModel) {
        count += 1
        let weight = 1 / min(Double(count + Estimator.fitLength), memory)
        let isLate = latency.share > 0
        for index in filters.indices {
            if isLate {
                filters[index].update(
                    offset: offset, latency: latency, jitterSquared: jitterSquared, earliest: Estimator.clip,
                    weight: weight)
            } else {
                filters[index].update(offset: offset, weight: weight)
            }
        }
        mix(learnsJitter: !isLate)
    }

    /// Weighs the filters by their likelihoods and takes the jitter from the same mixture.
    private mutating func mix(learnsJitter: Bool) {
        if count >= Self.youth { weigh() }
        guard learnsJitter else { return }
        let square = zip(weights, filters).reduce(0) { $0 + $1.0 * $1.1.meanSquare }
        jitterSquared = max(square, Estimator.leastJitter * Estimator.leastJitter)
    }

    /// Length of the running means, in samples.
    private var memory: Double {
        let gain = zip(weights, filters).reduce(0) { $0 + $1.0 * $1.1.phaseGain }
        return min(max(Self.memories / max(gain, 1e-6), Self.memoryLimits.lowerBound), Self.memoryLimits.upperBound)
    }

    private mutating func weigh() {
        let half = min(Double(count), memory) / 2
        var best = -Double.infinity
        for index in filters.indices {
            var price = filters[index].driftRatio > 0 ? Self.driftPrice : 0
            if let expected {
                let distance = (filters[index].wanderRatio.logarithm - expected) / Self.priorDeviation
                price += distance * distance / 2
            }
            weights[index] = -half * filters[index].score - price
            best = max(best, weights[index])
        }
        var total = 0.0
        for index in weights.indices {
            let weight = (weights[index] - best).exponential
            weights[index] = weight < Self.leastWeight ? 0 : weight
            total += weights[index]
        }
        for index in weights.indices { weights[index] /= total }
        if count >= Self.adulthood { wander = leadingWander }
    }

    /// What little has been learned of the wander before it counts as known, s/s per √s; `nil` before anything has.
    var youngWander: Double? { count >= Self.youth ? leadingWander : nil }

    /// The wander of the filters that lead, s/s per √s.
    private var leadingWander: Double {
        var logarithm = 0.0
        for index in weights.indices where weights[index] > 0 {
            logarithm += weights[index] * filters[index].wanderRatio.logarithm
        }
        return logarithm.exponential * jitterSquared.squareRoot()
    }

    // MARK: - Changes

    /// Moves the phase of all filters, seconds.
    mutating func shift(by seconds: Double) {
        for index in filters.indices { filters[index].phase += seconds }
    }

    /// Doubts the frequency: a jump of this size (s/s) may have happened.
    mutating func loosen(by jump: Double) {
        let variance = jump * jump / jitterSquared
        for index in filters.indices { filters[index].ff += variance }
    }

    /// Expresses everything in units of another jitter (s²) and weighs the filters anew: their ratios mean another
    /// wander now.
    mutating func changeJitter(to square: Double) {
        let factor = jitterSquared / square
        for index in filters.indices {
            filters[index].rescale(by: factor)
            // The phase was just moved by a fit that is good to about the jitter.
            filters[index].pp += 1
        }
        jitterSquared = square
        expectWander()
        settle()
    }

    /// Takes over what another source has taught about the oscillator's wander, s/s per √s.
    mutating func expect(wander: Double) {
        self.wander = wander
        expectWander()
        settle()
    }

    /// The oscillator is the same: leads with its wander, where it was learned, over the jitter now.
    private mutating func expectWander() {
        guard let wander else { return follow(Self.middle) }
        let expected = (wander / jitterSquared.squareRoot()).logarithm
        let leader = (0..<Self.wanderRatios.count).min {
            abs(Self.wanderRatios[$0].logarithm - expected) < abs(Self.wanderRatios[$1].logarithm - expected)
        }
        self.expected = expected
        follow(leader ?? Self.middle)
    }

    /// Gives all weight to one filter.
    private mutating func follow(_ leader: Int) {
        for index in weights.indices { weights[index] = index == leader ? 1 : 0 }
    }

    /// Scores begin with the jitter known.
    private mutating func settle() {
        count = 0
        for index in filters.indices { filters[index].beginScores(jitterSquared: jitterSquared) }
    }

    // MARK: - Beginning

    /// Takes over a frequency (s/s) and its deviation.
    mutating func preset(frequency: Double, deviation: Double) {
        for index in filters.indices {
            filters[index].frequency = frequency
            filters[index].drift = 0
            (filters[index].pf, filters[index].fd, filters[index].pd) = (0, 0, 0)
            filters[index].ff = deviation * deviation / jitterSquared
            filters[index].dd = ClockFilter.ageing * ClockFilter.ageing / jitterSquared
        }
    }

    /// Takes over a phase (s) and its deviation.
    mutating func preset(phase: Double, deviation: Double) {
        for index in filters.indices {
            filters[index].phase = phase
            (filters[index].pf, filters[index].pd) = (0, 0)
            filters[index].pp = deviation * deviation / jitterSquared
        }
    }

    /// Whether samples rule out the frequency known from before, as with the drift file of another box.
    func contradicts(_ line: RobustLine, elapsed: Double) -> Bool {
        let believed = estimate(after: elapsed, controlPhase: 0)
        let variance = line.slopeVariance * line.deviation * line.deviation
        let known = believed.frequencyDeviation * believed.frequencyDeviation
        return abs(believed.frequency + line.slope) > Estimator.gate * (variance + known).squareRoot()
    }

    /// Begins with phase and frequency of a line; covariance as of least squares, doubled for robustness.
    mutating func begin(with line: RobustLine) {
        jitterSquared = line.deviation * line.deviation
        let count = Double(line.levels.count)
        for index in filters.indices {
            filters[index].phase = line.level
            filters[index].frequency = -line.slope
            filters[index].drift = 0
            filters[index].pp = 2 * 2 * (2 * count - 1) / (count * (count + 1))
            filters[index].pf = -2 * 6 / (count * (count + 1)) / line.spacing
            filters[index].ff = line.slopeVariance
            (filters[index].pd, filters[index].fd) = (0, 0)
            filters[index].dd = ClockFilter.ageing * ClockFilter.ageing / jitterSquared
        }
        expectWander()
        settle()
    }

    /// Begins with the phase of a line, and the frequency as it was.
    mutating func begin(phasesOf line: RobustLine, elapsed: Double) {
        let old = estimate(after: elapsed, controlPhase: 0)
        let levels = zip(line.levels, line.times).map { $0 + (line.slope + old.frequency) * $1 }
        let deviation = max(RobustStatistics.deviation(levels), Estimator.leastJitter)
        jitterSquared = deviation * deviation
        preset(frequency: old.frequency, deviation: old.frequencyDeviation)
        preset(phase: RobustStatistics.median(levels), deviation: deviation * (2 / Double(levels.count)).squareRoot())
        expectWander()
        settle()
    }
}
