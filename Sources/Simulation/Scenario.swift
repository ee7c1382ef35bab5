import SimulatedWorld
import TimeScale

/// A named story that an appliance goes through, and which part of it is measured.
public struct Scenario: Sendable {
    /// A change of the world at a moment.
    public struct Event: Sendable {
        /// When: seconds since the beginning; the world is changed before the pulse of that second.
        public let second: Int
        /// What happens.
        public let action: @Sendable (inout World) -> Void

        /// Something that happens at a second.
        public static func at(_ second: Int, _ action: @escaping @Sendable (inout World) -> Void) -> Event {
            Event(second: second, action: action)
        }
    }

    /// What it is called on the command line: lower case, no blanks.
    public var name: String
    /// What it is, in a line.
    public var summary: String
    /// How long it takes, seconds.
    public var duration: Int
    /// Where the measured part begins, seconds; it ends with the scenario.
    public var measuredFrom: Int
    /// The appliance's configuration, as an ntp.conf.
    public var configuration = SimulatedAppliance.oneReceiver
    /// True UTC at the beginning.
    public var start = SimulatedAppliance.ordinaryDay
    /// How far the clock is ahead at the beginning, seconds.
    public var offset = 0.3
    /// Bound of the error in seconds as an earlier daemon left it; `nil` where none did.
    public var inheritedMaximumError: Double?
    /// The quartz.
    public var oscillator = OscillatorModel(frequency: 30e-6, wander: 1e-10)
    /// The world at the beginning.
    public var world = World()
    /// What happens to it, in the order of time.
    public var events: [Event] = []
    /// A word on how to read the figures.
    public var note = ""

    /// A quiet story unless more is said.
    public init(
        name: String, summary: String, duration: Int, measuredFrom: Int = 0,
        oscillator: OscillatorModel = OscillatorModel(frequency: 30e-6, wander: 1e-10), events: [Event] = [],
        note: String = "", world change: (inout World) -> Void = { _ in }
    ) {
        (self.name, self.summary, self.note) = (name, summary, note)
        (self.duration, self.measuredFrom) = (duration, measuredFrom)
        (self.oscillator, self.events) = (oscillator, events)
        change(&world)
    }

    /// Jitter (s) and wander (s/s per √s) of the filter that knows both; `nil` where they are not the whole story.
    public var ideal: (jitter: Double, wander: Double)? {
        guard events.isEmpty, world.receivers.count == 1, world.pulse.isPureJitter, oscillator.isPureRandomWalk,
            world.pulse.jitter > 0, oscillator.wander > 0
        else { return nil }
        return (world.pulse.jitter, oscillator.wander)
    }

    /// The least RMS error that a clock can have here in the steady state, seconds; `nil` where no theory says it.
    ///
    /// The filter's memory is √(σ/q) seconds (gain √(2q/σ)); the steady state is there after four of them.
    public var bound: Double? {
        let pulse = world.pulse
        guard let ideal, pulse.missingShare == 0, pulse.outlierShare == 0, pulse.spuriousShare == 0,
            Double(measuredFrom) >= 4 * (ideal.jitter / ideal.wander).squareRoot()
        else { return nil }
        return IdealFilter.steadyStateBound(jitter: ideal.jitter, wander: ideal.wander)
    }
}
