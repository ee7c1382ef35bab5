import TimeScale

/// Estimates phase and frequency of the local clock from samples of one reference at a time, with nothing to tune.
///
/// A bank of Kalman filters, one for each ratio of oscillator wander to sample jitter on a grid, shares the samples;
/// each is weighed by how well it predicted the last few thousand. The first samples are fitted by a robust line.
/// Method and figures: `shared/reference/estimator.md`.
public struct Estimator: Sendable {
    /// What became of a sample.
    public enum Outcome: Equatable, Sendable {
        /// Kept until there are enough for a first fit.
        case collected
        /// Taken in; the innovation in seconds, after clipping.
        case accepted(innovation: Double)
        /// Too far from the prediction to be believed; the innovation in seconds.
        case rejected(innovation: Double)
        /// One rejection too many: the world has moved, and the phase is learned anew.
        case restarted
    }

    /// What is kept when samples are collected for a fit.
    private enum Start {
        /// Nothing: phase and frequency come from the fit.
        case cold
        /// The frequency: the phase has jumped.
        case moved
        /// Phase and frequency: only the jitter is another, because the source is.
        case handover
    }

    /// Samples in the first fit: with one a second, frequency to about jitter/6 a second.
    private static let fitLength = 8
    /// Innovations before the bank is mixed by score; until then the middle filter leads.
    private static let youth = 40
    /// Length of the running means, in samples.
    private static let memory = 3000.0
    /// Rejection threshold, standard deviations of the innovation: young, and after.
    private static let youngGate = 7.5
    private static let gate = 5.0
    /// Innovations are clipped here, standard deviations.
    private static let clip = 3.0
    /// Rejections in a row after which the prediction is at fault, not the samples.
    private static let longestRejection = 30
    /// Least jitter assumed, seconds: the resolution of time stamps.
    private static let leastJitter = 1e-9
    /// Grid of ρ, half a decade apart: a factor 2 of error in ρ costs under 3 % of RMS.
    private static let wanderRatios = [
        1e-7, 3.2e-7, 1e-6, 3.2e-6, 1e-5, 3.2e-5, 1e-4, 3.2e-4, 1e-3, 3.2e-3, 1e-2, 3.2e-2, 0.1, 0.2,
    ]
    private static let middle = 8
    /// How far the ratio may be from what another source's jitter makes one expect, standard deviation of its
    /// logarithm: a decade.
    private static let priorDeviation = 2.3

    private var filters = wanderRatios.map(PhaseFrequencyFilter.init(wanderRatio:))
    private var weights = [Double](repeating: 0, count: wanderRatios.count)
    /// The filter that leads until the bank is mixed.
    private var leader = middle
    /// Logarithms of the weights that filters have before any sample.
    private var priors = [Double](repeating: 0, count: wanderRatios.count)
    private var control: ControlHistory
    private var start: Start? = .cold
    private var collected: [Sample] = []
    private var lastUpdate: Instant
    private var controlPhaseAtUpdate = 0.0
    private var jitterSquared = 1.0
    private var count = 0
    private var rejections = 0
    private var samplesSinceRestart = 0

    /// Whether there is an estimate.
    public private(set) var isReady = false

    /// An estimator that knows nothing but the correction in force.
    public init(correction: Double, at local: Instant) {
        control = ControlHistory(correction: correction, since: local)
        lastUpdate = local
        collected.reserveCapacity(Self.fitLength)
    }

