import Discipline
import Receivers
import TimeScale

/// Finds out which second a pulse is, from labels that arrive some time after it, and only says so when it is proven.
///
/// A pulse marks the start of *a* second to a microsecond; a label (a sentence, a shared-memory sample) names a second
/// but arrives tens to hundreds of milliseconds off. The delay from pulse to label is learned, for each kind of label.
/// While what was learned cannot rule out that the labels belong to a neighbouring pulse, the pair is ambiguous and
/// yields nothing.
public struct PulsePairing: Sendable {
    /// How far the proof has come.
    public enum State: Equatable, Sendable {
        /// No pulse has met a label yet.
        case unpaired
        /// Consecutive pulses with agreeing labels so far, of `PulsePairing.votesNeeded`.
        case proving(votes: Int)
        /// Labels agree with each other, but their delay (s) and its spread (s) allow two numberings.
        case ambiguous(delay: Double, spread: Double)
        /// Labels agree with each other, but name seconds this far from those of a witness (s).
        case contradicted(seconds: Int)
        /// Labels of a receiver that may not have known the leap seconds went back by this many (s), and stay there.
        case revised(seconds: Int)
        /// Pulses can be numbered.
        case proven
    }

    /// A pulse and the second that it begins.
    public struct NumberedPulse: Equatable, Sendable {
        /// The edge, by the local clock.
        public let edge: Instant
        /// The second that begins with it, UTC.
        public let second: Instant
    }

    /// Pulses in a row with agreeing labels that make a proof: a burst of garbage has passed by then, and a cold start
    /// takes 6 s.
    public static let votesNeeded = 6

    /// Delays that can belong to one pulse only, seconds, where nobody said more.
    ///
    /// NMEA sentences follow the fix they report. 10 ms below zero allows for the error of an arrival stamp; above
    /// 0.45 s the sentence could as well precede the next pulse by half a second.
    public static let unambiguousDelays = -0.01...0.45
    /// Half-width of the same interval round a delay that the operator gave, seconds.
    private static let toleranceAroundGivenDelay = 0.45
    /// Half-width of the interval of delays, in standard deviations.
    private static let spreadFactor = 4.0
    /// Least standard deviation assumed of a delay, seconds: a handful of labels cannot prove less.
    private static let leastDeviation = 0.005
    /// By how much a receiver's delay may differ from one start to the next beside its jitter, seconds.
    private static let restartAllowance = 0.05
    /// Labels that teach a delay better than what was known before.
    private static let enoughToReplace = 30
    /// Labels whose implied offset changes by more than this from one to the next disagree, seconds.
    static let agreement = 0.25
    /// Spreads that still tell seconds apart, seconds.
    private static let plausibleDeviations = 0...0.1
    /// A pulse older than this when a label arrives is not its partner, seconds.
    static let oldestPulse = 1.5
    /// Pulses remembered: a proof takes six labels, and the first fit eight pulses.
    private static let edgesKept = 16
    /// How far from whole seconds the pulses of one train may be apart, seconds: 16 s at 500 ppm is 8 ms.
    private static let trainTolerance = 0.01

    /// What is known of one kind of label.
    struct Kind: Sendable {
        /// Delays met in this proof, and since.
        var delays = DelayStatistics()
        /// The delay as an earlier proof has taught it.
        var known: LearnedDelay?
    }

    /// The state of the proof.
    public internal(set) var state = State.unpaired
    /// Whole seconds by which the labels have lately disagreed with the numbering in force; 0 while they agree.
    public internal(set) var labelError = 0

    /// For each kind of label; the first is for samples of a producer, which are no messages.
    var kinds = [Kind](repeating: Kind(), count: LabelMessage.allCases.count + 1)
    /// The error of the last labels in a row that were wrong by whole seconds, and how many they are.
    var errors = (seconds: 0, count: 0, isProvisional: false)
    var edges: [Instant] = []
    let givenDelay: Double?
    private let baudRate: Int?
    var latest: LabelMessage?
    /// Whether the clock itself numbers the pulses.
    var isMonitoring = false
    private var votes = 0
    private var lastVote: (offset: Interval, edge: Instant)?
    private var lastNumbered: Instant?

    /// A pairing without any knowledge.
    ///
    /// - Parameters:
    ///   - givenDelay: the delay from pulse to label that an operator gave, seconds; `nil` where he did not.
    ///   - baudRate: speed of the line that brings the labels, bit/s; `nil` where they come by another way.
    public init(givenDelay: Double? = nil, baudRate: Int? = nil) {
        (self.givenDelay, self.baudRate) = (givenDelay, baudRate)
    }

