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

    /// A moment at which the clock was locked: no later date can be before it.
    public var lastGoodTime: Instant?
    /// Frequency error of the oscillator, s/s, positive = fast; magnitude at most 500 ppm.
    public var frequency: Double?
    /// Standard deviation of `frequency`, s/s, 0 or more.
    public var frequencyDeviation: Double?
    /// The sources, each name once.
    public var sources: [Source] = []

    /// Nothing known.
    public init() {}

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