    /// The estimate carried to a reading of the local clock; `nil` before the first fit.
    public func estimate(at local: Instant) -> Estimate? {
        guard isReady else { return nil }
        let time = (local - lastUpdate).seconds
        let controlPhase = control.phase(at: local) - controlPhaseAtUpdate
        var (phase, frequency, gain) = (0.0, 0.0, 0.0)
        for (weight, filter) in zip(weights, filters) {
            phase += weight * (filter.phase - filter.frequency * time)
            frequency += weight * filter.frequency
            gain += weight * filter.phaseGain
        }
        var (phaseVariance, frequencyVariance) = (0.0, 0.0)
        for (weight, filter) in zip(weights, filters) {
            let phaseSpread = filter.phase - filter.frequency * time - phase
            let frequencySpread = filter.frequency - frequency
            phaseVariance += weight * (filter.phaseVariance(after: time) * jitterSquared + phaseSpread * phaseSpread)
            let wandered = filter.frequencyVariance + filter.wanderRatio * filter.wanderRatio * abs(time)
            frequencyVariance += weight * (wandered * jitterSquared + frequencySpread * frequencySpread)
        }
        return Estimate(
            phase: phase - controlPhase, frequency: frequency,
            phaseDeviation: max(phaseVariance, 0).squareRoot(),
            frequencyDeviation: max(frequencyVariance, 0).squareRoot(),
            jitter: jitterSquared.squareRoot(), phaseGain: gain)
    }

    /// Takes in a sample; samples come in the order of their local readings, earlier ones are rejected.
    public mutating func update(_ sample: Sample) -> Outcome {
        guard let start else { return take(sample) }
        guard sample.local > collected.last?.local ?? lastUpdate else { return .rejected(innovation: 0) }
        collected.append(sample)
        if collected.count == Self.fitLength { finish(start) }
        return .collected
    }

    /// Notes that the clock's frequency correction (s/s, positive = faster) holds from a reading on.
    public mutating func controlChanged(to correction: Double, at local: Instant) {
        control.append(correction, since: local)
    }

    /// Follows a step of the clock.
    public mutating func apply(_ change: ClockChange) {
        control.apply(change)
        lastUpdate = lastUpdate + change.step
        for index in filters.indices { filters[index].phase += change.offsetChange.seconds }
        for index in collected.indices { collected[index].apply(change) }
    }

    /// Keeps phase and frequency but learns the jitter anew, because the samples now come from another source.
    public mutating func sourceChanged() {
        begin(isReady ? .handover : .cold)
    }

    /// Whether the phase is unknown and samples are being collected for it.
    public var isCollectingPhase: Bool {
        switch start {
        case .cold, .moved: true
        case .handover, nil: false
        }
    }

    /// Forgets the phase but not the frequency, because somebody else set the clock.
    public mutating func phaseLost() {
        begin(isReady ? .moved : .cold)
        isReady = false
    }

    /// Starts from a frequency known beforehand, as a drift file gives it (s/s, positive = local fast).
    ///
    /// - Parameters:
    ///   - frequency: the oscillator's frequency error.
    ///   - deviation: standard deviation of its error, s/s.
    ///   - local: the clock's reading now.
    public mutating func preset(frequency: Double, deviation: Double, at local: Instant) {
        for index in filters.indices {
            filters[index].frequency = frequency
            filters[index].frequencyVariance = deviation * deviation
        }
        jitterSquared = 1
        lastUpdate = local
        controlPhaseAtUpdate = control.phase(at: local)
        begin(.moved)
    }

    // MARK: - One sample

    private mutating func take(_ sample: Sample) -> Outcome {
        guard sample.local > lastUpdate, let predicted = estimate(at: sample.local) else {
            return .rejected(innovation: 0)
        }
        let innovation = sample.offset - predicted.phase
        let deviation = (predicted.phaseDeviation * predicted.phaseDeviation + jitterSquared).squareRoot()
        guard abs(innovation) <= deviation * (count < Self.youth ? Self.youngGate : Self.gate) else {
            return reject(innovation)
        }
        rejections = 0
        samplesSinceRestart += 1
        let clipped = min(max(innovation, -Self.clip * deviation), Self.clip * deviation)
        advance(to: sample.local, offset: predicted.phase + clipped)
        return .accepted(innovation: clipped)
    }

    private mutating func reject(_ innovation: Double) -> Outcome {
        rejections += 1
        guard rejections >= Self.longestRejection else { return .rejected(innovation: innovation) }
        begin(samplesSinceRestart < 4 * Self.longestRejection ? .cold : .moved)
        return .restarted
    }