    // MARK: - What was learned

    /// The proven delay from pulse to label of one kind, seconds: centre and standard deviation.
    ///
    /// - Parameter message: the kind of label; `nil` for samples of a producer.
    /// - Returns: `nil` before the proof and before six labels of the kind.
    public func delay(of message: LabelMessage?) -> (centre: Double, deviation: Double)? {
        let delays = kinds[Self.index(message)].delays
        guard state == .proven, delays.count >= Self.votesNeeded else { return nil }
        return (delays.centre, delays.deviation)
    }

    /// The proven delay of the kind of label that came last.
    public var delay: (centre: Double, deviation: Double)? { delay(of: latest) }

    /// The delays worth keeping over a restart; none before the numbering is proven.
    public var learnedDelays: [LearnedDelay] {
        guard state == .proven else { return [] }
        return LabelMessage.allCases.compactMap(learnedDelay(of:))
    }

    /// Takes delays kept from before, where they are of the same speed of the line.
    ///
    /// They settle what would be ambiguous, but only if the first labels fit them.
    public mutating func recall(_ delays: [LearnedDelay]) {
        for delay in delays
        where delay.baudRate == baudRate && Self.plausibleDelays.contains(delay.centre)
            && Self.plausibleDeviations.contains(delay.deviation)
        {
            kinds[Self.index(delay.message)].known = delay
        }
    }

    private func learnedDelay(of message: LabelMessage) -> LearnedDelay? {
        let kind = kinds[Self.index(message)]
        let fewest = kind.known == nil ? Self.votesNeeded : Self.enoughToReplace
        guard let baudRate, kind.delays.count >= fewest else { return kind.known }
        return LearnedDelay(
            message: message, baudRate: baudRate, centre: kind.delays.centre, deviation: kind.delays.deviation,
            count: kind.delays.count)
    }

    static func index(_ message: LabelMessage?) -> Int { message.map { Int($0.rawValue) + 1 } ?? 0 }

    // MARK: - Pulses and labels

    /// Notes a pulse.
    public mutating func observe(pulse edge: Instant) {
        if let last = edges.last, edge <= last {
            edges.removeAll(keepingCapacity: true)
            lastNumbered = nil
        }
        edges.append(edge)
        if edges.count > Self.edgesKept { edges.removeFirst() }
    }

    /// Takes in a label while nothing else numbers the pulses.
    ///
    /// - Parameters:
    ///   - utc: the moment that the label names.
    ///   - arrived: when its first byte arrived, by the local clock.
    ///   - message: the kind of label; `nil` for a sample of a producer.
    ///   - witness: UTC at a reading of the local clock by an independent witness good to 0.4 s; `nil` where there is
    ///     none.
    /// - Returns: the pulses that are numbered now and were not before, oldest first: with the proof all that are
    ///   remembered, then the label's own; none before the proof.
    public mutating func observe(
        label utc: Instant, arrived: Instant, message: LabelMessage? = nil, witness: ((Instant) -> Instant)?
    ) -> [NumberedPulse] {
        if isMonitoring { beginProof() }
        let second = utc.startOfSecond
        let start = arrived - (utc - second)
        latest = message
        let index = Self.index(message)
        let witnessed = witness.flatMap { partner(ofLabelStartingAt: start, naming: second, witness: $0) }
        guard let partner = witnessed ?? partner(ofLabelStartingAt: start, kind: kinds[index]) else { return [] }
        let pulse = NumberedPulse(edge: partner.edge, second: second - .seconds(partner.age))
        vote(pulse)
        kinds[index].delays.append((start - pulse.edge).seconds - Double(partner.age))
        guard votes >= Self.votesNeeded, kinds[index].delays.count >= Self.votesNeeded else {
            state = .proving(votes: votes)
            return []
        }
        guard fitsKnownDelay(kinds[index]) else {
            forgetKnownDelays()
            return []
        }
        state = judge(pulse, kind: kinds[index], witness: witness)
        return state == .proven ? numberTrain(endingWith: pulse) : []
    }

    /// Forgets the proof but not the delays that were proven: after a gap so long that the seconds may have been
    /// miscounted.
    public mutating func restart() {
        beginProof()
        (errors.count, labelError, lastNumbered) = (0, 0, nil)
        state = .unpaired
        edges.removeAll(keepingCapacity: true)
    }

    /// Follows a step of the clock.
    public mutating func apply(_ change: ClockChange) {
        for index in edges.indices { edges[index] = edges[index] + change.step }
        lastVote = lastVote.map { ($0.offset + change.offsetChange, $0.edge + change.step) }
        lastNumbered = lastNumbered.map { $0 + change.step }
    }

