import Receivers
import TimeScale

/// What is wrong with a source, as those find out who compare it with others, and what it is when nothing is.
extension ReferenceClock {
    /// As many polls as the reach register holds.
    private static let emptyPollsNamed = 8
    /// Bytes in one poll that must hold a sentence: more than two of the longest.
    private static let unreadableBytes: UInt64 = 200
    /// A source that says nothing for this long, and a poll, is silent.
    private static let silence = Interval.seconds(4)

    /// Notes by how many whole seconds its labels disagree with the pulses they number; 0 for not at all.
    public mutating func noteLabelError(_ seconds: Int) {
        guard seconds != labelError else { return }
        labelError = seconds
        condition = departed ?? usualCondition
    }

    /// Notes that pulses come which nothing numbers, unless something is known to be wrong that explains it.
    public mutating func noteUnnumbered() {
        switch condition {
        case .waiting, .silent, .delivering: condition = .unnumbered
        default: break
        }
    }

    /// Notes that the others show another time, this far from it (s); `nil` once they do not.
    public mutating func noteVote(_ offset: Double?) {
        isOutvoted = offset != nil
        if let offset {
            condition = .outvoted(offset: offset)
        } else if case .outvoted = condition {
            condition = usualCondition
        }
    }

    /// Notes why its pulses cannot be used although they come: what the receiver says about itself.
    public mutating func suspend(_ fault: SourceCondition) { condition = fault }

    /// Notes that pulses come whose two edges, so far apart (s), cannot be told apart.
    public mutating func noteAmbiguousEdges(width: Double, now: MonotonicInstant) {
        lastHeard = now
        condition = .ambiguousEdges(width: Int((width * 1000).rounded()))
    }

    /// Notes that its samples have left the prediction in a way that no quartz can have done.
    public mutating func depart(_ condition: SourceCondition) {
        departed = condition
        self.condition = condition
    }

    /// Notes that its samples are believed again.
    public mutating func returned() {
        if condition == departed { condition = usualCondition }
        departed = nil
    }

    /// Notes that its offset (s) is beyond what may be believed; `nil` once it is not.
    public mutating func refuse(_ offset: Double?) {
        isRefused = offset != nil
        if let offset {
            condition = .beyondPanic(offset: offset)
        } else if case .beyondPanic = condition {
            condition = usualCondition
        }
    }

    /// The condition, if its kind has changed since the last call; after a fault, a new attempt is no news before it has
    /// succeeded.
    public mutating func takeChangedCondition() -> SourceCondition? {
        let isAttempt = condition == .proving || condition == .waiting
        let isNews = !isAttempt || reportedKind == SourceCondition.waiting.kind
        guard condition.kind != reportedKind, isNews else { return nil }
        reportedKind = condition.kind
        return condition
    }

    /// Whether a condition may be told: a source that changes it all the time, as a hostile one does, is heard ten times,
    /// and from then on once in six seconds.
    public func mayReport(at now: MonotonicInstant) -> Bool {
        reportsPaidUntil.map { $0 - now < .seconds(60) } ?? true
    }

    /// Notes that a condition was told.
    public mutating func noteReported(at now: MonotonicInstant) {
        reportsPaidUntil = max(reportsPaidUntil ?? now, now) + .seconds(6)
    }

    var usualCondition: SourceCondition { labelError == 0 ? .delivering : .mislabelled(seconds: labelError) }

    /// Finds a name for what is wrong where nothing usable has come for eight polls.
    mutating func diagnose(now: MonotonicInstant) {
        if case .absent = condition { return }
        let statistics = decoder?.statistics ?? ReceiverStatistics()
        if now - (lastHeard ?? now) > Self.silence + poll.interval {
            condition = .silent
        } else if statistics.bytes - statisticsAtShift.bytes > Self.unreadableBytes,
            statistics.messages == statisticsAtShift.messages
        {
            condition = .unreadable
        } else if !languages.isEmpty, !languages.contains(where: \.isDecoded) {
            condition = .undecoded(languages.map(\.description).joined(separator: ", "))
        } else if emptyPolls >= Self.emptyPollsNamed, condition == .waiting || condition == .delivering {
            condition = .silent
        }
    }
}
