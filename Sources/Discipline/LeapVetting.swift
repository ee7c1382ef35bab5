import TimeScale

/// Decides whether a leap second ends the present month, from the leap second table and from what sources announce.
///
/// The table decides as long as it is valid. Beyond that, an announcement is more likely an error than true: it is
/// believed only for the end of June or December, from two independent sources that have kept to it for an hour, with
/// no source for the opposite and no majority for none. Whatever is refused is told once a month.
public struct LeapVetting: Sendable {
    /// What a source says about the end of the present month.
    public struct Announcement: Equatable, Sendable {
        /// The source's name in reports.
        public let source: String
        /// What it says; `.none` only from a source that is able to announce and has been heard.
        public let indicator: LeapIndicator

        /// An announcement.
        public init(source: String, indicator: LeapIndicator) {
            (self.source, self.indicator) = (source, indicator)
        }
    }

    /// What is true of the present month.
    public struct Verdict: Equatable, Sendable {
        /// The leap indicator to serve: other than `.none` on the month's last day only.
        public let indicator: LeapIndicator
        /// The leap second at the end of this month: the moment just after it, and its kind.
        public let leapSecond: LeapSecond?
        /// What was refused and has not been told yet.
        public let vetoes: [Veto]
    }

    /// A leap second that is believed.
    public struct LeapSecond: Equatable, Sendable {
        /// The 00:00:00 UTC just after it.
        public let end: Instant
        /// Whether a second is inserted; deleted if not.
        public let isInserted: Bool
    }

    /// An announcement that is not believed.
    public struct Veto: Hashable, Sendable {
        /// The name of the source, or `LeapVetting.table`.
        public let source: String
        /// The day that the leap second would end: its 00:00:00 UTC.
        public let day: Instant
        /// Why it is not believed.
        public let reason: Reason
    }

    /// Why an announcement is not believed.
    public enum Reason: Hashable, Sendable {
        /// The IERS has only ever used the ends of June and December.
        case notEndOfHalfYear
        /// The day is later than `leap-seconds-end`.
        case afterEnd
        /// The leap second table is valid and says otherwise.
        case deniedByTable
        /// It came less than an hour before the month ends.
        case tooLate
        /// Another source announces the opposite.
        case opposed
        /// No second source says the same.
        case alone
        /// Most sources announce none.
        case deniedByMajority
    }

    /// What `Veto.source` names where the table itself is not believed.
    public static let table = "the leap second table"

    /// How long an announcement must have stood, and how long those of the month before may go on into the next.
    private static let proof = Interval.seconds(3600)

    /// Fewest independent sources: one may be wrong, or spoofed.
    private static let witnesses = 2

    private let end: Instant?
    private var monthEnd: Instant?
    private var firstHeard: [String: (indicator: LeapIndicator, at: Instant)] = [:]
    private var told: Set<Veto> = []

    /// A vetting that has heard nothing.
    ///
    /// - Parameter end: the last day on which a leap second is believed (its 00:00:00 UTC); `nil` = there is no last.
    public init(end: Instant?) { self.end = end }

    /// Weighs what is announced.
    ///
    /// - Parameters:
    ///   - announcements: what each source that can be heard says now; those that share a receiver count as one source
    ///     and must be given as one.
    ///   - table: the leap second table.
    ///   - now: the time of day, UTC.
    /// - Returns: what to serve, and what was refused for the first time this month.
    public mutating func decide(
        announcements: [Announcement], table: LeapSecondTable, at now: Instant
    ) -> Verdict {
        guard let month = Month(of: now) else { return Verdict(indicator: .none, leapSecond: nil, vetoes: []) }
        if month.end != monthEnd { (monthEnd, firstHeard, told) = (month.end, [:], []) }
        let isMonthYoung = now - month.start < Self.proof
        hear(isMonthYoung ? [] : announcements, at: now)

        var vetoes: [Veto] = []
        let listed = table.leapIndicator(at: month.end - .second)
        let isTableValid = !table.isExpired(at: month.end - .second)
        var believed = listed
        if listed != .none, isBeyondEnd(month) {
            believed = .none
            vetoes.append(Veto(source: Self.table, day: month.lastDay, reason: .afterEnd))
        }
        for (source, heard) in firstHeard where heard.indicator != .none {
            let decision = weigh(heard, isTableValid || listed != .none ? listed : nil, month, now)
            switch decision {
            case .refused(let reason): vetoes.append(Veto(source: source, day: month.lastDay, reason: reason))
            case .believed: believed = heard.indicator
            case .pending: break
            }
        }
        vetoes = vetoes.filter { told.insert($0).inserted }.sorted { $0.source < $1.source }
        let leapSecond = LeapSecond(end: month.end, indicator: believed)
        return Verdict(indicator: now >= month.lastDay ? believed : .none, leapSecond: leapSecond, vetoes: vetoes)
    }