    private mutating func advance(to local: Instant, offset: Double) {
        let time = (local - lastUpdate).seconds
        let controlPhase = control.phase(at: local) - controlPhaseAtUpdate
        count += 1
        let weight = 1 / min(Double(count + Self.fitLength), Self.memory)
        for index in filters.indices {
            filters[index].predict(time: time, controlPhase: controlPhase)
            filters[index].update(offset: offset, weight: weight)
        }
        lastUpdate = local
        controlPhaseAtUpdate += controlPhase
        mix()
    }

    /// Weighs the filters by their likelihoods and takes the jitter from the same mixture.
    private mutating func mix() {
        guard count >= Self.youth else {
            follow(leader)
            jitterSquared = max(filters[leader].meanSquare, Self.leastJitter * Self.leastJitter)
            return
        }
        let half = min(Double(count), Self.memory) / 2
        for index in filters.indices { weights[index] = priors[index] - half * filters[index].score }
        let best = weights.reduce(-Double.infinity) { max($0, $1) }
        var total = 0.0
        for index in weights.indices {
            weights[index] = (weights[index] - best).exponential
            total += weights[index]
        }
        var square = 0.0
        for index in weights.indices {
            weights[index] /= total
            square += weights[index] * filters[index].meanSquare
        }
        jitterSquared = max(square, Self.leastJitter * Self.leastJitter)
    }

    // MARK: - Beginning

    private mutating func begin(_ start: Start) {
        self.start = start
        collected.removeAll(keepingCapacity: true)
        (rejections, samplesSinceRestart) = (0, 0)
    }

    private mutating func finish(_ start: Start) {
        let samples = collected
        begin(start)
        self.start = nil
        let last = samples[samples.count - 1].local
        // The offsets as they would be had no correction been made since the last of them.
        let controlPhase = control.phase(at: last)
        let times = samples.map { ($0.local - last).seconds }
        let offsets = samples.map { $0.offset + control.phase(at: $0.local) - controlPhase }
        count = 0
        switch start == .handover && phaseIsContradicted(offsets: offsets, last: last) ? .moved : start {
        case .cold: fitLine(times: times, offsets: offsets)
        case .moved where frequencyIsContradicted(times: times, offsets: offsets):
            fitLine(times: times, offsets: offsets)
        case .moved: fitPhase(times: times, offsets: offsets, last: last)
        case .handover: return rescale(times: times, offsets: offsets, samples: samples)
        }
        lastUpdate = last
        controlPhaseAtUpdate = controlPhase
        settle()
    }

    /// A robust line (Theil and Sen) through the first samples; covariance as of least squares, doubled for robustness.
    private mutating func fitLine(times: [Double], offsets: [Double]) {
        let (slope, levels, slopeVariance) = Self.line(times: times, offsets: offsets)
        let level = RobustStatistics.median(levels)
        setJitter(levels: levels)
        leader = Self.middle
        for index in priors.indices { priors[index] = 0 }
        let n = Double(times.count)
        let spacing = -times[0] / (n - 1)
        for index in filters.indices {
            filters[index].phase = level
            filters[index].frequency = -slope
            filters[index].phaseVariance = 2 * 2 * (2 * n - 1) / (n * (n + 1))
            filters[index].covariance = -2 * 6 / (n * (n + 1)) / spacing
            filters[index].frequencyVariance = slopeVariance
        }
    }

    /// The line: its slope, what is left of the offsets without it, and the slope's variance in units of the jitter
    /// squared.
    private static func line(
        times: [Double], offsets: [Double]
    ) -> (slope: Double, levels: [Double], slopeVariance: Double) {
        var slopes: [Double] = []
        for later in times.indices {
            for earlier in 0..<later {
                slopes.append((offsets[later] - offsets[earlier]) / (times[later] - times[earlier]))
            }
        }
        let slope = RobustStatistics.median(slopes)
        let n = Double(times.count)
        let spacing = -times[0] / (n - 1)
        let variance = 2 * 12 / (n * (n * n - 1)) / (spacing * spacing)
        return (slope, zip(times, offsets).map { $1 - slope * $0 }, variance)
    }

