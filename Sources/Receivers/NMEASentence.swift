import TimeScale

/// A sentence that tells the time: RMC, ZDA, GGA, GLL or GNS from any satellite receiver, or a maker's own.
///
/// The makers' sentences stand in `NMEASentence+Makers.swift`.
struct NMEASentence: Sendable, Equatable {
    /// Which sentence it is.
    let message: LabelMessage
    /// Time since midnight UTC, 0 ..< 86 401 s, from 86 400 s on within 23:59:60; `nil` only in a sentence that is void.
    let timeOfDay: Interval?
    /// The date; `nil` in GGA, GLL and GNS, and in a sentence that is void.
    let date: SentDate?
    /// Whether the receiver vouches for the time; `nil` in ZDA, PUBX,04 and TPS1, which have no such field.
    let isValid: Bool?
    /// Whether the receiver says that it has heard the leap seconds from a satellite, and not only how many it reckons
    /// with.
    var knowsLeapSeconds: Bool { leapSeconds != nil && message != .garminFix }
    /// GPS − UTC in seconds where the sentence tells it as heard from a satellite.
    var leapSeconds: Int?
    /// The announced change of the leap seconds; `nil` where the sentence tells of none.
    var leapNews: ReceiverStatus.LeapNews?

    /// Where the antenna is; `nil` where the sentence does not tell, or does not vouch for it.
    var place: ReceiverStatus.Place?

    /// Reads a sentence.
    ///
    /// A void sentence is read for that alone, whatever its time and date: a receiver without a fix sends blanks, zeros
    /// or the time of its battery clock.
    ///
    /// - Parameter text: the bytes between `$` and `*`, checksum proven.
    /// - Returns: `nil` for a sentence that does not tell the time.
    /// - Throws: `MessageRejection` where the sentence should tell the time, but cannot be read.
    static func parse(_ text: Span<UInt8>) throws(MessageRejection) -> NMEASentence? {
        let fields = NMEAFields(text)
        let address = fields.range(0)
        if !address.isEmpty, text[0] == UInt8(ascii: "P") { return try maker(fields, in: text) }
        guard address.count == 5 else { return nil }
        switch (text[2], text[3], text[4]) {
        case (UInt8(ascii: "R"), UInt8(ascii: "M"), UInt8(ascii: "C")): return try rmc(fields, in: text)
        case (UInt8(ascii: "Z"), UInt8(ascii: "D"), UInt8(ascii: "A")): return try zda(fields, in: text)
        case (UInt8(ascii: "G"), UInt8(ascii: "G"), UInt8(ascii: "A")): return try gga(fields, in: text)
        case (UInt8(ascii: "G"), UInt8(ascii: "L"), UInt8(ascii: "L")): return try gll(fields, in: text)
        case (UInt8(ascii: "G"), UInt8(ascii: "N"), UInt8(ascii: "S")): return try gns(fields, in: text)
        // Accord's ZDG is ZDA in GPS time.
        case (UInt8(ascii: "Z"), UInt8(ascii: "D"), UInt8(ascii: "G")): throw .notUTC
        default: return nil
        }
    }

    // MARK: - The standard's sentences

    /// RMC: 1 time, 2 status, 3 place, 9 date `ddmmyy`, 12 mode.
    private static func rmc(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        try prove(fields, last: 9, in: text)
        guard try isActive(status: 2, mode: 12, fields, in: text) else { return void(.rmc, time: 1, fields, in: text) }
        return NMEASentence(
            message: .rmc, timeOfDay: try fields.timeOfDay(1, in: text), date: try fields.shortDate(9, in: text),
            isValid: true, place: place(3, fields, in: text))
    }

