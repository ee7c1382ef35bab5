import SimulatedWorld
import Testing

import func Glibc.erfc
import func Glibc.exp
import func Glibc.log

@testable import Discipline

/// The density of a lateness u: Gaussian jitter of a variance, and a share of the samples late besides by an
/// exponential of a mean.
private struct Density {
    let variance: Double
    let share: Double
    let mean: Double

    private func gaussian(_ value: Double) -> Double {
        exp(-value * value / (2 * variance)) / (2 * Double.pi * variance).squareRoot()
    }

    /// The convolution by Simpson's rule over the latencies that matter: those within 12 deviations of where the
    /// integrand peaks, u − v/mean.
    func integrated(_ late: Double) -> Double {
        let deviation = variance.squareRoot()
        let peak = late - variance / mean
        let (low, high) = (max(0, peak - 12 * deviation), max(0, peak) + 12 * deviation)
        let intervals = 2400
        let step = (high - low) / Double(intervals)
        let sum = (0...intervals).reduce(0.0) { sum, index in
            let latency = low + Double(index) * step
            let factor = index == 0 || index == intervals ? 1.0 : index % 2 == 1 ? 4 : 2
            return sum + factor * gaussian(late - latency) * exp(-latency / mean) / mean
        }
        return (1 - share) * gaussian(late) + share * sum * step / 3
    }

    /// The same in closed form: the exponentially modified Gaussian.
    func closed(_ late: Double) -> Double {
        let deviation = variance.squareRoot()
        let tail = erfc((deviation / mean - late / deviation) * 0.5.squareRoot())
        return (1 - share) * gaussian(late)
            + share / (2 * mean) * exp(variance / (2 * mean * mean) - late / mean) * tail
    }
}

@Suite("Latency model")
struct LatencyModelTests {
    static let models = [(0.02, 20.0), (0.3, 5), (0.9, 0.5), (1, 20), (1, 0.3), (0.5, 1)]

    /// Largest errors of an equivalent sample's slope and information beside those of the density, in units of the
    /// deviation and its square, where ln Φ is asked for below −6 (`isAsymptotic`) or above.
    private func errors(_ share: Double, _ mean: Double, isAsymptotic: Bool) -> (slope: Double, information: Double) {
        var worst = (slope: 0.0, information: 0.0)
        for deviation in [1.0, 2] {
            let density = Density(variance: deviation * deviation, share: share, mean: mean)
            for late in stride(from: -5.0, through: 30, by: 0.7)
            where (late / deviation - deviation / mean < -6) == isAsymptotic {
                // Central differences over h: truncation h² and rounding 1e-15/h² are both about 1e-7.
                let step = 3e-4 * deviation
                let values = [-step, 0, step].map { log(density.integrated(late + $0)) }
                let slope = (values[2] - values[0]) / (2 * step)
                let curvature = (values[2] - 2 * values[1] + values[0]) / (step * step)
                let evidence = LatencyModel(share: share, mean: mean)
                    .evidence(innovation: -late, variance: deviation * deviation)
                // Below a thousandth of a Gaussian sample's information there is a floor.
                let information = max(-curvature * deviation * deviation, 1e-3)
                worst.slope = max(worst.slope, abs(evidence.innovation / evidence.variance - slope) * deviation)
                worst.information = max(
                    worst.information, abs(deviation * deviation / evidence.variance - information))
            }
        }
        return worst
    }

    @Test("the evidence is slope and curvature of the logarithm of the density", arguments: models)
    func evidence(share: Double, mean: Double) {
        let errors = errors(share, mean, isAsymptotic: false)
        #expect(errors.slope < 1e-6)
        #expect(errors.information < 1e-5)
    }

    @Test("the same holds where the latency is small beside the jitter", arguments: [(0.9, 0.5), (1, 0.3)])
    func smallLatency(share: Double, mean: Double) {
        let errors = errors(share, mean, isAsymptotic: true)
        #expect(errors.slope < 1e-6)
        #expect(errors.information < 1e-5)
    }

    @Test("without latency a sample is what it is, exactly", arguments: [(0, 1e-5), (0.5, 0), (0, 0)])
    func gaussian(share: Double, mean: Double) {
        let evidence = LatencyModel(share: share, mean: mean).evidence(innovation: 3.3e-6, variance: 1.7e-12)
        #expect(evidence.innovation == 3.3e-6)
        #expect(evidence.variance == 1.7e-12)
    }

