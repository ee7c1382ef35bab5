import Testing
import TimeScale

@testable import ReceiverSetup

@Suite("Which edge begins the second")
struct PulseVerdictTests {
    private var world = ImaginedMeasurement()

    private mutating func judge(_ change: (inout ImaginedMeasurement.Pulses) -> Void) -> PulseVerdict {
        PulseVerdict(world.pulses("/dev/pps0", ImaginedMeasurement.Pulses().with(change)))
    }

    @Test("the edge that begins the shorter level", arguments: [0.00001, 0.1, 0.2, 0.44], [false, true])
    mutating func shorterLevel(width: Double, isInverted: Bool) {
        let verdict = judge { ($0.width, $0.isInverted) = (width, isInverted) }
        #expect(verdict.edge == (isInverted ? .clear : .assert))
        guard case .shorterLevel(let measured) = verdict.reason else {
            Issue.record("\(verdict.reason)")
            return
        }
        #expect(abs(measured - width) < 1e-6)
        #expect(verdict.refusal == nil)
        #expect(verdict.count == 58)
        #expect(verdict.missing == 0)
    }

    /// The robust deviation of 56 values is good to 1.17/√56 = 16 %; half as much again because neighbours share stamps.
    @Test("jitter is told from the stamps, whatever the frequency is", arguments: [50e-9, 1e-6, 40e-6], [0, 80e-6])
    mutating func jitter(jitter: Double, drift: Double) {
        let verdict = judge { ($0.jitter, $0.drift) = (jitter, drift) }
        #expect(abs((verdict.jitter ?? 0) / jitter - 1) < 0.6)
        #expect(abs(verdict.duration - 57) < 0.01)
    }

    @Test("a missing pulse is counted and spoils nothing")
    mutating func missing() {
        let verdict = judge { $0.missing = [20] }
        #expect(verdict.refusal == nil)
        #expect(verdict.missing == 1)
        #expect(verdict.count == 57)
    }

    @Test("a pulse that the kernel has counted and we have not seen is not missing")
    mutating func unseen() {
        var pulses = world.pulses("/dev/pps0")
        pulses.asserts.remove(at: 30)
        #expect(PulseVerdict(pulses).missing == 0)
    }

    @Test("the only edge that a device shows is taken, and said to be that")
    mutating func onlyOne() {
        #expect(judge { $0.width = nil }.reason == .onlyOne)
        let cleared = judge { ($0.width, $0.isInverted) = (nil, true) }
        #expect(cleared.edge == .clear)
        #expect(cleared.reason == .onlyOne)
    }

    @Test("levels of half a second leave it to the labels, where they come after one edge only")
    mutating func halfASecond() {
        var verdict = judge { $0.width = 0.5 }
        #expect(verdict.reason == .undecided)
        verdict.decideByLabels { _ in false }
        #expect(verdict.reason == .undecided)
        let asserts = world.pulses("/dev/pps0").asserts
        verdict.decideByLabels { train in abs((train.times[0] - asserts[0].time).seconds) > 0.1 }
        #expect(verdict.edge == .clear)
        #expect(verdict.reason == .labels)
    }

    @Test("levels of half a second with a trailing edge that is coarser are told by that")
    mutating func steadier() {
        var pulses = world.pulses("/dev/pps0")
        let coarse = world.pulses("/dev/pps0", .init().with { ($0.phase, $0.jitter) = (0.5, 20e-6) })
        pulses.clears = coarse.asserts
        #expect(PulseVerdict(pulses).reason == .steadier)
        #expect(PulseVerdict(pulses).edge == .assert)
    }

    @Test("what does not come once a second is refused", arguments: [0.02, 0.2, 2.0])
    mutating func irregular(interval: Double) {
        var pulses = MeasuredPulses(path: "/dev/pps0")
        pulses.asserts = (0..<60).map {
            .init(sequence: UInt32($0), time: start + Interval(seconds: Double($0) * interval))
        }
        let verdict = PulseVerdict(pulses)
        // Every other second is once a second with each other pulse missing.
        if interval == 2 {
            #expect(verdict.missing == 59)
        } else {
            #expect(verdict.refusal == .irregular(interval: interval))
        }
    }

    @Test("noise of the mains that is looked at ten times a second is seen by its count")
    mutating func mains() {
        var pulses = MeasuredPulses(path: "/dev/pps0")
        pulses.asserts = (0..<500).map {
            .init(sequence: UInt32($0 * 5), time: start + Interval(seconds: Double($0) * 0.1))
        }
        #expect(PulseVerdict(pulses).refusal == .irregular(interval: 0.02))
    }

    @Test("the kernel's own timer, a silent device and one with two pulses are refused")
    mutating func refusals() {
        #expect(judge { $0.name = "ktimer" }.refusal == .kernelTimer)
        #expect(PulseVerdict(MeasuredPulses(path: "/dev/pps0")).refusal == .silent)
        world.seconds = 0..<2
        #expect(judge { _ in }.refusal == .tooFew(2))
    }
}
