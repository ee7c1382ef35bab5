import ConfigurationLanguage
import Discipline
import Receivers
import ReferenceClocks
import TimeScale

/// What receivers and pulse devices are worth, and which belong together, after a time of measuring.
///
/// Pulses of two receivers that both follow the satellites begin the same second within a microsecond, and labels are
/// good to milliseconds: which pulse is whose can then be told only where they share a line. It does not matter either,
/// since each receiver can number each pulse.
public struct SetupVerdict: Sendable {
    /// A receiver with its pulses.
    public struct Source: Sendable {
        /// The receiver.
        public let receiver: MeasuredReceiver
        /// Its pulses: an index into `SetupVerdict.pulses`; `nil` where it has none.
        public internal(set) var pulse: Int?
        /// How it is known that they are its pulses.
        public internal(set) var evidence: Evidence?
        /// How long after its pulses it names the second.
        public internal(set) var delay: PhaseRelation?
        /// What the daemon will make of pulses and labels by itself.
        public internal(set) var proof = PulsePairing.State.unpaired
        /// How long after its pulses it names the second by the word of the system's clock, seconds, which tells also
        /// what `proof` leaves open; `nil` where that clock is not synchronised.
        public internal(set) var witnessedDelay: Double?
    }

    /// How it is known that pulses belong to a receiver.
    public enum Evidence: Equatable, Sendable {
        /// They come by the same line.
        case sameLine
        /// No other pulses go with its labels, and its labels with no others.
        case onlyMatch
        /// Other pulses go with its labels as well, and begin the same seconds: nothing tells them apart, nor has to.
        case interchangeable
        /// Other pulses go with its labels as well, and begin other seconds; more devices, or the system's clock, agree with
        /// these.
        case bestMatch
    }

    /// A device whose pulses begin the second as those of a source do, and which is no source's own.
    public struct Spare: Sendable {
        /// An index into `SetupVerdict.pulses`.
        public let pulse: Int
        /// Those of the source, an index as well.
        public let other: Int
        /// By how much its pulses come after those, seconds: what one way to the kernel takes longer than the other.
        public let offset: Double
    }

    /// The receivers, in the order of measuring.
    public private(set) var sources: [Source]
    /// The pulse devices, in the order of measuring.
    public private(set) var pulses: [PulseVerdict]
    /// The spare devices.
    public private(set) var spare: [Spare] = []
    /// Whether the system's clock was synchronised while this was measured.
    public let isClockSynchronised: Bool

    /// By how much less well pulses may fit and still be a receiver's own, seconds: some name the second 0.7 s late.
    private static let reach = 0.25
    /// What a synchronised clock can tell apart, seconds.
    private static let clockGrain = 0.05
    /// Labels that are spread wider say nothing about pulses, seconds.
    private static let widestSpread = 0.1
    /// Smallest drift of labels that is believed, seconds in the time of measuring: receivers wander by milliseconds.
    private static let labelWander = 0.01
    /// Pulses that are nearer to each other begin the same second, seconds.
    private static let sameSecond = 0.001
    /// Smallest drift between pulses that is believed, seconds in the time of measuring: interrupts wander.
    private static let pulseWander = 20e-6

    /// Draws the conclusions.
    ///
    /// - Parameters:
    ///   - receivers: those whose language is understood.
    ///   - pulses: all devices that were looked at.
    ///   - isClockSynchronised: whether the system's clock is right to a tenth of a second, as far as the kernel knows.
    public init(receivers: [MeasuredReceiver], pulses: [MeasuredPulses], isClockSynchronised: Bool) {
        self.isClockSynchronised = isClockSynchronised
        self.pulses = pulses.map { PulseVerdict($0) }
        sources = receivers.map { Source(receiver: $0) }
        decideEdgesByLabels()
        pairSameLines()
        pairByDelay()
        judgeTheRest()
        for index in sources.indices { prove(index) }
    }

    // MARK: - Edges

    private mutating func decideEdgesByLabels() {
        for index in pulses.indices where pulses[index].refusal == nil {
            let sources = self.sources
            pulses[index].decideByLabels { train in
                sources.contains { source in
                    Self.delay(of: source.receiver, after: train).map { Self.fit($0) == 0 } ?? false
                }
            }
        }
    }

