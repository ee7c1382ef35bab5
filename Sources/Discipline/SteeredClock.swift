import TimeScale

/// A clock in arithmetic: what adjtimex(2) does to the kernel's clock, done to any counter.
///
/// It turns readings of a counter into time with a frequency correction and steps, exactly and without a system
/// call. The virtual clock of unprivileged runs and the simulator's clock are both this.
public struct SteeredClock: Sendable {
    /// The frequency correction in force, s/s; positive makes the clock faster.
    public private(set) var frequencyCorrection: Double = 0

    /// Largest correction in either direction (Linux MAXFREQ, 500 ppm).
    public static let largestFrequencyCorrection = 500e-6

    /// Step of the correction: the kernel keeps it in units of 2⁻¹⁶ ppm.
    private static let frequencyUnit = 1e-6 / 65536

    /// The leap second to come: when the reading gets there, it jumps.
    private struct Leap: Equatable {
        /// Reading at which the jump happens.
        let at: Instant
        /// −1 s for an inserted second, +1 s for a deleted one.
        let jump: Interval
    }

    private var leap: Leap?
    private var anchorCount: Int64
    private var anchorReading: Instant
    /// Part of a nanosecond lost in `anchorReading`, 0 ..< 1.
    private var anchorRemainder: Double = 0

    /// A clock that shows `reading` when the counter stands at `count` (ns).
    public init(count: Int64, reading: Instant) {
        (anchorCount, anchorReading) = (count, reading)
    }

    /// The time shown when the counter stands at `count` (ns), before or after the last change.
    public func reading(at count: Int64) -> Instant {
        let reading = anchorReading + Interval(nanoseconds: Int64(elapsed(at: count).rounded(.down)))
        guard let leap, reading >= leap.at else { return reading }
        return reading + leap.jump
    }

    /// Arms or disarms the leap second at the end of the UTC day that the clock is in, as STA_INS and STA_DEL do.
    public mutating func setLeap(_ indicator: LeapIndicator, at count: Int64) {
        reanchor(at: count)
        let day = anchorReading.wholeSeconds - anchorReading.wholeSeconds % 86_400
        leap =
            switch indicator {
            case .insertSecond: Instant(seconds: day + 86_400).map { Leap(at: $0, jump: .seconds(-1)) }
            case .deleteSecond: Instant(seconds: day + 86_399).map { Leap(at: $0, jump: .second) }
            case .none, .unsynchronised: nil
            }
    }

    /// Sets the frequency correction from `count` on.
    ///
    /// - Returns: the correction rounded to the kernel's unit and clamped to ±500 ppm.
    public mutating func setFrequencyCorrection(_ correction: Double, at count: Int64) -> Double {
        reanchor(at: count)
        let limit = Self.largestFrequencyCorrection
        let clamped = correction.isNaN ? frequencyCorrection : min(max(correction, -limit), limit)
        frequencyCorrection = (clamped / Self.frequencyUnit).rounded() * Self.frequencyUnit
        return frequencyCorrection
    }

    /// Sets the clock forward (positive) or back.
    public mutating func step(by interval: Interval) {
        anchorReading = anchorReading + interval
    }

    /// Nanoseconds from `anchorReading` to the reading at `count`.
    private func elapsed(at count: Int64) -> Double {
        let raw = count - anchorCount
        return Double(raw) + Double(raw) * frequencyCorrection + anchorRemainder
    }

    private mutating func reanchor(at count: Int64) {
        let exact = elapsed(at: count)
        let whole = exact.rounded(.down)
        let reading = reading(at: count)
        // Only a leap second behind us makes the reading differ from the plain sum.
        if reading != anchorReading + Interval(nanoseconds: Int64(whole)) { leap = nil }
        anchorReading = reading
        anchorRemainder = exact - whole
        anchorCount = count
    }
}
