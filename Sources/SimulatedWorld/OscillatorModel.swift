/// What a quartz does with its frequency: everything that an imagined oscillator is made from.
///
/// Frequencies are s/s, positive = fast. Deviations are Allan deviations (Riley, NIST SP 1065 §3).
public struct OscillatorModel: Equatable, Sendable {
    /// A sine in the frequency, as temperature makes it: y(t) = amplitude · sin(2π·t/period + phase).
    public struct Sine: Equatable, Sendable {
        /// Largest deviation, s/s.
        public let amplitude: Double
        /// Length of one cycle, seconds, > 0.
        public let period: Double
        /// Phase at the beginning, radians.
        public let phase: Double

        /// A sine that begins at zero unless a phase says otherwise.
        public init(amplitude: Double, period: Double, phase: Double = 0) {
            (self.amplitude, self.period, self.phase) = (amplitude, period, phase)
        }
    }

    /// A sudden change of the frequency that stays.
    public struct Step: Equatable, Sendable {
        /// When, whole seconds since the beginning.
        public let second: Int64
        /// By how much, s/s.
        public let size: Double

        /// A step.
        public init(at second: Int64, size: Double) {
            (self.second, self.size) = (second, size)
        }
    }

    /// Error at the beginning, s/s; within ±0.1.
    public var frequency: Double
    /// White noise: Allan deviation at 1 s (0+); it falls with the root of the averaging time.
    public var white: Double
    /// Flicker noise: the Allan deviation of its floor (0+), the same at every averaging time from 10 s to a week.
    public var flicker: Double
    /// Random walk: standard deviation of the frequency after one second (s/s per √s, 0+).
    public var wander: Double
    /// Ageing, s/s per second.
    public var ageing: Double
    /// The temperature's curve.
    public var sines: [Sine]
    /// Sudden changes, in any order.
    public var steps: [Step]

    /// A quartz that is off by a constant unless more is said.
    public init(
        frequency: Double = 0, white: Double = 0, flicker: Double = 0, wander: Double = 0, ageing: Double = 0,
        sines: [Sine] = [], steps: [Step] = []
    ) {
        precondition(abs(frequency) <= 0.1 && wander >= 0, "no quartz is off by a tenth")
        (self.frequency, self.white, self.flicker) = (frequency, white, flicker)
        (self.wander, self.ageing, self.sines, self.steps) = (wander, ageing, sines, steps)
    }

    /// Whether its frequency walks at random and does nothing else.
    public var isPureRandomWalk: Bool {
        white == 0 && flicker == 0 && ageing == 0 && sines.isEmpty && steps.isEmpty
    }
}
