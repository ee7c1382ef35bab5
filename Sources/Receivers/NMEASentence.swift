import TimeScale

/// A sentence that tells the time: RMC, ZDA, GGA, GLL or GNS, from any satellite receiver.
public struct NMEASentence: Sendable, Equatable {
    /// Which sentence it is.
    public let message: LabelMessage
    /// Time since midnight UTC, 0 ..< 86 401 s, from 86 400 s on within 23:59:60; `nil` only in a sentence that is void.
    public let timeOfDay: Interval?
    /// The date; `nil` in GGA, GLL and GNS, and in a sentence that is void.
    public let date: SentDate?
    /// Whether the receiver vouches for the time; `nil` in ZDA, which has no such field.
    public let isValid: Bool?
    /// GPS − UTC in seconds where the sentence tells it as heard from a satellite.
    public var leapSeconds: Int?

    /// Reads a sentence.
    ///
    /// A void sentence is read for that alone, whatever its time and date: a receiver without a fix sends blanks, zeros
    /// or the time of its battery clock.
    ///
    /// - Parameter text: the bytes between `$` and `*`, checksum proven.
    /// - Returns: `nil` for a sentence that does not tell the time.
    /// - Throws: `MessageRejection` where the sentence should tell the time, but cannot be read.
    public static func parse(_ text: Span<UInt8>) throws(MessageRejection) -> NMEASentence? {
        let fields = NMEAFields(text)
        guard let message = Self.message(fields, in: text) else { return nil }
        guard isReceiver(text[0], text[1]) else { throw .unknownTalker }
        guard fields.count > lastField(of: message) else { throw .tooFewFields }
        let isValid = try validity(of: message, fields, in: text)
        guard isValid != false else {
            let timeOfDay = try? fields.timeOfDay(timeField(of: message), in: text)
            return NMEASentence(message: message, timeOfDay: timeOfDay, date: nil, isValid: false)
        }
        let timeOfDay = try fields.timeOfDay(timeField(of: message), in: text)
        let date = try date(of: message, fields, in: text)
        return NMEASentence(message: message, timeOfDay: timeOfDay, date: date, isValid: isValid)
    }

    /// The message of a five-letter address, by the last three letters.
    private static func message(_ fields: NMEAFields, in text: Span<UInt8>) -> LabelMessage? {
        guard fields.range(0).count == 5 else { return nil }
        return switch (text[2], text[3], text[4]) {
        case (UInt8(ascii: "R"), UInt8(ascii: "M"), UInt8(ascii: "C")): .rmc
        case (UInt8(ascii: "Z"), UInt8(ascii: "D"), UInt8(ascii: "A")): .zda
        case (UInt8(ascii: "G"), UInt8(ascii: "G"), UInt8(ascii: "A")): .gga
        case (UInt8(ascii: "G"), UInt8(ascii: "L"), UInt8(ascii: "L")): .gll
        case (UInt8(ascii: "G"), UInt8(ascii: "N"), UInt8(ascii: "S")): .gns
        default: nil
        }
    }

    /// Whether two letters are the talker of a satellite receiver, or of the navigation set around one.
    ///
    /// GP GPS, GL GLONASS, GA Galileo, GB and BD BeiDou, GQ and QZ QZSS, GI NavIC, GN several of them; IN integrated
    /// navigation, EC chart systems.
    private static func isReceiver(_ first: UInt8, _ second: UInt8) -> Bool {
        switch (first, second) {
        case (UInt8(ascii: "G"), UInt8(ascii: "P")), (UInt8(ascii: "G"), UInt8(ascii: "L")),
            (UInt8(ascii: "G"), UInt8(ascii: "A")), (UInt8(ascii: "G"), UInt8(ascii: "B")),
            (UInt8(ascii: "B"), UInt8(ascii: "D")), (UInt8(ascii: "G"), UInt8(ascii: "Q")),
            (UInt8(ascii: "Q"), UInt8(ascii: "Z")), (UInt8(ascii: "G"), UInt8(ascii: "I")),
            (UInt8(ascii: "G"), UInt8(ascii: "N")), (UInt8(ascii: "I"), UInt8(ascii: "N")),
            (UInt8(ascii: "E"), UInt8(ascii: "C")):
            true
        default: false
        }
    }

