import Receivers
import TimeScale

/// What is wrong with a source, as those find out who compare it with others, and what it is when nothing is.
extension ReferenceClock {
    /// As many polls as the reach register holds.
    private static let emptyPollsNamed = 8
    /// Bytes in one poll that must hold a sentence: more than two of the longest.
    private static let unreadableBytes: UInt64 = 200
    /// Between two reports of a condition in the long run, and how far they may get ahead of that: ten at once.
    private static let reportInterval = Interval.seconds(30)
    private static let reportsAhead = Interval.seconds(270)
    /// A source that says nothing for this long is silent, unless it usually takes a third as long between two samples.
    static let silence = Interval.seconds(8)

    /// Notes by how many whole seconds its labels disagree with the pulses they number; 0 for not at all.
    public mutating func noteLabelError(_ seconds: Int) {
        guard seconds != labelError else { return }
        labelError = seconds
        condition = departed ?? usualCondition
    }

    /// Whether its labels were whole seconds off the pulses that they number when those last came.
    public var isMislabelled: Bool { labelError != 0 }

    /// Notes that pulses come which nothing numbers, unless something is known to be wrong that explains it.
    public mutating func noteUnnumbered() {
        switch condition {
        case .waiting, .silent, .pulseless, .delivering: condition = .unnumbered
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

    /// Notes that its card stamps something that cannot be used, and why.
    public mutating func noteUnusableStamp(_ fault: SourceCondition, now: MonotonicInstant) {
        lastHeard = now
        condition = fault
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
    /// succeeded. One that changes all the time is not told of each time.
    public mutating func takeChangedCondition(now: MonotonicInstant) -> SourceCondition? {
        let isAttempt = condition == .proving || condition == .waiting
        let isNews = !isAttempt || reportedKind == SourceCondition.waiting.kind
        let next = max(now, nextReport ?? now)
        guard condition.kind != reportedKind, isNews, next - now <= Self.reportsAhead else { return nil }
        reportedKind = condition.kind
        nextReport = next + Self.reportInterval
        return condition
    }

    var usualCondition: SourceCondition {
        labelError != 0 ? .mislabelled(seconds: labelError) : isPulseless ? .pulseless : .delivering
    }

    /// Names a source that has fallen silent, or whose pulses have, long before it counts as unreachable.
    mutating func noteSilence(now: MonotonicInstant) {
        guard condition == .delivering || condition == .pulseless, let last else { return }
        let isHeard = lastHeard.map { now - $0 < Self.silence } ?? false
        isPulseless = isHeard && hasLostPulses(at: now)
        if isPulseless {
            condition = .pulseless
        } else if now - last.at >= max(Self.silence, Interval(nanoseconds: 3 * usualGap.nanoseconds)) {
            condition = .silent
        }
    }

    /// Finds a name for what is wrong where nothing usable has come for as many polls as the reach register holds.
    mutating func diagnose(now: MonotonicInstant) {
        if case .absent = condition { return }
        let statistics = decoder?.statistics ?? ReceiverStatistics()
        if now - (lastHeard ?? now) >= Self.silence {
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
