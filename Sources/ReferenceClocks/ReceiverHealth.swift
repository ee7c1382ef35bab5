import Discipline
import Receivers
import TimeScale

/// What a receiver's own messages tell about it: whether it has a fix, whether its time goes on, and how fast.
struct ReceiverHealth: Sendable {
    /// A receiver that says for this long that it has no fix has none; shorter lapses are a bridge or a hand.
    private static let invalidAfter = Interval.seconds(3)
    /// What it said longer ago than this is no news about it: a line that is silent says nothing.
    private static let newsAge = Interval.seconds(10)
    /// Repeated or backward times for this long, without one that is new: a receiver that corrects itself to an earlier
    /// time is followed after five epochs.
    private static let frozenAfter = Interval.seconds(8)
    /// The fewest such messages.
    private static let fewestRepeats = 6
    /// How long the numbering by a receiver that we saw without a fix is provisional: the almanac with the leap seconds
    /// comes every 12.5 minutes (IS-GPS-200 §20.3.3.5).
    private static let provisionalTime = Interval.seconds(900)
    /// Length of a window in which the rate of the labels is measured.
    private static let rateWindow = Interval.seconds(30)
    /// Largest creep of the labels in one window that jitter or another burst of sentences can make, seconds.
    private static let largestCreep = 0.15

    /// Why it has no valid time, by its own words; `nil` once it has a fix.
    private(set) var reason: MessageRejection?
    /// How fast labels advance, seconds per second, where that is certainly wrong.
    private var wrongRate: Double?
    private var hasFix = false
    private var invalidSince: MonotonicInstant?
    private var lastVerdict: MonotonicInstant?
    private var firstLabel: MonotonicInstant?
    private var lastLabel: MonotonicInstant?
    private var repeats = 0
    private var lastRepeat: MonotonicInstant?
    private var wasWithoutFix = false
    /// What it said last is wrong with its pulses, and when.
    private var pulseFault: (words: String, at: MonotonicInstant)?
    /// Whether labels that know the leap seconds have begun the numbering, or agreed with it.
    private var isNumberingSure = false
    /// UTC less the clock by labels that did not know them, while none that does has agreed.
    private var unsureOffset: Interval?
    private var lastLabelKnows = false
    private var lastLeapSecond: MonotonicInstant?
    /// Start of the window and how far the labels crept in it, and in the one before.
    private var window: (start: Instant, creep: Double, before: Double)?
    private var lastOffset: Interval?

    /// Whether it says, and has said for a while, that it has no fix.
    func isInvalid(at now: MonotonicInstant) -> Bool {
        guard let invalidSince, let lastVerdict else { return false }
        return now - invalidSince >= Self.invalidAfter && now - lastVerdict <= Self.newsAge
    }

    /// Whether it repeats itself: messages come, but no second that is new.
    func isFrozen(at now: MonotonicInstant) -> Bool {
        guard repeats >= Self.fewestRepeats, let lastLabel, let lastRepeat else { return false }
        return lastRepeat - lastLabel >= Self.frozenAfter && now - lastRepeat <= Self.newsAge
    }

    /// Whether it may not have known the leap seconds when its labels began; or did not, and now says that it does.
    func isProvisional(at now: MonotonicInstant) -> Bool {
        if wasWithoutFix, let firstLabel, now - firstLabel < Self.provisionalTime { return true }
        return unsureOffset != nil && lastLabelKnows
    }

    /// What it says, or has lately said, is wrong with its pulses; `nil` for nothing.
    func pulseFault(at now: MonotonicInstant) -> String? {
        pulseFault.flatMap { now - $0.at <= Self.newsAge ? $0.words : nil }
    }

    /// Takes note of what it says is wrong with its pulses; `nil` ends nothing, for it is believed some seconds longer.
    mutating func note(pulseFault: ReceiverStatus.PulseFault?, now: MonotonicInstant) {
        if let pulseFault { self.pulseFault = (pulseFault.rawValue, now) }
    }

    /// Whether it has lately named a second 60.
    func hasNamedLeapSecond(at now: MonotonicInstant) -> Bool {
        lastLeapSecond.map { now - $0 < Self.provisionalTime } ?? false
    }

    /// Notes that the pulses are numbered anew.
    mutating func restartProof() {
        (isNumberingSure, unsureOffset, firstLabel) = (false, nil, nil)
        wasWithoutFix = wasWithoutFix || !hasFix
    }

