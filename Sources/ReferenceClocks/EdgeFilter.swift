/// Tells which edges of a stamped signal begin a pulse.
///
/// Many network cards stamp both edges of a pulse and do not say which is which (igb, igc). Between two seconds both make
/// two gaps, the pulse's width and the rest; the edge that the shorter one follows is the leading one, unless a width says
/// otherwise. What is known comes from the edges of the last seconds alone, so that one missed or too many, or a signal
/// that begins anew elsewhere, passes without a state to mend. A driver that stamps one edge only is seen by that.
public struct EdgeFilter: Sendable {
    /// What an edge is.
    public enum Verdict: Equatable, Sendable {
        /// It begins a pulse.
        case leading
        /// It ends one, or is of no regular train, or too few have been seen to know.
        case other
        /// It is one of two trains that cannot be told apart; the shorter gap, seconds.
        case ambiguous(width: Double)
    }

    private static let second: Int64 = 1_000_000_000
    /// How long edges are remembered, ns: eight seconds outlast several missed ones, and a start takes no longer for it.
    private static let memory: Int64 = 8_500_000_000
    /// Edges remembered: more than two a second in that time are no pulses.
    private static let capacity = 40
    /// How far edges of a train may be from whole seconds, ns: 100 ppm of a quartz in 8 s and 0.2 ms of jitter.
    private static let tolerance: Int64 = 1_000_000
    /// An edge so soon after another, ns, ends a short pulse or is ringing: within the tolerance it would count twice.
    private static let ringing: Int64 = 2_000_000
    /// Edges of a train before the one in question that make it regular, beside a second train and alone: alone, each
    /// other edge must have been missed to mislead.
    private static let fewest = (inPairs: 2, alone: 3)
    /// Gaps whose lengths differ by less than this are alike, seconds: where the width is unknown, pulses of 0.4 to 0.6 s
    /// are not believed; where it is known, it tells them apart.
    private static let leastDifference = (unknown: 0.2, known: 0.02)

    /// The gap, seconds, by which the last leading edge was told from the other edge; `nil` where one edge is stamped, or
    /// none was found yet.
    public private(set) var width: Double?
    private let pulseWidth: Double?
    private var edges: [Int64] = []

    /// A filter that has seen nothing.
    ///
    /// - Parameter pulseWidth: seconds from the leading edge to the other, above 0 and below 1; `nil` where it is to be
    ///   learned, which works for pulses shorter than 0.4 s.
    public init(pulseWidth: Double?) { self.pulseWidth = pulseWidth }

    /// Takes an edge and says what it is.
    ///
    /// - Parameter edge: stamp by a clock good to 100 ppm, ns from any zero; later than all before, or everything begins
    ///   anew.
    /// - Returns: what it is, as far as it is known at the edge itself.
    public mutating func judge(_ edge: Int64) -> Verdict {
        let (gap, overflows) = edge.subtractingReportingOverflow(edges.last ?? edge)
        guard !overflows, gap > 0, gap <= Self.memory else {
            edges = [edge]
            return .other
        }
        guard gap >= Self.ringing else { return .other }
        edges.removeAll { edge - $0 > Self.memory }
        defer {
            if edges.count == Self.capacity { edges.removeFirst() }
            edges.append(edge)
        }
        let (members, others) = trains(of: edge)
        let groups = Self.groups(others).sorted { $0.count > $1.count }
        guard let partner = groups.first, partner.count >= Self.fewest.inPairs else {
            guard members >= Self.fewest.alone else { return .other }
            width = nil
            return .leading
        }
        // Several trains are hum, or more than one pulse a second.
        guard members >= Self.fewest.inPairs, groups.dropFirst().first?.count ?? 0 <= partner.count / 2 else {
            return .other
        }
        return verdict(gap: Double(partner[partner.count / 2]) / Double(Self.second))
    }

    /// How many earlier edges are whole seconds before one, and how long after those seconds the others are, ns.
    private func trains(of edge: Int64) -> (members: Int, others: [Int64]) {
        var (members, others): (Int, [Int64]) = (0, [])
        for earlier in edges {
            let fraction = (edge - earlier) % Self.second
            if min(fraction, Self.second - fraction) <= Self.tolerance {
                members += 1
            } else {
                others.append(Self.second - fraction)
            }
        }
        return (members, others)
    }

    /// Gaps that are alike, shortest first.
    private static func groups(_ gaps: [Int64]) -> [[Int64]] {
        gaps.sorted().reduce(into: []) { groups, gap in
            if let last = groups.last?.last, gap - last <= tolerance {
                groups[groups.count - 1].append(gap)
            } else {
                groups.append([gap])
            }
        }
    }

    /// What the edges of a train are which others follow by so many seconds.
    private mutating func verdict(gap: Double) -> Verdict {
        let known = pulseWidth ?? 0
        let advantage = abs(1 - gap - known) - abs(gap - known)
        let least = pulseWidth == nil ? Self.leastDifference.unknown : Self.leastDifference.known
        guard abs(advantage) >= least else { return .ambiguous(width: min(gap, 1 - gap)) }
        guard advantage > 0 else { return .other }
        width = gap
        return .leading
    }
}
