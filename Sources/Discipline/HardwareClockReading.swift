import TimeScale

/// A PTP hardware clock and the system's clocks, read together.
public struct HardwareClockReading: Equatable, Sendable {
    /// No row of readings takes a second, ns: 25 over the slowest bus, MDIO, take some milliseconds.
    private static let longestRow: UInt64 = 1_000_000_000

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
        let card = mean(chosen.map { $0.card &- first.card })
        let system = mean(chosen.map { $0.system.nanoseconds &- first.system.nanoseconds })
        let raw = mean(chosen.map { $0.raw &- first.raw })
        guard let card, let system, let raw else { return nil }
        return HardwareClockReading(
            card: first.card &+ card, system: Instant(nanoseconds: first.system.nanoseconds &+ system),
            raw: first.raw &+ raw, steering: first.steering, width: narrowest)
    }

    /// The mean of differences between readings in a row, ns; `nil` where one is longer than that takes.
    private static func mean(_ differences: [Int64]) -> Int64? {
        guard differences.allSatisfy({ $0.magnitude < longestRow }) else { return nil }
        return Int64((Double(differences.reduce(0, +)) / Double(differences.count)).rounded())
    }
}