    /// Takes note of a label.
    mutating func note(_ label: SecondLabel, now: MonotonicInstant) {
        firstLabel = firstLabel ?? now
        (lastLabel, repeats) = (now, 0)
        (reason, invalidSince) = (nil, nil)
        if label.isLeapSecond { lastLeapSecond = now }
        noteKnowledge(of: label)
        measureRate(label)
    }

    /// Notes whether the label knows the leap seconds, and whether those before it did.
    private mutating func noteKnowledge(of label: SecondLabel) {
        let offset = label.utc - label.arrived
        lastLabelKnows = label.knowsLeapSeconds
        if !label.knowsLeapSeconds {
            // The first of them have begun the numbering: what comes later and elsewhere may be a correction.
            let isElsewhere = unsureOffset.map { (offset - $0).seconds.rounded() != 0 } ?? false
            if !isNumberingSure, !isElsewhere { unsureOffset = offset }
        } else if unsureOffset.map({ (offset - $0).seconds.rounded() == 0 }) ?? true {
            (isNumberingSure, unsureOffset) = (true, nil)
        }
        // gpsd's are those of the whole program, perhaps told by another receiver, and never taken back.
        let isGPSD = label.message == .gpsdFix || label.message == .gpsdTimeOffset
        if isNumberingSure, label.knowsLeapSeconds, !isGPSD { wasWithoutFix = false }
    }

    /// Takes note of a fix won or lost.
    mutating func note(hasFix: Bool) { self.hasFix = hasFix }

    /// Takes note of a message that was not used.
    mutating func note(_ rejection: MessageRejection, now: MonotonicInstant) {
        if hasFix, rejection != .utcUnknown, rejection != .utcDenied {
            (reason, invalidSince) = (nil, nil)
            guard rejection == .duplicate || rejection == .backwards else { return }
            repeats += 1
            lastRepeat = now
        } else if Self.isOwnVerdict(rejection) {
            reason = rejection
            invalidSince = invalidSince ?? now
            lastVerdict = now
            if firstLabel == nil, rejection == .noFix || rejection == .noTime { wasWithoutFix = true }
        }
    }

    /// The rate at which labels advance, seconds per second, while they do and it is not that of the clock.
    func wrongRate(at now: MonotonicInstant) -> Double? {
        guard let lastLabel, now - lastLabel <= Self.newsAge else { return nil }
        return wrongRate
    }

    /// Forgets what was said, as for a device that was opened anew; not that it was once without a fix.
    mutating func reset() {
        (hasFix, reason, invalidSince, repeats, pulseFault) = (false, nil, nil, 0, nil)
        (window, lastOffset, wrongRate, firstLabel) = (nil, nil, nil, nil)
    }

    /// Follows a change of the clock.
    mutating func apply(_ change: ClockChange) {
        lastOffset = lastOffset.map { $0 + change.offsetChange }
        unsureOffset = unsureOffset.map { $0 + change.offsetChange }
        window = window.map { ($0.start + change.step, $0.creep, $0.before) }
    }

    /// Adds up how far labels move against the clock, jumps apart; two windows in a row that agree are a rate.
    private mutating func measureRate(_ label: SecondLabel) {
        let offset = label.utc - label.arrived
        defer { lastOffset = offset }
        guard let last = lastOffset, var window, label.arrived >= window.start else {
            window = (label.arrived, 0, 0)
            return
        }
        let move = (offset - last).seconds
        if abs(move) <= PulsePairing.agreement { window.creep += move }
        if label.arrived - window.start >= Self.rateWindow {
            let slower = min(abs(window.creep), abs(window.before))
            let isSteady = slower > Self.largestCreep && window.creep * window.before > 0
            wrongRate = isSteady ? 1 + window.creep / (label.arrived - window.start).seconds : nil
            window = (label.arrived, 0, window.creep)
        }
        self.window = window
    }

    /// Whether a rejection tells something about the receiver rather than about the line.
    private static func isOwnVerdict(_ reason: MessageRejection) -> Bool {
        switch reason {
        case .noFix, .noTime, .noDate, .badDate, .dateOutOfRange, .noStatus, .backwards, .utcUnknown, .testTime,
            .notUTC:
            true
        default: false
        }
    }
}
