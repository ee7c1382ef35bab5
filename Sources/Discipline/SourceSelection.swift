/// Chooses the source that is followed.
public enum SourceSelection {
    /// What is known of a source that can be chosen.
    public struct Candidate: Equatable, Sendable {
        /// Offset of its last sample, seconds.
        public let offset: Double
        /// Bound of that offset's error, seconds.
        public let error: Double
        /// 0 for pulses, 1 for samples of a producer, 2 for labels: smaller is better.
        public let rank: Int
        /// Whether the operator prefers it.
        public let isPreferred: Bool

        /// A candidate.
        public init(offset: Double, error: Double, rank: Int, isPreferred: Bool) {
            (self.offset, self.error, self.rank, self.isPreferred) = (offset, error, rank, isPreferred)
        }
    }

    /// Sources agree when their offsets differ by no more than this and their errors, seconds: what is left is less
    /// than a second, so they cannot have named different ones.
    public static let agreement = 0.4

    /// The candidate to follow: the best of the largest group that agrees.
    ///
    /// Pulses come before samples and samples before labels, then the preferred before others, then the order of the
    /// list. A tie between groups goes to the one with the incumbent, whose side the clock itself takes, then to the one
    /// with a preferred member; else nobody is chosen.
    ///
    /// - Parameters:
    ///   - candidates: the sources that can be chosen; may be empty.
    ///   - incumbent: index of the source that is followed now, where there is one.
    /// - Returns: index of the chosen one, and the indices of those that its group outvoted.
    public static func choose(
        among candidates: [Candidate], incumbent: Int?
    ) -> (chosen: Int?, outvoted: [Int]) {
        let groups = candidates.map { one in candidates.indices.filter { agree(one, candidates[$0]) } }
        let largest = groups.map(\.count).max() ?? 0
        let best = groups.filter { $0.count == largest }
        let rivals = best.filter { group in best.contains { Set($0).isDisjoint(with: group) } }
        let favourite =
            rivals.first { group in incumbent.map { group.contains($0) } ?? false }
            ?? rivals.first { group in group.contains { candidates[$0].isPreferred } }
        guard let group = rivals.isEmpty ? best.first : favourite else { return (nil, Array(candidates.indices)) }
        let chosen = group.min { key(candidates[$0]) < key(candidates[$1]) }
        return (chosen, candidates.indices.filter { !group.contains($0) })
    }

    private static func agree(_ one: Candidate, _ other: Candidate) -> Bool {
        abs(one.offset - other.offset) <= agreement + one.error + other.error
    }

    private static func key(_ candidate: Candidate) -> (Int, Int) {
        (candidate.rank, candidate.isPreferred ? 0 : 1)
    }
}
