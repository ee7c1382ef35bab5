import SimulatedWorld
import Testing

@testable import Discipline

/// The textbook's Kalman filter on plain matrices: nothing of it is written out by hand, so no term can be forgotten.
///
/// State (phase, frequency, drift), ẋ = −y, ẏ = d + noise, ḋ = noise.
private struct MatrixFilter {
    var state = [0.0, 0.0, 0.0]
    var covariance = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]
    let wander: Double
    let walk: Double

    /// e^(A·t): A is nilpotent, so the series ends after three terms.
    static func transition(_ time: Double) -> [[Double]] {
        [[1, -time, -time * time / 2], [0, 1, time], [0, 0, 1]]
    }

    static func product(_ one: [[Double]], _ other: [[Double]]) -> [[Double]] {
        one.map { row in other[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * other[$1][column] } } }
    }

    static func transposed(_ matrix: [[Double]]) -> [[Double]] {
        matrix[0].indices.map { column in matrix.map { $0[column] } }
    }

    /// ∫ e^(A·s)·diag(0, w², r²)·e^(Aᵀ·s) ds from 0 to t, the noise of the continuous model.
    ///
    /// The integrand is a polynomial of degree 4, for which three-point Gauss–Legendre quadrature is exact.
    func noise(_ time: Double) -> [[Double]] {
        let density = [[0, 0, 0], [0, wander * wander, 0], [0, 0, walk * walk]]
        var sum = [[Double]](repeating: [0, 0, 0], count: 3)
        for (node, weight) in [(-0.6.squareRoot(), 5.0 / 9), (0, 8.0 / 9), (0.6.squareRoot(), 5.0 / 9)] {
            let carried = Self.transition(time / 2 * (1 + node))
            let term = Self.product(Self.product(carried, density), Self.transposed(carried))
            for row in 0..<3 { for column in 0..<3 { sum[row][column] += time / 2 * weight * term[row][column] } }
        }
        return sum
    }

    mutating func predict(time: Double, controlPhase: Double) {
        let carried = Self.transition(time)
        state = carried.map { row in row.indices.reduce(0) { $0 + row[$1] * state[$1] } }
        state[0] -= controlPhase
        covariance = Self.product(Self.product(carried, covariance), Self.transposed(carried))
        let added = noise(time)
        for row in 0..<3 { for column in 0..<3 { covariance[row][column] += added[row][column] } }
    }

    /// An ageing that keeps a share of itself and whose variance tends to what it was before anything was known.
    mutating func forgetAgeing(kept: Double, towards variance: Double) {
        state[2] *= kept
        for index in 0..<3 {
            covariance[2][index] *= kept
            covariance[index][2] *= kept
        }
        covariance[2][2] += (1 - kept * kept) * variance
    }

    mutating func update(offset: Double, noise: Double) -> (innovation: Double, variance: Double) {
        let (innovation, variance) = (offset - state[0], covariance[0][0] + noise)
        let gain = covariance.map { $0[0] / variance }
        for index in 0..<3 { state[index] += gain[index] * innovation }
        // Joseph's form, (I − K·H)·P·(I − K·H)ᵀ + K·R·Kᵀ: right for any gain, so it shares no shortcut.
        let rest = (0..<3).map { row in
            (0..<3).map { column in (row == column ? 1 : 0) - (column == 0 ? gain[row] : 0) }
        }
        covariance = Self.product(Self.product(rest, covariance), Self.transposed(rest))
        for row in 0..<3 { for column in 0..<3 { covariance[row][column] += gain[row] * noise * gain[column] } }
        return (innovation, variance)
    }
}

@Suite("Clock filter")
struct ClockFilterTests {
    /// Largest difference: of the state in its own size or deviation, of covariances in the geometric mean of theirs.
    private func difference(_ filter: ClockFilter, _ matrix: MatrixFilter) -> Double {
        let variances = (0..<3).map { matrix.covariance[$0][$0] }
        let states = zip([filter.phase, filter.frequency, filter.drift], matrix.state).enumerated().map {
            abs($1.0 - $1.1) / (abs($1.1) + variances[$0].squareRoot())
        }
        let covariances = [
            (filter.pp, 0, 0), (filter.pf, 0, 1), (filter.pd, 0, 2), (filter.ff, 1, 1), (filter.fd, 1, 2),
            (filter.dd, 2, 2),
        ].map { abs($0.0 - matrix.covariance[$0.1][$0.2]) / (variances[$0.1] * variances[$0.2]).squareRoot() }
        return (states + covariances).reduce(0, max)
    }

    private func pair(wander: Double, walk: Double) -> (ClockFilter, MatrixFilter) {
        var filter = ClockFilter(wanderRatio: wander, driftRatio: walk)
        filter.dd = 1
        return (filter, MatrixFilter(wander: wander, walk: walk))
    }

    @Test(
        "predictions and updates are those of a plain matrix filter",
        arguments: [(1e-4, 3.2e-5), (0.03, 0.01), (1e-6, 3.2e-7), (0, 1e-4)])
    func walkingDrift(wander: Double, walk: Double) {
        var random = RandomSource(seed: 11)
        var (filter, matrix) = pair(wander: wander, walk: walk)
        for step in 0..<400 {
            let (time, control) = (0.05 + 3 * random.nextUnit(), random.nextGaussian())
            filter.predict(time: time, controlPhase: control, ageingVariance: 1)
            matrix.predict(time: time, controlPhase: control)
            #expect(difference(filter, matrix) < 1e-9, "prediction \(step)")
            let (offset, noise) = (matrix.state[0] + 3 * random.nextGaussian(), 0.2 + 5 * random.nextUnit())
            filter.correct(innovation: offset - filter.phase, variance: filter.pp + noise)
            _ = matrix.update(offset: offset, noise: noise)
            #expect(difference(filter, matrix) < 1e-9, "update \(step)")
        }
    }

