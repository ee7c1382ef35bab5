import Discipline
import TimeScale

/// Finds out which second a pulse is, from labels that arrive some time after it, and only says so when it is proven.
///
/// A pulse marks the start of *a* second to a microsecond; a label (a sentence, a shared-memory sample) names a second
/// but arrives tens to hundreds of milliseconds off. The delay from pulse to label is learned. While what was learned
/// cannot rule out that the labels belong to a neighbouring pulse, the pair is ambiguous and yields nothing.
public struct PulsePairing: Sendable {
    /// How far the proof has come.
    public enum State: Equatable, Sendable {
        /// No pulse has met a label yet.
        case unpaired
        /// Consecutive agreeing labels so far, of `PulsePairing.votesNeeded`.
        case proving(votes: Int)
        /// Labels agree with each other, but their delay (s) and its spread (s) allow two numberings.
        case ambiguous(delay: Double, spread: Double)
        /// Labels agree with each other, but name seconds this far from those of a witness (s).
        case contradicted(seconds: Int)
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

    /// Agreeing labels in a row that make a proof: a burst of garbage has passed by then, and a cold start takes 6 s.
    public static let votesNeeded = 6

    /// Delays that can belong to one pulse only, seconds, where nobody said more.
    ///
    /// NMEA sentences follow the fix they report. 10 ms below zero allows for the error of an arrival stamp; above
    /// 0.45 s the sentence could as well precede the next pulse by half a second.
    private static let unambiguousDelays = -0.01...0.45

    /// Delays that a label can have where nothing was learned yet, seconds: a burst at 4800 baud takes over a second.
    private static let plausibleDelays = -0.2...1.5

    /// Half-width of the same interval round a delay that the operator gave, seconds.
    private static let toleranceAroundGivenDelay = 0.45

    /// Half-width of the interval of delays, in standard deviations.
    private static let spreadFactor = 4.0

    /// Least standard deviation assumed of a delay, seconds: a handful of labels cannot prove less.
    private static let leastDeviation = 0.005

    /// Labels whose implied offset changes by more than this from one to the next disagree, seconds.
    static let agreement = 0.25

    /// Delays remembered.
    private static let memory = 60

    /// A pulse older than this when a label arrives is not its partner, seconds.
    private static let oldestPulse = 1.5

    /// The state of the proof.
    public private(set) var state = State.unpaired
    /// Delays from pulse to label, newest last, seconds.
    private var delays: [Double] = []
    private var givenDelay: Double?
    private var edges: [Instant] = []
    private var votes = 0
    private var lastOffset: Interval?
    private var contradictions = 0

    /// A pairing without any knowledge.
    ///
    /// - Parameter givenDelay: the delay from pulse to label that an operator gave, seconds; `nil` where he did not.
    public init(givenDelay: Double? = nil) {
        self.givenDelay = givenDelay
        delays.reserveCapacity(Self.memory + 1)
    }

    /// The learned delay from pulse to label, seconds: median and standard deviation; `nil` before six labels.
    public var delay: (median: Double, deviation: Double)? {
        guard delays.count >= Self.votesNeeded else { return nil }
        return (RobustStatistics.median(delays), RobustStatistics.deviation(delays))
    }

    /// Whole seconds by which the labels have lately disagreed with the numbering in force; 0 while they agree.
    public private(set) var labelError = 0

    /// Whether the last label disagreed with the numbering in force.
    public var isContradicted: Bool { contradictions > 0 }

    /// Notes a pulse.
    public mutating func observe(pulse edge: Instant) {
        if let last = edges.last, edge <= last { edges.removeAll(keepingCapacity: true) }
        edges.append(edge)
        if edges.count > 4 { edges.removeFirst() }
    }

