import TimeScale

/// A sentence about the receiver and its solution, rather than about the time.
///
/// What cannot be read is left out: nothing here decides about time, so nothing is rejected.
public enum NMEAReport: Equatable, Sendable {
    /// GSA: the solution of one constellation.
    case solution(NMEASolution)
    /// GSV: up to four satellites in view.
    case satellites(NMEASatellites)
    /// GGA, GNS: satellites in the solution, dilution in the plane, and the kind of solution where it is none, estimated
    /// or manual.
    case quality(satellitesUsed: Int?, horizontalDilution: Double?, fix: ReceiverStatus.Fix?)
    /// GBS: the satellite that most likely fails the receiver's own check, and its bias in metres; `nil` for none.
    case integrity(failed: Int?, bias: Double)
    /// TXT, PQVERNO, PMTK705, PERC,GPver: what the receiver says in words.
    case text(NMEAText)
    /// PMTK001: a command was taken or refused.
    case acknowledged(MessageName, Bool)
    /// PUBX,00.
    case ubloxPosition(NMEAUbloxPosition)
    /// PSTI,00 and TPS3, PERC,GPsts: the survey, and whether the place is held.
    case timingMode(isHeld: Bool, ReceiverStatus.Survey?)
    /// TPS2, PERC,GPppr: whether there is a pulse to be used, its error in seconds, and satellites in the solution.
    case pulse(isGood: Bool, accuracy: Double?, satellitesUsed: Int?)
    /// PERC,GPppf: GPS − UTC in seconds.
    case leapSeconds(Int)

    /// Reads a sentence.
    ///
    /// - Parameter text: the bytes between `$` and `*`, checksum proven.
    /// - Returns: `nil` for other sentences, and for what cannot be read.
    public static func parse(_ text: Span<UInt8>) -> NMEAReport? {
        let fields = NMEAFields(text)
        let address = fields.range(0)
        guard address.count >= 4 else { return nil }
        // Quectel's talker PQ stands for BeiDou and QZSS; other addresses with P are a maker's own.
        if text[0] == UInt8(ascii: "P"), text[1] != UInt8(ascii: "Q") || address.count != 5 {
            return maker(fields, in: text)
        }
        guard address.count == 5 else { return nil }
        switch (text[2], text[3], text[4]) {
        case (UInt8(ascii: "G"), UInt8(ascii: "S"), UInt8(ascii: "A")):
            return NMEASolution(fields, in: text).map { .solution($0) }
        case (UInt8(ascii: "G"), UInt8(ascii: "S"), UInt8(ascii: "V")):
            return NMEASatellites(fields, in: text).map { .satellites($0) }
        case (UInt8(ascii: "G"), UInt8(ascii: "G"), UInt8(ascii: "A")): return fixData(fields, in: text)
        case (UInt8(ascii: "G"), UInt8(ascii: "N"), UInt8(ascii: "S")):
            return .quality(
                satellitesUsed: fields.integer(7, in: text), horizontalDilution: dilution(8, fields, in: text), fix: nil
            )
        case (UInt8(ascii: "G"), UInt8(ascii: "B"), UInt8(ascii: "S")):
            // Some receivers always name a satellite; only a bias makes it a failure.
            let bias = fields.decimal(7, in: text) ?? 0
            return .integrity(failed: bias == 0 ? nil : fields.integer(5, in: text), bias: bias)
        case (UInt8(ascii: "T"), UInt8(ascii: "X"), UInt8(ascii: "T")):
            return NMEAText(txt: fields, in: text).map { .text($0) }
        default: return nil
        }
    }

