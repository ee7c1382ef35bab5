import ReferenceClocks
import Testing

@testable import ReceiverSetup

@Suite("Which pulses are whose")
struct SetupVerdictTests {
    private var world = ImaginedMeasurement()

    /// 4 ms of jitter make the median of 58 labels good to 1.2533 × 4/√58 = 0.66 ms; four of those.
    private static let delayTolerance = 0.0027

    private func verdict(
        _ receivers: [MeasuredReceiver], _ pulses: [MeasuredPulses], isClockSynchronised: Bool = false
    ) -> SetupVerdict {
        SetupVerdict(receivers: receivers, pulses: pulses, isClockSynchronised: isClockSynchronised)
    }

    @Test("one receiver and its pulses belong together, and the second is proven")
    mutating func one() throws {
        let verdict = verdict([world.receiver("/dev/gps0")], [world.pulses("/dev/pps0")])
        let source = try #require(verdict.sources.first)
        #expect(source.pulse == 0)
        #expect(source.evidence == .onlyMatch)
        #expect(source.proof == .proven)
        #expect(abs((source.delay?.centre ?? 0) - 0.137) < Self.delayTolerance)
        // Of 57 steps: 1.17/√57 = 15 % as for normal values, and twice that because neighbours share a label.
        #expect(abs((source.delay?.deviation ?? 0) - 0.004) < 0.0025)
        #expect(source.delay?.drift == nil)
        #expect(source.witnessedDelay == nil)
    }

    @Test("pulses of the receivers' own lines are their own, in whatever order", arguments: [false, true])
    mutating func sameLine(isSwapped: Bool) {
        let receivers = [world.receiver("/dev/ttyS0"), world.receiver("/dev/ttyS1", delay: 0.3)]
        let terminals = isSwapped ? ["/dev/ttyS1", "/dev/ttyS0"] : ["/dev/ttyS0", "/dev/ttyS1"]
        let pulses = terminals.enumerated().map { index, terminal in
            world.pulses("/dev/pps\(index)", .init().with { $0.terminal = terminal })
        }
        let verdict = verdict(receivers, pulses)
        #expect(verdict.sources.map(\.pulse) == (isSwapped ? [1, 0] : [0, 1]))
        #expect(verdict.sources.allSatisfy { $0.evidence == .sameLine && $0.proof == .proven })
    }

    @Test("pulses that begin the same seconds are told to be interchangeable")
    mutating func interchangeable() {
        let receivers = [world.receiver("/dev/gps0"), world.receiver("/dev/gps1", delay: 0.3)]
        let verdict = verdict(receivers, [world.pulses("/dev/pps0"), world.pulses("/dev/pps1")])
        #expect(verdict.sources.map(\.pulse) == [0, 1])
        #expect(verdict.sources.map(\.evidence) == [.interchangeable, .interchangeable])
    }

    /// The second receiver's pulses, and all it says, are half a second late.
    @Test("pulses that begin other seconds go to the receiver whose labels follow them", arguments: [false, true])
    mutating func otherSeconds(isSwapped: Bool) {
        let receivers = [world.receiver("/dev/gps0", delay: 0.1), world.receiver("/dev/gps1", delay: 0.62)]
        let trains = [0, 0.5].map { phase in ImaginedMeasurement.Pulses().with { $0.phase = phase } }
        let pulses = (isSwapped ? trains.reversed() : trains).enumerated().map { world.pulses("/dev/pps\($0)", $1) }
        let verdict = verdict(receivers, pulses)
        #expect(verdict.sources.map(\.pulse) == (isSwapped ? [1, 0] : [0, 1]))
        #expect(verdict.sources.allSatisfy { $0.evidence == .onlyMatch })
    }

    @Test("pulses of another oscillator are refused by how they move against the receiver's own")
    mutating func freeRunning() {
        let own = world.pulses("/dev/pps0")
        let other = world.pulses("/dev/pps1", .init().with { ($0.phase, $0.drift) = (0.3, 2e-6) })
        let verdict = verdict([world.receiver("/dev/gps0")], [own, other])
        #expect(verdict.sources.first?.pulse == 0)
        guard case .disagrees(let path, let offset, let drift) = verdict.pulses[1].refusal else {
            Issue.record("\(verdict.pulses[1].refusal as Any)")
            return
        }
        #expect(path == "/dev/pps0")
        // In the middle of 58 s it has moved by 57 µs.
        #expect(abs(offset - 0.300057) < 5e-6)
        #expect(abs((drift ?? 0) - 2e-6) < 0.1e-6)
    }

