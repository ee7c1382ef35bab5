/// Stamps by a network card, from a `hwtimestamp` line of chrony.conf.
public struct HardwareTimestampRule: Equatable, Sendable {
    /// Which received packets a card is told to stamp.
    public enum ReceiveFilter: String, Equatable, Sendable, CaseIterable {
        /// Every packet.
        case all
        /// NTP packets.
        case ntp
        /// PTP packets.
        case ptp
        /// None: only those sent.
        case none
    }

    /// The interface; `nil` = every one that can.
    public var interface: String?
    /// The interval between readings of the card's clock, log₂ s, −6 ... 20.
    public var minimumPoll = 0
    /// The longest such interval, log₂ s; `nil` = one more than the shortest.
    public var maximumPoll: Int?
    /// Fewest readings that the card's clock is followed by, 2 or more.
    public var minimumSamples = 2
    /// Most readings, as many or more.
    public var maximumSamples = 16
    /// The assumed precision of a reading, seconds.
    public var precision = 100e-9
    /// Seconds by which a packet leaves later than its stamp.
    public var transmitCompensation = 0.0
    /// Seconds by which a packet came earlier than its stamp.
    public var receiveCompensation = 0.0
    /// Which received packets are stamped; `nil` = NTP packets where the card can tell them, or else all.
    public var receiveFilter: ReceiveFilter?
    /// Whether the card's clock and the processor's may be read in one go where they can.
    public var usesCrossTimestamps = true

    /// chrony's defaults for an interface; `nil` = every one.
    public init(interface: String?) {
        self.interface = interface
    }

    /// The options behind `hwtimestamp INTERFACE`.
    static let options: [Option<HardwareTimestampRule>] = [
        .integer("minpoll", \.minimumPoll, in: -6...20),
        .integer("maxpoll", \.maximumPoll, in: -6...20),
        // 64: chrony's MAX_SAMPLES.
        .integer("minsamples", \.minimumSamples, in: 2...64),
        .integer("maxsamples", \.maximumSamples, in: 2...64),
        .real("precision", \.precision, in: 1e-12...1, unit: "s"),
        // Longer than any cable or card delays a packet.
        .real("txcomp", \.transmitCompensation, in: -1...1, unit: "s"),
        .real("rxcomp", \.receiveCompensation, in: -1...1, unit: "s"),
        Option("rxfilter") { rule, statement, word in
            let words = ReceiveFilter.allCases.map(\.rawValue).joined(separator: ", ")
            guard let value = statement.string(after: word, "one of \(words)") else { return }
            guard let filter = ReceiveFilter(rawValue: value.text) else {
                return statement.reportBad(value, of: word, "one of \(words)")
            }
            rule.receiveFilter = filter
        },
        Option("nocrossts") { rule, _, _ in rule.usesCrossTimestamps = false },
    ]
}