    /// Takes in a label while nothing else numbers the pulses.
    ///
    /// - Parameters:
    ///   - utc: the moment that the label names.
    ///   - arrived: when its first byte arrived, by the local clock.
    ///   - witness: UTC at a reading of the local clock by an independent witness good to 0.4 s; `nil` where there is
    ///     none.
    /// - Returns: the pulse that the label belongs to, once that is proven.
    public mutating func observe(label utc: Instant, arrived: Instant, witness: ((Instant) -> Instant)?)
        -> NumberedPulse?
    {
        let second = utc.startOfSecond
        let start = arrived - (utc - second)
        guard let edge = partner(ofLabelStartingAt: start) else { return nil }
        vote(second: second, edge: edge)
        learn((start - edge).seconds)
        state = judge(second: second, edge: edge, witness: witness)
        return state == .proven ? NumberedPulse(edge: edge, second: second) : nil
    }

    /// Takes in a label while the clock itself numbers the pulses: learns the delay and watches for disagreement.
    ///
    /// - Parameters:
    ///   - utc: the moment that the label names.
    ///   - arrived: when its first byte arrived, by the local clock.
    ///   - clockOffset: reference − local as the discipline has it, seconds.
    public mutating func monitor(label utc: Instant, arrived: Instant, clockOffset: Double) {
        let late = (arrived + Interval(seconds: clockOffset) - utc).seconds
        let plausible = Self.plausibleDelays
        let expected = delay?.median ?? givenDelay ?? min(max(late, plausible.lowerBound), plausible.upperBound)
        let error = -Int(min(max((late - expected).rounded(), -1e9), 1e9))
        guard error == 0 else {
            contradictions += 1
            if contradictions >= Self.votesNeeded { labelError = error }
            return
        }
        (contradictions, labelError) = (0, 0)
        state = .proven
        learn(late)
    }

    /// Forgets the proof but not a delay that was proven: after a gap so long that the seconds may have been miscounted.
    public mutating func restart() {
        if state == .proven, let delay { givenDelay = delay.median }
        (votes, lastOffset, contradictions, labelError) = (0, nil, 0, 0)
        state = .unpaired
        edges.removeAll(keepingCapacity: true)
        delays.removeAll(keepingCapacity: true)
    }

    /// Follows a step of the clock.
    public mutating func apply(_ change: ClockChange) {
        for index in edges.indices { edges[index] = edges[index] + change.step }
        lastOffset = lastOffset.map { $0 + change.offsetChange }
    }

    /// The pulse nearest to where the label's own should be, which may not have been seen yet; where nobody said where
    /// that is, the last one before it.
    private func partner(ofLabelStartingAt start: Instant) -> Instant? {
        guard let givenDelay else {
            return edges.last { $0 <= start }.flatMap { (start - $0).seconds < Self.oldestPulse ? $0 : nil }
        }
        let expected = start - Interval(seconds: givenDelay)
        return edges.last { abs(($0 - expected).seconds) < 0.5 }
    }

    private mutating func vote(second: Instant, edge: Instant) {
        let offset = second - edge
        if let lastOffset, abs((offset - lastOffset).seconds) > Self.agreement {
            votes = 0
            delays.removeAll(keepingCapacity: true)
        }
        lastOffset = offset
        votes += 1
    }

    private mutating func learn(_ delay: Double) {
        delays.append(delay)
        if delays.count > Self.memory { delays.removeFirst() }
    }

    private func judge(second: Instant, edge: Instant, witness: ((Instant) -> Instant)?) -> State {
        guard votes >= Self.votesNeeded, let delay else { return .proving(votes: votes) }
        if let witness {
            let error = (second - witness(edge)).seconds.rounded()
            return error == 0 ? .proven : .contradicted(seconds: Int(min(max(error, -1e12), 1e12)))
        }
        let reach = Self.spreadFactor * max(delay.deviation, Self.leastDeviation)
        let isSafe =
            if let givenDelay {
                abs(delay.median - givenDelay) + reach <= Self.toleranceAroundGivenDelay
            } else {
                delay.median - reach >= Self.unambiguousDelays.lowerBound
                    && delay.median + reach <= Self.unambiguousDelays.upperBound
            }
        return isSafe ? .proven : .ambiguous(delay: delay.median, spread: delay.deviation)
    }
}
