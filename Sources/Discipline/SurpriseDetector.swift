/// Notices that innovations have stopped being independent: the frequency has jumped.
///
/// Innovations of a filter that fits are white; when many in a row lean to one side, their sum says so long before any
/// single one is out of bounds.
struct SurpriseDetector: Sendable {
    /// Sums are taken over so many innovations.
    private static let spans = [8, 16, 32, 64]
    /// Sum over √span that is a surprise: by chance once in a year of pulses.
    private static let threshold = 5.5

    private var recent: [Double] = []

    init() {}

    /// Notes an innovation, in its standard deviations.
    ///
    /// - Returns: for a surprise, the jump of the frequency that explains it, in standard deviations per sample.
    mutating func note(_ innovation: Double) -> Double? {
        recent.append(innovation)
        if recent.count > 64 { recent.removeFirst() }
        var (sum, taken) = (0.0, 0)
        for span in Self.spans where recent.count >= span {
            while taken < span {
                taken += 1
                sum += recent[recent.count - taken]
            }
            guard abs(sum) > Self.threshold * Double(span).squareRoot() else { continue }
            recent.removeAll(keepingCapacity: true)
            // After a jump Δ the innovations grow as Δ·n, and their sum as Δ·n²/2.
            return 2 * abs(sum) / Double(span * span)
        }
        return nil
    }
}
