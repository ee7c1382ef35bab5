/// Why a message of a receiver was not used.
public enum MessageRejection: UInt8, Error, CaseIterable, Sendable, Equatable {
    /// No `*hh` at the end.
    case noChecksum
    /// The checksum is wrong, or is not two hexadecimal digits.
    case badChecksum
    /// The next sentence began before this one had ended.
    case interrupted
    /// A control byte or a byte above 0x7e within the sentence.
    case illegalByte
    /// Longer than any sentence of a receiver: `NMEALexer` holds 128 bytes.
    case tooLong
    /// A sentence that we know from a talker that is no satellite receiver.
    case unknownTalker
    /// Fewer fields than the sentence must have.
    case tooFewFields
    /// A status or quality field that is no such thing.
    case badStatus
    /// The time field is blank.
    case noTime
    /// The time field is not a time of day.
    case badTime
    /// A date field is blank.
    case noDate
    /// The date fields are not a date.
    case badDate
    /// A date that the receiver cannot have meant: before GPS, before the pivot with three rollovers added, or 100 years
    /// after it.
    case dateOutOfRange
    /// Second 60 on a day that cannot end with a leap second.
    case badLeapSecond
    /// The receiver says that its solution is void, estimated, manual or simulated.
    case noFix
    /// A sentence without validity of its own (ZDA), and no recent status sentence to vouch for it.
    case noStatus
    /// The same sentence has already named this second.
    case duplicate
    /// Time goes backwards.
    case backwards
    /// A packet that is shorter than its kind must be, or whose parts do not fit its length.
    case badLength
    /// The receiver does not know UTC yet: it has not heard the leap seconds, and only assumes them.
    case utcUnknown
    /// The receiver has lately said in another message that it does not know UTC.
    case utcDenied
    /// The receiver shows a time that it was given for a test.
    case testTime
    /// The time of a satellite system, and nothing in the message leads from it to UTC.
    case notUTC
}

extension MessageRejection: CustomStringConvertible {
    /// The reason in a few English words, for logs.
    public var description: String {
        switch self {
        case .noChecksum: "no checksum"
        case .badChecksum: "bad checksum"
        case .interrupted: "interrupted sentence"
        case .illegalByte: "illegal byte"
        case .tooLong: "sentence too long"
        case .unknownTalker: "unknown talker"
        case .tooFewFields: "too few fields"
        case .badStatus: "bad status field"
        case .noTime: "no time"
        case .badTime: "bad time"
        case .noDate: "no date"
        case .badDate: "bad date"
        case .dateOutOfRange: "date out of range"
        case .badLeapSecond: "second 60 on an ordinary day"
        case .noFix: "no fix"
        case .noStatus: "no status sentence to vouch for it"
        case .duplicate: "second already named"
        case .backwards: "time went backwards"
        case .badLength: "packet too short for what it is"
        case .utcUnknown: "leap seconds not known yet"
        case .utcDenied: "leap seconds not known yet, as it has said"
        case .testTime: "test time"
        case .notUTC: "not UTC"
        }
    }
}
