import Discipline
import TimeScale

/// The edges of one kind, as they came from a pulse device: whether they come once a second, and how regularly.
struct EdgeTrain: Sendable {
    /// How far from whole seconds two edges may be apart, seconds: 16 s at 500 ppm is 8 ms.
    private static let tolerance = 0.01
    /// Edges without which nothing can be said: three second differences.
    static let fewest = 5
    /// Share of the intervals that may be no whole seconds: a device with more is no source of pulses.
    private static let mostIrregular = 0.25

    /// When they came, by the system's clock.
    let times: [Instant]
    /// Seconds in which no edge came.
    private(set) var missing = 0
    /// Edges that came between two of them.
    private(set) var extra = 0
    /// The middle one of the intervals, seconds; 0 where there is none.
    let interval: Double
    /// Whether they come once a second.
    let isSecondly: Bool
    /// Jitter of a stamp, standard deviation in seconds; `nil` where too few came.
    let jitter: Double?

    /// From the first to the last, seconds.
    var duration: Double { times.count > 1 ? (times[times.count - 1] - times[0]).seconds : 0 }

    init(_ edges: [MeasuredPulses.Edge]) {
        times = edges.map(\.time)
        let gaps = zip(edges, edges.dropFirst()).map { (time: ($1.time - $0.time).seconds, $1.sequence &- $0.sequence) }
        var irregular = 0
        for (gap, count) in gaps {
            let seconds = gap.rounded()
            guard seconds >= 1, abs(gap - seconds) <= Self.tolerance, count < 1 << 31 else {
                irregular += 1
                continue
            }
            missing += max(0, Int(seconds) - Int(count))
            extra += max(0, Int(count) - Int(seconds))
        }
        interval = RobustStatistics.median(gaps.map { $0.time / Double(max($0.1, 1)) })
        let strange = Double(irregular) + Double(extra)
        isSecondly = edges.count >= Self.fewest && strange <= Self.mostIrregular * Double(gaps.count)
        jitter = Self.jitter(gaps.map(\.time))
    }

    /// White jitter σ of the stamps gives second differences a deviation of √6 σ, and a frequency that is off gives them
    /// nothing.
    private static func jitter(_ gaps: [Double]) -> Double? {
        let differences = zip(gaps, gaps.dropFirst()).filter { abs($0 - 1) <= tolerance && abs($1 - 1) <= tolerance }
            .map { $1 - $0 }
        guard differences.count >= fewest - 2 else { return nil }
        return RobustStatistics.deviation(differences) / 6.0.squareRoot()
    }

    /// The edge next to a moment, before or after it.
    func nearest(to moment: Instant) -> Instant? {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < moment { low = middle + 1 } else { high = middle }
        }
        let neighbours = [low - 1, low].filter { times.indices.contains($0) }.map { times[$0] }
        return neighbours.min { ($0 - moment).magnitude < ($1 - moment).magnitude }
    }
}