    /// ZDA: 1 time; 2 day, 3 month and 4 year.
    private static func zda(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        try prove(fields, last: 4, in: text)
        let timeOfDay = try fields.timeOfDay(1, in: text)
        guard !fields.isEmpty(2), !fields.isEmpty(3), !fields.isEmpty(4) else { throw .noDate }
        guard let day = NMEAFields.number(fields.range(2), in: text),
            let month = NMEAFields.number(fields.range(3), in: text),
            let year = NMEAFields.number(fields.range(4), in: text)
        else { throw .badDate }
        let date = SentDate(year: year, month: month, day: day)
        return NMEASentence(message: .zda, timeOfDay: timeOfDay, date: date, isValid: nil)
    }

    /// GGA: 1 time, 2 place, 6 quality, 9 height above the sea, 11 the sea's above the ellipsoid.
    private static func gga(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        try prove(fields, last: 6, in: text)
        return try undated(
            .gga, time: 1, place: 2, heights: (9, 11), isValid: try hasQuality(fields, in: text), fields, in: text)
    }

    /// GLL: 1 place, 5 time, 6 status, 7 mode.
    private static func gll(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        try prove(fields, last: 6, in: text)
        let isValid = try isActive(status: 6, mode: 7, fields, in: text)
        return try undated(.gll, time: 5, place: 1, heights: nil, isValid: isValid, fields, in: text)
    }

    /// GNS: 1 time, 2 place, 6 modes, 9 height above the sea, 10 the sea's above the ellipsoid.
    private static func gns(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        try prove(fields, last: 6, in: text)
        return try undated(
            .gns, time: 1, place: 2, heights: (9, 10), isValid: hasConstellation(fields, in: text), fields, in: text)
    }

    private static func undated(
        _ message: LabelMessage, time: Int, place: Int, heights: (Int, Int)?, isValid: Bool, _ fields: NMEAFields,
        in text: Span<UInt8>
    ) throws(MessageRejection) -> NMEASentence {
        guard isValid else { return void(message, time: time, fields, in: text) }
        let timeOfDay = try fields.timeOfDay(time, in: text)
        var place = Self.place(place, fields, in: text)
        if let heights, let height = fields.decimal(heights.0, in: text),
            let geoid = fields.decimal(heights.1, in: text)
        {
            place?.height = height + geoid
        }
        return NMEASentence(message: message, timeOfDay: timeOfDay, date: nil, isValid: true, place: place)
    }

    /// A place in four fields: `ddmm.mm`, N or S, `dddmm.mm`, E or W; `nil` for what is none.
    private static func place(
        _ field: Int, _ fields: NMEAFields, in text: Span<UInt8>
    ) -> ReceiverStatus.Place? {
        func degrees(_ field: Int, _ positive: UInt8, _ negative: UInt8, limit: Double) -> Double? {
            guard let value = fields.decimal(field, in: text), value >= 0,
                let side = fields.character(field + 1, in: text), side == positive || side == negative
            else { return nil }
            let whole = (value / 100).rounded(.down)
            let degrees = whole + (value - whole * 100) / 60
            return value - whole * 100 < 60 && degrees <= limit ? (side == positive ? degrees : -degrees) : nil
        }
        guard let latitude = degrees(field, UInt8(ascii: "N"), UInt8(ascii: "S"), limit: 90),
            let longitude = degrees(field + 2, UInt8(ascii: "E"), UInt8(ascii: "W"), limit: 180)
        else { return nil }
        return ReceiverStatus.Place(latitude: latitude, longitude: longitude)
    }

    /// A sentence that the receiver does not vouch for, with its time of day where that can be read.
    static func void(
        _ message: LabelMessage, time: Int, _ fields: NMEAFields, in text: Span<UInt8>
    ) -> NMEASentence {
        let timeOfDay = try? fields.timeOfDay(time, in: text)
        return NMEASentence(message: message, timeOfDay: timeOfDay, date: nil, isValid: false)
    }

    // MARK: - Fields

    /// Proves that the talker is a receiver, and that a field is there: later ones are not used, or came with later
    /// editions of the standard.
    private static func prove(_ fields: NMEAFields, last: Int, in text: Span<UInt8>) throws(MessageRejection) {
        guard isReceiver(text[0], text[1]) else { throw .unknownTalker }
        guard fields.count > last else { throw .tooFewFields }
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
}
