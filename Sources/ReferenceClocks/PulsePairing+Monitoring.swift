import Receivers
import TimeScale

/// While the clock itself numbers the pulses: delays are learned, and labels that disagree are noticed.
extension PulsePairing {
    /// Delays that a label can have where nothing was learned yet, seconds: a burst at 4800 baud takes over a second.
    static let plausibleDelays = -0.2...1.5
    /// Labels more than this off the expected delay, and off whole seconds from it, have another delay, seconds.
    private static let largestTolerance = 0.3
    /// How far a label may be off its delay beside four deviations, seconds.
    private static let allowance = 0.05
    /// Labels in a row with which a receiver that may not have known the leap seconds revises what it said.
    private static let revisionLength = 30
    /// Seconds by which it can revise it: GPS time is 18 s ahead of UTC, and no receiver knows fewer than no leap second.
    private static let revisions = -18 ... -1

    /// What to expect of a label's delay, seconds.
    private struct Expectation {
        let delay: Double
        let tolerance: Double
    }

    /// What a label's delay says.
    private enum Verdict {
        /// As expected: it teaches, and the numbering is right.
        case agrees
        /// Another delay than expected, but one that a label can have: it only teaches.
        case moved
        /// Wrong by whole seconds, positive where the label is ahead.
        case wrong(seconds: Int)
        /// Nothing that a receiver would do for long.
        case odd
    }

    /// Whether the last label disagreed with the numbering in force.
    public var isContradicted: Bool { errors.count > 0 }

    /// Whether the numbering came from labels that have since been taken back: it is wrong by whole seconds.
    public var needsNewProof: Bool {
        if case .revised = state { true } else { false }
    }

    /// Takes in a label while the clock itself numbers the pulses: learns the delay and watches for disagreement.
    ///
    /// - Parameters:
    ///   - utc: the moment that the label names.
    ///   - arrived: when its first byte arrived, by the local clock.
    ///   - message: the kind of label; `nil` for a sample of a producer.
    ///   - clockOffset: reference − local as the discipline has it, seconds.
    ///   - isProvisional: whether the receiver may not have known the leap seconds when it numbered the pulses.
    public mutating func monitor(
        label utc: Instant, arrived: Instant, message: LabelMessage? = nil, clockOffset: Double,
        isProvisional: Bool = false
    ) {
        guard !needsNewProof else { return }
        if !isMonitoring {
            // Delays met in a proof that has not stood may have been taken from the wrong pulse.
            if state != .proven { beginProof() }
            (isMonitoring, state) = (true, .proven)
        }
        let late = (arrived + Interval(seconds: clockOffset) - utc).seconds
        let index = Self.index(message)
        latest = message
        switch judge(late, by: expectation(of: kinds[index])) {
        case .agrees:
            (errors.count, labelError) = (0, 0)
            kinds[index].delays.append(late)
        case .moved: kinds[index].delays.append(late)
        case .wrong(let seconds): noteError(seconds, arrived: arrived, isProvisional: isProvisional)
        case .odd: break
        }
    }

    private func expectation(of kind: Kind) -> Expectation? {
        if kind.delays.count >= Self.votesNeeded {
            return Expectation(delay: kind.delays.centre, tolerance: Self.tolerance(kind.delays.deviation))
        }
        if let known = kind.known {
            return Expectation(delay: known.centre, tolerance: Self.tolerance(known.deviation))
        }
        return givenDelay.map { Expectation(delay: $0, tolerance: Self.largestTolerance) }
    }

    private static func tolerance(_ deviation: Double) -> Double { min(4 * deviation + allowance, largestTolerance) }

    /// An error of whole seconds leaves the fraction of the delay as it was; another fraction is another delay.
    private func judge(_ late: Double, by expectation: Expectation?) -> Verdict {
        let isPlausible = Self.plausibleDelays.contains(late)
        guard let expectation else {
            let nearest = min(max(late, Self.plausibleDelays.lowerBound), Self.plausibleDelays.upperBound)
            return isPlausible ? .agrees : Self.wrong(nearest - late)
        }
        let difference = late - expectation.delay
        let isSameFraction = abs(difference - difference.rounded()) <= expectation.tolerance
        if isSameFraction { return difference.rounded() == 0 ? .agrees : Self.wrong(-difference) }
        return isPlausible ? .moved : Self.wrong(-difference)
    }

    private static func wrong(_ difference: Double) -> Verdict {
        let seconds = Int(min(max(difference.rounded(), -1e10), 1e10))
        return seconds == 0 ? .odd : .wrong(seconds: seconds)
    }

    private mutating func noteError(_ seconds: Int, arrived: Instant, isProvisional: Bool) {
        if errors.count == 0 || errors.seconds != seconds { errors = (seconds, 0, isProvisional) }
        errors.count += 1
        if errors.count >= Self.votesNeeded { labelError = seconds }
        let hasPulses = edges.last.map { abs((arrived - $0).seconds) < Self.oldestPulse } ?? false
        let hasAgreed = kinds.contains { $0.delays.count >= Self.votesNeeded }
        let isRevision = hasAgreed && hasPulses && errors.isProvisional && Self.revisions.contains(seconds)
        if isRevision, errors.count >= Self.revisionLength { state = .revised(seconds: seconds) }
    }
}
