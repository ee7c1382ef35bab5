import TimeScale

/// What a receiver said a moment was, and when we heard it.
///
/// A label names a second; it does not mark it. The serial line is late by tens to hundreds of milliseconds, and the
/// pulse marks the second.
public struct SecondLabel: Sendable, Equatable {
    /// UTC as the receiver says, week rollovers undone; may have a fraction, cut to whole nanoseconds.
    public let utc: Instant
    /// Whether this is 23:59:60; `utc` is then the 00:00:00 that follows, as POSIX time counts.
    public let isLeapSecond: Bool
    /// Local clock time of the first byte of the message (the `$` of a sentence).
    public let arrived: Instant
    /// The message that named the second.
    public let message: LabelMessage
    /// How many times 1024 weeks were added to what the receiver said; 0 for a receiver with the right date.
    public let weekRollovers: Int
    /// Whether the receiver says that it has heard the leap seconds from a satellite; `false` where it cannot say.
    public let knowsLeapSeconds: Bool

    /// A label from its parts.
    public init(
        utc: Instant, isLeapSecond: Bool, arrived: Instant, message: LabelMessage, weekRollovers: Int,
        knowsLeapSeconds: Bool = false
    ) {
        (self.utc, self.isLeapSecond, self.arrived) = (utc, isLeapSecond, arrived)
        (self.message, self.weekRollovers, self.knowsLeapSeconds) = (message, weekRollovers, knowsLeapSeconds)
    }
}
