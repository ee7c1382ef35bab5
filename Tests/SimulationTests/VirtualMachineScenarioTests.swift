import Discipline
import SimulatedWorld
import Simulation
import Testing
import TimeScale

/// Scenarios of the virtual machine (Tests/README.md), where they first showed a fault, in imagined time.
@Suite("What the virtual machine has shown")
struct VirtualMachineScenarioTests {
    /// The quartz there: 20 ppm off, 3e-11 per √s, and ±0.2 ppm of temperature in an hour.
    private static let oscillator = OscillatorModel(
        frequency: 20e-6, wander: 3e-11, sines: [.init(amplitude: 0.2e-6, period: 3600)])
    private static let configuration = """
        refclock nmea unit 0 baud 9600 minpoll 0 prefer
        refclock pps unit 0 minpoll 0
        """

    @Test("pulses that come back after a loss are followed at once, whenever the sentences come", arguments: [0, 60])
    func returnedSignal(pause: Int) throws {
        var scenario = Scenario(
            name: "", summary: "", duration: 3600, oscillator: Self.oscillator,
            events: [
                .at(1800) {
                    $0.receiver.hasFix = false
                    $0.hasPulses = false
                },
                .at(2400) { $0.receiver.hasFix = true },
                .at(2400 + pause) { $0.hasPulses = true },
            ])
        scenario.configuration = Self.configuration
        for seed in 1...3 as ClosedRange<UInt64> {
            var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
            appliance.run(seconds: 3600)
            let after = appliance.moments.dropFirst(2460 + pause).map(\.clockError)
            #expect(appliance.logged("jumped").isEmpty)
            #expect(after.allSatisfy { abs($0) < 5e-6 })
        }
    }

    @Test("late interrupts stay at their fast edge while the temperature changes")
    func latencyAndTemperature() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            var scenario = Scenario(name: "", summary: "", duration: 3600, oscillator: Self.oscillator) {
                $0.pulse.jitter = 1e-6
                $0.pulse.latency = 20e-6
            }
            scenario.configuration = Self.configuration
            var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
            appliance.run(seconds: 3600)
            let after = appliance.moments.dropFirst(1800).map(\.clockError)
            // A fifth of the mean latency, which a clock that follows the mean is off by.
            #expect((after.reduce(0) { $0 + $1 * $1 } / Double(after.count)).squareRoot() < 4e-6)
        }
    }
}