    // MARK: - Proof

    /// The last pulse, and how many seconds older it is than the label's own.
    ///
    /// The label's own is the one nearest to where it should be, if that is known; it may have been missed, or be yet to
    /// come. Where nobody said where it should be, it is the last one before the label.
    private func partner(ofLabelStartingAt start: Instant, kind: Kind) -> (edge: Instant, age: Int64)? {
        guard let edge = edges.last else { return nil }
        let distance = (start - edge).seconds
        guard abs(distance) < Self.oldestPulse else { return nil }
        let expected = kind.known?.centre ?? givenDelay
        return (edge, Int64(expected.map { (distance - $0).rounded() } ?? distance.rounded(.down)))
    }

    /// The same as a witness has it, where that leaves the label a delay that it can have.
    private func partner(
        ofLabelStartingAt start: Instant, naming second: Instant, witness: (Instant) -> Instant
    ) -> (edge: Instant, age: Int64)? {
        guard let edge = edges.last else { return nil }
        let age = (second - witness(edge)).seconds.rounded()
        guard Self.plausibleDelays.contains((start - edge).seconds - age) else { return nil }
        return (edge, Int64(age))
    }

    private mutating func vote(_ pulse: NumberedPulse) {
        let offset = pulse.second - pulse.edge
        if let lastVote, abs((offset - lastVote.offset).seconds) > Self.agreement { beginProof() }
        // A receiver that labels five times a second has no more to say about one pulse than another.
        if pulse.edge != lastVote?.edge { votes += 1 }
        lastVote = (offset, pulse.edge)
    }

    /// Begins to count anew; what was proven of the delays stays known.
    mutating func beginProof() {
        let wasProven = state == .proven || needsNewProof
        for message in LabelMessage.allCases {
            let index = Self.index(message)
            if wasProven { kinds[index].known = learnedDelay(of: message) }
        }
        for index in kinds.indices { kinds[index].delays.removeAll() }
        (votes, lastVote, isMonitoring) = (0, nil, false)
        state = .proving(votes: 0)
    }

    /// Whether the labels are as late as those that taught the known delay: their mean and their spread.
    private func fitsKnownDelay(_ kind: Kind) -> Bool {
        guard state != .proven, let known = kind.known else { return true }
        let reach = Self.spreadFactor * max(known.deviation, Self.leastDeviation)
        let distance = abs(kind.delays.centre - known.centre)
        return distance <= reach / Double(kind.delays.count).squareRoot() + Self.restartAllowance
            && kind.delays.deviation <= reach + Self.restartAllowance
    }

    /// The receiver is another, or speaks otherwise: what an earlier one has taught counts no more.
    private mutating func forgetKnownDelays() {
        beginProof()
        for index in kinds.indices { kinds[index].known = nil }
    }

    private func judge(_ pulse: NumberedPulse, kind: Kind, witness: ((Instant) -> Instant)?) -> State {
        if let witness {
            let error = (pulse.second - witness(pulse.edge)).seconds.rounded()
            return error == 0 ? .proven : .contradicted(seconds: Int(min(max(error, -1e12), 1e12)))
        }
        let (centre, deviation) = (kind.delays.centre, kind.delays.deviation)
        let reach = Self.spreadFactor * max(deviation, Self.leastDeviation)
        let isSafe =
            if kind.known != nil {
                true
            } else if let givenDelay {
                abs(centre - givenDelay) + reach <= Self.toleranceAroundGivenDelay
            } else {
                centre - reach >= Self.unambiguousDelays.lowerBound
                    && centre + reach <= Self.unambiguousDelays.upperBound
            }
        return isSafe ? .proven : .ambiguous(delay: centre, spread: deviation)
    }

    /// The pulses not numbered yet that are whole seconds before a proven one, and that one; oldest first.
    private mutating func numberTrain(endingWith proven: NumberedPulse) -> [NumberedPulse] {
        var train: [NumberedPulse] = []
        var next = proven
        for edge in edges.reversed() where lastNumbered.map({ edge > $0 }) ?? true {
            let gap = (next.edge - edge).seconds
            guard abs(gap - gap.rounded()) <= Self.trainTolerance, gap > 0.5 || train.isEmpty else { continue }
            next = NumberedPulse(edge: edge, second: next.second - .seconds(Int64(gap.rounded())))
            train.append(next)
        }
        lastNumbered = proven.edge
        return train.reversed()
    }
}
