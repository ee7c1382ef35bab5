/// Clustering, the system peer, and the combination (RFC 5905 §11.2.2 and §11.2.3).
extension SourceSelection {
    /// A rival takes over from an incumbent of its own rank when its root distance is below this share of the
    /// incumbent's: after that the distances must change by a factor of 4 to go back, so equals never take turns.
    private static let takeover = 0.5

    /// Seconds of root distance that one stratum is worth (chrony's `stratumweight`).
    private static let stratumWeight = 0.001

    /// What makes a candidate better than another: pulses before all else, as ntpd's PPS peer takes over from the
    /// preferred source that numbers it; then the preferred, then the rank, then the root distance.
    static func key(_ candidate: Candidate) -> (Int, Int, Int, Double) {
        (candidate.rank == 0 ? 0 : 1, candidate.isPreferred ? 0 : 1, candidate.rank, weightedDistance(candidate))
    }

    private static func weightedDistance(_ candidate: Candidate) -> Double {
        candidate.distance + stratumWeight * Double(candidate.stratum)
    }

    /// Casts out the farthest while there are more than enough.
    ///
    /// A source is judged by those of its own rank or a better one: labels have nothing to say about a pulse. It stays
    /// if it is preferred or forced, if it agrees with the best of its judges within the deviations of both, or if its
    /// selection jitter is no more than the smallest deviation (RFC 5905 §11.2.2): to cast it out would gain nothing.
    ///
    /// - Parameters:
    ///   - truechimers: indices of those that agree.
    ///   - candidates: all candidates.
    ///   - count: where to stop; less than 1 counts as 1.
    /// - Returns: indices of those that are left.
    static func cluster(_ truechimers: [Int], _ candidates: [Candidate], keeping count: Int) -> [Int] {
        var survivors = truechimers
        while survivors.count > max(1, count) {
            let smallestDeviation = survivors.map { candidates[$0].deviation }.min() ?? 0
            let jitters = survivors.map { selectionJitter(of: $0, among: survivors, candidates) ?? 0 }
            // Two that judge each other are equally far off: the worse one goes.
            let farthest = survivors.indices.max { left, right in
                jitters[left] == jitters[right]
                    ? key(candidates[survivors[left]]) < key(candidates[survivors[right]])
                    : jitters[left] < jitters[right]
            }
            guard let farthest, jitters[farthest] > smallestDeviation else { break }
            survivors.remove(at: farthest)
        }
        return survivors
    }

    /// RMS of the offset differences to a source's judges (RFC 5905 §11.2.2, φ_S); `nil` if it is not to be cast out.
    private static func selectionJitter(of index: Int, among survivors: [Int], _ candidates: [Candidate]) -> Double? {
        let own = candidates[index]
        let judges = survivors.filter { $0 != index && candidates[$0].rank <= own.rank }.map { candidates[$0] }
        guard !own.isPreferred, !own.isForced, let best = judges.min(by: { key($0) < key($1) }),
            abs(own.offset - best.offset) > own.deviation + best.deviation
        else { return nil }
        let squares = judges.map { ($0.offset - own.offset) * ($0.offset - own.offset) }
        return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }

    /// Picks the system peer and combines its equals with it.
    ///
    /// Equals are of its rank, since coarser ones would only add their noise; preferred if it is (ntpd does not combine
    /// a preferred source with others); and their intervals meet its own, which those of forced sources need not do.
    static func combine(
        _ survivors: [Int], _ candidates: [Candidate], _ intervals: [CorrectnessInterval], incumbent: Int?,
        into choice: inout Choice
    ) {
        guard let index = systemPeer(survivors, candidates, incumbent: incumbent) else { return }
        let peer = candidates[index]
        let equals = survivors.filter {
            candidates[$0].rank == peer.rank && candidates[$0].isPreferred == peer.isPreferred
                && intervals[$0].meets(intervals[index])
        }
        let total = equals.reduce(0) { $0 + 1 / variance(candidates[$1]) }
        for equal in equals {
            choice.standings[equal] = .survivor
            choice.weights[equal] = 1 / variance(candidates[equal]) / total
            choice.shift += choice.weights[equal] * (candidates[equal].offset - peer.offset)
        }
        choice.standings[index] = .systemPeer
        choice.systemPeer = index
    }

    /// The best of the survivors; the incumbent as long as it is nearly as good.
    private static func systemPeer(_ survivors: [Int], _ candidates: [Candidate], incumbent: Int?) -> Int? {
        guard let best = survivors.min(by: { key(candidates[$0]) < key(candidates[$1]) }) else { return nil }
        guard let incumbent, survivors.contains(incumbent) else { return best }
        let (rival, old) = (candidates[best], candidates[incumbent])
        let isOfSameKind = rival.isPreferred == old.isPreferred && rival.rank == old.rank
        return isOfSameKind && weightedDistance(rival) >= takeover * weightedDistance(old) ? incumbent : best
    }

    /// Mean square error of an offset: its noise, and a bias that may be anywhere within the root distance (the
    /// variance of an even spread over ± λ is λ²/3).
    private static func variance(_ candidate: Candidate) -> Double {
        let square = candidate.deviation * candidate.deviation + candidate.distance * candidate.distance / 3
        // 1 ps squared: the weight of a source that claims to be perfect stays finite.
        return max(square, 1e-24)
    }
}
