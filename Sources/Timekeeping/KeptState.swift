import ReferenceClocks
import TimeScale

/// What is worth keeping over a restart: the date, the oscillator, and how each source has behaved.
public struct KeptState: Equatable, Sendable {
    /// What was learned of one source; each number is `nil` where nothing was.
    public struct Source: Equatable, Sendable {
        /// The name in the configuration and the reports, `NMEA(0)`.
        public var name: String
        /// Jitter of one sample, standard deviation in seconds, 0 or more.
        public var jitter: Double?
        /// Random walk of the frequency as seen through this source, s/s per √s, 0 or more.
        public var wander: Double?
        /// Mean of the one-sided latency of its samples, seconds, 0 or more.
        public var latencyMean: Double?
        /// Share of samples with that latency, 0 ... 1.
        public var latencyShare: Double?
        /// Delays of the labels that number its pulses.
        public var delays: [LearnedDelay] = []

        /// A source of which nothing is known.
        public init(name: String) { self.name = name }
    }

    /// What was learned of the machine's real-time clock (RTC).
    public struct RealTimeClock: Equatable, Sendable {
        /// When it was last compared with the right time.
        public var comparedAt: Instant
        /// What it was off then: right time − RTC, seconds, positive = slow.
        public var offset: Double
        /// Its rate, s/s, positive = fast; `nil` where it is not known.
        public var rate: Double?
        /// Standard deviation of `rate`, s/s, 0 or more.
        public var rateDeviation: Double

        /// A comparison.
        public init(comparedAt: Instant, offset: Double, rate: Double? = nil, rateDeviation: Double = 0) {
            (self.comparedAt, self.offset) = (comparedAt, offset)
            (self.rate, self.rateDeviation) = (rate, rateDeviation)
        }
    }

    /// Counts the writings and wraps: of two states with sequences next to each other the later is the newer.
    public var sequence: UInt32 = 0
    /// A moment at which the clock was locked: no later date can be before it.
    public var lastGoodTime: Instant?
    /// Frequency error of the oscillator, s/s, positive = fast; magnitude at most 500 ppm.
    public var frequency: Double?
    /// Standard deviation of `frequency`, s/s, 0 or more.
    public var frequencyDeviation: Double?
    /// The sources, each name once.
    public var sources: [Source] = []
    /// Leap seconds that were announced and believed, oldest first.
    public var leapSeconds: [LeapSecondTable.Entry] = []
    /// The real-time clock; `nil` where it was never compared.
    public var realTimeClock: RealTimeClock?

    /// What the temperature does to a frequency in an hour, and in any time, standard deviation in s/s.
    public static let hourlyWander = 1e-6

    /// Nothing known.
    public init() {}

    /// Standard deviation of `frequency` some time after the last good time, s/s.
    ///
    /// - Parameter age: since then, of an oscillator that has gone on running; `nil` where that is not known: after a
    ///   pause it is cold, and without a clock nobody knows how long the pause was.
    /// - Returns: a random walk from what it was to `hourlyWander` within an hour.
    public func frequencyDeviation(after age: Interval?) -> Double {
        guard let age, age >= .zero, let frequencyDeviation else { return Self.hourlyWander }
        let walk = Self.hourlyWander * min(age.seconds / 3600, 1).squareRoot()
        return (frequencyDeviation * frequencyDeviation + walk * walk).squareRoot()
    }

    /// Whether this was written after another state of the same run of sequences.
    public func isNewer(than other: KeptState) -> Bool { Int32(bitPattern: sequence &- other.sequence) > 0 }

    /// What is kept of a source; `nil` where nothing is.
    public func source(named name: String) -> Source? { sources.first { $0.name == name } }
}

/// Why a text is no kept state.
public enum KeptStateError: Error, Equatable, Sendable {
    /// The first line is not that of this format and version.
    case unknownFormat
    /// The last line is not the checksum: the file was cut short.
    case noChecksum
    /// The checksum is that of another text (CRC-32 of this one).
    case damaged(expected: UInt32, found: UInt32)
    /// A line that this version knows, with a value that cannot be; counted from 1.
    case malformed(line: Int)
}

extension KeptStateError: CustomStringConvertible {
    /// The fault in a few words, for logs.
    public var description: String {
        switch self {
        case .unknownFormat: "not a state file of this version"
        case .noChecksum: "cut short"
        case .damaged: "damaged, the checksum is wrong"
        case .malformed(let line): "line \(line) cannot be read"
        }
    }
}
