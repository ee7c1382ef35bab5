import TimeScale

/// How a PTP hardware clock runs beside the system's clock, learned from readings of both.
///
/// Two quartzes that run free differ by a straight line for a while; the system's clock, which is steered, does not. So
/// the line is drawn between the hardware clock and CLOCK_MONOTONIC_RAW, by regression weighted with the width of the
/// brackets, and CLOCK_REALTIME comes in where the line is asked for: its steps and slews do not matter. The line has to
/// go through every bracket. Where it does not, something has changed, and the oldest readings are given up; where the
/// newest is far from what was foretold, the hardware clock was set, and all of them are.
public struct HardwareClockEstimate: Sendable {
    /// Wider brackets tell nothing that stamps by the kernel do not, seconds.
    private static let widestBracket = 1e-3
    /// Quartzes differ by some 1e-4; what differs by more is no clock, or was set in between (s/s).
    private static let largestRate = 1e-3
    /// By how much a rate may change from one reading to the next without the clock having been set: temperature, or a PTP
    /// daemon that steers the card gently (s/s).
    private static let largestRateChange = 2e-6

    /// How often all readings were given up.
    public private(set) var restarts = 0
    /// Readings in use.
    public var count: Int { readings.count }

    private let precision: Double
    private let minimumSamples: Int
    private let maximumSamples: Int
    private var readings: [HardwareClockReading] = []
    private var line: Line?

    /// raw − raw₀ = (card − card₀)·(1 + rate) + offset, with the newest reading as zero.
    private struct Line {
        var offset: Double
        var rate: Double
        /// Weighted root mean square of what is left, seconds.
        var deviation: Double
    }

    /// An estimate that knows nothing yet.
    ///
    /// - Parameters:
    ///   - precision: of a reading, seconds, above 0: no bracket is taken to be narrower than twice that.
    ///   - minimumSamples: fewest readings that make a line, 2 or more.
    ///   - maximumSamples: most readings that are kept, as many or more.
    public init(precision: Double, minimumSamples: Int, maximumSamples: Int) {
        precondition(precision > 0 && minimumSamples >= 2 && maximumSamples >= minimumSamples, "two points make a line")
        (self.precision, self.minimumSamples, self.maximumSamples) = (precision, minimumSamples, maximumSamples)
    }

    /// Takes in a reading, the newest.
    public mutating func take(_ reading: HardwareClockReading) {
        guard reading.width >= 0, reading.width <= Self.widestBracket else { return }
        if let last = readings.last, !isForetold(reading, after: last) {
            readings.removeAll(keepingCapacity: true)
            restarts += 1
        }
        readings.append(reading)
        if readings.count > maximumSamples { readings.removeFirst() }
        line = fit()
        while line == nil, readings.count > minimumSamples {
            readings.removeFirst()
            line = fit()
        }
    }

    /// Where the hardware clock is beside CLOCK_REALTIME.
    ///
    /// - Parameter now: the system's clocks, read after the last reading that was taken in.
    /// - Returns: `nil` before there are enough readings.
    public func map(at now: SystemClockReading) -> HardwareClockMap? {
        guard let line, let newest = readings.last else { return nil }
        // Where the bus takes longer one way than the other, every reading is wrong by the same: half a bracket at most.
        let narrowest = readings.reduce(halfWidth(newest)) { min($0, halfWidth($1)) }
        let elapsed = (Double(now.raw &- newest.raw) / 1e9 - line.offset) / (1 + line.rate)
        return HardwareClockMap(
            card: newest.card &+ Interval(seconds: elapsed).nanoseconds, system: now.system,
            rate: (1 + line.rate) * (1 + now.steering) - 1, error: narrowest + 2 * line.deviation)
    }

    private func halfWidth(_ reading: HardwareClockReading) -> Double { max(reading.width / 2, precision) }

    /// Whether the clocks have run on from the last reading as they may.
    private func isForetold(_ reading: HardwareClockReading, after last: HardwareClockReading) -> Bool {
        let (card, cardOverflows) = reading.card.subtractingReportingOverflow(last.card)
        let (raw, rawOverflows) = reading.raw.subtractingReportingOverflow(last.raw)
        guard !cardOverflows, !rawOverflows, card > 0, raw > 0 else { return false }
        let (elapsed, gain) = (Double(card) / 1e9, (Double(raw) - Double(card)) / 1e9)
        let tolerance = halfWidth(reading) + halfWidth(last)
        guard let line else { return abs(gain) <= elapsed * Self.largestRate + tolerance }
        // A line through few readings of a short while foretells the next no better than their brackets tell its rate.
        let baseline = max(Double(last.card &- readings[0].card) / 1e9, .leastNonzeroMagnitude)
        let slack = tolerance + elapsed * (Self.largestRateChange + 2 * tolerance / baseline)
        return abs(gain - line.offset - line.rate * elapsed) <= slack
    }

    /// The line through the readings; `nil` where there are too few, or where no line goes through all brackets.
    private func fit() -> Line? {
        guard readings.count >= minimumSamples, let newest = readings.last else { return nil }
        let points = readings.map { reading in
            let card = reading.card &- newest.card
            return (
                x: Double(card) / 1e9, y: Double(reading.raw &- newest.raw &- card) / 1e9, halfWidth: halfWidth(reading)
            )
        }
        let weights = points.map { 1 / ($0.halfWidth * $0.halfWidth) }
        let sum = weights.reduce(0, +)
        let (meanX, meanY) = zip(weights, points).reduce(into: (0.0, 0.0)) { means, each in
            means.0 += each.0 / sum * each.1.x
            means.1 += each.0 / sum * each.1.y
        }
        let (variance, covariance) = zip(weights, points).reduce(into: (0.0, 0.0)) { sums, each in
            let x = each.1.x - meanX
            sums.0 += each.0 * x * x
            sums.1 += each.0 * x * (each.1.y - meanY)
        }
        guard variance > 0 else { return nil }
        let rate = covariance / variance
        guard abs(rate) <= Self.largestRate else { return nil }
        let offset = meanY - rate * meanX
        var squares = 0.0
        for (weight, point) in zip(weights, points) {
            let rest = point.y - offset - rate * point.x
            guard abs(rest) <= point.halfWidth else { return nil }
            squares += weight * rest * rest
        }
        return Line(offset: offset, rate: rate, deviation: (squares / sum).squareRoot())
    }
}
