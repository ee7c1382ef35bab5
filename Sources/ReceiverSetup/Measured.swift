import ConfigurationLanguage
import Receivers
import TimeScale

/// A receiver, and what was heard of it.
public struct MeasuredReceiver: Sendable {
    /// The name that stays the same when it is plugged in again, `/dev/serial/by-id/…`.
    public var path: String
    /// The device's own name, `/dev/ttyACM0`.
    public var device: String
    /// How its line is set.
    public var settings: LineSettings
    /// What it speaks, the busiest language first.
    public var languages: [ReceiverProtocol]
    /// The messages that it sends.
    public var messages: Set<MessageName> = []
    /// What it says about itself.
    public var status = ReceiverStatus()
    /// Whether it had a fix in the end.
    public var hasFix = false
    /// The seconds that it named, in the order of arrival.
    public var labels: [SecondLabel] = []

    /// What went wrong with it before the measuring was over; `nil` where nothing did.
    public var loss: Loss?

    /// What can go wrong with a receiver while it is measured, and after how many seconds.
    public enum Loss: Equatable, Sendable {
        /// It wrote nothing more.
        case silent(after: Double)
        /// What it wrote made no messages any more.
        case unreadable(after: Double)
    }

    /// A receiver of which nothing was heard yet.
    public init(path: String, device: String, settings: LineSettings, languages: [ReceiverProtocol]) {
        (self.path, self.device) = (path, device)
        (self.settings, self.languages) = (settings, languages)
    }

    /// Whether it named enough seconds for pulses and delays to be judged by.
    var isMeasured: Bool { labels.count >= PhaseRelation.fewest }

    /// What drives it: `nmea` understands all languages; the others are the names under which people look for them, and
    /// know what is usual for them.
    var driver: DriverKind {
        switch languages.first {
        case .tsip: .trimble
        case .oncore: .oncore
        default: .nmea
        }
    }
}

/// A receiver that gpsd has, and what gpsd told of it.
public struct MeasuredGPSDReceiver: Equatable, Sendable {
    /// Its path, as gpsd has it.
    public var path: String
    /// gpsd's word for what it is; `nil` as long as gpsd understands nothing of it.
    public var driver: String?
    /// Whether it has named a second.
    public var hasTime = false

    /// A receiver of which nothing is known yet.
    public init(path: String, driver: String?) { (self.path, self.driver) = (path, driver) }
}

/// A pulse device, and what came from it.
public struct MeasuredPulses: Sendable {
    /// A stamped edge.
    public struct Edge: Equatable, Sendable {
        /// Counts the edges of its kind; wraps.
        public var sequence: UInt32
        /// When it came, by the system's clock.
        public var time: Instant

        /// An edge from its parts.
        public init(sequence: UInt32, time: Instant) { (self.sequence, self.time) = (sequence, time) }
    }

    /// The device, `/dev/pps0`.
    public var path: String
    /// What its driver calls it, `pps@12.-1`; `nil` where that is not known.
    public var name: String?
    /// The terminal whose carrier detect line brings the pulses, `/dev/ttyS0`; `nil` where none does.
    public var terminal: String?
    /// The edges that the device calls assert, mostly the rising ones, in their order.
    public var asserts: [Edge] = []
    /// The others.
    public var clears: [Edge] = []

    /// A device of which nothing has come yet.
    public init(path: String, name: String? = nil, terminal: String? = nil) {
        (self.path, self.name, self.terminal) = (path, name, terminal)
    }
}