    // MARK: - Pairs

    /// How long after a train a receiver names the second.
    private static func delay(of receiver: MeasuredReceiver, after train: EdgeTrain) -> PhaseRelation? {
        // Each kind of label has a delay of its own: the one that comes most often counts.
        let counts = Dictionary(grouping: receiver.labels, by: \.message)
        guard
            let labels = counts.max(by: { ($0.value.count, $1.key.rawValue) < ($1.value.count, $0.key.rawValue) })?
                .value
        else { return nil }
        let starts = labels.map { $0.arrived - ($0.utc - $0.utc.startOfSecond) }
        return PhaseRelation(of: starts, after: train, leastMove: labelWander)
    }

    /// How far a delay is from what labels have, seconds; `nil` where it is none at all.
    private static func fit(_ delay: PhaseRelation) -> Double? {
        guard delay.drift == nil, delay.deviation < widestSpread else { return nil }
        let usual = PulsePairing.unambiguousDelays
        return max(usual.lowerBound - delay.centre, delay.centre - usual.upperBound, 0)
    }

    private mutating func pairSameLines() {
        for (index, verdict) in pulses.enumerated() where verdict.refusal == nil {
            guard let terminal = verdict.pulses.terminal,
                let source = sources.firstIndex(where: { $0.receiver.device == terminal && $0.pulse == nil })
            else { continue }
            join(source, index, .sameLine)
        }
    }

    /// Pulses that may be a receiver's, and what speaks for them.
    private struct Candidate {
        let source: Int
        let pulse: Int
        /// How far the delay is from what labels have, seconds.
        let fit: Double
        /// Other devices whose pulses begin the same second.
        let allies: Int
        /// How far the pulses are from the seconds of a synchronised clock, in units of `clockGrain`; 0 without one.
        let distance: Int

        /// Whether neither more devices nor a clock speak for it than for another.
        func isContested(by other: Candidate) -> Bool { (allies, distance) == (other.allies, other.distance) }

        /// In equal cases the first devices belong together: names are given in an order.
        func comes(before other: Candidate) -> Bool {
            let (mine, others) = ((-allies, distance, fit), (-other.allies, other.distance, other.fit))
            return mine == others ? (source, pulse) < (other.source, other.pulse) : mine < others
        }
    }

    /// The pairs that fit best, one after the other.
    private mutating func pairByDelay() {
        let candidates = self.candidates
        for best in candidates.sorted(by: { $0.comes(before: $1) }) {
            guard sources[best.source].pulse == nil, pulses[best.pulse].refusal == nil,
                !sources.contains(where: { $0.pulse == best.pulse })
            else { continue }
            let rivals = candidates.filter {
                $0.source == best.source && $0.pulse != best.pulse && $0.fit <= best.fit + Self.reach
            }
            let others = rivals.filter { rival in
                // What suits another receiver better is no rival.
                !beginSameSecond(rival.pulse, best.pulse)
                    && !candidates.contains { $0.pulse == rival.pulse && $0.fit < rival.fit }
            }
            // One of them would be wrong by a tenth of a second, and nobody would notice.
            if let other = others.first(where: { best.isContested(by: $0) }) {
                pulses[best.pulse].refusal = .undecided(against: pulses[other.pulse].pulses.path)
                pulses[other.pulse].refusal = .undecided(against: pulses[best.pulse].pulses.path)
                continue
            }
            let isShared =
                rivals.contains { beginSameSecond($0.pulse, best.pulse) }
                || candidates.contains { $0.pulse == best.pulse && $0.source != best.source && $0.fit <= best.fit }
            join(best.source, best.pulse, !others.isEmpty ? .bestMatch : isShared ? .interchangeable : .onlyMatch)
        }
    }

    private var candidates: [Candidate] {
        let devices = pulses.indices.filter { index in
            pulses[index].refusal == nil && !sources.contains { $0.pulse == index }
                && !isAnothersLine(pulses[index].pulses.terminal)
        }
        return sources.indices.filter { sources[$0].pulse == nil }.flatMap { source in
            devices.compactMap { pulse in
                Self.delay(of: sources[source].receiver, after: pulses[pulse].train).flatMap { Self.fit($0) }.map {
                    fit in
                    Candidate(
                        source: source, pulse: pulse, fit: fit, allies: allies(of: pulse), distance: distance(of: pulse)
                    )
                }
            }
        }
    }