    /// GGA: 6 quality, 7 satellites, 8 dilution.
    private static func fixData(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport {
        let fix: ReceiverStatus.Fix? =
            switch fields.character(6, in: text) {
            case UInt8(ascii: "0"): ReceiverStatus.Fix.none
            case UInt8(ascii: "6"): .estimated
            case UInt8(ascii: "7"), UInt8(ascii: "8"): .manual
            default: nil
            }
        // A solution of no satellites is none: Furuno's GT-88 counts them in GNS alone.
        let used = fields.integer(7, in: text).flatMap { $0 == 0 && fix == nil ? nil : $0 }
        return .quality(satellitesUsed: used, horizontalDilution: dilution(8, fields, in: text), fix: fix)
    }

    /// A dilution of precision; `nil` for 99 and more, which stands for none.
    static func dilution(_ field: Int, _ fields: NMEAFields, in text: Span<UInt8>) -> Double? {
        fields.decimal(field, in: text).flatMap { $0 > 0 && $0 < 99 ? $0 : nil }
    }

    // MARK: - Makers' sentences

    private static func maker(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        if fields.matches(0, "PUBX", in: text), fields.matches(1, "00", in: text) {
            return NMEAUbloxPosition(fields, in: text).map { .ubloxPosition($0) }
        }
        if fields.matches(0, "PERC", in: text) { return ericsson(fields, in: text) }
        if fields.matches(0, "PSTI", in: text), fields.matches(1, "00", in: text) { return skyTraq(fields, in: text) }
        if fields.matches(1, "TPS2", in: text) { return furunoPulse(fields, in: text) }
        if fields.matches(1, "TPS3", in: text) { return furunoSurvey(fields, in: text) }
        if fields.matches(0, "PMTK001", in: text) { return mediaTekAnswer(fields, in: text) }
        if fields.matches(0, "PMTK705", in: text) {
            return .text(.version(model: words(3, fields, in: text), firmware: words(1, fields, in: text)))
        }
        if fields.matches(0, "PQVERNO", in: text) {
            return .text(.version(model: nil, firmware: words(2, fields, in: text)))
        }
        return nil
    }

    /// `$PSTI,00`: 2 mode (0 none, 1 survey, 2 held), 3 length of the survey (SkyTraq; recalled). No capture.
    ///
    /// Which pulse the error of quantisation in field 4 belongs to is not known, so it is not used.
    private static func skyTraq(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let mode = fields.integer(2, in: text), (0...2).contains(mode) else { return nil }
        let duration = fields.integer(3, in: text) ?? 0
        return .timingMode(
            isHeld: mode == 2,
            mode == 0 ? nil : ReceiverStatus.Survey(isActive: mode == 1, isValid: mode == 2, duration: duration))
    }

    /// `$PERDCRX,TPS2`: 2 whether there is a pulse, 9 its estimated error in nanoseconds (Furuno eSIP, SE17-600-004;
    /// the places are recalled and fit the capture of a GT-88, gpsd's furuno_gl_ga).
    ///
    /// Which pulse the sawtooth in field 10 belongs to is not known, so it is not used.
    private static func furunoPulse(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let status = fields.integer(2, in: text) else { return nil }
        return .pulse(
            isGood: status != 0, accuracy: fields.integer(9, in: text).map { Double($0) * 1e-9 }, satellitesUsed: nil)
    }

    /// `$PERDCRY,TPS3`: 2 mode (0 navigation, 1 and 2 survey, 3 held), 5 how long it has been surveyed (Furuno eSIP,
    /// SE17-600-004; the places are recalled, only mode 3 is in a capture: gpsd's furuno_gl_ga).
    private static func furunoSurvey(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let mode = fields.integer(2, in: text), (0...3).contains(mode) else { return nil }
        let survey = ReceiverStatus.Survey(
            isActive: mode == 1 || mode == 2, isValid: mode == 3, duration: fields.integer(5, in: text) ?? 0)
        return .timingMode(isHeld: mode == 3, mode == 0 ? nil : survey)
    }

    /// `$PERC` of Ericsson's GRU: GPppr 5 satellites, 6 state of the pulse (0 good); GPppf 5 leap seconds, blank until
    /// they are heard; GPsts 2 mode (0 acquiring, 1 survey, 2 held); GPver 2 model, 4 revision.
    ///
    /// Known from gpsd's captures ericsson-gru04 only; GPppr's time of week is GPS time and does not label.
    private static func ericsson(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        if fields.matches(1, "GPppr", in: text) {
            guard let state = fields.integer(6, in: text) else { return nil }
            return .pulse(isGood: state == 0, accuracy: nil, satellitesUsed: fields.integer(5, in: text))
        }
        if fields.matches(1, "GPppf", in: text) { return fields.integer(5, in: text).map { .leapSeconds($0) } }
        if fields.matches(1, "GPsts", in: text) {
            guard let mode = fields.integer(2, in: text), (0...2).contains(mode) else { return nil }
            return .timingMode(
                isHeld: mode == 2,
                mode == 0 ? nil : ReceiverStatus.Survey(isActive: mode == 1, isValid: mode == 2, duration: 0))
        }
        guard fields.matches(1, "GPver", in: text) else { return nil }
        return .text(.version(model: words(2, fields, in: text), firmware: words(4, fields, in: text)))
    }

    /// `$PMTK001`: 1 the command, 2 what became of it: 3 done.
    private static func mediaTekAnswer(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        let command = fields.range(1)
        guard (1...4).contains(command.count), let result = fields.integer(2, in: text) else { return nil }
        var code: UInt64 = 0
        for byte in "PMTK".utf8 { code = code << 8 | UInt64(byte) }
        for offset in command { code = code << 8 | UInt64(text[offset]) }
        return .acknowledged(MessageName(.nmea, code: code), result == 3)
    }

    /// A field as words; `nil` where it is blank.
    private static func words(_ field: Int, _ fields: NMEAFields, in text: Span<UInt8>) -> String? {
        fields.isEmpty(field) ? nil : text.text(fields.range(field))
    }
}

/// PUBX,00: u-blox's position, of which the kind of solution matters here: in timing mode it says so where the standard's
/// sentences may call their solution void (u-blox 6 to M8 receiver descriptions). No capture.
public struct NMEAUbloxPosition: Equatable, Sendable {
    /// Time of day, field 2; `nil` where it is blank or none.
    public let timeOfDay: Interval?
    /// The kind of solution, field 8: `NF` none, `DR` estimated, `G2 D2` plane, `G3 D3 RK` space, `TT` time only.
    public let fix: ReceiverStatus.Fix
    /// Dilution of precision in the plane, field 15, and of the time, field 17.
    public let horizontalDilution: Double?, timeDilution: Double?
    /// Satellites in the solution, field 18.
    public let satellitesUsed: Int?

    init?(_ fields: NMEAFields, in text: Span<UInt8>) {
        let state = fields.range(8)
        guard state.count == 2 else { return nil }
        switch (text[state.lowerBound], text[state.lowerBound + 1]) {
        case (UInt8(ascii: "N"), UInt8(ascii: "F")): fix = .none
        case (UInt8(ascii: "D"), UInt8(ascii: "R")): fix = .estimated
        case (UInt8(ascii: "G"), UInt8(ascii: "2")), (UInt8(ascii: "D"), UInt8(ascii: "2")): fix = .plane
        case (UInt8(ascii: "G"), UInt8(ascii: "3")), (UInt8(ascii: "D"), UInt8(ascii: "3")),
            (UInt8(ascii: "R"), UInt8(ascii: "K")):
            fix = .space
        case (UInt8(ascii: "T"), UInt8(ascii: "T")): fix = .time
        default: return nil
        }
        timeOfDay = try? fields.timeOfDay(2, in: text)
        horizontalDilution = NMEAReport.dilution(15, fields, in: text)
        timeDilution = NMEAReport.dilution(17, fields, in: text)
        satellitesUsed = fields.integer(18, in: text)
    }
}
