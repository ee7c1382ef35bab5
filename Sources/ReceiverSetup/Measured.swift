import Receivers
import TimeScale

/// A receiver, and what was heard of it.
public struct MeasuredReceiver: Sendable {
    /// The name that stays the same when it is plugged in again, `/dev/serial/by-id/…`.
    public var path: String
    /// The device's own name, `/dev/ttyACM0`.
    public var device: String
    /// Speed of its line, bit/s.
    public var baudRate: Int
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

    /// A receiver of which nothing was heard yet.
    public init(path: String, device: String, baudRate: Int, languages: [ReceiverProtocol]) {
        (self.path, self.device) = (path, device)
        (self.baudRate, self.languages) = (baudRate, languages)
    }
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
