import TimeScale

/// The system's clocks, read together.
public struct SystemClockReading: Equatable, Sendable {
    /// CLOCK_REALTIME.
    public var system: Instant
    /// CLOCK_MONOTONIC_RAW at that moment, ns: what nobody steers or sets.
    public var raw: Int64
    /// By how much faster the former runs than the latter from then on, s/s.
    public var steering: Double

    /// A reading from its parts.
    public init(system: Instant, raw: Int64, steering: Double) {
        (self.system, self.raw, self.steering) = (system, raw, steering)
    }
}

/// A PTP hardware clock and the system's unsteered clock, read together.
public struct HardwareClockReading: Equatable, Sendable {
    /// No row of readings takes a second, ns: 25 over the slowest bus, MDIO, take some milliseconds.
    private static let longestRow: UInt64 = 1_000_000_000

    /// The hardware clock, ns from a zero of its own (mostly TAI or the machine's start).
    public var card: Int64
    /// CLOCK_MONOTONIC_RAW at that moment, ns: the middle of the bracket.
    public var raw: Int64
    /// Seconds between the readings of the system's clock before and after; 0 where both were latched at once.
    public var width: Double

    /// A reading from its parts.
    public init(card: Int64, raw: Int64, width: Double) {
        (self.card, self.raw, self.width) = (card, raw, width)
    }

    /// The mean of the readings that were hardly disturbed: those whose bracket is narrow.
    ///
    /// - Parameters:
    ///   - readings: made in a row, within milliseconds.
    ///   - precision: by how much more than the narrowest a bracket may measure, seconds.
    /// - Returns: `nil` where there is none, or where a clock was set in between.
    public static func best(of readings: [HardwareClockReading], precision: Double) -> HardwareClockReading? {
        guard let first = readings.first, let narrowest = readings.map(\.width).min(), narrowest >= 0 else {
            return nil
        }
        let chosen = readings.filter { $0.width <= narrowest + precision }
        let card = mean(chosen.map { $0.card &- first.card })
        let raw = mean(chosen.map { $0.raw &- first.raw })
        guard let card, let raw else { return nil }
        return HardwareClockReading(card: first.card &+ card, raw: first.raw &+ raw, width: narrowest)
    }

    /// The mean of differences between readings in a row, ns; `nil` where one is longer than that takes.
    private static func mean(_ differences: [Int64]) -> Int64? {
        guard differences.allSatisfy({ $0.magnitude < longestRow }) else { return nil }
        return Int64((Double(differences.reduce(0, +)) / Double(differences.count)).rounded())
    }
}
