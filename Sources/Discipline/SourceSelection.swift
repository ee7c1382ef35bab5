/// Chooses the sources that are followed, and how much each of them counts (RFC 5905 §11.2; chrony's `trust` and
/// `require`).
///
/// Four steps: sources whose error is unbounded are left out; of the others, those win whose correctness intervals meet
/// in one place (`majority`); of those, the farthest from the rest are cast out while there are plenty (`cluster`); the
/// best of what is left is the system peer, and its equals are combined with it.
public enum SourceSelection {
    /// What is known of a source that can be chosen.
    public struct Candidate: Equatable, Sendable {
        /// Estimated θ, seconds.
        public var offset: Double
        /// Standard deviation of `offset`, seconds, ≥ 0.
        public var deviation: Double
        /// Root distance λ, seconds, ≥ 0: θ is right within ± this, systematic errors included (RFC 5905 §11.2).
        public var distance: Double
        /// Its stratum: 0 for a reference clock.
        public var stratum: Int
        /// 0 for pulses, 1 for samples of a producer, 2 for labels: smaller is better.
        public var rank: Int
        /// `prefer`: the system peer as long as it survives; pulses take over from it unless it is one.
        public var isPreferred: Bool
        /// `trust`: the trusted outvote all others.
        public var isTrusted: Bool
        /// `require`: nothing is chosen unless a required source survives.
        public var isRequired: Bool
        /// ntpd's `true`: survives whatever the others say.
        public var isForced: Bool

        /// A candidate; without options where none are given.
        public init(
            offset: Double, deviation: Double, distance: Double, stratum: Int = 0, rank: Int, isPreferred: Bool = false,
            isTrusted: Bool = false, isRequired: Bool = false, isForced: Bool = false
        ) {
            (self.offset, self.deviation, self.distance) = (offset, deviation, distance)
            (self.stratum, self.rank) = (stratum, rank)
            (self.isPreferred, self.isTrusted) = (isPreferred, isTrusted)
            (self.isRequired, self.isForced) = (isRequired, isForced)
        }
    }

    /// The operator's rules; the defaults are ntpd's.
    public struct Policy: Equatable, Sendable {
        /// `tos minsane`: fewest sources that must agree.
        public var minimumSane = 1
        /// `tos minclock`: no source is cast out by clustering while no more than these are left.
        public var minimumSurvivors = 3
        /// `tos mindist`: seconds added to each half-width, so that honest sources with a little of unknown delay
        /// between them agree.
        public var minimumDistance = 0.001
        /// `tos maxdist`: largest root distance that can be chosen, seconds.
        public var maximumDistance = 1.5
        /// Whether any source is configured with `require`, be it among the candidates or not.
        public var demandsRequired = false

        /// ntpd's defaults.
        public init() {}
    }

    /// What became of a candidate.
    public enum Standing: String, Equatable, Sendable {
        /// Its root distance is beyond the limit, or no number.
        case distant
        /// Its interval lies outside of what the majority agrees on, or there is no majority.
        case falseticker
        /// Its interval lies outside of what the trusted sources agree on.
        case untrusted
        /// Cast out by clustering.
        case outlier
        /// Agrees, but counts for nothing beside better ones.
        case backup
        /// Agrees, and is combined with the system peer.
        case survivor
        /// The one that the clock follows.
        case systemPeer
    }

    /// Why no source is chosen.
    public enum Refusal: Equatable, Sendable {
        /// There is none whose root distance is within the limit.
        case noCandidates
        /// No interval is common to more than half of the sources that vote.
        case noMajority(voters: Int, agreeing: Int)
        /// Fewer agree than `tos minsane` asks for.
        case tooFew(agreeing: Int, needed: Int)
        /// No source with `require` agrees.
        case requiredMissing
    }

