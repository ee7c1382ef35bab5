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
        /// Other pulses go with its labels as well, and begin other seconds: these fit better.
        case bestMatch
    }

    /// The receivers that name seconds, in the order of measuring.
    public private(set) var sources: [Source]
    /// The pulse devices, in the order of measuring.
    public private(set) var pulses: [PulseVerdict]
    /// Devices whose pulses begin the second as those of a source do, and which are no source's own.
    public private(set) var spare: [Int] = []
    /// Whether the system's clock was synchronised while this was measured.
    public let isClockSynchronised: Bool

    /// Delays that a label can have where nobody said more, seconds (`PulsePairing`'s).
    private static let plausibleDelays = -0.01...0.45
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
        sources = receivers.filter { $0.labels.count >= PhaseRelation.fewest }.map { Source(receiver: $0) }
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
        return max(plausibleDelays.lowerBound - delay.centre, delay.centre - plausibleDelays.upperBound, 0)
    }

    private mutating func pairSameLines() {
        for (index, verdict) in pulses.enumerated() where verdict.refusal == nil {
            guard let terminal = verdict.pulses.terminal,
                let source = sources.firstIndex(where: { $0.receiver.device == terminal && $0.pulse == nil })
            else { continue }
            join(source, index, .sameLine)
        }
    }

    /// The pairs that fit best, one after the other.
    private mutating func pairByDelay() {
        let devices = pulses.indices.filter { index in
            pulses[index].refusal == nil && !sources.contains { $0.pulse == index }
        }
        let receivers = sources.indices.filter { sources[$0].pulse == nil }
        var fits: [(source: Int, pulse: Int, fit: Double, spread: Double)] = []
        for source in receivers {
            for pulse in devices where !isAnothersLine(pulses[pulse].pulses.terminal) {
                let delay = Self.delay(of: sources[source].receiver, after: pulses[pulse].train)
                guard let delay, let fit = Self.fit(delay) else { continue }
                fits.append((source, pulse, fit, delay.deviation))
            }
        }
        // Of those that fit equally well the first devices belong together: names are given in an order.
        let ordered = fits.sorted { ($0.fit, $0.source, $0.pulse) < ($1.fit, $1.source, $1.pulse) }
        for pair in ordered
        where sources[pair.source].pulse == nil && !sources.contains(where: { $0.pulse == pair.pulse }) {
            let rivals = fits.filter { $0.source == pair.source && $0.pulse != pair.pulse && $0.fit <= pair.fit }
            let suitors = fits.filter { $0.pulse == pair.pulse && $0.source != pair.source && $0.fit <= pair.fit }
            let evidence: Evidence =
                if rivals.isEmpty && suitors.isEmpty {
                    .onlyMatch
                } else if rivals.allSatisfy({ beginSameSecond($0.pulse, pair.pulse) }) {
                    .interchangeable
                } else {
                    .bestMatch
                }
            join(pair.source, pair.pulse, evidence)
        }
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
            if paired.contains(where: { beginSameSecond(index, $0) }) {
                spare.append(index)
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
            if isClockSynchronised { sources[index].witnessedDelay = Self.delayToClock(of: receiver) }
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
        var pairing = PulsePairing(baudRate: receiver.baudRate)
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
