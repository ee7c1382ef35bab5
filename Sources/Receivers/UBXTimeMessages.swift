import TimeScale

/// NAV-PVT: the navigation solution and its date and time.
struct UBXSolution: Equatable, Sendable {
    /// Date and time of day, and how well they are known.
    let time: UBXCivilTime
    /// Whether there is a solution.
    let fix: UBXFix
    /// Where the antenna is.
    let place: ReceiverStatus.Place

    init(_ payload: Span<UInt8>) {
        time = UBXCivilTime(solution: payload)
        fix = UBXFix(
            timeOfWeek: payload.littleUInt32(0), kind: payload[20], isValid: payload[21] & 0x01 != 0,
            satellitesUsed: Int(payload[23]), positionDilution: payload.dilution(76))
        place = ReceiverStatus.Place(
            latitude: Double(payload.littleInt32(28)) / 1e7, longitude: Double(payload.littleInt32(24)) / 1e7,
            height: Double(payload.littleInt32(32)) / 1000)
    }
}

/// Date and time of day of NAV-PVT and NAV-TIMEUTC.
struct UBXCivilTime: Equatable, Sendable {
    /// iTOW: GPS time of week, milliseconds; the epoch to which messages belong.
    let timeOfWeek: UInt32
    /// The date as sent.
    let date: SentDate
    /// Time since midnight in whole seconds as sent, rounded to the nearest; `nil` where the fields are no time of day.
    let timeOfDay: Interval?
    /// What is to be added to it, −1 ... 1 s.
    let fraction: Interval
    /// Whether the date and the time of day are known.
    let isKnown: Bool
    /// Whether UTC is known, and not only GPS time and an assumption.
    let isResolved: Bool
    /// The receiver's own estimate of its error, seconds.
    let accuracy: Double

    /// NAV-PVT: bits 0 date, 1 time of day, 2 fully resolved.
    init(solution payload: Span<UInt8>) {
        self.init(payload, calendar: 4, nanoseconds: 16, accuracy: 12) {
            (known: $0 & 0x03 == 0x03, resolved: $0 & 0x04 != 0)
        }
    }

    /// NAV-TIMEUTC: bits 0 time of week, 1 week, 2 UTC.
    init(utc payload: Span<UInt8>) {
        self.init(payload, calendar: 12, nanoseconds: 8, accuracy: 4) {
            (known: $0 & 0x03 == 0x03, resolved: $0 & 0x04 != 0)
        }
    }

    private init(
        _ payload: Span<UInt8>, calendar: Int, nanoseconds: Int, accuracy: Int,
        valid: (UInt8) -> (known: Bool, resolved: Bool)
    ) {
        timeOfWeek = payload.littleUInt32(0)
        date = SentDate(
            year: Int(payload.littleUInt16(calendar)), month: Int(payload[calendar + 2]),
            day: Int(payload[calendar + 3]))
        timeOfDay = Interval(
            hour: Int(payload[calendar + 4]), minute: Int(payload[calendar + 5]), second: Int(payload[calendar + 6]))
        fraction = Interval(nanoseconds: Int64(payload.littleInt32(nanoseconds)))
        (isKnown, isResolved) = valid(payload[calendar + 7])
        self.accuracy = Double(payload.littleUInt32(accuracy)) * 1e-9
    }
}

/// NAV-TIMEGPS.
struct UBXGPSTime: Equatable, Sendable {
    /// iTOW: GPS time of week, milliseconds; the epoch to which messages belong.
    let timeOfWeek: UInt32
    /// What is to be added to it.
    let fraction: Interval
    /// The week since 1980.
    let week: Int
    /// GPS − UTC, seconds.
    let leapSeconds: Int
    /// Whether week and time of week are known.
    let isKnown: Bool
    /// Whether the leap seconds are known.
    let isResolved: Bool
    /// The receiver's own estimate of its error, seconds.
    let accuracy: Double

    init(_ payload: Span<UInt8>) {
        timeOfWeek = payload.littleUInt32(0)
        fraction = Interval(nanoseconds: Int64(payload.littleInt32(4)))
        week = Int(payload.littleInt16(8))
        leapSeconds = Int(payload.int8(10))
        (isKnown, isResolved) = (payload[11] & 0x03 == 0x03, payload[11] & 0x04 != 0)
        accuracy = Double(payload.littleUInt32(12)) * 1e-9
    }
}

/// NAV-TIMELS: the leap seconds, and when they change.
struct UBXLeapSeconds: Equatable, Sendable {
    /// GPS − UTC, seconds; `nil` where it is not known or only assumed by the firmware.
    let current: Int?
    /// The next or last change that was announced; `nil` where nothing is known.
    let news: ReceiverStatus.LeapNews?
    /// Whether that change is still to come, by the receiver's reckoning.
    let isAhead: Bool
    /// Whether the receiver says that it does not know them, or that it goes by what its firmware assumes.
    let isDenied: Bool

    init(_ payload: Span<UInt8>) {
        isAhead = payload.littleInt32(12) > 0
        let valid = payload[23]
        // Source 0 is the firmware's assumption, 7 what somebody has configured; 255 is unknown.
        isDenied = valid & 0x01 == 0 || payload[8] == 0 || payload[8] == 255
        current = isDenied || payload[8] == 7 ? nil : Int(payload.int8(9))
        // At the end of day Dn of GPS week Wn; a week can be told that no `Instant` reaches.
        guard valid & 0x02 != 0, payload[10] != 0,
            let week = GNSSWeek.instant(week: Int(payload.littleUInt16(16)), timeOfWeek: .zero, leapSeconds: 0)
        else {
            news = nil
            return
        }
        // Sunday is day 1, but 0 where the news come from BeiDou (4), which counts so.
        let day = Int64(min(payload.littleUInt16(18), 7)) + (payload[10] == 4 ? 1 : 0)
        news = ReceiverStatus.LeapNews(change: Int(payload.int8(11)).signum(), at: week + .seconds(day * 86_400))
    }
}

