import TimeScale

/// A sentence about the receiver and its solution, rather than about the time.
///
/// What cannot be read is left out: nothing here decides about time, so nothing is rejected.
enum NMEAReport: Equatable, Sendable {
    /// GSA: the solution of one constellation.
    case solution(NMEASolution)
    /// GSV: up to four satellites in view.
    case satellites(NMEASatellites)
    /// GGA, GNS: satellites in the solution, dilution in the plane, and the kind of solution where it is none, estimated
    /// or manual.
    case quality(satellitesUsed: Int?, horizontalDilution: Double?, fix: ReceiverStatus.Fix?)
    /// GBS: the satellite that most likely fails the receiver's own check, and its bias in metres; `nil` for none.
    case integrity(failed: Int?, bias: Double)
    /// TXT, PQVERNO, PMTK705, PERC,GPver, PQTMANTENNASTATUS: what the receiver says about itself.
    case text(NMEAText)
    /// PMTK001: a command was taken or refused.
    case acknowledged(MessageName, Bool)
    /// PUBX,00.
    case ubloxPosition(NMEAUbloxPosition)
    /// PSTI,00 and TPS3, PERC,GPsts: the survey, whether the place is held, and whether the satellites agree about the
    /// time; `nil` where that is not told.
    case timingMode(isHeld: Bool, ReceiverStatus.Survey?, isSound: Bool?)
    /// PQTMSVINSTATUS: the survey.
    case survey(ReceiverStatus.Survey)
    /// TPS1: what may be wrong with the pulse, and whether it is.
    case pulse(ReceiverStatus.PulseFault, Bool)
    /// TPS2, PERC,GPppr: the same, whether an oscillator makes the pulse, its error in seconds, satellites in the
    /// solution.
    case pulseState(
        ReceiverStatus.PulseFault, Bool, isFromOscillator: Bool, accuracy: Double?, satellitesUsed: Int?)
    /// TPS4: in which state the oscillator is, where it does not follow the satellites, and whether it is accurate.
    case oscillator(String?, isAccurate: Bool)
    /// PERC,GPppf: GPS − UTC in seconds.
    case leapSeconds(Int)

    /// Reads a sentence.
    ///
    /// - Parameter text: the bytes between `$` and `*`, checksum proven.
    /// - Returns: `nil` for other sentences, and for what cannot be read.
    static func parse(_ text: Span<UInt8>) -> NMEAReport? {
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
        if fields.matches(1, "TPS1", in: text) {
            // 7 what the pulse follows: 0 the battery clock, 1 GPS, 2 and more UTC.
            return fields.integer(7, in: text).map { .pulse(.free, $0 == 0) }
        }
        if fields.matches(1, "TPS2", in: text) { return furunoPulse(fields, in: text) }
        if fields.matches(1, "TPS3", in: text) { return furunoSurvey(fields, in: text) }
        if fields.matches(1, "TPS4", in: text) { return furunoOscillator(fields, in: text) }
        if fields.matches(0, "PMTK001", in: text) { return mediaTekAnswer(fields, in: text) }
        // 1 firmware, 3 model (MediaTek's packet manuals). Capture quectel-L70.
        if fields.matches(0, "PMTK705", in: text) {
            return .text(.version(model: words(3, fields, in: text), firmware: words(1, fields, in: text)))
        }
        // 2 firmware, by capture quectel-L70 alone.
        if fields.matches(0, "PQVERNO", in: text) {
            return .text(.version(model: nil, firmware: words(2, fields, in: text)))
        }
        if fields.matches(0, "PQTMSVINSTATUS", in: text) { return quectelSurvey(fields, in: text) }
        if fields.matches(0, "PQTMANTENNASTATUS", in: text) { return quectelAntenna(fields, in: text) }
        return nil
    }

    /// `$PQTMSVINSTATUS`: 3 validity (0 none, 1 survey going on, 2 done); from the end on, where one firmware has a
    /// reserved field more than another: standard deviation in metres, place, seconds wanted, observations.
    ///
    /// Quectel's LC29H, LG290P and LC29T protocol specifications as decoders have them; no capture, no hardware.
    private static func quectelSurvey(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard fields.count >= 11, let state = fields.integer(3, in: text), (0...2).contains(state) else { return nil }
        return .survey(
            ReceiverStatus.Survey(
                isActive: state == 1, isValid: state == 2,
                duration: fields.integer(fields.count - 6, in: text) ?? 0,
                accuracy: fields.decimal(fields.count - 1, in: text)))
    }

    /// `$PQTMANTENNASTATUS`: 1 version, 2 state of the (first) antenna: 1 good, 2 open, 3 short.
    ///
    /// As decoders of versions 1 to 3 have it (LC29H, LG290P, LC02H); no capture, no hardware.
    private static func quectelAntenna(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        switch fields.integer(2, in: text) {
        case 1: .text(.antenna(.good))
        case 2: .text(.antenna(.open))
        case 3: .text(.antenna(.short))
        default: nil
        }
    }

