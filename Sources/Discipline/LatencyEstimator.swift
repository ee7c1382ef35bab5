/// Learns how late a source's stamps are, from how late they were against the prediction.
struct LatencyEstimator: Sendable {
    /// What a fit has changed.
    enum Change {
        /// Nothing.
        case unchanged
        /// A latency is known as before; jitter squared beside it, s².
        case refined(jitterSquared: Double)
        /// A latency was found: its fast edge among the latenesses (s) and the jitter squared beside it (s²).
        case recognised(edge: Double, jitterSquared: Double)
        /// The latency is gone: the mean of the latenesses (s) and their variance (s²).
        case dismissed(mean: Double, jitterSquared: Double)
    }

    /// Latenesses kept: 34 minutes of pulses, a skewness to ±0.054.
    private static let memory = 2048
    /// Latenesses before the first look, and samples between two looks after.
    private static let firstLook = 64
    private static let interval = 256
    /// Latenesses beyond this are no latency but another time, standard deviations.
    private static let largest = 2000.0
    /// Standard deviations of the skewness of Gaussian values above which a fit is worth its while.
    private static let suspicion = 3.5

    private(set) var model = LatencyModel.none
    private var fit: LatencyFit?
    private var latenesses: [Double] = []
    private var next = 0
    private var untilLook = firstLook

    init() {}

    /// Whether stamps are known to be late.
    var isRecognised: Bool { model.share > 0 }

    /// Begins with a model learned before; the first look confirms or dismisses it.
    mutating func recall(_ model: LatencyModel) {
        guard model.share > 0, model.share < 1, model.mean > 0 else { return }
        self.model = model
        untilLook = Self.interval
    }

    /// How well the fast edge is known, standard deviation in seconds: a share of the mean latency that falls as more
    /// samples show it, to 3 % (simulated).
    var edgeDeviation: Double {
        model.share * model.mean * (0.03 + 1 / Double(max(latenesses.count, 16)).squareRoot())
    }

    /// Notes by how much a stamp was later than predicted, seconds, believed or not.
    mutating func note(lateness: Double, deviation: Double) {
        guard abs(lateness) < Self.largest * deviation, lateness > -Estimator.gate * deviation else { return }
        untilLook -= 1
        if latenesses.count < Self.memory { return latenesses.append(lateness) }
        latenesses[next] = lateness
        next = (next + 1) % Self.memory
    }

    /// Forgets the latenesses, because the prediction was learned anew; the model stays.
    mutating func restart() {
        latenesses.removeAll(keepingCapacity: true)
        // What is known is not given up after a few samples.
        (next, untilLook) = (0, isRecognised ? Self.interval : Self.firstLook)
    }

    /// Looks again, when it is time.
    ///
    /// - Parameter phaseVariance: uncertainty of the predictions that is contained in the latenesses, s².
    /// - Returns: what the estimator has to follow.
    mutating func refit(phaseVariance: Double) -> Change {
        guard untilLook <= 0 else { return .unchanged }
        untilLook = min(latenesses.count, Self.interval)
        guard isRecognised || isSkewed else { return .unchanged }
        let found = LatencyFit.fit(latenesses, from: fit, isKnown: isRecognised)
        defer { model = found?.latency ?? .none }
        let wasRecognised = isRecognised
        fit = found
        guard let found else { return wasRecognised ? dismissal() : .unchanged }
        let square = found.jitter * found.jitter
        let jitterSquared = max(square - phaseVariance, square / 4)
        guard !wasRecognised else { return .refined(jitterSquared: jitterSquared) }
        // From now on the edge is where the phase is.
        for index in latenesses.indices { latenesses[index] -= found.edge }
        fit = LatencyFit(edge: 0, jitter: found.jitter, latency: found.latency)
        return .recognised(edge: found.edge, jitterSquared: jitterSquared)
    }

    private mutating func dismissal() -> Change {
        let count = Double(latenesses.count)
        let mean = latenesses.reduce(0, +) / count
        let variance = latenesses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        for index in latenesses.indices { latenesses[index] -= mean }
        return .dismissed(mean: mean, jitterSquared: variance)
    }

    /// Whether late values lie further out than early ones by more than chance.
    private var isSkewed: Bool {
        let count = Double(latenesses.count)
        let mean = latenesses.reduce(0, +) / count
        var (second, third) = (0.0, 0.0)
        for value in latenesses {
            let distance = value - mean
            second += distance * distance
            third += distance * distance * distance
        }
        guard second > 0 else { return false }
        let skewness = third / count / ((second / count) * (second / count).squareRoot())
        return skewness > Self.suspicion * (6 / count).squareRoot()
    }
}
