import Discipline
import TimeScale

/// How long after the edges of a train other moments come, as far as whole seconds do not matter.
public struct PhaseRelation: Equatable, Sendable {
    /// The middle delay, seconds, −0.05 ..< 0.95: a delay just below zero is more likely than one of almost a second.
    public let centre: Double
    /// Standard deviation of one delay from the next, seconds; a steady drift does not show in it.
    public let deviation: Double
    /// How fast the delay grows, s/s; `nil` where it does not, as far as can be seen.
    public let drift: Double?
    /// Delays that were looked at.
    public let count: Int

    /// Delays below which nothing is said.
    static let fewest = 6
    /// Delays begin here, seconds.
    private static let least = -0.05
    /// A move counts beyond so many standard errors: one in a million of normal delays.
    private static let certainty = 5.0
    /// The standard error of a median, in standard deviations of normal values and as of n = 1 (√(π/2)).
    private static let medianError = 1.2533

    /// Compares; `nil` where there are too few of either.
    ///
    /// - Parameters:
    ///   - moments: in their order.
    ///   - train: what they are compared with.
    ///   - leastMove: from the first third of the delays to the last; below it nothing counts as drift, seconds.
    init?(of moments: [Instant], after train: EdgeTrain, leastMove: Double) {
        let delays = moments.compactMap { moment in train.nearest(to: moment).map { (moment - $0).seconds } }
        guard delays.count >= Self.fewest, train.times.count >= EdgeTrain.fewest else { return nil }
        // The delay to which most others are near stands in the middle; the rest is counted from there.
        let step = max(1, delays.count / 60)
        let middle = stride(from: 0, to: delays.count, by: step).map { delays[$0] }.min {
            Self.distance(delays, from: $0) < Self.distance(delays, from: $1)
        }
        guard let middle else { return nil }
        var rest = delays.map { Self.wrapped($0 - middle) }
        // A drift of more than half a second goes round.
        for index in rest.indices.dropFirst() {
            rest[index] = rest[index - 1] + Self.wrapped(rest[index] - rest[index - 1])
        }
        let centre = middle + RobustStatistics.median(rest)
        self.centre = centre - (centre - Self.least).rounded(.down)
        let steps = zip(rest, rest.dropFirst()).map { $1 - $0 }
        deviation = RobustStatistics.deviation(steps) / 2.0.squareRoot()
        count = rest.count
        let third = rest.count / 3
        let move =
            RobustStatistics.median(Array(rest.suffix(third))) - RobustStatistics.median(Array(rest.prefix(third)))
        let error = Self.medianError * deviation * (2 / Double(third)).squareRoot()
        let time = (moments[moments.count - 1] - moments[0]).seconds * 2 / 3
        drift = abs(move) > max(Self.certainty * error, leastMove) && time > 0 ? move / time : nil
    }

    /// Round the circle of a second, −0.5 ... 0.5 s.
    private static func wrapped(_ delay: Double) -> Double { delay - delay.rounded() }

    private static func distance(_ delays: [Double], from centre: Double) -> Double {
        RobustStatistics.median(delays.map { abs(wrapped($0 - centre)) })
    }
}
