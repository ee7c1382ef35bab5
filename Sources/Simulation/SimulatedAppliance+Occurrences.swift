import ConfigurationLanguage
import ReferenceClocks
import SimulatedWorld
import TimeScale
import Timekeeping

extension SimulatedAppliance {
    /// Which source hears what of the world.
    struct Wiring {
        /// For each receiver the sources that hear its line and its pulses.
        var receivers: [(sentences: Int?, pulses: Int?)] = []
        /// For each producer the source that reads its segment.
        var producers: [Int] = []

        /// Every NMEA source is a receiver; pulse sources take the first receiver without pulses, or are one more.
        init(_ sources: [ReferenceClock]) {
            for index in sources.indices where sources[index].configuration.driver.isReceiver {
                receivers.append((index, sources[index].configuration.flag1 == true ? index : nil))
            }
            for index in sources.indices
            where [.pps, .ptpHardwareClock].contains(sources[index].configuration.driver) {
                if let receiver = receivers.firstIndex(where: { $0.pulses == nil }) {
                    receivers[receiver].pulses = index
                } else {
                    receivers.append((nil, index))
                }
            }
            producers = sources.indices.filter { sources[$0].configuration.driver == .sharedMemory }
        }
    }

    /// The chances of one receiver: separate ones for its line, so that sentences do not change the pulses.
    struct Chance {
        var pulses: RandomSource
        var line: RandomSource
        var sequence: UInt32 = 0

        init(seed: UInt64, receiver: Int) {
            pulses = RandomSource(seed: seed &+ 1 &+ UInt64(receiver) << 32)
            line = RandomSource(seed: ~seed &- UInt64(receiver) << 32)
        }
    }

    /// Something that happens at a moment of true time.
    struct Occurrence {
        /// Nanoseconds since the beginning.
        let at: Int64
        let kind: Kind

        enum Kind {
            /// A pulse's edge; the stamp is off by this besides, seconds.
            case edge(late: Double, source: Int, sequence: UInt32)
            /// The daemon reads a stamp.
            case pulse(Instant, source: Int, sequence: UInt32)
            /// The last byte of a burst has come.
            case bytes([UInt8], source: Int)
            /// A producer has written: seconds by which it is wrong.
            case sample(error: Double, truth: Instant, source: Int)
            /// The daemon's timer.
            case tick
        }
    }

    /// The daemon is woken by an edge and reads its stamp this much later, ns.
    private static let wakeUp: Int64 = 10_000_000
    /// Edges off by no more than this, seconds, happen at the second itself and have it added to their stamps: a clock
    /// 500 ppm off gains 50 ns in it, a disciplined one nothing.
    private static let stampError = 100e-6
    /// A producer writes this much after the second, ns.
    private static let producerDelay: Int64 = 50_000_000
    /// The daemon's timer in each second, ns: between the bursts of most receivers and the next pulse.
    private static let tickDelay: Int64 = 900_000_000

    /// Adds what this second brings.
    mutating func plan(from start: Int64) {
        for index in wiring.receivers.indices {
            if world.receivers[index].hasPulses, let source = wiring.receivers[index].pulses {
                planPulses(of: index, from: start, to: source)
            }
            if world.receivers[index].hasSentences, let source = wiring.receivers[index].sentences {
                planBurst(of: index, from: start, to: source)
            }
        }
        for (index, source) in wiring.producers.enumerated() {
            guard let error = world.producers[index].error else { continue }
            let jitter = producerChance[index].nextGaussian() * world.producers[index].jitter
            let truth = world.utc + Interval(nanoseconds: Self.producerDelay)
            occurrences.append(
                Occurrence(
                    at: start + Self.producerDelay,
                    kind: .sample(error: error + jitter, truth: truth, source: source)))
        }
        occurrences.append(Occurrence(at: start + Self.tickDelay, kind: .tick))
    }

    /// Lets everything up to a moment happen, in the order of time.
    mutating func happen(until end: Int64) {
        while true {
            var next: Int?
            for index in occurrences.indices where occurrences[index].at < end {
                if let known = next, occurrences[known].at <= occurrences[index].at { continue }
                next = index
            }
            guard let next else { return }
            let occurrence = occurrences.remove(at: next)
            advance(to: occurrence.at)
            happen(occurrence)
        }
    }

    private mutating func happen(_ occurrence: Occurrence) {
        switch occurrence.kind {
        case .edge(let late, let source, let sequence):
            let stamp = clock.now() + Interval(seconds: late)
            occurrences.append(
                Occurrence(at: occurrence.at + Self.wakeUp, kind: .pulse(stamp, source: source, sequence: sequence)))
        case .pulse(let stamp, let source, let sequence):
            timekeeper.receive(pulse: stamp, sequence: sequence, error: world.namedError, from: source)
        case .bytes(let bytes, let source):
            timekeeper.receive(bytes: bytes.span, arrived: clock.now(), from: source)
        case .sample(let error, let truth, let source):
            timekeeper.receive(
                sampleAt: clock.now(), reference: truth + Interval(seconds: error), isPulse: false, from: source)
        case .tick:
            timekeeper.tick()
        }
    }

    private mutating func planPulses(of index: Int, from start: Int64, to source: Int) {
        for late in world.receivers[index].pulse.pulses(second, &chance[index].pulses) {
            chance[index].sequence += 1
            let phase = freeRunningPhase + late
            if index == 0 { ideal?.update(phase) }
            // A train that is early is the next pulse coming late.
            let isShort = abs(late) <= Self.stampError
            let delay = isShort ? 0 : late < 0 ? late + 1 : late
            occurrences.append(
                Occurrence(
                    at: start + Int64(delay * 1e9),
                    kind: .edge(late: isShort ? late : 0, source: source, sequence: chance[index].sequence)))
        }
    }

    /// Sentences may begin before their second where the delay is negative, and end after the next where it is long.
    private mutating func planBurst(of index: Int, from start: Int64, to source: Int) {
        let receiver = world.receivers[index]
        let delay = receiver.voice.delay(&chance[index].line)
        // By the mean delay, so that jitter round zero makes no second twice.
        let whole = Int64(receiver.voice.labelDelay.rounded(.down))
        var bytes = receiver.voice.burst(for: world.utc - .seconds(whole))
        if receiver.corruption > 0 { corrupt(&bytes, share: receiver.corruption, &chance[index].line) }
        // Ten bits a byte, after the first, whose arrival the delay is about.
        let duration = Int64(bytes.count - 1) * 10_000_000_000 / Int64(timekeeper.sources[source].baudRate)
        occurrences.append(
            Occurrence(
                at: start + Int64((delay - Double(whole)) * 1e9) + duration, kind: .bytes(bytes, source: source)))
    }

    private func corrupt(_ bytes: inout [UInt8], share: Double, _ random: inout RandomSource) {
        for index in bytes.indices where random.nextUnit() < share {
            bytes[index] = UInt8.random(in: 0...255, using: &random)
        }
    }
}
