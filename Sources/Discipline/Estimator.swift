import TimeScale

/// Estimates phase and frequency of the local clock from the samples of one source, with nothing to tune.
///
/// A bank of Kalman filters, one for each assumed character of the oscillator on a grid, shares the samples; each is
/// weighed by how well it predicted the last few thousand. The first samples are fitted by a robust line. How late
/// the source's stamps are beside their jitter is learned as well, and the phase put at the fast edge.
/// Method and figures: `shared/reference/estimator.md`.
public struct Estimator: Sendable {
    /// What became of a sample.
    public enum Outcome: Equatable, Sendable {
        /// Kept until there are enough for a first fit.
        case collected
        /// Taken in; the innovation in seconds, after weighing.
        case accepted(innovation: Double)
        /// Too far from the prediction to be believed; the innovation in seconds.
        case rejected(innovation: Double)
        /// One rejection too many: phase and frequency were learned anew.
        case restarted(Jump)
    }

    /// What is kept when samples are collected for a fit.
    enum Start {
        /// Nothing: phase and frequency come from the fit.
        case cold
        /// The frequency: the phase has jumped.
        case moved
    }

    /// Samples in the first fit: with one a second, frequency to about jitter/6 a second.
    static let fitLength = 8
    /// Rejection threshold, standard deviations of the innovation: young, and after.
    private static let youngGate = 7.5
    static let gate = 5.0
    /// A late sample further off than this many means of the latency is no ordinary one: e⁻¹² of them are.
    private static let latestMeans = 12.0
    /// Innovations are clipped here, standard deviations.
    static let clip = 3.0
    /// Rejections in a row after which the prediction is at fault even where they do not agree with each other.
    private static let longestRejection = 30
    /// A clock left alone for longer, seconds, does what its deviation does not tell: temperature is not a random walk.
    public static let trustedPause = 60.0
    /// As many samples as a reach register holds.
    private static let missedSamples = 8.0
    /// Least jitter assumed, seconds: the resolution of time stamps.
    static let leastJitter = 1e-9

    var bank = FilterBank()
    var control: ControlHistory
    var start: Start? = .cold
    /// Samples for the fit; after it, the last ones.
    var collected: [Sample] = []
    var lastUpdate: Instant
    var controlPhaseAtUpdate = 0.0
    var latency = LatencyEstimator()
    var surprise = SurpriseDetector()
    private var rejections = 0
    /// Between the last two samples taken in, or those of the fit, seconds.
    var usualInterval = 1.0

    /// Whether there is an estimate.
    public internal(set) var isReady = false

    /// An estimator that knows nothing but the correction in force.
    public init(correction: Double, at local: Instant) {
        control = ControlHistory(correction: correction, since: local)
        lastUpdate = local
        collected.reserveCapacity(Self.longestRejection)
    }

    /// Forgets everything but the corrections made: samples of another kind come from a moment on.
    public mutating func begin(anewAt local: Instant) {
        let history = control
        self = Estimator(correction: history.correction, at: local)
        control = history
        controlPhaseAtUpdate = control.phase(at: local)
    }

    /// How late the source's stamps are found to be.
    public var latencyModel: LatencyModel { latency.model }

    /// The estimate carried to a reading of the local clock; `nil` before the first fit.
    public func estimate(at local: Instant) -> Estimate? {
        guard isReady else { return nil }
        let controlPhase = control.phase(at: local) - controlPhaseAtUpdate
        return bank.estimate(
            after: (local - lastUpdate).seconds, controlPhase: controlPhase,
            systematicDeviation: latency.edgeDeviation)
    }

    /// What has been learned of the source and of the oscillator, worth keeping over a restart; `nil` before a few hundred
    /// samples.
    public var character: (jitter: Double, wander: Double, latency: LatencyModel)? {
        bank.wander.map { (bank.jitterSquared.squareRoot(), $0, latency.model) }
    }

    /// Begins with what an earlier run has learned.
    ///
    /// - Parameters:
    ///   - wander: the oscillator's random walk of the frequency, s/s per √s; `nil` where it is not known.
    ///   - latency: how late the source's stamps are.
    public mutating func recall(wander: Double?, latency: LatencyModel) {
        if let wander, wander > 0 { bank.expect(wander: wander) }
        self.latency.recall(latency)
    }

    /// The estimate at a reading as it would be without any correction; the zero of its phase moves with a step.
    public func freeEstimate(at local: Instant) -> Estimate? {
        guard isReady else { return nil }
        return bank.estimate(
            after: (local - lastUpdate).seconds, controlPhase: -controlPhaseAtUpdate,
            systematicDeviation: latency.edgeDeviation)
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
        bank.shift(by: change.offsetChange.seconds)
        for index in collected.indices { collected[index].apply(change) }
    }

    /// Moves the phase, seconds: because several sources are combined.
    public mutating func shift(by seconds: Double) { bank.shift(by: seconds) }

    /// Forgets the phase but not the frequency, because somebody else set the clock.
    public mutating func phaseLost() {
        begin(isReady ? .moved : .cold)
        isReady = false
    }

    // MARK: - One sample

