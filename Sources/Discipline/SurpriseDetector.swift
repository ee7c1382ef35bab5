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
    /// Where the phase jumps, the first half of the shortest span has at least this share of its sum; where the
    /// frequency does, innovations grow from nothing and it has a quarter.
    private static let phaseShare = 0.4

    private var recent: [Double] = []

    init() {}

    /// Notes an innovation, in its standard deviations.
    mutating func note(_ innovation: Double) -> Surprise? {
        recent.append(innovation)
        if recent.count > 64 { recent.removeFirst() }
        var (sum, taken, latestHalf) = (0.0, 0, 0.0)
        for span in Self.spans where recent.count >= span {
            while taken < span {
                taken += 1
                sum += recent[recent.count - taken]
                if taken == Self.spans[0] / 2 { latestHalf = sum }
            }
            guard abs(sum) > Self.threshold * Double(span).squareRoot() else { continue }
            recent.removeAll(keepingCapacity: true)
            if span == Self.spans[0], (sum - latestHalf) / sum >= Self.phaseShare { return .phase }
            // After a jump Δ the innovations grow as Δ·n, and their sum as Δ·n²/2.
            return .frequency(2 * abs(sum) / Double(span * span))
        }
        return nil
    }
}
