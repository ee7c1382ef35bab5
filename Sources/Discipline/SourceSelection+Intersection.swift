/// The intersection of correctness intervals (Marzullo; RFC 5905 §11.2.1).
extension SourceSelection {
    /// A closed interval of offsets, seconds.
    struct CorrectnessInterval: Equatable {
        let low: Double
        let high: Double

        /// Where the true offset must be if the candidate is right.
        init(around candidate: Candidate, _ policy: Policy) {
            let halfWidth = candidate.distance + policy.minimumDistance
            (low, high) = (candidate.offset - halfWidth, candidate.offset + halfWidth)
        }

        init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

        /// Whether the two have a point in common.
        func meets(_ other: CorrectnessInterval) -> Bool { low <= other.high && other.low <= high }
    }

    /// A place where as many intervals as possible meet, and whose they are.
    private struct Side {
        let common: CorrectnessInterval
        let members: [Int]
    }

    /// The interval that the largest group of sources has in common, if that group may decide.
    ///
    /// Where any are trusted, only they vote. More than half must agree, so that falsetickers are fewer than half. Of
    /// several largest groups, the one with the incumbent counts, whose side the clock itself takes; else the one with
    /// a preferred member; else, if each is more than half (they share a source too coarse to tell them apart), the one
    /// with the better sources. Exactly half is enough for the incumbent's side or a preferred one's.
    ///
    /// - Parameters:
    ///   - able: indices of those that can be chosen; not empty.
    ///   - intervals: the interval of each candidate.
    ///   - candidates: all candidates.
    ///   - incumbent: index of the source that is followed now.
    /// - Returns: the common interval, or why there is none.
    static func majority(
        of able: [Int], _ intervals: [CorrectnessInterval], _ candidates: [Candidate], incumbent: Int?
    ) -> (agreed: CorrectnessInterval?, refusal: Refusal?) {
        let trusted = able.filter { candidates[$0].isTrusted }
        let voters = trusted.isEmpty ? able : trusted
        var sides = sides(of: voters, intervals)
        let depth = sides.first?.members.count ?? 0
        var isDecided = 2 * depth > voters.count
        let advocates: [(Int) -> Bool] = [{ $0 == incumbent }, { candidates[$0].isPreferred }]
        for isAdvocate in advocates {
            let backed = sides.filter { $0.members.contains(where: isAdvocate) }
            guard !backed.isEmpty else { continue }
            sides = backed
            let isUnanimous = voters.contains { voter in
                isAdvocate(voter) && backed.allSatisfy { $0.members.contains(voter) }
            }
            isDecided = isDecided || (2 * depth == voters.count && isUnanimous)
        }
        guard isDecided else { return (nil, .noMajority(voters: voters.count, agreeing: depth)) }
        let best = sides.min { left, right in
            let keys = [left, right].map { $0.members.map { key(candidates[$0]) }.sorted(by: <) }
            return keys[0].lexicographicallyPrecedes(keys[1], by: <)
        }
        return (best?.common, nil)
    }

    /// The places where most of the voters meet, in order; each begins at somebody's lower end.
    ///
    /// - Complexity: O(n²), n the number of voters.
    private static func sides(of voters: [Int], _ intervals: [CorrectnessInterval]) -> [Side] {
        let sides = Set(voters.map { intervals[$0].low }).sorted().map { low in
            let members = voters.filter { intervals[$0].low <= low && low <= intervals[$0].high }
            let high = members.map { intervals[$0].high }.min() ?? low
            return Side(common: CorrectnessInterval(low: low, high: high), members: members)
        }
        let depth = sides.map(\.members.count).max() ?? 0
        return sides.filter { $0.members.count == depth }
    }
}
