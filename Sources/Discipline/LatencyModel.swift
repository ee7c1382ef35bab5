/// How late the stamps of a source are, beside their white jitter: interrupts are only ever late.
///
/// A sample is late by Gaussian jitter, and a share of them by an exponential latency besides; so the truth lies at
/// the fast edge of the distribution and not at its mean. The Gaussian case is a share of 0.
public struct LatencyModel: Equatable, Sendable {
    /// Share of the samples that are late, 0 ... 1.
    public let share: Double
    /// Mean lateness of those, seconds.
    public let mean: Double

    /// No latency.
    public static let none = LatencyModel(share: 0, mean: 0)

    /// A latency.
    public init(share: Double, mean: Double) {
        (self.share, self.mean) = (share, mean)
    }

    /// What a sample tells about the phase: an equivalent sample with Gaussian noise.
    struct Evidence {
        /// How far from its prediction the equivalent sample lies, seconds, positive = early.
        let innovation: Double
        /// Variance of the equivalent sample's innovation, s².
        let variance: Double
        /// Logarithm of the density of the innovation itself.
        let logDensity: Double
    }

    /// What an innovation tells, given the prediction's uncertainty and the jitter.
    ///
    /// The posterior of a Gaussian prediction has mean m + P·∂ ln p/∂m and variance P + P²·∂² ln p/∂m², p being the
    /// density of the innovation (Masreliez 1975); an equivalent Gaussian sample has the same two.
    ///
    /// - Parameters:
    ///   - innovation: sample − prediction, seconds; negative = late.
    ///   - variance: of the innovation without latency: prediction and jitter, s².
    /// - Returns: the equivalent sample.
    func evidence(innovation: Double, variance: Double) -> Evidence {
        guard share > 0, mean > 0 else {
            let logDensity = -(innovation * innovation / variance + (6.283_185_307_18 * variance).logarithm) / 2
            return Evidence(innovation: innovation, variance: variance, logDensity: logDensity)
        }
        let late = -innovation
        let terms = Terms(late: late, variance: variance, latency: self)
        let (coreSlope, lateSlope) = (-late / variance, terms.lateSlope)
        let coreShare = 1 - terms.lateShare
        let slope = coreShare * coreSlope + terms.lateShare * lateSlope
        let curvature =
            coreShare * (coreSlope * coreSlope - 1 / variance)
            + terms.lateShare * (lateSlope * lateSlope + terms.lateCurvature) - slope * slope
        // Between core and tail a mixture may even raise the uncertainty: such a sample tells next to nothing.
        let information = max(-curvature, 1e-3 / variance)
        return Evidence(innovation: slope / information, variance: 1 / information, logDensity: terms.logDensity)
    }
}

/// The two parts of the density of a lateness, and the slope of the late one.
private struct Terms {
    /// Probability that this sample is one of the late ones.
    let lateShare: Double
    /// Logarithm of the density.
    let logDensity: Double
    /// ∂ ln p/∂u and ∂² ln p/∂u² of the late part.
    let lateSlope: Double
    let lateCurvature: Double

    init(late: Double, variance: Double, latency: LatencyModel) {
        let deviation = variance.squareRoot()
        let argument = late / deviation - deviation / latency.mean
        let hazard = argument.normalHazard
        let logCore =
            (1 - latency.share).logarithm - late * late / (2 * variance) - (2.506_628_274_631 * deviation).logarithm
        let logLate =
            latency.share.logarithm - latency.mean.logarithm + variance / (2 * latency.mean * latency.mean)
            - late / latency.mean + argument.logNormal
        let top = max(logCore, logLate)
        logDensity = top + ((logCore - top).exponential + (logLate - top).exponential).logarithm
        lateShare = (logLate - logDensity).exponential
        lateSlope = hazard / deviation - 1 / latency.mean
        lateCurvature = -hazard * (argument + hazard) / variance
    }
}

/// Fits a latency model to how late samples were.
struct LatencyFit: Equatable, Sendable {
    /// Where the fast edge lies among the latenesses, seconds.
    let edge: Double
    /// White jitter round the edge, standard deviation in seconds.
    let jitter: Double
    /// What is late beside it.
    let latency: LatencyModel

    /// Iterations on a part of the latenesses, and on all: the fit is warm from one time to the next.
    private static let iterations = 30
    private static let finishingIterations = 20
    /// The part: enough for a start.
    private static let few = 256
    /// A latency is only believed when it explains the samples better by this many units of log-likelihood: three
    /// parameters of chance would bring 1.5, and no Gaussian series of the length used has brought 8.
    private static let leastGain = 12.0
    /// A latency whose mean shifts the average by less than this share of the jitter is left averaged in.
    private static let leastEffect = 0.2