    private mutating func take(_ sample: Sample) -> Outcome {
        guard sample.local > max(lastUpdate, collected.last?.local ?? lastUpdate),
            let predicted = estimate(at: sample.local)
        else { return .rejected(innovation: 0) }
        if isAfterPause(sample) {
            // Learned anew from a few samples, for the first may be an outlier; the frequency is as good a guess as any.
            phaseLost()
            return update(sample)
        }
        let innovation = sample.offset - predicted.phase
        let phaseVariance = predicted.phaseDeviation * predicted.phaseDeviation
        let variance = phaseVariance + bank.jitterSquared
        let deviation = variance.squareRoot()
        let reach = deviation * (bank.count < FilterBank.youth ? Self.youngGate : Self.gate)
        latency.note(lateness: -innovation, deviation: deviation)
        guard innovation <= reach, innovation >= -reach - Self.latestMeans * latency.model.mean else {
            return reject(sample, innovation)
        }
        rejections = 0
        remember(sample)
        let earliest = min(innovation, Self.clip * deviation)
        let weighed = latency.isRecognised ? earliest : max(earliest, -Self.clip * deviation)
        let evidence = latency.model.evidence(innovation: weighed, variance: variance)
        let time = (sample.local - lastUpdate).seconds
        advance(to: sample.local, offset: predicted.phase + weighed)
        // A late sample is no surprise: what counts is what it tells.
        let surprising =
            latency.isRecognised ? evidence.innovation / evidence.variance * deviation : innovation / deviation
        usualInterval = time
        switch bank.count > FilterBank.youth ? surprise.note(surprising) : nil {
        case .frequency(let jump): bank.loosen(by: jump * deviation / time)
        case .phase: if let jump = jump(in: collected) { return restart(jump) }
        case nil: break
        }
        adoptLatency()
        return .accepted(innovation: evidence.innovation)
    }

    /// Whether nothing was heard for long, believed or not, by the clock and by how often this source usually speaks.
    private func isAfterPause(_ sample: Sample) -> Bool {
        let silence = (sample.local - max(lastUpdate, collected.last?.local ?? lastUpdate)).seconds
        return silence > max(Self.trustedPause, Self.missedSamples * usualInterval)
    }

    private mutating func reject(_ sample: Sample, _ innovation: Double) -> Outcome {
        rejections += 1
        remember(sample)
        guard rejections >= Self.fitLength, let jump = jump(in: collected),
            rejections >= Self.longestRejection || jump.scatter <= Self.gate * deviationOfSamples
        else { return .rejected(innovation: innovation) }
        return restart(jump)
    }

    /// Keeps the last samples, taken in or not: a jump is seen in them.
    private mutating func remember(_ sample: Sample) {
        collected.append(sample)
        if collected.count > Self.fitLength { collected.removeFirst() }
    }

    /// Learns phase and frequency anew from the last samples.
    private mutating func restart(_ jump: Jump) -> Outcome {
        let samples = collected
        begin(.cold)
        collected = samples
        finish(.cold)
        rejections = 0
        return .restarted(jump)
    }

    /// How the last samples have left the prediction.
    private func jump(in samples: [Sample]) -> Jump? {
        let residuals = samples.compactMap { sample in
            estimate(at: sample.local).map { (sample.local, sample.offset - $0.phase) }
        }
        guard let first = residuals.first, let last = residuals.last, residuals.count == Self.fitLength else {
            return nil
        }
        let line = RobustLine(times: residuals.map { ($0.0 - last.0).seconds }, values: residuals.map(\.1))
        return Jump(
            phase: line.level, slope: line.slope, scatter: line.deviation,
            slopeDeviation: (line.slopeVariance).squareRoot() * max(line.deviation, deviationOfSamples),
            claim: estimate(at: last.0)?.phaseDeviation ?? 0, age: (last.0 - lastUpdate).seconds,
            duration: (last.0 - first.0).seconds)
    }

    /// Ordinary scatter of this source's samples, seconds.
    private var deviationOfSamples: Double { max(bank.jitterSquared.squareRoot(), latency.model.mean) }

    private mutating func advance(to local: Instant, offset: Double) {
        carry(to: local)
        bank.take(offset: offset, latency: latency.model)
    }

    /// Carries the estimate on to a reading without a sample.
    mutating func carry(to local: Instant) {
        let controlPhase = control.phase(at: local) - controlPhaseAtUpdate
        bank.carry(time: (local - lastUpdate).seconds, controlPhase: controlPhase)
        lastUpdate = local
        controlPhaseAtUpdate += controlPhase
    }

    /// Puts the phase at the fast edge, or back to the mean, when what is known of the latency has changed.
    private mutating func adoptLatency() {
        switch latency.refit(phaseVariance: bank.meanPhaseVariance) {
        case .unchanged: break
        case .refined(let jitterSquared): bank.jitterSquared = max(jitterSquared, Self.leastJitter * Self.leastJitter)
        case .recognised(let edge, let jitterSquared):
            bank.shift(by: -edge)
            bank.changeJitter(to: max(jitterSquared, Self.leastJitter * Self.leastJitter))
        case .dismissed(let mean, let jitterSquared):
            bank.shift(by: -mean)
            bank.changeJitter(to: max(jitterSquared, Self.leastJitter * Self.leastJitter))
        }
    }
}
