import TimeScale

/// A PTP hardware clock and the system's clocks, read together.
public struct HardwareClockReading: Equatable, Sendable {
    /// The hardware clock, ns from a zero of its own (mostly TAI or the machine's start).
    public var card: Int64
    /// CLOCK_REALTIME at that moment: the middle of the bracket.
    public var system: Instant
    /// CLOCK_MONOTONIC_RAW at that moment, ns: what nobody steers or sets.
    public var raw: Int64
    /// By how much faster CLOCK_REALTIME runs than CLOCK_MONOTONIC_RAW then, s/s.
    public var steering: Double
    /// Seconds between the readings of the system's clock before and after; 0 where both were latched at once.
    public var width: Double

    /// A reading from its parts.
    public init(card: Int64, system: Instant, raw: Int64, steering: Double, width: Double) {
        (self.card, self.system, self.raw) = (card, system, raw)
        (self.steering, self.width) = (steering, width)
    }

    /// The mean of the readings that were hardly disturbed: those whose bracket is narrow.
    ///
    /// - Parameters:
    ///   - readings: made in a row, within milliseconds.
    ///   - precision: by how much more than the narrowest a bracket may measure, seconds.
    /// - Returns: `nil` where there is none, or where a clock was set in between.
    public static func best(of readings: [HardwareClockReading], precision: Double) -> HardwareClockReading? {
        guard let narrowest = readings.map(\.width).min(), narrowest >= 0, let first = readings.first else { return nil }
        let chosen = readings.filter { $0.width <= narrowest + precision }
        let count = Double(chosen.count)
        // Differences of clocks that were read within milliseconds: what is longer is no reading, and wraps.
        let card = chosen.reduce(0) { $0 + Double($1.card &- first.card) } / count
        let system = chosen.reduce(0) { $0 + Double($1.system.nanoseconds &- first.system.nanoseconds) } / count
        let raw = chosen.reduce(0) { $0 + Double($1.raw &- first.raw) } / count
        guard max(abs(card), abs(system), abs(raw)) < 1e9 else { return nil }
        return HardwareClockReading(
            card: first.card &+ Int64(card.rounded()),
            system: first.system + Interval(nanoseconds: Int64(system.rounded())),
            raw: first.raw &+ Int64(raw.rounded()), steering: first.steering, width: narrowest)
    }
}
