import TimeScale

/// The epochs that a receiver's messages have named: each is reported once, and time does not go backwards.
///
/// A receiver may send an epoch a little late (some interleave the sentences of two epochs), so an epoch that is a few
/// seconds early and has not been named yet is still good.
public struct ReportedEpochs: Sendable {
    private struct Epoch {
        var utc = Instant.unixEpoch
        var isLeapSecond = false
        var messages: LabelMessageSet = []
    }

    /// How much earlier than the latest epoch another may be: 5 s, more than any interleaving seen (2 s), less than any
    /// jump that a receiver makes when it corrects itself to another day.
    static let tolerance = Interval.seconds(5)

    /// How far apart messages may say that the same epoch is: 1 ms. Packets of one epoch differ by the microsecond with
    /// which the receiver's clock was corrected in between, or by what milliseconds leave out; the fastest receivers
    /// have 20 ms between epochs.
    public static let resolution = Interval.milliseconds(1)

    /// How many epochs in a row of an earlier time make us follow it: 5, which a burst of old sentences from a buffer
    /// seldom has and a receiver that has corrected itself soon has.
    static let persistence = 5

    /// The last eight epochs, a ring.
    private var recent = [8 of Epoch](repeating: Epoch())
    private var next = 0
    private var count = 0
    /// The latest epoch of all.
    private var latest: Instant?
    /// The last of the epochs in a row that are too early, and how many there were.
    private var retreat: (utc: Instant, count: Int)?

    /// Enters an epoch.
    ///
    /// - Parameters:
    ///   - utc: the moment; for 23:59:60, the 00:00:00 that follows.
    ///   - isLeapSecond: whether it is 23:59:60.
    ///   - message: the message that names it.
    /// - Returns: whether it is new; `false` where another kind of message has already named it.
    /// - Throws: `MessageRejection.duplicate` where the same kind of message has already named it, `.backwards` for an
    ///   earlier time that has not yet come `persistence` times in a row.
    mutating func enter(
        _ utc: Instant, isLeapSecond: Bool, from message: LabelMessage
    ) throws(MessageRejection) -> Bool {
        for index in 0..<count where isSame(recent[index], utc, isLeapSecond) {
            guard recent[index].messages.insert(LabelMessageSet(message)).inserted else { throw .duplicate }
            return false
        }
        if isTooEarly(utc) {
            guard hasPersisted(utc) else { throw .backwards }
            (count, next, latest) = (0, 0, nil)
        }
        retreat = nil
        recent[next] = Epoch(utc: utc, isLeapSecond: isLeapSecond, messages: LabelMessageSet(message))
        next = (next + 1) % recent.count
        count = min(count + 1, recent.count)
        latest = max(latest ?? utc, utc)
        return true
    }

    private func isSame(_ epoch: Epoch, _ utc: Instant, _ isLeapSecond: Bool) -> Bool {
        epoch.isLeapSecond == isLeapSecond && (utc - epoch.utc).magnitude < Self.resolution
    }

    /// Whether an epoch is earlier than the tolerance, or than all that we remember and so perhaps named before.
    private func isTooEarly(_ utc: Instant) -> Bool {
        guard let latest, utc < latest else { return false }
        if utc < latest - Self.tolerance { return true }
        guard count == recent.count else { return false }
        for index in recent.indices where recent[index].utc <= utc { return false }
        return true
    }

    /// Counts the epochs of an earlier time that follow each other.
    private mutating func hasPersisted(_ utc: Instant) -> Bool {
        guard let last = retreat, utc >= last.utc, utc - last.utc <= Self.tolerance else {
            retreat = (utc, 1)
            return false
        }
        let isNext = utc > last.utc
        retreat = (utc, last.count + (isNext ? 1 : 0))
        return isNext && last.count + 1 >= Self.persistence
    }
}
