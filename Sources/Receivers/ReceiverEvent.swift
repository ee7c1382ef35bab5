import TimeScale

/// What a decoder has to tell.
public enum ReceiverEvent: Sendable, Equatable {
    /// A moment has been named.
    case label(SecondLabel)
    /// A message was not used.
    case rejected(MessageRejection)
    /// The receiver has won (`true`) or lost (`false`) its fix; it starts without.
    case fix(Bool)
    /// How far off a pulse is, of which the second is named.
    case sawtooth(PulseSawtooth)
    /// The receiver has begun anew: its uptime has fallen.
    case reset
    /// The receiver has answered a command or a question.
    case answer(ReceiverAnswer)
    /// A frame and what became of it; only where `ReceiverDecoder.reportsFrames`.
    case frame(FrameVerdict)
}

/// How far a pulse is off the receiver's own time, because it can only come with an edge of the receiver's oscillator.
public struct PulseSawtooth: Sendable, Equatable {
    /// The second that the pulse begins, UTC as the receiver has it.
    public let second: Instant
    /// What is to be added to the pulse's stamp, seconds; `nil` where the receiver says that it cannot tell.
    public let correction: Double?

    /// A sawtooth from its parts.
    public init(second: Instant, correction: Double?) {
        (self.second, self.correction) = (second, correction)
    }
}

/// What a receiver answered.
public enum ReceiverAnswer: Sendable, Equatable {
    /// A command was taken (`true`) or refused (`false`): UBX-ACK-ACK, UBX-ACK-NAK.
    case acknowledged(MessageName, Bool)
    /// What is stored under keys of its configuration: UBX-CFG-VALGET.
    case values([UBXConfigurationItem])
    /// The payload of an older configuration message: UBX-CFG-TP5 and its like.
    case payload(MessageName, [UInt8])
    /// It has told its model and firmware, which `ReceiverStatus` holds.
    case version
}

/// A frame of the stream, and what became of it.
public struct FrameVerdict: Sendable, Equatable {
    /// What is thought of it.
    public enum Verdict: Sendable, Equatable {
        /// It tells something about time, and is believed; the moment where it names one.
        case accepted(Instant?)
        /// It is not believed.
        case rejected(MessageRejection)
        /// It tells nothing about time.
        case ignored
    }

    /// Which message it is; the code is 0 where it was cut off before its name.
    public let name: MessageName
    /// Where in the stream it begins, bytes.
    public let offset: UInt64
    /// Its length, bytes; that of a sentence up to its line end.
    public let length: Int
    /// Local clock time of its first byte.
    public let arrived: Instant
    /// What became of it.
    public let verdict: Verdict
}
