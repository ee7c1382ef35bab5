import ConfigurationLanguage
import ReceiverSetup
import Receivers
import SimulatedWorld
import TimeScale

/// 2026-11-20T00:00:00Z.
let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

/// What a system would have measured whose clock is off by a constant.
struct ImaginedMeasurement {
    /// How much the system's clock is ahead of UTC, seconds.
    var clockError = 0.3
    var seconds: Range<Int64> = 0..<58
    var random = RandomSource(seed: 11)

    /// A train of pulses.
    struct Pulses {
        /// How late after the second the leading edge comes, seconds.
        var phase = 0.0
        /// How fast that grows, s/s.
        var drift = 0.0
        /// Of each stamp, standard deviation in seconds.
        var jitter = 1e-6
        /// From the leading edge to the other, seconds; `nil` where the device shows assert edges only.
        var width: Double? = 0.1
        var isInverted = false
        var missing: Set<Int64> = []
        var terminal: String?
        var name = "pps@12.-1"

        func with(_ change: (inout Pulses) -> Void) -> Pulses {
            var copy = self
            change(&copy)
            return copy
        }
    }

    mutating func pulses(_ path: String, _ pulses: Pulses = Pulses()) -> MeasuredPulses {
        var measured = MeasuredPulses(path: path, name: pulses.name, terminal: pulses.terminal)
        var (leading, trailing): ([MeasuredPulses.Edge], [MeasuredPulses.Edge]) = ([], [])
        for second in seconds where !pulses.missing.contains(second) {
            let edge = Double(second - seconds.lowerBound) * pulses.drift + pulses.phase
            leading.append(edgeAt(second, edge, pulses.jitter, leading.count))
            guard let width = pulses.width else { continue }
            trailing.append(edgeAt(second, edge + width, pulses.jitter, trailing.count))
        }
        (measured.asserts, measured.clears) = pulses.isInverted ? (trailing, leading) : (leading, trailing)
        return measured
    }

    private mutating func edgeAt(_ second: Int64, _ late: Double, _ jitter: Double, _ count: Int) -> MeasuredPulses.Edge
    {
        let late = Interval(seconds: late + clockError + random.nextGaussian() * jitter)
        return .init(sequence: UInt32(count + 7), time: start + .seconds(second) + late)
    }

    /// A receiver that names seconds, some of them in between.
    mutating func receiver(
        _ path: String, delay: Double = 0.137, jitter: Double = 0.004, rate: Int64 = 1, message: LabelMessage = .rmc
    ) -> MeasuredReceiver {
        var receiver = MeasuredReceiver(path: path, device: path, settings: LineSettings(9600), languages: [.nmea])
        receiver.hasFix = true
        receiver.status.satellitesUsed = 8
        for index in seconds.lowerBound * rate..<seconds.upperBound * rate {
            let utc = start + Interval(nanoseconds: index * 1_000_000_000 / rate)
            let late = Interval(seconds: delay + clockError + random.nextGaussian() * jitter)
            receiver.labels.append(
                SecondLabel(utc: utc, isLeapSecond: false, arrived: utc + late, message: message, weekRollovers: 0))
        }
        return receiver
    }
}