    /// The likeliest model of latenesses by expectation–maximisation.
    ///
    /// - Parameters:
    ///   - latenesses: how much later each stamp was than predicted, seconds; a few hundred.
    ///   - known: the last fit, to begin with.
    ///   - isKnown: whether a latency is believed already: less is needed to keep it than to find it.
    /// - Returns: the fit; `nil` where plain Gaussian jitter explains them as well.
    static func fit(_ latenesses: [Double], from known: LatencyFit?, isKnown: Bool) -> LatencyFit? {
        // A beginning is looked for among some of them, and finished on all.
        let stride = max(1, latenesses.count / Self.few)
        let some = latenesses.indices.filter { $0 % stride == 0 }.map { latenesses[$0] }
        guard let start = known ?? beginning(some) else { return nil }
        let best = climb(from: start, latenesses, iterations: finishingIterations)
        let gain = best.likelihood - gaussianLikelihood(latenesses)
        let effect = best.fit.latency.share * best.fit.latency.mean
        let share = isKnown ? keepingShare : 1
        guard gain > share * leastGain, effect > share * leastEffect * best.fit.jitter else { return nil }
        return best.fit
    }

    /// Share of both that is enough to keep a latency.
    private static let keepingShare = 0.25

    /// The likeliest of three ways to begin.
    private static func beginning(_ latenesses: [Double]) -> LatencyFit? {
        let centre = RobustStatistics.median(latenesses)
        let spread = max(RobustStatistics.deviation(latenesses), 1e-10)
        return starts(centre: centre, spread: spread, latenesses)
            .map { climb(from: $0, latenesses, iterations: iterations) }
            .max { $0.likelihood < $1.likelihood }?.fit
    }

    /// Beginnings: always late, often late, seldom and very late.
    private static func starts(centre: Double, spread: Double, _ latenesses: [Double]) -> [LatencyFit] {
        let tail = latenesses.reduce(0) { max($0, $1 - centre) }
        return [
            LatencyFit(edge: centre - spread, jitter: spread / 4, latency: LatencyModel(share: 0.9, mean: spread)),
            LatencyFit(
                edge: centre - spread / 4, jitter: spread * 0.8, latency: LatencyModel(share: 0.3, mean: 2 * spread)),
            LatencyFit(
                edge: centre, jitter: spread,
                latency: LatencyModel(share: 0.03, mean: max(tail / 3, 3 * spread))),
        ]
    }

    private static func climb(
        from start: LatencyFit, _ latenesses: [Double], iterations: Int
    ) -> (fit: LatencyFit, likelihood: Double) {
        var (fit, likelihood) = (start, -Double.infinity)
        for _ in 0..<iterations {
            let (next, reached) = fit.improved(latenesses)
            defer { likelihood = reached }
            guard reached - likelihood > 1e-3 else { break }
            fit = next
        }
        return (fit, likelihood)
    }

    /// One step of expectation–maximisation.
    private func improved(_ latenesses: [Double]) -> (next: LatencyFit, likelihood: Double) {
        let variance = jitter * jitter
        let shift = variance / latency.mean
        var (likelihood, lateCount, lateness, offset, square) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for value in latenesses {
            let late = value - edge
            let terms = Terms(late: late, variance: variance, latency: latency)
            likelihood += terms.logDensity
            // The latency given the sample: a normal value of this centre, cut at zero.
            let centre = late - shift
            let hazard = (centre / jitter).normalHazard
            let mean = max(centre + jitter * hazard, 0)
            let meanSquare = centre * centre + variance + centre * jitter * hazard
            lateCount += terms.lateShare
            lateness += terms.lateShare * mean
            offset += late - terms.lateShare * mean
            square += late * late + terms.lateShare * (meanSquare - 2 * late * mean)
        }
        let count = Double(latenesses.count)
        let moved = offset / count
        let next = LatencyFit(
            edge: edge + moved, jitter: max(square / count - moved * moved, 1e-20).squareRoot(),
            latency: LatencyModel(
                share: min(max(lateCount / count, 1e-3), 0.999), mean: max(lateness / max(lateCount, 1e-9), 1e-10)))
        return (next, likelihood)
    }

    private static func gaussianLikelihood(_ latenesses: [Double]) -> Double {
        let count = Double(latenesses.count)
        let mean = latenesses.reduce(0, +) / count
        let variance = max(latenesses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count, 1e-20)
        return -count / 2 * ((6.283_185_307_18 * variance).logarithm + 1)
    }
}
