import TimeScale

/// The last gate before a label: which messages may label, what date can be true, and each second only once.
struct LabelGate: Sendable {
    /// A moment that cannot lie in the future; within `SentDate.pivotRange`.
    var pivot: Instant {
        didSet { pivot = Self.clamped(pivot) }
    }
    /// The first such moment: it was known when the program was built, or was configured.
    private let origin: Instant
    /// The moment up to which dates are moved.
    ///
    /// A date that as sent is not before the origin is no rolled-over one until 1024 weeks after the origin, whatever has
    /// been learnt since: what was learnt may have been wrong, and would make right dates wrong by 19.6 years.
    var unfoldingPivot: Instant {
        pivot < origin || pivot >= origin + GNSSWeek.rollover ? pivot : origin
    }
    /// Which messages may produce labels; the others still bring status and date.
    let messages: LabelMessageSet
    /// The seconds that have been named.
    private(set) var epochs = ReportedEpochs()

    init(notBefore pivot: Instant, messages: LabelMessageSet) {
        origin = Self.clamped(pivot)
        self.pivot = origin
        self.messages = messages
    }

    /// Forgets the seconds that have been named.
    mutating func reset() { epochs = ReportedEpochs() }

    /// A moment as a receiver means it, whose weeks may have been counted in ten bits.
    ///
    /// - Parameter sent: UTC as sent.
    /// - Returns: UTC, and how often 1024 weeks were added.
    /// - Throws: `MessageRejection.dateOutOfRange` where no number of rollovers makes it possible.
    func unfold(_ sent: Instant) throws(MessageRejection) -> NamedMoment {
        let floor = unfoldingPivot - SentDate.pivotAllowance
        let (utc, rollovers) = GNSSWeek.unfold(sent, notBefore: floor)
        guard utc >= floor, utc - floor < SentDate.hundredYears else { throw .dateOutOfRange }
        return NamedMoment(utc: utc, weekRollovers: rollovers)
    }

    /// A label, where the second is new and the message may label.
    ///
    /// - Parameters:
    ///   - moment: the moment, rollovers undone.
    ///   - message: the message that names it.
    ///   - arrived: local time of its first byte.
    ///   - knowsLeapSeconds: whether the receiver says that it has heard the leap seconds.
    /// - Returns: `nil` where another kind of message has named it already.
    /// - Throws: `MessageRejection.duplicate`, `.backwards`.
    mutating func label(
        _ moment: NamedMoment, from message: LabelMessage, arrived: Instant, knowsLeapSeconds: Bool
    ) throws(MessageRejection) -> SecondLabel? {
        guard messages.contains(message),
            try epochs.enter(moment.utc, isLeapSecond: moment.isLeapSecond, from: message)
        else { return nil }
        return SecondLabel(
            utc: moment.utc, isLeapSecond: moment.isLeapSecond, arrived: arrived, message: message,
            weekRollovers: moment.weekRollovers, knowsLeapSeconds: knowsLeapSeconds)
    }

    private static func clamped(_ pivot: Instant) -> Instant {
        min(max(pivot, SentDate.pivotRange.lowerBound), SentDate.pivotRange.upperBound)
    }
}

/// A moment that a message names.
struct NamedMoment: Equatable, Sendable {
    /// UTC, week rollovers undone; for 23:59:60 the 00:00:00 that follows.
    var utc: Instant
    /// How often 1024 weeks were added.
    var weekRollovers = 0
    /// Whether it is within 23:59:60.
    var isLeapSecond = false
}
