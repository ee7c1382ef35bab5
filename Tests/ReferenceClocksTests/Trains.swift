import Receivers
import SimulatedWorld
import TimeScale

@testable import ReferenceClocks

/// 2026-11-20T00:00:00Z.
let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

/// A moment of the clock that is never set.
func moment(_ seconds: Double) -> MonotonicInstant { MonotonicInstant(nanoseconds: Int64(seconds * 1e9)) }

/// Pulses and labels of a receiver on a clock that is right: each edge is the second that it begins.
struct Train {
    /// Delay from the second to its label and the standard deviation of that, seconds.
    var delay: Double
    var jitter = 0.0
    /// Whole seconds by which the labels are ahead.
    var error: Int64 = 0
    var message: LabelMessage? = .rmc
    var random = RandomSource(seed: 1)

    /// A number with the normal distribution of this train's jitter.
    mutating func nextDelay() -> Double { delay + random.nextGaussian() * jitter }

    /// Pulses and labels in the order of their arrival, while the pairing is what numbers the pulses.
    mutating func number(
        _ pairing: inout PulsePairing, seconds: Range<Int64>, missing: Set<Int64> = []
    ) -> [PulsePairing.NumberedPulse] {
        var events: [(at: Instant, labelled: Instant?)] = []
        for second in seconds {
            let edge = start + .seconds(second)
            if !missing.contains(second) { events.append((edge, nil)) }
            events.append((edge + Interval(seconds: nextDelay()), edge + .seconds(error)))
        }
        var numbered: [PulsePairing.NumberedPulse] = []
        for event in events.sorted(by: { $0.at < $1.at }) {
            if let label = event.labelled {
                numbered += pairing.observe(label: label, arrived: event.at, message: message, witness: nil)
            } else {
                pairing.observe(pulse: event.at)
            }
        }
        return numbered
    }

    /// The same while the clock, which is right, numbers them.
    mutating func monitor(
        _ pairing: inout PulsePairing, seconds: Range<Int64>, isProvisional: Bool = false, hasPulses: Bool = true
    ) {
        for second in seconds {
            let edge = start + .seconds(second)
            if hasPulses { pairing.observe(pulse: edge) }
            pairing.monitor(
                label: edge + .seconds(error), arrived: edge + Interval(seconds: nextDelay()), message: message,
                clockOffset: 0, isProvisional: isProvisional)
        }
    }
}
