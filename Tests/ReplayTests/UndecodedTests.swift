import Discipline
import Receivers
import ReferenceClocks
import SimulatedWorld
import Simulation
import Testing
import TimeScale
import Timekeeping

/// Streams of protocols that are not decoded, on a line of the daemon's.
@Suite("Receivers that are not understood", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct UndecodedTests {
    static let streams = ["bu303-moving", "bu303-nofix", "bu303-stillfix", "skytraq-bin"]

    @Test(
        "ten minutes of a language that is not decoded yield nothing, and no complaint more than once a minute",
        arguments: streams)
    func silence(name: String) throws {
        let bytes = try Corpus.bytes("streams/\(name).bin")
        var appliance = SimulatedAppliance()
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        // 480 characters a second at 4800 baud, over and over.
        var position = 0
        for _ in 0..<600 {
            let second = (0..<480).map { bytes[(position + $0) % bytes.count] }
            position += second.count
            appliance.timekeeper.receive(bytes: second.span, arrived: appliance.clock.now(), from: 0)
            appliance.run(seconds: 1)
        }
        #expect(appliance.state == .starting)
        #expect(appliance.timekeeper.sources[0].samples == 0)
        let complaints = appliance.log.filter { $0.contains("NMEA(0)") }
        #expect(complaints.count <= 10, "\(complaints)")
        let seconds = complaints.compactMap { Int($0.prefix { $0.isNumber }) }
        #expect(seconds.count == complaints.count)
        #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $1 - $0 >= 60 }, "\(complaints)")
    }
}
