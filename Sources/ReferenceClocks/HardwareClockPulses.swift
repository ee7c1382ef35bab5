import Discipline
import TimeScale

/// Pulses stamped by a PTP hardware clock, on the system's clock: which of its stamps begin one, and when that was.
public struct HardwareClockPulses: Sendable {
    /// What a stamp is.
    public enum Outcome: Equatable, Sendable {
        /// A pulse: CLOCK_REALTIME at its edge, its number, counted on by the seconds since the last, and the bound of
        /// the edge's error that is the same for all pulses, seconds.
        case pulse(edge: Instant, sequence: UInt32, error: Double)
        /// Not the beginning of a pulse, or not known yet to be one.
        case other
        /// One of two edges that cannot be told apart; the pulse's width or what is left of the second, seconds.
        case ambiguous(width: Double)
        /// Of another time: older than the clocks' comparison reaches or yet to come; or a pulse while the card's clock
        /// cannot be read.
        case unreachable
        /// The stamp before, once more.
        case repeated
    }

    /// Precision of a reading, seconds: chrony's default for `hwtimestamp`.
    public static let readingPrecision = 100e-9
    /// For how long the comparison of the clocks is good, seconds: it is renewed with every pulse.
    private static let reach = 4.0
    /// Readings that the comparison rests on: two make a line; two quartzes keep to one for a quarter of a minute.
    private static let samples = 2...16
    /// No pulse is stamped before it comes; more than the clocks' comparison can be wrong by.
    private static let tolerance = Interval.milliseconds(1)

    private var estimate = HardwareClockEstimate(
        precision: readingPrecision, minimumSamples: samples.lowerBound, maximumSamples: samples.upperBound)
    private var filter: EdgeFilter
    private let pulseWidth: Double?
    private var restarts = 0
    private var last: (stamp: Int64, sequence: UInt32)?
    private var lastStamp: Int64?

    /// Pulses of a clock of which nothing is known.
    ///
    /// - Parameter pulseWidth: as `EdgeFilter` takes it.
    public init(pulseWidth: Double?) {
        self.pulseWidth = pulseWidth
        filter = EdgeFilter(pulseWidth: pulseWidth)
    }

    /// How wide the pulses were taken to be, seconds, where both edges are stamped and nobody has told: pulses of what is
    /// left of the second would look the same.
    public var learnedWidth: Double? { pulseWidth == nil ? filter.width : nil }

    /// Takes a reading of the clock, made after a pulse, before its stamp.
    ///
    /// A clock that was set begins anew: the next pulses are lost until the edges are known again.
    public mutating func take(_ reading: HardwareClockReading) {
        estimate.take(reading)
        guard estimate.restarts != restarts else { return }
        restarts = estimate.restarts
        filter = EdgeFilter(pulseWidth: pulseWidth)
    }

    /// Takes a stamp.
    ///
    /// - Parameters:
    ///   - stamp: the clock's reading at the edge, ns.
    ///   - clocks: the system's clocks, read since the stamp was made.
    /// - Returns: what it is.
    public mutating func consume(stamp: Int64, clocks: SystemClockReading) -> Outcome {
        guard stamp != lastStamp else { return .repeated }
        lastStamp = stamp
        guard let map = estimate.map(at: clocks) else {
            // What the edges are can be learned meanwhile. Once they are, two readings should have been made.
            return filter.judge(stamp) == .leading ? .unreachable : .other
        }
        guard let edge = map.systemTime(of: stamp, reach: Self.reach), edge <= clocks.system + Self.tolerance else {
            return .unreachable
        }
        switch filter.judge(stamp) {
        case .leading: return .pulse(edge: edge, sequence: nextSequence(stamp), error: map.error)
        case .other: return .other
        case .ambiguous(let width): return .ambiguous(width: width)
        }
    }

    /// The number of a pulse. After a gap too long to count its seconds it is the next one, as of a pulse device.
    private mutating func nextSequence(_ stamp: Int64) -> UInt32 {
        let gap = last.map { Double(stamp) - Double($0.stamp) } ?? 0
        let seconds = (1...Self.reach).contains((gap / 1e9).rounded()) ? UInt32((gap / 1e9).rounded()) : 1
        let sequence = (last?.sequence ?? 0) &+ seconds
        last = (stamp, sequence)
        return sequence
    }
}
