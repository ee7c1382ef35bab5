import TimeScale

/// When the clock of a card that stamps pulses is read, and when the card is asked for stamps anew.
///
/// Neither is free where stamps and readings go through one register, as in the PHY of a Compute Module 4 or 5
/// (bcm-phy-ptp): stamps are fetched from it four times a second, and a reading wipes out what waits there
/// (raspberrypi/linux #5231). So the clock is read right after a stamp was fetched, when the next pulse is three quarters of a
/// second away, and at no other time.
public struct StampSchedule: Sendable {
    /// A reading serves the stamps of so long: two edges of a pulse take one.
    private static let freshness = Interval.milliseconds(500)
    /// Without a stamp for so long the card may have been reset, and is asked anew: four pulses in a row are not missed
    /// by chance.
    private static let patience = Interval.seconds(5)
    /// Mostly it is the antenna. In bcm-phy-ptp, asking can meet the work that fetches stamps such that each waits for the
    /// other without end: so it is tried ever more seldom.
    private static let longestPause = Interval.seconds(600)

    /// When the card is to be asked anew, unless a stamp comes before.
    public private(set) var due: MonotonicInstant
    private var pause = patience
    private var lastReading: MonotonicInstant?

    /// The schedule of a card that was just asked for stamps.
    public init(now: MonotonicInstant) { due = now + pause }

    /// Whether the clock is to be read, now that stamps have come and before they are looked at.
    public mutating func wantsReading(now: MonotonicInstant) -> Bool {
        if let lastReading, now - lastReading < Self.freshness { return false }
        lastReading = now
        return true
    }

    /// Notes that a stamp has come which had not come before.
    public mutating func noteStamp(now: MonotonicInstant) {
        pause = Self.patience
        due = now + pause
    }

    /// Whether the card is to be asked for stamps anew.
    public mutating func wantsRenewal(now: MonotonicInstant) -> Bool {
        guard now >= due else { return false }
        pause = min(pause + pause, Self.longestPause)
        due = now + pause
        return true
    }
}