    @Test("no sample tells more than its jitter allows, and none moves the phase against itself", arguments: models)
    func limits(share: Double, mean: Double) {
        // −∂² ln p = 1/v − Var(latency | u)/v² (Tweedie), so the equivalent variance is never below v.
        let model = LatencyModel(share: share, mean: mean)
        var last = -Double.infinity
        for late in stride(from: 30.0, through: -5, by: -0.1) {
            let evidence = model.evidence(innovation: -late, variance: 1)
            #expect(evidence.variance >= 1 - 1e-9)
            if late < 0 { #expect(evidence.innovation > 0) }
            // Where every sample is late the density is log-concave: the earlier a sample, the more it pulls.
            guard share == 1 else { continue }
            let slope = evidence.innovation / evidence.variance
            #expect(slope >= last - 1e-9)
            #expect(evidence.variance <= 1000.000_001)
            last = slope
        }
    }

    @Test("far in the tail a sample pulls late by the tail's own slope, and weighs nothing")
    func tail() {
        let evidence = LatencyModel(share: 0.3, mean: 20).evidence(innovation: -200, variance: 1)
        // p ∝ e^(−u/mean): the slope is −1/mean, the curvature 0, of which a thousandth of 1/v is made.
        #expect(abs(evidence.innovation / evidence.variance + 1.0 / 20) < 1e-9)
        #expect(abs(evidence.variance - 1000) < 1e-6)
    }

    @Test("no sample, jitter or latency makes it infinite or not a number")
    func extremes() {
        let sizes = [0, 1e-12, 1e-9, 1e-6, 1e-3, 1, 1e3]
        for innovation in sizes + sizes.map({ -$0 }) {
            for deviation in [1e-10, 1e-9, 1e-6, 1e-3, 1] {
                for mean in [1e-10, 1e-6, 1e-3, 1] {
                    for share in [1e-9, 1e-3, 0.5, 0.999, 1] {
                        let evidence = LatencyModel(share: share, mean: mean)
                            .evidence(innovation: innovation, variance: deviation * deviation)
                        let isSound =
                            evidence.innovation.isFinite && evidence.variance.isFinite && evidence.variance > 0
                        #expect(isSound, "innovation \(innovation), jitter \(deviation), \(share) late by \(mean)")
                    }
                }
            }
        }
    }
}

@Suite("Fit of a latency")
struct LatencyFitTests {
    /// Edge (s), white jitter (s), share and mean (s) of the late ones.
    typealias Shape = (edge: Double, jitter: Double, share: Double, mean: Double)

    static let shapes: [Shape] = [
        (0, 1e-6, 0.97, 20e-6), (-3e-6, 1e-6, 0.3, 20e-6), (2e-6, 1e-6, 0.05, 50e-6), (-10e-6, 5e-6, 0.6, 30e-6),
    ]
    static let count = 2000

    static func latenesses(_ shape: Shape, seed: UInt64) -> [Double] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { _ in
            let late = random.nextUnit() < shape.share ? shape.mean * random.nextExponential() : 0
            return shape.edge + shape.jitter * random.nextGaussian() + late
        }
    }

    /// Standard deviations that no unbiased estimate can beat (Cramér–Rao): the inverse of the information matrix
    /// n·∫ ∂p/∂θᵢ·∂p/∂θⱼ/p of edge, jitter, mean and share.
    static func leastDeviations(_ shape: Shape) -> [Double] {
        let parameters = [shape.edge, shape.jitter, shape.mean, shape.share]
        let free = parameters.count
        let steps = [shape.jitter, shape.jitter, shape.mean, shape.share].map { $0 * 1e-4 }
        func density(_ late: Double, _ parameters: [Double]) -> Double {
            Density(variance: parameters[1] * parameters[1], share: parameters[3], mean: parameters[2])
                .closed(late - parameters[0])
        }
        var information = [[Double]](repeating: [Double](repeating: 0, count: free), count: free)
        let step = shape.jitter / 20
        for late in stride(from: shape.edge - 6 * shape.jitter, to: shape.edge + 12 * shape.mean, by: step) {
            let value = density(late, parameters)
            guard value > 0 else { continue }
            let slopes = (0..<free).map { index in
                var (up, down) = (parameters, parameters)
                up[index] += steps[index]
                down[index] -= steps[index]
                return (density(late, up) - density(late, down)) / (2 * steps[index])
            }
            for row in 0..<free {
                for column in 0..<free {
                    information[row][column] += Double(count) * slopes[row] * slopes[column] / value * step
                }
            }
        }
        return inverseDiagonal(information).map { $0.squareRoot() }
    }

