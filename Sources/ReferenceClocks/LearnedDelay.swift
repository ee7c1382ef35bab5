import Discipline
import Receivers

/// How late one kind of label is at one speed of the line, as pulses have taught it; worth keeping over restarts.
public struct LearnedDelay: Equatable, Sendable {
    /// The message that names the second.
    public let message: LabelMessage
    /// Speed of the line, bit/s: at another one every sentence begins at another time.
    public let baudRate: Int
    /// The delay from the start of the second to the first byte, seconds.
    public let centre: Double
    /// Standard deviation of one delay, seconds, ≥ 0.
    public let deviation: Double
    /// Labels that taught it, at most `DelayStatistics.memory`.
    public let count: Int

    /// A delay from its parts.
    public init(message: LabelMessage, baudRate: Int, centre: Double, deviation: Double, count: Int) {
        (self.message, self.baudRate) = (message, baudRate)
        (self.centre, self.deviation, self.count) = (centre, deviation, count)
    }
}

/// Centre and spread of the delays of one kind of label.
///
/// The centre is the mean of all delays within four robust deviations of the median. On normal delays that is as good
/// as the mean (2.6 ms after 60 labels with 20 ms of jitter, where the median has 3.2 ms), and no late burst moves it.
struct DelayStatistics: Sendable {
    /// Delays remembered: four minutes at one a second; the centre of 20 ms of jitter is then known to 1.3 ms.
    static let memory = 240
    /// Delays whose median tells that the delay has moved; the newer half of them is certainly new then.
    private static let recent = 16
    /// The median of `recent` is good to a third of a deviation, so this many are a move and no accident.
    private static let moveFactor = 1.5
    /// Moves smaller than this do no harm, seconds.
    private static let leastMove = 0.002
    /// Below this count every delay counts in full: too few to tell which of them is the wild one.
    private static let fewest = 12
    /// Beyond this many robust deviations a delay is wild.
    private static let wild = 4.0
    /// Deviation assumed of quantised delays, all of which may be equal, seconds.
    private static let leastDeviation = 0.001
    /// Once this many are remembered, sorting them for each new one is more than the news is worth.
    private static let many = 16
    /// Delays between two summaries then.
    private static let summaryInterval = 4

    /// The mean of the delays that are not wild, seconds; 0 for none.
    private(set) var centre = 0.0
    /// The standard deviation of the same, seconds; 0 below two.
    private(set) var deviation = 0.0
    private var delays: [Double] = []
    private var sinceSummary = 0

    /// Delays remembered.
    var count: Int { delays.count }

    /// Takes in a delay, seconds; forgets the old ones where the delay has moved.
    mutating func append(_ delay: Double) {
        delays.append(delay)
        if delays.count > Self.memory { delays.removeFirst() }
        sinceSummary += 1
        guard delays.count <= Self.many || sinceSummary >= Self.summaryInterval else { return }
        sinceSummary = 0
        if hasMoved { delays.removeFirst(delays.count - Self.recent / 2) }
        summarise()
    }

    /// Forgets everything.
    mutating func removeAll() { self = DelayStatistics() }

    private var hasMoved: Bool {
        guard delays.count >= 2 * Self.recent else { return false }
        let move = abs(RobustStatistics.median(Array(delays.suffix(Self.recent))) - centre)
        return move > Self.leastMove && move > Self.moveFactor * deviation
    }

    private mutating func summarise() {
        var kept = delays
        if delays.count >= Self.fewest {
            let middle = RobustStatistics.median(delays)
            let reach = Self.wild * max(RobustStatistics.deviation(delays), Self.leastDeviation)
            kept.removeAll { abs($0 - middle) > reach }
        }
        let count = Double(kept.count)
        centre = kept.reduce(0, +) / count
        let mean = centre
        deviation = count < 2 ? 0 : (kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
    }
}