    @Test("an ageing that only ages is forgotten over two days, and its variance with it")
    func ageing() {
        var random = RandomSource(seed: 12)
        var (filter, matrix) = pair(wander: 1e-3, walk: 0)
        let variance = 1e-10
        for step in 0..<400 {
            let time = 0.05 + 60 * random.nextUnit()
            filter.predict(time: time, controlPhase: 0, ageingVariance: variance)
            matrix.predict(time: time, controlPhase: 0)
            matrix.forgetAgeing(kept: 1 - time / 172_800, towards: variance)
            #expect(difference(filter, matrix) < 1e-9, "prediction \(step)")
            let offset = matrix.state[0] + random.nextGaussian()
            filter.update(offset: offset, weight: 0.01)
            _ = matrix.update(offset: offset, noise: 1)
            #expect(difference(filter, matrix) < 1e-9, "update \(step)")
        }
    }

    @Test("without samples an ageing fades to nothing known: e⁻¹ is left after two days")
    func fading() {
        var filter = ClockFilter(wanderRatio: 1e-6, driftRatio: 0)
        (filter.drift, filter.dd) = (1e-12, 1e-30)
        for _ in 0..<2880 { filter.predict(time: 60, controlPhase: 0, ageingVariance: 1e-24) }
        // (1 − 60/172800)^2880 = e⁻¹·(1 − 1.7e-4).
        #expect(abs(filter.drift / 1e-12 - 0.367_879) < 1e-3)
        // What was forgotten comes back as variance: 1 − e⁻² of it.
        #expect(abs(filter.dd / 1e-24 - 0.864_665) < 1e-3)
    }

    @Test("what is claimed for a time ahead is what a prediction to it makes")
    func ahead() {
        var filter = ClockFilter(wanderRatio: 3e-3, driftRatio: 0)
        (filter.phase, filter.frequency, filter.drift) = (0.3, -2, 0.1)
        (filter.pp, filter.pf, filter.pd, filter.ff, filter.fd, filter.dd) = (4, 1, 0.2, 3, -0.3, 0.5)
        for time in [0, 0.5, 7, 300.0] {
            var later = filter
            // The forgetting of an ageing is left out ahead, so its variance is given as it is.
            later.predict(time: time, controlPhase: 0, ageingVariance: 0)
            #expect(abs(filter.phase(after: time) - later.phase) <= 1e-12 * abs(later.phase))
            #expect(abs(filter.phaseVariance(after: time) - later.pp) <= 1e-12 * later.pp)
            #expect(abs(filter.frequencyVariance(after: time) - later.ff) <= 1e-12 * later.ff)
        }
    }

    @Test("a drift that walks is not carried on for ever: its weight ends at its time, as 1 − e⁻ᵗ does")
    func driftEnds() {
        var filter = ClockFilter(wanderRatio: 3e-3, driftRatio: 1e-3)
        (filter.phase, filter.frequency, filter.drift) = (0, 0, 1)
        // Two memories of ρ^(−1/3) = 10 s.
        #expect(abs(filter.driftTime - 20) < 1e-9)
        #expect(abs(filter.frequency(after: 2000) - 20) < 1e-9)
        // T · (t − T · (1 − e⁻ᵗᐟᵀ)) at t = T: 400 / e.
        #expect(abs(filter.phase(after: 20) + 147.151_776) < 1e-5)
        // At first it is t²/2.
        #expect(abs(filter.phase(after: 0.1) + 0.005) < 1e-12)
    }

    @Test("the score is the concentrated likelihood of the innovations, with exponential memory")
    func score() {
        var random = RandomSource(seed: 13)
        var (filter, matrix) = pair(wander: 0.01, walk: 1e-4)
        var (square, logarithm) = (0.0, 0.0)
        for _ in 0..<500 {
            filter.predict(time: 1, controlPhase: 0, ageingVariance: 1)
            matrix.predict(time: 1, controlPhase: 0)
            let offset = matrix.state[0] + random.nextGaussian()
            filter.update(offset: offset, weight: 0.02)
            let (innovation, variance) = matrix.update(offset: offset, noise: 1)
            square = 0.98 * square + 0.02 * innovation * innovation / variance
            logarithm = 0.98 * logarithm + 0.02 * variance.logarithm
        }
        #expect(abs(filter.meanSquare - square) < 1e-9 * square)
        #expect(abs(filter.meanLogVariance - logarithm) < 1e-9)
        #expect(abs(filter.score - (square.logarithm + logarithm)) < 1e-9)
    }

    @Test("in other units of the jitter the filter does the same")
    func units() {
        var filter = ClockFilter(wanderRatio: 3e-3, driftRatio: 1e-4)
        (filter.pp, filter.pf, filter.pd, filter.ff, filter.fd, filter.dd) = (4, 1, 0.2, 3, -0.3, 0.5)
        var other = ClockFilter(wanderRatio: 6e-3, driftRatio: 2e-4)
        (other.pp, other.pf, other.pd, other.ff, other.fd, other.dd) = (4, 1, 0.2, 3, -0.3, 0.5)
        // Half the jitter: every variance is four times as many of its squares, and noise of one is of four.
        other.rescale(by: 4)
        for second in 1...20 {
            filter.predict(time: 1, controlPhase: 0, ageingVariance: 0)
            other.predict(time: 1, controlPhase: 0, ageingVariance: 0)
            filter.update(offset: Double(second % 3), weight: 0.1)
            other.correct(innovation: Double(second % 3) - other.phase, variance: other.pp + 4)
            #expect(abs(filter.phase - other.phase) < 1e-12)
            #expect(abs(filter.frequency - other.frequency) < 1e-12)
        }
    }
}
