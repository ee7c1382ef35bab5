import Discipline
import SimulatedWorld
import Simulation
import Testing

/// What comes back within reach (eight polls of 16 s) was never gone, as far as clients are concerned.
@Suite("A signal that comes back")
struct ReturnTests {
    /// How a receiver is connected, and what is lost of it.
    struct Loss: CustomTestStringConvertible {
        let name: String
        let configuration: String
        var losesPulses = true
        var losesSentences = false

        var testDescription: String { name }

        static let own = "refclock nmea unit 0 baud 9600 flag1 1\nlocal stratum 10"
        static let separate = "refclock nmea unit 0 baud 9600 prefer\nrefclock pps unit 0\nlocal stratum 10"
        static let alone = "refclock nmea unit 0 baud 9600\nlocal stratum 10"

        static let all = [
            Loss(name: "pulses of its own", configuration: own),
            Loss(name: "pulses of its own and sentences", configuration: own, losesSentences: true),
            Loss(name: "pulses of a source beside it", configuration: separate),
            Loss(name: "pulses of a source beside it and sentences", configuration: separate, losesSentences: true),
            Loss(name: "sentences without pulses", configuration: alone, losesSentences: true),
        ]
    }

    /// After a minute the first samples are compared before they are believed; the clock alone is good enough so long.
    @Test("is followed again without stratum 10 between, and within the bound", arguments: Loss.all, [20, 50, 70, 100])
    func comesBack(loss: Loss, gap: Int) throws {
        for seed in UInt64(1)...2 {
            var appliance = SimulatedAppliance(loss.configuration, seed: seed)
            try #require(appliance.run(until: .locked, within: 60) != nil)
            let (transitions, start) = (appliance.transitions.count, appliance.moments.count)
            appliance.run(seconds: 300)
            for _ in 0..<2 {
                if loss.losesPulses { appliance.world.hasPulses = false }
                if loss.losesSentences { appliance.world.hasSentences = false }
                appliance.run(seconds: gap)
                (appliance.world.hasPulses, appliance.world.hasSentences) = (true, true)
                appliance.run(seconds: 200)
            }
            #expect(
                appliance.transitions.dropFirst(transitions).allSatisfy { $0.state == .holdover || $0.state == .locked }
            )
            #expect(gap > 60 || appliance.transitions.count == transitions, "\(appliance.log.suffix(8))")
            #expect(appliance.moments.dropFirst(start).allSatisfy { $0.stratum == 1 })
            let wrong = appliance.moments.dropFirst(90).filter { !$0.isHonest }.count
            #expect(wrong == 0)
        }
    }
    @Test("pulses that come back elsewhere are not believed because sentences have kept the lock")
    func comesBackElsewhere() throws {
        var appliance = SimulatedAppliance(Loss.separate, seed: 1)
        try #require(appliance.run(until: .locked, within: 60) != nil)
        appliance.run(seconds: 300)
        appliance.world.hasPulses = false
        appliance.run(seconds: 150)
        let back = appliance.moments.count
        // The other edge of pulses of 100 ms.
        appliance.world.hasPulses = true
        appliance.world.pulse.phaseOffset = 0.1
        appliance.run(seconds: 300)
        #expect(appliance.errors[back...].largest < 5e-3)
        #expect(appliance.logged("samples have jumped").count == 1)
    }

    /// Sentences are some milliseconds off each, a quartz left alone some microseconds in a minute: for an hour it knows better.
    @Test(
        "pulses that are gone for an hour leave the clock's memory to judge the sentences", arguments: Loss.all[0...2])
    func sentencesTakeOver(loss: Loss) throws {
        guard !loss.losesSentences else { return }
        var appliance = SimulatedAppliance(loss.configuration, seed: 3)
        try #require(appliance.run(until: .locked, within: 60) != nil)
        appliance.run(seconds: 600)
        let lost = appliance.moments.count
        appliance.world.hasPulses = false
        appliance.run(seconds: 3600)
        #expect(appliance.moments[lost...].allSatisfy { $0.stratum == 1 && $0.isHonest })
        #expect(appliance.errors[lost..<lost + 120].largest < 2e-6)
        #expect(appliance.errors[lost...].largest < 500e-6)
        appliance.world.hasPulses = true
        appliance.run(seconds: 120)
        #expect(appliance.moments.suffix(100).allSatisfy { $0.isHonest })
        #expect(appliance.errors.suffix(60).largest < 1e-6)
    }
}