    /// `$PSTI,00`: 2 mode (0 none, 1 survey, 2 held), 3 length of the survey (SkyTraq; recalled). No capture.
    ///
    /// Which pulse the error of quantisation in field 4 belongs to is not known, so it is not used.
    private static func skyTraq(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let mode = fields.integer(2, in: text), (0...2).contains(mode) else { return nil }
        let duration = fields.integer(3, in: text) ?? 0
        return .timingMode(
            isHeld: mode == 2,
            mode == 0 ? nil : ReceiverStatus.Survey(isActive: mode == 1, isValid: mode == 2, duration: duration),
            isSound: nil)
    }

    /// `$PERDCRX,TPS2`: 2 whether there is a pulse, 8 who makes it (0 the receiver, 1 the oscillator that TPS4 is about),
    /// 9 its estimated error in nanoseconds (Furuno's eSIP for the GT-87, as Novus's manuals N4430 and NR2110 have it in
    /// their appendix A). Capture of a GT-88, gpsd's furuno_gl_ga, in which the pulse is there.
    ///
    /// The sawtooth in field 10 is that of a pulse which has gone, so it is not used.
    private static func furunoPulse(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let status = fields.integer(2, in: text) else { return nil }
        return .pulseState(
            .missing, status == 0, isFromOscillator: fields.integer(8, in: text) == 1,
            accuracy: fields.integer(9, in: text).map { Double($0) * 1e-9 }, satellitesUsed: nil)
    }

    /// `$PERDCRY,TPS3`: 2 mode (0 navigation, 1 and 2 survey, 3 held), 5 how long it has been surveyed, 7 whether the
    /// satellites agree about the time (0 yes, 1 alarm, 2 cannot be told) (the same manuals). The capture has 3 and 0.
    private static func furunoSurvey(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let mode = fields.integer(2, in: text), (0...3).contains(mode) else { return nil }
        let survey = ReceiverStatus.Survey(
            isActive: mode == 1 || mode == 2, isValid: mode == 3, duration: fields.integer(5, in: text) ?? 0)
        return .timingMode(
            isHeld: mode == 3, mode == 0 ? nil : survey, isSound: fields.integer(7, in: text).map { $0 != 1 })
    }

    /// `$PERDCRZ,TPS4`: 2 state of the oscillator (1 warming up, 2 locked, 3 holdover, 4 free), 4 whether it is accurate
    /// (Novus's manual NR2310, appendix A). The capture of a GT-88 has state 7, which is in no document.
    private static func furunoOscillator(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        guard let state = fields.integer(2, in: text), let accuracy = fields.integer(4, in: text) else { return nil }
        let words: String? =
            switch state {
            case 1: "warming up"
            case 3: "holdover"
            case 4: "free"
            default: nil
            }
        return .oscillator(words, isAccurate: accuracy != 0)
    }

    /// `$PERC` of Ericsson's GRU: GPppr 5 satellites, 6 state of the pulse (0 good); GPppf 5 leap seconds, blank until
    /// they are heard; GPsts 2 mode (0 acquiring, 1 survey, 2 held); GPver 2 model, 4 revision.
    ///
    /// Known from gpsd's captures ericsson-gru04 only; GPppr's time of week is GPS time and does not label.
    private static func ericsson(_ fields: NMEAFields, in text: Span<UInt8>) -> NMEAReport? {
        if fields.matches(1, "GPppr", in: text) {
            guard let state = fields.integer(6, in: text) else { return nil }
            return .pulseState(
                .bad, state != 0, isFromOscillator: false, accuracy: nil, satellitesUsed: fields.integer(5, in: text))
        }
        if fields.matches(1, "GPppf", in: text) { return fields.integer(5, in: text).map { .leapSeconds($0) } }
        if fields.matches(1, "GPsts", in: text) {
            guard let mode = fields.integer(2, in: text), (0...2).contains(mode) else { return nil }
            return .timingMode(
                isHeld: mode == 2,
                mode == 0 ? nil : ReceiverStatus.Survey(isActive: mode == 1, isValid: mode == 2, duration: 0),
                isSound: nil)
        }
        guard fields.matches(1, "GPver", in: text) else { return nil }
        return .text(.version(model: words(2, fields, in: text), firmware: words(4, fields, in: text)))
    }

    /// `$PMTK001`: 1 the command, 2 what became of it: 3 done (MediaTek's packet manuals). Capture quectel-L70.
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
struct NMEAUbloxPosition: Equatable, Sendable {
    /// Time of day, field 2; `nil` where it is blank or none.
    let timeOfDay: Interval?
    /// The kind of solution, field 8: `NF` none, `DR` estimated, `G2 D2` plane, `G3 D3 RK` space, `TT` time only.
    let fix: ReceiverStatus.Fix
    /// Dilution of precision in the plane, field 15, and of the time, field 17.
    let horizontalDilution: Double?, timeDilution: Double?
    /// Satellites in the solution, field 18.
    let satellitesUsed: Int?

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