    /// Whether the samples' own slope rules out the frequency known from before, as with the drift file of another box.
    private func frequencyIsContradicted(times: [Double], offsets: [Double]) -> Bool {
        let (slope, levels, variance) = Self.line(times: times, offsets: offsets)
        let jitter = max(RobustStatistics.deviation(levels), Self.leastJitter)
        let known = filters[leader].frequencyVariance * jitterSquared
        return abs(filters[leader].frequency + slope) > Self.gate * (variance * jitter * jitter + known).squareRoot()
    }

    /// Whether the first samples of a source that comes, or comes back, all lie where the estimate cannot be.
    private func phaseIsContradicted(offsets: [Double], last: Instant) -> Bool {
        guard let predicted = estimate(at: last) else { return true }
        let distance = abs(RobustStatistics.median(offsets) - predicted.phase)
        let scatter = RobustStatistics.deviation(offsets)
        return distance > Self.gate
            * (predicted.phaseDeviation * predicted.phaseDeviation + scatter * scatter).squareRoot()
    }

    /// The phase from the samples, the frequency as it was.
    private mutating func fitPhase(times: [Double], offsets: [Double], last: Instant) {
        let frequency = isReady ? estimate(at: last)?.frequency ?? 0 : filters[leader].frequency
        let elapsed = isReady ? max((last - lastUpdate).seconds, 0) : 0
        let levels = zip(times, offsets).map { $1 + frequency * $0 }
        let oldJitterSquared = jitterSquared
        setJitter(levels: levels)
        expectWander((oldJitterSquared / jitterSquared).squareRoot())
        let level = RobustStatistics.median(levels)
        for index in filters.indices {
            let ratio = filters[index].wanderRatio
            filters[index].frequencyVariance += ratio * ratio * elapsed
            filters[index].rescale(by: oldJitterSquared / jitterSquared)
            filters[index].phase = level
            filters[index].frequency = frequency
            filters[index].phaseVariance = 2 / Double(times.count)
            filters[index].covariance = 0
        }
    }

    /// The jitter from the samples, which then count like any others.
    private mutating func rescale(times: [Double], offsets: [Double], samples: [Sample]) {
        let frequency = estimate(at: samples[samples.count - 1].local)?.frequency ?? 0
        let oldJitterSquared = jitterSquared
        let levels = zip(times, offsets).map { $1 + frequency * $0 }
        setJitter(levels: levels)
        for index in filters.indices { filters[index].rescale(by: oldJitterSquared / jitterSquared) }
        expectWander((oldJitterSquared / jitterSquared).squareRoot())
        settle()
        for sample in samples { _ = take(sample) }
    }

    /// The oscillator is the same: expects its wander, where it was learned, over the new jitter.
    ///
    /// - Parameter ratio: old jitter / new jitter.
    private mutating func expectWander(_ ratio: Double) {
        guard weights.contains(where: { $0 > 0 }) else { return }
        let logarithms = filters.map { $0.wanderRatio.logarithm }
        let expected = zip(weights, logarithms).reduce(ratio.logarithm) { $0 + $1.0 * $1.1 }
        leader = logarithms.indices.min { abs(logarithms[$0] - expected) < abs(logarithms[$1] - expected) } ?? leader
        for index in priors.indices {
            let distance = (logarithms[index] - logarithms[leader]) / Self.priorDeviation
            priors[index] = -distance * distance / 2
        }
    }

    /// Gives all weight to one filter.
    private mutating func follow(_ leader: Int) {
        for index in weights.indices { weights[index] = index == leader ? 1 : 0 }
    }

    private mutating func setJitter(levels: [Double]) {
        let deviation = max(RobustStatistics.deviation(levels), Self.leastJitter)
        jitterSquared = deviation * deviation
    }

    /// Scores begin with the jitter of the fit.
    private mutating func settle() {
        for index in filters.indices { filters[index].beginScores(jitterSquared: jitterSquared) }
        follow(leader)
        isReady = true
    }
}
