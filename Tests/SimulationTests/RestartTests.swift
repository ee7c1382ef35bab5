import Discipline
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

@Suite("What is kept over a restart, in a simulated world")
struct RestartTests {
    /// An appliance on pulses that are late by 20 µs·Exp(1).
    static func late(seed: UInt64, _ kept: KeptState = KeptState()) -> SimulatedAppliance {
        var appliance = SimulatedAppliance(seed: seed, keptState: kept)
        appliance.world.pulse.latency = 20e-6
        return appliance
    }

    /// What 40 minutes have taught, as text.
    static let taught = {
        var teacher = late(seed: 5)
        teacher.run(seconds: 2400)
        return teacher.timekeeper.keptState.text
    }()

    @Test("the character of source and oscillator survives the file, and a restart that learns nothing new")
    func character() throws {
        let kept = try KeptState(text: Array(Self.taught.utf8))
        let source = try #require(kept.source(named: "NMEA(0)"))
        #expect(abs((source.latencyMean ?? 0) / 20e-6 - 1) < 0.15)
        #expect(abs(try #require(kept.frequency) - 30e-6) < 1e-8)
        var appliance = Self.late(seed: 6, kept)
        appliance.run(seconds: 30)
        let again = try #require(appliance.timekeeper.keptState.source(named: "NMEA(0)"))
        #expect(again.wander == source.wander)
        #expect(again.latencyMean == source.latencyMean)
        #expect(again.latencyShare == source.latencyShare)
    }

    @Test("what was kept makes the next start settle where this one had come to")
    func settling() throws {
        let kept = try KeptState(text: Array(Self.taught.utf8))
        var (cold, warm): ([Double], [Double]) = ([], [])
        for seed in UInt64(11)...14 {
            var (first, second) = (Self.late(seed: seed), Self.late(seed: seed, kept))
            first.run(seconds: 120)
            second.run(seconds: 120)
            cold.append(first.errors.suffix(60).rootMeanSquare)
            warm.append(second.errors.suffix(60).rootMeanSquare)
        }
        // A cold start knows of no latency, or little: up to 20 µs off. A fit of eight late pulses is good to 7 µs.
        #expect(warm.sorted()[2] < 7e-6, "\(warm)")
        #expect(warm.sorted()[2] < cold.sorted()[1], "\(cold) \(warm)")
        // A quarter of them may be beyond one deviation of that.
        #expect(warm.largest < 10e-6, "\(warm)")
    }

    /// A frequency of ten seconds ago claims to be good to √(10/3600) ppm = 0.053 ppm; here it is off by up to 200 times that.
    @Test("a frequency that changed while the daemon was away costs no honesty", arguments: [0, 1e-7, -1e-6, 10e-6])
    func changedFrequency(error: Double) {
        var kept = KeptState()
        kept.lastGoodTime = SimulatedAppliance.ordinaryDay - .seconds(10)
        (kept.frequency, kept.frequencyDeviation) = (30e-6 + error, 1e-10)
        var appliance = SimulatedAppliance(offset: 20e-6, seed: 9, inheritedMaximumError: 1e-3, keptState: kept)
        appliance.run(seconds: 900)
        #expect(appliance.transitions.map(\.state) == [.locked])
        #expect(appliance.moments.allSatisfy { !$0.isServed || $0.isHonest })
        #expect(appliance.errors.suffix(300).largest < 3e-6)
        #expect(appliance.clock.steps.count <= 1)
    }

    @Test(
        "a kept state that is wrong in every number does no harm for long",
        arguments: [(1e-3, 1e-3, 1.0), (1e-15, 0.1, 0.5), (1e-9, 1e-9, 1e-3)])
    func wrongState(wander: Double, latency: Double, share: Double) throws {
        var kept = KeptState()
        (kept.frequency, kept.frequencyDeviation) = (-500e-6, 1e-12)
        var source = KeptState.Source(name: "NMEA(0)")
        (source.jitter, source.wander, source.latencyMean, source.latencyShare) = (1, wander, latency, share)
        kept.sources = [source, .init(name: "of another box")]
        var appliance = SimulatedAppliance(keptState: kept)
        try #require(appliance.run(until: .locked, within: 60) != nil)
        appliance.run(seconds: 600)
        #expect(appliance.moments.allSatisfy { !$0.isWrong })
        #expect(appliance.moments.suffix(60).allSatisfy { $0.isHonest })
        #expect(appliance.errors.suffix(60).largest < 5e-6)
    }
}
