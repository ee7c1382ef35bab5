/// Notices that innovations have stopped being independent: the world has changed by less than a gate would notice.
///
/// Innovations of a filter that fits are white; when many in a row lean to one side, their sum says so long before any
/// single one is out of bounds.
struct SurpriseDetector: Sendable {
    /// What explains the sum.
    enum Surprise: Equatable {
        /// The frequency has jumped, by so many standard deviations of an innovation per sample.
        case frequency(Double)
        /// The phase has jumped.
        case phase
    }

    /// Sums are taken over so many innovations.
    private static let spans = [8, 16, 32, 64]
    /// Sum over √span that is a surprise: by chance once in a year of pulses.
    private static let threshold = 5.5
    /// Beyond this an innovation adds no more to a sum, standard deviations: a lone outlier is no surprise.
    private static let clip = 3.0
    /// Innovations in which the shape of a change is looked for.
    private static let view = 16
    /// How much better a jump of the phase must explain them than one of the frequency, in units of χ²: 3 standard
    /// deviations, because following a small jump of the phase costs less than refusing one of the frequency.
    private static let preference = 9.0

    private var recent: [Double] = []

    init() {}

    /// Notes an innovation, in its standard deviations.
    mutating func note(_ innovation: Double) -> Surprise? {
        recent.append(innovation)
        if recent.count > 64 { recent.removeFirst() }
        var (sum, taken) = (0.0, 0)
        for span in Self.spans where recent.count >= span {
            while taken < span {
                taken += 1
                sum += min(max(recent[recent.count - taken], -Self.clip), Self.clip)
            }
            guard abs(sum) > Self.threshold * Double(span).squareRoot() else { continue }
            defer { recent.removeAll(keepingCapacity: true) }
            // After a jump Δ the innovations grow as Δ·n, and their sum as Δ·n²/2.
            return isStep ? .phase : .frequency(2 * abs(sum) / Double(span * span))
        }
        return nil
    }

    /// Whether a step explains the last innovations better than a ramp does, wherever each began.
    private var isStep: Bool {
        let values = Array(recent.suffix(Self.view))
        guard values.count == Self.view else { return false }
        let step = Self.leastSquares(values) { _ in 1 }
        let ramp = Self.leastSquares(values) { Double($0) }
        return step + Self.preference < ramp
    }

    /// Least sum of squares that a shape leaves, beginning at any of the values but the last three.
    private static func leastSquares(_ values: [Double], shape: (Int) -> Double) -> Double {
        let total = values.reduce(0) { $0 + $1 * $1 }
        return (0...values.count - 4).map { onset in
            var (product, square) = (0.0, 0.0)
            for index in onset..<values.count {
                let height = shape(index - onset + 1)
                product += height * values[index]
                square += height * height
            }
            return total - product * product / square
        }.min() ?? total
    }
}
