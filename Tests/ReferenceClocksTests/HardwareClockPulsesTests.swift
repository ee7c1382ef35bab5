import Discipline
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

/// A card whose clock is TAI and 3 ppm fast, and wanders, beside a system whose clock is steered; pulses at true seconds.
private struct ImaginedCard {
    /// Readings at the beginning, ns.
    var card: Int64 = start.nanoseconds + 37_000_000_000
    var system: Int64 = start.nanoseconds + 250_000
    var raw: Int64 = 5_000_000_000
    /// Rates beside true time, s/s: the card's, the raw clock's, and what steering adds to the latter.
    var cardRate = 3e-6
    var rawRate = -8e-6
    var steering = 12.5e-6
    /// Standard deviation of what the card's rate changes by in a second, s/s.
    var wander = 1e-10
    /// Width of the pulses, seconds; `nil` where the driver stamps one edge.
    var width: Double?
    var missing = 0.0
    var random = RandomSource(seed: 1)
    /// True seconds gone by, which is also the beginning of the next pulse.
    private(set) var second = 0

    init(width: Double?) { self.width = width }

    private mutating func advance(_ seconds: Double) {
        card += Int64((seconds * 1e9 * (1 + cardRate)).rounded())
        system += Int64((seconds * 1e9 * (1 + rawRate) * (1 + steering)).rounded())
        raw += Int64((seconds * 1e9 * (1 + rawRate)).rounded())
    }

    /// The card read within a bracket of 1 µs, 20 ns of jitter.
    private mutating func reading() -> HardwareClockReading {
        HardwareClockReading(card: card, raw: raw + Int64((20 * random.nextGaussian()).rounded()), width: 1e-6)
    }

    private var clocks: SystemClockReading {
        SystemClockReading(system: Instant(nanoseconds: system), raw: raw, steering: steering)
    }

    /// A pulse as it was found, and CLOCK_REALTIME at the edge it came from.
    struct Found {
        var outcome: HardwareClockPulses.Outcome
        var trueEdge: Instant
        var isLeading: Bool
        var second: Int
    }

    /// Plays a second: an edge, its stamp read half a millisecond later with the card, perhaps the other edge.
    mutating func play(_ pulses: inout HardwareClockPulses) -> [Found] {
        var found: [Found] = []
        var rest = 1.0
        for (index, gap) in ([width] + [nil]).prefix(width == nil ? 1 : 2).enumerated() {
            let (stamp, edge) = (card, Instant(nanoseconds: system))
            advance(0.0005)
            rest -= 0.0005
            if random.nextUnit() >= missing {
                // What the daemon does: the other edge takes no reading of its own.
                if index == 0 { pulses.take(reading()) }
                let outcome = pulses.consume(stamp: stamp, clocks: clocks)
                found.append(Found(outcome: outcome, trueEdge: edge, isLeading: index == 0, second: second))
            }
            if let gap {
                advance(gap - 0.0005)
                rest -= gap - 0.0005
            }
        }
        advance(rest)
        cardRate += wander * random.nextGaussian()
        second += 1
        return found
    }
}

@Suite("Pulses stamped by a PTP hardware clock")
struct HardwareClockPulsesTests {
    /// Error of the line through 16 readings of 20 ns at its end, 0.5 · 20 ns, five times, and some rounding.
    private static let accuracy = 60e-9

    /// Plays and checks that what is found are the pulses, where they were and how many.
    ///
    /// - Returns: the seconds whose pulses were found.
    private func play(
        _ world: inout ImaginedCard, _ pulses: inout HardwareClockPulses, seconds: Int, accuracy: Double = accuracy
    ) -> [Int] {
        var numbers: [(second: Int, sequence: UInt32)] = []
        for _ in 0..<seconds {
            for found in world.play(&pulses) {
                guard case .pulse(let edge, let sequence, let error) = found.outcome else { continue }
                #expect(found.isLeading, "second \(found.second)")
                // Two readings tell the rate to 28 ns/s.
                #expect(abs((edge - found.trueEdge).seconds) <= accuracy, "second \(found.second)")
                // Half the bracket, 0.5 µs, and twice what the readings scatter by.
                #expect(error >= 0.5e-6 && error < 0.7e-6)
                numbers.append((found.second, sequence))
            }
        }
        for (last, next) in zip(numbers, numbers.dropFirst()) where next.second - last.second <= 4 {
            #expect(Int(next.sequence &- last.sequence) == next.second - last.second)
        }
        return numbers.map(\.second)
    }

    @Test("both edges or one, pulses are found where they are", arguments: [nil, 0.001, 0.1, 0.2])
    func widths(width: Double?) {
        var (world, pulses) = (ImaginedCard(width: width), HardwareClockPulses(pulseWidth: nil))
        let found = play(&world, &pulses, seconds: 200)
        // The third or the fourth pulse is the first one known.
        #expect(found == Array((width ?? 0 > 0.002 ? 2 : 3)..<200))
    }