    /// The last field that a sentence must have: RMC the date, ZDA the year, GGA the quality, GLL the status, GNS the
    /// mode. Later fields are not used, or came with later editions of the standard.
    private static func lastField(of message: LabelMessage) -> Int {
        switch message {
        case .rmc: 9
        case .zda: 4
        default: 6
        }
    }

    private static func timeField(of message: LabelMessage) -> Int { message == .gll ? 5 : 1 }

    /// What the sentence says about its own solution; `nil` for ZDA.
    private static func validity(
        of message: LabelMessage, _ fields: NMEAFields, in text: Span<UInt8>
    ) throws(MessageRejection) -> Bool? {
        switch message {
        case .rmc: try isActive(status: 2, mode: 12, fields, in: text)
        case .zda: nil
        case .gga: try hasQuality(fields, in: text)
        case .gll: try isActive(status: 6, mode: 7, fields, in: text)
        case .gns: hasConstellation(fields, in: text)
        default: nil
        }
    }

    /// Status A, and a mode indicator (since NMEA 2.3; blank before) that is none of N none, E estimated, M manual and
    /// S simulated. A blank status is void.
    private static func isActive(
        status: Int, mode: Int, _ fields: NMEAFields, in text: Span<UInt8>
    ) throws(MessageRejection) -> Bool {
        guard !fields.isEmpty(status) else { return false }
        switch fields.character(status, in: text) {
        case UInt8(ascii: "A"): break
        case UInt8(ascii: "V"): return false
        default: throw .badStatus
        }
        guard !fields.isEmpty(mode) else { return true }
        guard let indicator = fields.character(mode, in: text) else { throw .badStatus }
        switch indicator {
        case UInt8(ascii: "N"), UInt8(ascii: "E"), UInt8(ascii: "M"), UInt8(ascii: "S"): return false
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return true
        default: throw .badStatus
        }
    }

    /// GGA quality: none of 0 no fix, 6 estimated, 7 manual and 8 simulated. Blank is void.
    private static func hasQuality(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> Bool {
        guard !fields.isEmpty(6) else { return false }
        guard let quality = fields.character(6, in: text) else { throw .badStatus }
        switch quality {
        case UInt8(ascii: "0"), UInt8(ascii: "6"), UInt8(ascii: "7"), UInt8(ascii: "8"): return false
        case UInt8(ascii: "1")...UInt8(ascii: "9"): return true
        default: throw .badStatus
        }
    }

    /// GNS mode: one letter for each constellation; one of A autonomous, D differential, P precise, R and F real-time
    /// kinematic is enough.
    private static func hasConstellation(_ fields: NMEAFields, in text: Span<UInt8>) -> Bool {
        for offset in fields.range(6) {
            switch text[offset] {
            case UInt8(ascii: "A"), UInt8(ascii: "D"), UInt8(ascii: "P"), UInt8(ascii: "R"), UInt8(ascii: "F"):
                return true
            default: continue
            }
        }
        return false
    }

    /// The date of RMC (`ddmmyy`) or ZDA (day, month and year in three fields); `nil` in the other sentences.
    private static func date(
        of message: LabelMessage, _ fields: NMEAFields, in text: Span<UInt8>
    ) throws(MessageRejection) -> SentDate? {
        switch message {
        case .rmc:
            let range = fields.range(9)
            guard !range.isEmpty else { throw .noDate }
            guard range.count == 6, let number = NMEAFields.number(range, in: text) else { throw .badDate }
            return SentDate(year: number % 100, month: number / 100 % 100, day: number / 10_000)
        case .zda:
            guard !fields.isEmpty(2), !fields.isEmpty(3), !fields.isEmpty(4) else { throw .noDate }
            guard let day = NMEAFields.number(fields.range(2), in: text),
                let month = NMEAFields.number(fields.range(3), in: text),
                let year = NMEAFields.number(fields.range(4), in: text)
            else { throw .badDate }
            return SentDate(year: year, month: month, day: day)
        default: return nil
        }
    }
}