    /// The outcome for all candidates, by their indices.
    public struct Choice: Equatable, Sendable {
        /// What became of each.
        public var standings: [Standing]
        /// The one to follow.
        public var systemPeer: Int?
        /// The share of each in the combination: 0 ... 1, their sum is 1; all 0 where none is chosen.
        public var weights: [Double]
        /// The combination's offset less the system peer's, seconds.
        public var shift = 0.0
        /// Why none is chosen; `nil` where one is.
        public var refusal: Refusal?
    }

    /// Chooses among sources.
    ///
    /// The outcome does not depend on the order of the candidates, but for the choice between exact equals.
    ///
    /// - Parameters:
    ///   - candidates: the sources that can be chosen; may be empty.
    ///   - policy: the operator's rules.
    ///   - incumbent: index of the source that is followed now, where there is one.
    /// - Returns: what became of each, whom to follow, and how much each counts.
    public static func choose(among candidates: [Candidate], policy: Policy, incumbent: Int?) -> Choice {
        var choice = Choice(
            standings: candidates.map { _ in .distant }, weights: candidates.map { _ in 0 })
        let able = candidates.indices.filter { isSelectable(candidates[$0], policy) }
        guard !able.isEmpty else {
            choice.refusal = .noCandidates
            return choice
        }
        let intervals = candidates.map { CorrectnessInterval(around: $0, policy) }
        let (agreed, refusal) = majority(of: able, intervals, candidates, incumbent: incumbent)
        let isTrustGiven = able.contains { candidates[$0].isTrusted }
        let truechimers = able.filter {
            candidates[$0].isForced || (agreed.map(intervals[$0].meets) ?? false)
        }
        for index in able {
            let isOutvotedByTrusted = agreed != nil && isTrustGiven && !candidates[index].isTrusted
            choice.standings[index] =
                truechimers.contains(index) ? .backup : isOutvotedByTrusted ? .untrusted : .falseticker
        }
        choice.refusal = truechimers.isEmpty ? refusal : shortage(truechimers, candidates, policy)
        guard choice.refusal == nil else { return choice }
        let survivors = cluster(truechimers, candidates, keeping: policy.minimumSurvivors)
        for index in truechimers where !survivors.contains(index) { choice.standings[index] = .outlier }
        combine(survivors, candidates, intervals, incumbent: incumbent, into: &choice)
        return choice
    }

    private static func isSelectable(_ candidate: Candidate, _ policy: Policy) -> Bool {
        candidate.offset.isFinite && candidate.deviation.isFinite && candidate.distance >= 0
            && candidate.distance <= policy.maximumDistance
    }

    /// What is missing although some agree.
    private static func shortage(_ truechimers: [Int], _ candidates: [Candidate], _ policy: Policy) -> Refusal? {
        guard truechimers.count >= policy.minimumSane else {
            return .tooFew(agreeing: truechimers.count, needed: policy.minimumSane)
        }
        let isRequiredMet = truechimers.contains { candidates[$0].isRequired }
        let isDemanded = policy.demandsRequired || candidates.contains(where: \.isRequired)
        return isDemanded && !isRequiredMet ? .requiredMissing : nil
    }
}

extension SourceSelection.Standing: CustomStringConvertible {
    /// Words for reports.
    public var description: String {
        switch self {
        case .distant: "its error may be beyond the limit (tos maxdist)"
        case .falseticker: "not where a majority agrees"
        case .untrusted: "not where the trusted sources agree"
        case .outlier: "farther off than the others, cast out"
        case .backup: "agrees, in reserve for better ones"
        case .survivor: "agrees, combined with the system peer"
        case .systemPeer: "the system peer"
        }
    }
}

extension SourceSelection.Refusal: CustomStringConvertible {
    /// Words for logs and reports.
    public var description: String {
        switch self {
        case .noCandidates: "no source with a usable error bound"
        case .noMajority(let voters, let agreeing):
            "no majority: \(agreeing) of \(voters) sources agree; add a source, or say which to prefer or trust"
        case .tooFew(let agreeing, let needed): "\(agreeing) sources agree, and tos minsane asks for \(needed)"
        case .requiredMissing: "no source with 'require' is among those that agree"
        }
    }
}