    /// A tenth of a second apart: labels that come 137 ms after the one come 237 ms after the other.
    @Test("of pulses that begin other seconds and go with the labels alike, none is taken on a guess")
    mutating func undecided() throws {
        let other = world.pulses("/dev/pps0", .init().with { ($0.phase, $0.drift) = (-0.1, 2e-6) })
        let verdict = verdict([world.receiver("/dev/gps0")], [other, world.pulses("/dev/pps1")])
        #expect(try #require(verdict.sources.first).pulse == nil)
        #expect(
            verdict.pulses.map(\.refusal) == [.undecided(against: "/dev/pps1"), .undecided(against: "/dev/pps0")])
    }

    @Test(
        "of such pulses those are taken with which a synchronised clock agrees, or more devices",
        arguments: [false, true])
    mutating func majority(isClockSynchronised: Bool) throws {
        if isClockSynchronised { world.clockError = 0.003 }
        var pulses = [
            world.pulses("/dev/pps0", .init().with { ($0.phase, $0.drift) = (-0.1, 2e-6) }), world.pulses("/dev/pps1"),
        ]
        if !isClockSynchronised { pulses.append(world.pulses("/dev/pps2")) }
        let verdict = verdict(
            [world.receiver("/dev/gps0")], pulses, isClockSynchronised: isClockSynchronised)
        #expect(try #require(verdict.sources.first).pulse == 1)
        #expect(verdict.sources.first?.evidence == .bestMatch)
        guard case .disagrees(with: "/dev/pps1", _, _) = verdict.pulses[0].refusal else {
            Issue.record("\(verdict.pulses[0].refusal as Any)")
            return
        }
        #expect(verdict.spare.map(\.pulse) == (isClockSynchronised ? [] : [2]))
    }

    @Test("pulses of an oscillator that is far off are refused by the labels alone")
    mutating func drifting() {
        let pulses = world.pulses("/dev/pps0", .init().with { $0.drift = 500e-6 })
        let verdict = verdict([world.receiver("/dev/gps0")], [pulses])
        #expect(verdict.sources.first?.pulse == nil)
        guard case .drifts(let drift) = verdict.pulses[0].refusal else {
            Issue.record("\(verdict.pulses[0].refusal as Any)")
            return
        }
        // Medians of 19 labels: √2 × 1.2533 × 4/√19 = 1.6 ms in 38 s.
        #expect(abs(drift - 500e-6) < 3 * 1.6e-3 / 38)
    }

    /// Medians of 58 differences of two stamps of 1 µs: √2 × 1.2533/√58 = 0.23 µs.
    @Test("a second device with the same seconds is a spare, and by how much it is later is told")
    mutating func spare() {
        let late = ImaginedMeasurement.Pulses().with { $0.phase = 4e-6 }
        let verdict = verdict(
            [world.receiver("/dev/gps0")], [world.pulses("/dev/pps0"), world.pulses("/dev/pps1", late)])
        #expect(verdict.sources.first?.pulse == 0)
        #expect(abs((verdict.spare.first?.offset ?? 0) - 4e-6) < 1e-6)
        #expect(verdict.sources.first?.evidence == .interchangeable)
        #expect(verdict.spare.map(\.pulse) == [1])
        #expect(verdict.pulses[1].refusal == nil)
    }

    @Test("pulses without any receiver are refused, for nothing names their seconds")
    mutating func withoutReceiver() {
        let verdict = verdict([], [world.pulses("/dev/pps0")])
        #expect(verdict.sources.isEmpty)
        #expect(verdict.pulses[0].refusal == .noReceiver)
    }

    /// Half a second: the MT3339's (hardware.md §2.1). The daemon cannot know which pulse is meant; a witness can.
    @Test(
        "labels half a second after the pulse are ambiguous, unless the system's clock knows", arguments: [false, true])
    mutating func ambiguous(isClockSynchronised: Bool) throws {
        if isClockSynchronised { world.clockError = 0.002 }
        let receiver = world.receiver("/dev/gps0", delay: 0.51, jitter: 0.01)
        let verdict = verdict([receiver], [world.pulses("/dev/pps0")], isClockSynchronised: isClockSynchronised)
        let source = try #require(verdict.sources.first)
        #expect(source.isAmbiguous)
        #expect(source.pulse == 0)
        guard isClockSynchronised else {
            #expect(source.witnessedDelay == nil)
            return
        }
        #expect(abs((source.witnessedDelay ?? 0) - 0.51) < 0.01)
    }

    @Test("a receiver that names five moments a second is judged by all of them")
    mutating func fiveHertz() throws {
        let verdict = verdict([world.receiver("/dev/gps0", delay: 0.07, rate: 5)], [world.pulses("/dev/pps0")])
        let source = try #require(verdict.sources.first)
        #expect(source.pulse == 0)
        #expect(source.proof == .proven)
        #expect(abs((source.delay?.centre ?? 0) - 0.07) < Self.delayTolerance)
        #expect(source.delay?.count == 290)
    }

    @Test("labels that come before their pulse are no pair that anything can prove")
    mutating func early() throws {
        let verdict = verdict([world.receiver("/dev/gps0", delay: -0.2)], [world.pulses("/dev/pps0")])
        let source = try #require(verdict.sources.first)
        #expect(source.isAmbiguous)
        #expect(abs((source.delay?.centre ?? 0) - 0.8) < Self.delayTolerance)
    }

    @Test("without pulses, a synchronised clock tells how late the labels are")
    mutating func withoutPulses() throws {
        world.clockError = 0
        let verdict = verdict([world.receiver("/dev/gps0", delay: 0.25)], [], isClockSynchronised: true)
        let source = try #require(verdict.sources.first)
        #expect(source.pulse == nil)
        #expect(abs((source.witnessedDelay ?? 0) - 0.25) < Self.delayTolerance)
    }

    @Test("a receiver that names too few seconds is one, but no pulses are its own", arguments: [0, 5])
    mutating func withoutLabels(count: Int) throws {
        var receiver = world.receiver("/dev/gps0")
        receiver.labels.removeLast(receiver.labels.count - count)
        let verdict = verdict([receiver], [world.pulses("/dev/pps0")], isClockSynchronised: true)
        let source = try #require(verdict.sources.first)
        #expect(source.pulse == nil)
        #expect(source.witnessedDelay == nil)
        #expect(!source.receiver.isMeasured)
        #expect(verdict.pulses[0].refusal == .noReceiver)
    }
}