    private enum Decision {
        case believed
        case pending
        case refused(Reason)
    }

    private func weigh(
        _ heard: (indicator: LeapIndicator, at: Instant), _ listed: LeapIndicator?, _ month: Month, _ now: Instant
    ) -> Decision {
        guard month.endsHalfYear else { return .refused(.notEndOfHalfYear) }
        guard !isBeyondEnd(month) else { return .refused(.afterEnd) }
        if let listed { return listed == heard.indicator ? .believed : .refused(.deniedByTable) }
        guard now - heard.at >= Self.proof else {
            return month.end - heard.at < Self.proof ? .refused(.tooLate) : .pending
        }
        let others = firstHeard.values
        let opposite: LeapIndicator = heard.indicator == .insertSecond ? .deleteSecond : .insertSecond
        guard !others.contains(where: { $0.indicator == opposite }) else { return .refused(.opposed) }
        let steady = others.filter { $0.indicator == heard.indicator && now - $0.at >= Self.proof }
        guard steady.count >= Self.witnesses else { return .refused(.alone) }
        let deniers = others.filter { $0.indicator == .none }
        return 2 * deniers.count > others.count ? .refused(.deniedByMajority) : .believed
    }

    /// Notes since when each source has said what it says; those that are silent start anew.
    private mutating func hear(_ announcements: [Announcement], at now: Instant) {
        let heard = announcements.filter { $0.indicator != .unsynchronised }
        firstHeard = Dictionary(
            heard.map { announcement in
                let before = firstHeard[announcement.source]
                let isSteady = before?.indicator == announcement.indicator
                return (announcement.source, (announcement.indicator, isSteady ? before?.at ?? now : now))
            }, uniquingKeysWith: { first, _ in first })
    }

    private func isBeyondEnd(_ month: Month) -> Bool { end.map { month.lastDay > $0 } ?? false }
}

extension LeapVetting.LeapSecond {
    fileprivate init?(end: Instant, indicator: LeapIndicator) {
        guard indicator == .insertSecond || indicator == .deleteSecond else { return nil }
        (self.end, isInserted) = (end, indicator == .insertSecond)
    }
}

/// A month of UTC.
private struct Month {
    let start: Instant
    /// 00:00:00 UTC of the next month.
    let end: Instant
    /// Whether it is June or December.
    let endsHalfYear: Bool

    /// The 00:00:00 UTC of its last day.
    var lastDay: Instant { end - .seconds(86_400) }

    /// `nil` at the ends of what `Instant` can hold.
    init?(of moment: Instant) {
        let now = CivilTime(moment)
        let isDecember = now.month == 12
        guard let start = CivilTime(year: now.year, month: now.month, day: 1)?.instant,
            let end = CivilTime(
                year: isDecember ? now.year + 1 : now.year, month: isDecember ? 1 : now.month + 1, day: 1)?.instant
        else { return nil }
        (self.start, self.end) = (start, end)
        endsHalfYear = now.month == 6 || isDecember
    }
}

extension LeapVetting.Veto: CustomStringConvertible {
    /// One line for the log.
    public var description: String {
        let date = day.description.prefix(10)
        let verb = source == LeapVetting.table ? "lists" : "announces"
        return "\(source) \(verb) a leap second for \(date), \(reason): ignored"
    }
}

extension LeapVetting.Reason: CustomStringConvertible {
    /// A clause that goes on from the date of the leap second.
    public var description: String {
        switch self {
        case .notEndOfHalfYear: "which is no end of June or December"
        case .afterEnd: "which is after leap-seconds-end"
        case .deniedByTable: "which the leap second table denies"
        case .tooLate: "less than an hour before it would happen"
        case .opposed: "and another source announces the opposite"
        case .alone: "and no second source has said so for an hour"
        case .deniedByMajority: "and most sources announce none"
        }
    }
}
