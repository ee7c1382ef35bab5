// HOT PATH
import TimeScale

/// What CLOCK_REALTIME reads when a PTP hardware clock reads something: a straight line.
public struct HardwareClockMap: Equatable, Sendable {
    /// A reading of the hardware clock, ns.
    public var card: Int64
    /// CLOCK_REALTIME then.
    public var system: Instant
    /// By how much faster CLOCK_REALTIME runs than the hardware clock, s/s.
    public var rate: Double
    /// Bound of the error near the reading, seconds.
    public var error: Double

    /// A map from its parts.
    public init(card: Int64, system: Instant, rate: Double, error: Double) {
        (self.card, self.system, self.rate, self.error) = (card, system, rate, error)
    }

    /// CLOCK_REALTIME when the hardware clock made a stamp.
    ///
    /// - Parameters:
    ///   - stamp: of the hardware clock, ns.
    ///   - reach: seconds before and after the reading for which the line is good.
    /// - Returns: `nil` beyond.
    public func systemTime(of stamp: Int64, reach: Double) -> Instant? {
        let (age, overflows) = stamp.subtractingReportingOverflow(card)
        guard !overflows, Double(age.magnitude) <= reach * 1e9 else { return nil }
        let correction = Int64((Double(age) * rate).rounded())
        let (sum, leaves) = system.nanoseconds.addingReportingOverflow(age &+ correction)
        return leaves ? nil : Instant(nanoseconds: sum)
    }
}
