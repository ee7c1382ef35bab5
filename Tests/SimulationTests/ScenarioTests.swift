import Discipline
import ReferenceClocks
import SimulatedWorld
import Simulation
import Testing
import TimeScale
import Timekeeping

@Suite("Scenarios and their runner")
struct ScenarioTests {
    @Test("every scenario has a name of its own, a configuration without faults, and a measured part")
    func library() {
        #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
        for scenario in Scenario.all {
            var appliance = SimulatedAppliance(scenario: scenario, seed: 1)
            appliance.run(seconds: 1)
            #expect(scenario.measuredFrom < scenario.duration && !scenario.summary.isEmpty)
            #expect(Scenario.named(scenario.name)?.name == scenario.name)
        }
        #expect(Scenario.cells.count == 9 && Scenario.cells.allSatisfy { $0.ideal != nil && $0.bound != nil })
    }

    @Test("a second is recorded before its pulse: the first errors are those of the clock as it was set")
    func firstMoments() {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 2)
        // 0.3 s and 30 ppm: a second later 30 µs more; ± 1 ns of the clock's resolution.
        #expect(abs(appliance.moments[0].clockError - 0.30003) < 2e-9)
        #expect(abs(appliance.moments[1].clockError - 0.30006) < 2e-9)
        #expect(!appliance.moments[0].isServed)
    }

    @Test("the same seed tells the same story, another one another")
    func repeatable() {
        func errors(seed: UInt64) -> [Double] {
            var appliance = SimulatedAppliance(seed: seed)
            appliance.run(seconds: 60)
            return appliance.errors
        }
        #expect(errors(seed: 3) == errors(seed: 3))
        #expect(errors(seed: 3) != errors(seed: 4))
    }

    @Test("an event changes the world before the pulse of its second")
    func events() {
        let scenario = Scenario(
            name: "loss", summary: "", duration: 60,
            events: [.at(30) { $0.hasSignal = false }, .at(50) { $0.hasSignal = true }])
        var appliance = SimulatedAppliance(scenario: scenario, seed: 1)
        appliance.run(seconds: 29)
        #expect(appliance.timekeeper.sources[0].pulses == 29)
        appliance.run(seconds: 20)
        #expect(appliance.timekeeper.sources[0].pulses == 29)
        #expect(appliance.transitions.map(\.state) == [.locked, .local])
        appliance.run(seconds: 1)
        #expect(appliance.timekeeper.sources[0].pulses == 30)
    }

    @Test("two receivers each reach their own source, with pulses of their own")
    func twoReceivers() {
        var scenario = Scenario(name: "two", summary: "", duration: 60)
        scenario.configuration = """
            refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0
            server 127.127.20.1 mode 17 minpoll 0 maxpoll 0
            server 127.127.22.0 minpoll 0 maxpoll 0
            """
        var appliance = SimulatedAppliance(scenario: scenario, seed: 1)
        appliance.world.receivers[1].hasPulses = false
        appliance.run(seconds: 20)
        #expect(appliance.timekeeper.sources.map(\.pulses) == [20, 0, 0])
        appliance.world.receivers[1].hasPulses = true
        appliance.run(seconds: 20)
        // The second receiver's pulses come in on the pulse source, since its line's has none of its own.
        #expect(appliance.timekeeper.sources.map(\.pulses) == [40, 0, 20])
    }

    @Test("what the ideal filter does depends on the pulses alone, not on what the appliance makes of them")
    func idealIsIndependent() {
        func ideal(hasSentences: Bool) -> [Float] {
            var appliance = SimulatedAppliance(seed: 2)
            appliance.world.hasSentences = hasSentences
            appliance.run(seconds: 100)
            return appliance.moments.map(\.idealError)
        }
        #expect(ideal(hasSentences: true) == ideal(hasSentences: false))
    }

    @Test("a receiver a second wrong from the start is counted as wrong seconds served")
    func wrongSecondsAreSeen() {
        var scenario = Scenario(name: "wrong", summary: "", duration: 60)
        scenario.world.receiver.errorSeconds = 1
        let result = ScenarioResult(of: scenario, seed: 1)
        #expect(result.wrongSeconds > 30)
        #expect(result.honestShare < 0.1)
        #expect(abs(result.largest - 1) < 0.01)
        #expect(result.secondsTo10Microseconds == nil)
    }

    @Test("a quiet start is right, honest, and below 10 µs for good when it says so")
    func result() throws {
        let scenario = Scenario(name: "quiet", summary: "", duration: 300, measuredFrom: 200)
        var appliance = SimulatedAppliance(scenario: scenario, seed: 1)
        appliance.run(seconds: scenario.duration)
        let result = ScenarioResult(appliance, of: scenario)
        #expect(result.wrongSeconds == 0 && result.steps == 1)
        let settled = try #require(result.secondsTo10Microseconds)
        // Second n is recorded as moment n − 1.
        let ten = appliance.moments[(settled - 1)..<(settled + 9)]
        #expect(ten.allSatisfy { abs($0.clockError) < 10e-6 })
        #expect(abs(appliance.moments[settled - 2].clockError) >= 10e-6)
        #expect(result.rms == appliance.moments[200...].map(\.clockError).rootMeanSquare)
    }

    @Test("a cold start never serves a wrong second, and every kind is drawn")
    func starts() {
        let tally = StartTally(seeds: 1..<201)
        #expect(tally.total.wrong == 0, "seeds \(tally.wrongSeeds)")
        #expect(tally.total.right > 50)
        #expect(tally.total.right + tally.total.unserved == 200)
        #expect(tally.byLabels.count == StartTrial.Labels.allCases.count)
        #expect(tally.byCircumstance.count == StartTrial.Circumstance.allCases.count)
    }
}