    private func allies(of pulse: Int) -> Int {
        pulses.indices.count { $0 != pulse && pulses[$0].refusal == nil && beginSameSecond($0, pulse) }
    }

    private func distance(of pulse: Int) -> Int {
        guard isClockSynchronised, let edge = pulses[pulse].train.times.last else { return 0 }
        return Int((abs((edge - edge.nearestSecond).seconds) / Self.clockGrain).rounded())
    }

    /// Whether pulses come by the line of a receiver, which is then another's.
    private func isAnothersLine(_ terminal: String?) -> Bool {
        terminal.map { line in sources.contains { $0.receiver.device == line } } ?? false
    }

    private mutating func join(_ source: Int, _ pulse: Int, _ evidence: Evidence) {
        (sources[source].pulse, sources[source].evidence) = (pulse, evidence)
        sources[source].delay = Self.delay(of: sources[source].receiver, after: pulses[pulse].train)
    }

    private func relation(of pulse: Int, to other: Int) -> PhaseRelation? {
        PhaseRelation(of: pulses[pulse].train.times, after: pulses[other].train, leastMove: Self.pulseWander)
    }

    private func beginSameSecond(_ pulse: Int, _ other: Int) -> Bool {
        relation(of: pulse, to: other).map { $0.drift == nil && abs($0.centre) < Self.sameSecond } ?? false
    }

    // MARK: - The rest

    /// Pulses that are no receiver's own: right where they go with those that are.
    private mutating func judgeTheRest() {
        for index in pulses.indices
        where pulses[index].refusal == nil && !sources.contains(where: { $0.pulse == index }) {
            let paired = sources.compactMap(\.pulse)
            if let other = paired.first(where: { beginSameSecond(index, $0) }) {
                let offset = relation(of: index, to: other)?.centre ?? 0
                spare.append(Spare(pulse: index, other: other, offset: offset))
            } else if let other = paired.first, let relation = relation(of: index, to: other) {
                pulses[index].refusal = .disagrees(
                    with: pulses[other].pulses.path, offset: relation.centre, drift: relation.drift)
            } else if let drift = drift(of: index) {
                pulses[index].refusal = .drifts(-drift)
            } else {
                pulses[index].refusal = .noReceiver
            }
        }
    }

    private func drift(of pulse: Int) -> Double? {
        sources.lazy.compactMap { Self.delay(of: $0.receiver, after: pulses[pulse].train)?.drift }.first
    }

    // MARK: - Proof

    /// Has the daemon's own judge look at labels and pulses.
    private mutating func prove(_ index: Int) {
        let receiver = sources[index].receiver
        guard let pulse = sources[index].pulse else {
            if isClockSynchronised, receiver.isMeasured {
                sources[index].witnessedDelay = Self.delayToClock(of: receiver)
            }
            return
        }
        let edges = pulses[pulse].train.times
        sources[index].proof = Self.pairing(receiver, edges, witness: nil).state
        guard isClockSynchronised else { return }
        let witnessed = Self.pairing(receiver, edges, witness: { $0 })
        sources[index].witnessedDelay = witnessed.delay?.centre
    }

    private static func pairing(
        _ receiver: MeasuredReceiver, _ edges: [Instant], witness: ((Instant) -> Instant)?
    ) -> PulsePairing {
        var pairing = PulsePairing(baudRate: receiver.settings.baudRate)
        var coming = edges[...]
        for label in receiver.labels {
            while let edge = coming.first, edge <= label.arrived {
                pairing.observe(pulse: edge)
                coming.removeFirst()
            }
            _ = pairing.observe(
                label: label.utc, arrived: label.arrived, message: label.message, witness: witness)
        }
        return pairing
    }

    /// How late labels are by the system's clock, seconds; `nil` where that cannot be.
    private static func delayToClock(of receiver: MeasuredReceiver) -> Double? {
        let delay = RobustStatistics.median(receiver.labels.map { ($0.arrived - $0.utc).seconds })
        return (-0.5...1.5).contains(delay) ? delay : nil
    }
}