    /// The diagonal of the inverse by Gauss–Jordan; rows are scaled first, for microseconds stand beside shares.
    private static func inverseDiagonal(_ matrix: [[Double]]) -> [Double] {
        let scales = matrix.indices.map { matrix[$0][$0].squareRoot() }
        return matrix.indices.map { unit in
            var rows = matrix.indices.map { row in
                matrix.indices.map { matrix[row][$0] / (scales[row] * scales[$0]) } + [row == unit ? 1.0 : 0]
            }
            for pivot in rows.indices {
                let head = rows[pivot][pivot]
                for column in rows[pivot].indices { rows[pivot][column] /= head }
                for row in rows.indices where row != pivot {
                    let factor = rows[row][pivot]
                    for column in rows[row].indices { rows[row][column] -= factor * rows[pivot][column] }
                }
            }
            return (rows[unit].last ?? .nan) / (scales[unit] * scales[unit])
        }
    }

    @Test("2000 latenesses give back what they were made from, as well as theory allows", arguments: 0..<shapes.count)
    func recovery(index: Int) throws {
        let shape = Self.shapes[index]
        let least = Self.leastDeviations(shape)
        for seed in UInt64(1)...3 {
            let latenesses = Self.latenesses(shape, seed: seed)
            // As in use: one look after another, each beginning with the last.
            var fit = LatencyFit.fit(latenesses, from: nil, isKnown: false)
            for _ in 0..<3 { fit = LatencyFit.fit(latenesses, from: fit, isKnown: false) }
            let found = try #require(fit)
            let errors = [
                found.edge - shape.edge, found.jitter - shape.jitter, found.latency.mean - shape.mean,
                found.latency.share - shape.share,
            ]
            // Four deviations, and a tenth of one for iterations that end before the top.
            for (error, deviation) in zip(errors, least) { #expect(abs(error) < 4.1 * deviation, "seed \(seed)") }
        }
    }

    @Test("where every sample is late the edge is found as well as is claimed", arguments: 1...3)
    func alwaysLate(seed: UInt64) throws {
        let latenesses = Self.latenesses((0, 1e-6, 1, 20e-6), seed: seed)
        let found = try #require(LatencyFit.fit(latenesses, from: nil, isKnown: false))
        // `LatencyEstimator.edgeDeviation`: 3 % of the mean and 1/√n of it, 1 µs here.
        #expect(abs(found.edge) < 2 * 20e-6 * (0.03 + 1 / Double(Self.count).squareRoot()))
        #expect(abs(found.latency.mean / 20e-6 - 1) < 0.1)
        #expect(found.latency.share > 0.9)
    }

    @Test("plain jitter has no latency", arguments: 1...3)
    func gaussian(seed: UInt64) {
        var random = RandomSource(seed: seed)
        #expect(
            LatencyFit.fit((0..<Self.count).map { _ in 1e-6 * random.nextGaussian() }, from: nil, isKnown: false) == nil
        )
    }

    @Test("an even spread, as of a receiver's clock grid, has no latency", arguments: 1...2)
    func uniform(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let fit = LatencyFit.fit(
            (0..<Self.count).map { _ in 1e-6 * (2 * random.nextUnit() - 1) }, from: nil, isKnown: false)
        #expect(fit == nil, "\(String(describing: fit))")
    }

    @Test("stamps that are early at times are not late at others", arguments: 1...2)
    func early(seed: UInt64) {
        for shape in Self.shapes.prefix(2) {
            let fit = LatencyFit.fit(Self.latenesses(shape, seed: seed).map { -$0 }, from: nil, isKnown: false)
            #expect(fit == nil, "\(String(describing: fit))")
        }
    }
}