/// NAV-STATUS, NAV-SOL and part of NAV-PVT: whether there is a solution.
struct UBXFix: Equatable, Sendable {
    /// iTOW: GPS time of week, milliseconds; the epoch to which it belongs.
    let timeOfWeek: UInt32
    /// The kind of solution.
    let kind: ReceiverStatus.Fix
    /// Whether it comes from satellites and is within the limits that the receiver was given.
    let isValid: Bool
    /// Signals that pretend to be a satellite's; `nil` where the message does not tell.
    private(set) var spoofing: ReceiverStatus.Threat?
    /// Time since the receiver began, seconds; `nil` where the message does not tell.
    private(set) var uptime: Double?
    /// Satellites in the solution; `nil` where the message does not tell.
    let satellitesUsed: Int?
    /// Dilution of precision in space, of a message that tells how many satellites there are; `nil` for none.
    let positionDilution: Double?

    /// - Parameters:
    ///   - timeOfWeek: iTOW, milliseconds.
    ///   - kind: 0 none, 1 dead reckoning only, 2 two and 3 three dimensions, 4 with dead reckoning, 5 time only.
    ///   - isValid: gnssFixOK.
    ///   - satellitesUsed: satellites in the solution.
    ///   - positionDilution: dilution of precision in space.
    init(
        timeOfWeek: UInt32, kind: UInt8, isValid: Bool, satellitesUsed: Int? = nil, positionDilution: Double? = nil
    ) {
        self.timeOfWeek = timeOfWeek
        (self.satellitesUsed, self.positionDilution) = (satellitesUsed, positionDilution)
        let kinds: [ReceiverStatus.Fix] = [.none, .estimated, .plane, .space, .space, .time]
        self.kind = Int(kind) < kinds.count ? kinds[Int(kind)] : .none
        self.isValid = isValid && self.kind != .none && self.kind != .estimated
    }

    init(status payload: Span<UInt8>) {
        self.init(timeOfWeek: payload.littleUInt32(0), kind: payload[4], isValid: payload[5] & 0x01 != 0)
        // 0 unknown or off, 1 none, 2 indicated, 3 several indications.
        spoofing = [nil, ReceiverStatus.Threat.none, .indicated, .affirmed][Int(payload[7] >> 3 & 3)]
        uptime = Double(payload.littleUInt32(12)) / 1000
    }

    init(solution payload: Span<UInt8>) {
        self.init(
            timeOfWeek: payload.littleUInt32(0), kind: payload[10], isValid: payload[11] & 0x01 != 0,
            satellitesUsed: Int(payload[47]), positionDilution: payload.dilution(44))
    }
}

/// TIM-TP: which second the next pulse begins, and how far it will be off.
struct UBXTimePulse: Equatable, Sendable {
    /// Time of the pulse since the start of the week in its time base, cut to nanoseconds.
    let timeOfWeek: Interval
    /// The week since 1980 in its time base.
    let week: Int
    /// Whether the time base is UTC, and not GPS time.
    let isUTC: Bool
    /// Whether the receiver knows UTC where that is the base; else whether the base is GPS time, or one that has its
    /// seconds and, but for 1024 weeks, its weeks: Galileo's and NavIC's. BeiDou's is 14 s behind, GLONASS's is Moscow's.
    let isBaseKnown: Bool
    /// What is to be added to the pulse's stamp, seconds; `nil` where the receiver says that it does not know.
    let correction: Double?

    init(_ payload: Span<UInt8>) {
        // The fraction comes in 2⁻³² ms.
        let fraction = (UInt64(payload.littleUInt32(4)) * 1_000_000) >> 32
        timeOfWeek = .milliseconds(Int64(payload.littleUInt32(0))) + Interval(nanoseconds: Int64(fraction))
        week = Int(payload.littleUInt16(12))
        let flags = payload[14]
        isUTC = flags & 0x01 != 0
        // Firmware before generation 8 leaves the second byte at 0.
        let system = payload[15] & 0x0f
        isBaseKnown = isUTC ? flags & 0x02 != 0 : system == 0 || system == 3 || system == 4
        // Bit 4: the error is not valid; bit 5: the pulse is not locked. Firmware before protocol 32 leaves both at 0.
        correction = flags & 0x30 == 0 ? Double(payload.littleInt32(8)) * 1e-12 : nil
    }
}

/// MON-VER: what the receiver is.
struct UBXVersion: Equatable, Sendable {
    /// `MOD=`, `ZED-F9T`; the hardware's number where the firmware does not tell.
    let model: String
    /// `FWVER=`, `TIM 2.20`; the version of the software where there is none.
    let firmware: String
    /// `PROTVER`, `29.20`.
    let protocolVersion: String?

    init(_ payload: Span<UInt8>) {
        var (model, firmware, version) = (payload.text(30..<40), payload.text(0..<30), String?.none)
        for block in stride(from: 40, to: payload.count - 29, by: 30) {
            let line = payload.text(block..<block + 30)
            if let value = Self.value("MOD", line) { model = value }
            if let value = Self.value("FWVER", line) { firmware = value }
            if let value = Self.value("PROTVER", line) { version = value }
        }
        (self.model, self.firmware, protocolVersion) = (model, firmware, version)
    }

    /// What follows a word and `=` or a space.
    private static func value(_ word: String, _ line: String) -> String? {
        guard line.hasPrefix(word + "=") || line.hasPrefix(word + " ") else { return nil }
        return String(line.dropFirst(word.utf8.count + 1).drop { $0 == " " })
    }
}
