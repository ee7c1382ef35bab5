/// The clock as a whole. Times are in seconds, frequencies in s/s.
public struct TrackingReport: Equatable, Sendable, Decodable {
    /// Program version.
    public var version = ""
    /// State of the quality ladder: starting, locked, local, unsynchronised.
    public var state = ""
    /// Why the ladder is where it is.
    public var reason = ""
    /// Which clock is steered: system, virtual, or none (`-x`).
    public var clock = ""
    /// Stratum served, 1 ... 16.
    public var stratum = 16
    /// Leap indicator served, 0 ... 3.
    public var leapIndicator = 3
    /// Reference identifier served, as text.
    public var referenceID = ""
    /// Name of the selected source; empty where there is none.
    public var source = ""
    /// Time of the last sample that was taken in, seconds since 1970.
    public var referenceTime = 0.0
    /// The clock's reading when this was reported, seconds since 1970.
    public var time = 0.0
    /// θ: reference − clock, seconds, positive = clock slow.
    public var offset = 0.0
    /// Standard deviation of `offset`, seconds.
    public var offsetDeviation = 0.0
    /// Frequency error of the uncorrected oscillator, s/s, positive = fast.
    public var frequency = 0.0
    /// Standard deviation of `frequency`, s/s.
    public var frequencyDeviation = 0.0
    /// Correction in force, s/s, positive = the clock is made faster.
    public var correction = 0.0
    /// Jitter of the selected source's samples, standard deviation in seconds.
    public var jitter = 0.0
    /// Root delay served, seconds.
    public var rootDelay = 0.0
    /// Root dispersion served, seconds.
    public var rootDispersion = 0.0
    /// Precision served, log₂ s.
    public var precision = 0
    /// How long the clock would still be served as it is without any source, seconds (`holdover`); 0 where it would not.
    public var holdoverRemaining = 0.0
    /// Time since the daemon began, seconds.
    public var uptime = 0.0

    /// A report with every field at its default.
    public init() {}
}

/// One source of time. Times are in seconds.
public struct SourceReport: Equatable, Sendable, Decodable {
    /// Name, as in `NMEA(0)`.
    public var name = ""
    /// Reference identifier, as text.
    public var referenceID = ""
    /// Device or path.
    public var device = ""
    /// Whether it is used: selected, numbering, standby, unused.
    public var use = ""
    /// Why it is used or not, in words.
    public var reason = ""
    /// The last eight polls, newest in the lowest bit.
    public var reach = 0
    /// θ as this source shows it: reference − clock, seconds.
    public var offset = 0.0
    /// Standard deviation of `offset`, seconds.
    public var offsetDeviation = 0.0
    /// Mean lateness of the stamps that are late, seconds; 0 where none is recognised.
    public var latencyMean = 0.0
    /// Share of the stamps that are late, 0 ... 1.
    public var latencyShare = 0.0
    /// Scatter of the samples, standard deviation in seconds.
    public var jitter = 0.0
    /// Age of the last sample, seconds; negative where there was none.
    public var age = -1.0
    /// Samples taken.
    public var samples = 0
    /// Pulses seen.
    public var pulses = 0
    /// Pulses missed, by gaps in the sequence numbers.
    public var pulsesMissed = 0
    /// Learned delay from pulse to label, seconds; 0 where it is not known.
    public var labelDelay = 0.0
    /// Spread of that delay, standard deviation in seconds.
    public var labelDelayDeviation = 0.0
    /// Messages of this source that could not be used.
    public var rejected = 0

    /// A report with every field at its default.
    public init() {}
}

/// The server's counters, all since the daemon began.
public struct ServerReport: Equatable, Sendable, Decodable {
    /// Packets received.
    public var received = 0
    /// Replies sent.
    public var replied = 0
    /// Replies that the kernel would not send.
    public var failed = 0
    /// Packets that the kernel dropped because they came faster than they were taken; not among those received.
    public var overflowed = 0
    /// Times that the kernel could not hand over what had come.
    public var unreadable = 0
    /// Packets left unanswered because the clock had just been set, and not by the daemon or not yet to its knowledge.
    public var withheld = 0
    /// Packets too short.
    public var truncated = 0
    /// Packets of a version that is not served.
    public var badVersion = 0
    /// Packets that are no requests.
    public var badMode = 0
    /// Packets with something behind the header that is neither extension fields nor an authenticator.
    public var badTail = 0
    /// Packets denied by an access rule, and not told so.
    public var denied = 0
    /// Packets above the rate limit, and not told so.
    public var limited = 0
    /// Packets dropped by lot (`flake`).
    public var flaked = 0
    /// Dropped: sent to a group of servers, and this one had nothing better to tell.
    public var declined = 0
    /// Packets that got a kiss-o'-death, because they were denied or above the rate limit.
    public var kissed = 0
    /// Clients remembered now.
    public var clients = 0
    /// Clients that were forgotten for others.
    public var clientsForgotten = 0
    /// Requests of clients that there was no room for.
    public var clientsUnrecorded = 0
    /// Packets left unanswered because their authenticator proves nothing, or for want of one.
    public var badAuthentication = 0
    /// Replies to requests whose authenticator was right, among those sent.
    public var authenticated = 0
    /// Replies that told a client that its authenticator was wrong, among those sent.
    public var cryptoNAKs = 0
    /// Replies that told when the one before had really left (interleaved mode), among those sent.
    public var interleaved = 0
    /// Packets sent unasked to broadcast and multicast addresses.
    public var broadcast = 0
    /// Stamps of arrivals and departures by network cards that were used.
    public var hardwareStamps = 0
    /// Stamps by network cards that were not used: their clock was not known, or they were far from the kernel's.
    public var badHardwareStamps = 0

    /// A report with every counter at zero.
    public init() {}

    /// Adds the counters of another part of the same server.
    public mutating func add(_ other: ServerReport) {
        for path in Self.counters { self[keyPath: path] += other[keyPath: path] }
    }
}

/// Everything the daemon tells about itself at one moment.
public struct Snapshot: Equatable, Sendable, Decodable {
    /// The clock.
    public var tracking = TrackingReport()
    /// The sources, in the order of the configuration.
    public var sources: [SourceReport] = []
    /// The receivers behind the sources that have spoken, in the order of the configuration.
    public var receivers: [ReceiverReport] = []
    /// The server.
    public var server = ServerReport()
    /// The real-time clock; `nil` where none is used.
    public var rtc: RealTimeClockReport?
    /// The alarms of the appliance, oldest first.
    public var alarms: [AlarmReport] = []

    /// An empty snapshot.
    public init() {}
}
