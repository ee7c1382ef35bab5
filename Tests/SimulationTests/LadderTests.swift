import Discipline
import SimulatedWorld
import Testing

@testable import Daemon

@Suite("The ladder in a simulated world")
struct LadderTests {
    @Test("x") func x() {
        var a = SimulatedAppliance(SimulatedAppliance.oneReceiver)
        let t = a.run(until: .locked, within: 60)
        print("locked after", t as Any)
        a.run(seconds: 600)
        let e = a.errors.suffix(300)
        print("rms", (e.map { $0 * $0 }.reduce(0, +) / 300).squareRoot(), "max", e.map(abs).max()!)
        a.world.hasPulses = false; a.world.hasSentences = false
        print("local after", a.run(until: .local, within: 60) as Any)
        a.run(seconds: 100)
        a.world.hasPulses = true; a.world.hasSentences = true
        print("locked after", a.run(until: .locked, within: 60) as Any)
        a.run(seconds: 100)
        print(a.log.joined(separator: "\n"))
        print(a.timekeeper.serverState)
        print(a.timekeeper.estimator.estimate(at: a.clock.now())!)
    }
}
