import SimulatedWorld
import TimeScale

/// What the world does to the appliance; a scenario's events change it.
public struct World: Sendable {
    /// A satellite receiver with its pulses and its serial line.
    public struct Receiver: Sendable {
        /// What it writes to its line.
        public var voice = ImaginedReceiver()
        /// Its pulses.
        public var pulse = PulseModel()
        /// Whether there are pulses.
        public var hasPulses = true
        /// Whether the serial line says anything.
        public var hasSentences = true
        /// Share of the line's bytes that arrive as other bytes, 0 ... 1.
        public var corruption = 0.0

        /// A good receiver.
        public init() {}
    }

    /// A program that writes samples to shared memory.
    public struct Producer: Sendable {
        /// Its error, seconds, positive = it says that it is later; `nil` while it writes nothing.
        public var error: Double?
        /// Jitter of its samples, standard deviation in seconds.
        public var jitter = 1e-3

        /// A producer.
        public init(error: Double? = nil) { self.error = error }
    }

    /// The receivers, in the order of the NMEA sources; pulses of sources of their own go to the first that has none.
    public var receivers = [Receiver()]
    /// The producers, in the order of the shared-memory sources.
    public var producers = [Producer()]
    /// Bound of the pulses' errors that their device names, seconds.
    public var namedError = 0.0
    /// Whether a leap second is inserted at the end of the UTC day that the run begins in.
    public var insertsLeapSecond = false
    /// True UTC of the second that has just begun; the runner's to set.
    public internal(set) var utc = SimulatedAppliance.ordinaryDay

    /// A quiet world with one receiver.
    public init() {}
}

/// Short names for a world with one receiver; where there are more, those for reading mean the first.
extension World {
    /// Whether the sky is seen: pulses and sentences of all receivers.
    public var hasSignal: Bool {
        get { hasPulses && hasSentences }
        set { (hasPulses, hasSentences) = (newValue, newValue) }
    }

    /// Whether there are pulses.
    public var hasPulses: Bool {
        get { receivers[0].hasPulses }
        set { for index in receivers.indices { receivers[index].hasPulses = newValue } }
    }

    /// Whether the serial lines say anything.
    public var hasSentences: Bool {
        get { receivers[0].hasSentences }
        set { for index in receivers.indices { receivers[index].hasSentences = newValue } }
    }

    /// What the first receiver writes.
    public var receiver: ImaginedReceiver {
        get { receivers[0].voice }
        set { receivers[0].voice = newValue }
    }

    /// The first receiver's pulses.
    public var pulse: PulseModel {
        get { receivers[0].pulse }
        set { receivers[0].pulse = newValue }
    }

    /// White jitter of the pulse stamps, standard deviation in seconds.
    public var pulseJitter: Double {
        get { pulse.jitter }
        set { pulse.jitter = newValue }
    }

    /// Share of pulses that are late by 50 to 500 µs.
    public var outliers: Double {
        get { pulse.outlierShare }
        set { pulse.outlierShare = newValue }
    }

    /// Delay from the second to the first byte of its sentences, seconds.
    public var labelDelay: Double {
        get { receiver.labelDelay }
        set { receiver.labelDelay = newValue }
    }

    /// Jitter of that delay, standard deviation in seconds.
    public var labelJitter: Double {
        get { receiver.labelJitter }
        set { receiver.labelJitter = newValue }
    }

    /// Error of the first shared-memory producer, seconds; `nil` where there is none.
    public var producerError: Double? {
        get { producers[0].error }
        set { producers[0].error = newValue }
    }
}