    @Test("half a second of pulse gives none, and says so")
    func halfSecond() {
        var (world, pulses) = (ImaginedCard(width: 0.5), HardwareClockPulses(pulseWidth: nil))
        var ambiguous = 0
        for _ in 0..<20 {
            for found in world.play(&pulses) {
                if case .ambiguous = found.outcome { ambiguous += 1 } else { #expect(found.outcome == .other) }
            }
        }
        #expect(ambiguous == 2 * 18)
    }

    @Test("missed edges are missed pulses and nothing worse", arguments: [nil, 0.1] as [Double?])
    func missed(width: Double?) {
        var (world, pulses) = (ImaginedCard(width: width), HardwareClockPulses(pulseWidth: nil))
        world.missing = 0.1
        let found = play(&world, &pulses, seconds: 600, accuracy: 2 * Self.accuracy)
        // Nine in ten come; hardly any of those is lost.
        #expect(found.count > 510)
    }

    @Test(
        "a card that is set while we look costs at most four pulses",
        arguments: [37e9, -37e9, 0.4e9, -0.4e9, 1e6, -1e6, 20e3], [nil, 0.1] as [Double?])
    func cardIsSet(nanoseconds: Double, width: Double?) {
        var (world, pulses) = (ImaginedCard(width: width), HardwareClockPulses(pulseWidth: nil))
        let before = play(&world, &pulses, seconds: 30)
        #expect(before.last == 29)
        world.card += Int64(nanoseconds)
        let after = play(&world, &pulses, seconds: 30)
        #expect(after.count >= 26 && after.last == 59)
    }

    @Test("a step or slew of the system's clock moves the pulses with it")
    func systemIsSet() {
        var (world, pulses) = (ImaginedCard(width: 0.1), HardwareClockPulses(pulseWidth: nil))
        var found = play(&world, &pulses, seconds: 30)
        world.system += 300_000_000
        found += play(&world, &pulses, seconds: 30)
        world.steering = -400e-6
        found += play(&world, &pulses, seconds: 30)
        #expect(found == Array(2..<90))
    }

    @Test("the width is told that was learned, and none where it was said or one edge is stamped")
    func learnedWidth() {
        let cases: [(Double?, told: Double?, learned: Double?)] = [
            (0.1, nil, 0.1), (0.8, nil, 0.2), (0.8, 0.8, nil), (nil, nil, nil),
        ]
        for (width, told, learned) in cases {
            var (world, pulses) = (ImaginedCard(width: width), HardwareClockPulses(pulseWidth: told))
            for _ in 0..<10 { _ = world.play(&pulses) }
            #expect((pulses.learnedWidth == nil) == (learned == nil))
            #expect(abs((pulses.learnedWidth ?? 0) - (learned ?? 0)) < 1e-4)
        }
    }

    /// The driver of a Compute Module 4 gives one stamp four times a second without a network cable
    /// (rpi-cm4-ptp-guide, issue 3).
    @Test("a stamp that comes again is said to be one, and is forgotten with the next")
    func repeated() {
        var (world, pulses) = (ImaginedCard(width: nil), HardwareClockPulses(pulseWidth: nil))
        var found = play(&world, &pulses, seconds: 10)
        let clocks = SystemClockReading(
            system: Instant(nanoseconds: world.system), raw: world.raw, steering: world.steering)
        let stamp = world.card - 300_000_000
        #expect(pulses.consume(stamp: stamp, clocks: clocks) == .other)
        for _ in 0..<40 { #expect(pulses.consume(stamp: stamp, clocks: clocks) == .repeated) }
        found += play(&world, &pulses, seconds: 10)
        #expect(found == Array(3..<20))
    }

    @Test("pulses of a card whose clock cannot be read count as such, and none has come before it came")
    func unreadable() {
        let clocks = SystemClockReading(system: start, raw: 0, steering: 0)
        var pulses = HardwareClockPulses(pulseWidth: nil)
        let outcomes = (0..<6).map { pulses.consume(stamp: $0 * 1_000_000_000, clocks: clocks) }
        #expect(outcomes == [.other, .other, .other, .unreachable, .unreachable, .unreachable])
        var (world, others) = (ImaginedCard(width: nil), HardwareClockPulses(pulseWidth: nil))
        _ = play(&world, &others, seconds: 10)
        let now = SystemClockReading(
            system: Instant(nanoseconds: world.system), raw: world.raw, steering: world.steering)
        #expect(others.consume(stamp: world.card + 2_000_000, clocks: now) == .unreachable)
    }

    @Test("a stamp older than the comparison reaches is of another time")
    func old() {
        var (world, pulses) = (ImaginedCard(width: nil), HardwareClockPulses(pulseWidth: nil))
        let early = SystemClockReading(system: start, raw: 0, steering: 0)
        #expect(pulses.consume(stamp: world.card, clocks: early) == .other)
        _ = play(&world, &pulses, seconds: 10)
        let clocks = SystemClockReading(
            system: Instant(nanoseconds: world.system), raw: world.raw, steering: world.steering)
        for stamp in [world.card - 5_000_000_000, world.card + 5_000_000_000, 0, .min, .max] {
            #expect(pulses.consume(stamp: stamp, clocks: clocks) == .unreachable)
        }
        // They taught the filter nothing.
        #expect(play(&world, &pulses, seconds: 10) == Array(10..<20))
    }
}
