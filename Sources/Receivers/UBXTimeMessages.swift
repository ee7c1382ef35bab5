import TimeScale

/// NAV-PVT: the navigation solution and its date and time.
public struct UBXSolution: Equatable, Sendable {
    /// Date and time of day, and how well they are known.
    public let time: UBXCivilTime
    /// Whether there is a solution.
    public let fix: UBXFix
    /// Satellites in the solution.
    public let satellitesUsed: Int
    /// Dilution of precision in space.
    public let positionDilution: Double
    /// Where the antenna is.
    public let place: ReceiverStatus.Place

    init(_ payload: Span<UInt8>) {
        time = UBXCivilTime(solution: payload)
        fix = UBXFix(
            timeOfWeek: payload.littleUInt32(0), kind: payload[20], isValid: payload[21] & 0x01 != 0)
        satellitesUsed = Int(payload[23])
        positionDilution = Double(payload.littleUInt16(76)) / 100
        place = ReceiverStatus.Place(
            latitude: Double(payload.littleInt32(28)) / 1e7, longitude: Double(payload.littleInt32(24)) / 1e7,
            height: Double(payload.littleInt32(32)) / 1000)
    }
}

/// Date and time of day of NAV-PVT and NAV-TIMEUTC.
public struct UBXCivilTime: Equatable, Sendable {
    /// iTOW: GPS time of week, milliseconds; the epoch to which messages belong.
    public let timeOfWeek: UInt32
    /// The date as sent.
    public let date: SentDate
    /// Time since midnight in whole seconds as sent, rounded to the nearest; `nil` where the fields are no time of day.
    public let timeOfDay: Interval?
    /// What is to be added to it, −1 ... 1 s.
    public let fraction: Interval
    /// Whether the date and the time of day are known.
    public let isKnown: Bool
    /// Whether UTC is known, and not only GPS time and an assumption.
    public let isResolved: Bool
    /// The receiver's own estimate of its error, seconds.
    public let accuracy: Double

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
        let (hour, minute, second) = (payload[calendar + 4], payload[calendar + 5], payload[calendar + 6])
        let isTime = hour < 24 && minute < 60 && (second < 60 || second == 60 && hour == 23 && minute == 59)
        timeOfDay = isTime ? .seconds(Int64(hour) * 3600 + Int64(minute) * 60 + Int64(second)) : nil
        fraction = Interval(nanoseconds: Int64(payload.littleInt32(nanoseconds)))
        (isKnown, isResolved) = valid(payload[calendar + 7])
        self.accuracy = Double(payload.littleUInt32(accuracy)) * 1e-9
    }
}

/// NAV-TIMEGPS.
public struct UBXGPSTime: Equatable, Sendable {
    /// iTOW: GPS time of week, milliseconds; the epoch to which messages belong.
    public let timeOfWeek: UInt32
    /// What is to be added to it.
    public let fraction: Interval
    /// The week since 1980.
    public let week: Int
    /// GPS − UTC, seconds.
    public let leapSeconds: Int
    /// Whether week and time of week are known.
    public let isKnown: Bool
    /// Whether the leap seconds are known.
    public let isResolved: Bool
    /// The receiver's own estimate of its error, seconds.
    public let accuracy: Double

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
public struct UBXLeapSeconds: Equatable, Sendable {
    /// GPS − UTC, seconds; `nil` where it is not known or only assumed by the firmware.
    public let current: Int?
    /// The next or last change that was announced; `nil` where nothing is known.
    public let news: ReceiverStatus.LeapNews?
    /// Whether that change is still to come, by the receiver's reckoning.
    public let isAhead: Bool

    init(_ payload: Span<UInt8>) {
        isAhead = payload.littleInt32(12) > 0
        let valid = payload[23]
        // Source 0 is the firmware's assumption, 7 what somebody has configured; 255 is unknown.
        let isHeard = payload[8] != 0 && payload[8] != 7 && payload[8] != 255
        current = valid & 0x01 != 0 && isHeard ? Int(payload.int8(9)) : nil
        // At the end of day Dn (1 is Sunday) of GPS week Wn; a week can be told that no `Instant` reaches.
        guard valid & 0x02 != 0, payload[10] != 0,
            let week = GNSSWeek.instant(week: Int(payload.littleUInt16(16)), timeOfWeek: .zero, leapSeconds: 0)
        else {
            news = nil
            return
        }
        let day = Int64(min(payload.littleUInt16(18), 7))
        news = ReceiverStatus.LeapNews(change: Int(payload.int8(11)).signum(), at: week + .seconds(day * 86_400))
    }
}

/// NAV-STATUS, NAV-SOL and part of NAV-PVT: whether there is a solution.
public struct UBXFix: Equatable, Sendable {
    /// iTOW: GPS time of week, milliseconds; the epoch to which it belongs.
    public let timeOfWeek: UInt32
    /// The kind of solution.
    public let kind: ReceiverStatus.Fix
    /// Whether it comes from satellites and is within the limits that the receiver was given.
    public let isValid: Bool
    /// Signals that pretend to be a satellite's; `nil` where the message does not tell.
    public private(set) var spoofing: ReceiverStatus.Threat?
    /// Time since the receiver began, seconds; `nil` where the message does not tell.
    public private(set) var uptime: Double?
    /// Satellites in the solution; `nil` where the message does not tell.
    public private(set) var satellitesUsed: Int?

    /// - Parameters:
    ///   - timeOfWeek: iTOW, milliseconds.
    ///   - kind: 0 none, 1 dead reckoning only, 2 two and 3 three dimensions, 4 with dead reckoning, 5 time only.
    ///   - isValid: gnssFixOK.
    init(timeOfWeek: UInt32, kind: UInt8, isValid: Bool) {
        self.timeOfWeek = timeOfWeek
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
        self.init(timeOfWeek: payload.littleUInt32(0), kind: payload[10], isValid: payload[11] & 0x01 != 0)
        satellitesUsed = Int(payload[47])
    }
}

/// TIM-TP: which second the next pulse begins, and how far it will be off.
public struct UBXTimePulse: Equatable, Sendable {
    /// Time of the pulse since the start of the week in its time base, cut to nanoseconds.
    public let timeOfWeek: Interval
    /// The week since 1980 in its time base.
    public let week: Int
    /// Whether the time base is UTC, and not that of a satellite system.
    public let isUTC: Bool
    /// What is to be added to the pulse's stamp, seconds; `nil` where the receiver says that it does not know.
    public let correction: Double?

    init(_ payload: Span<UInt8>) {
        // The fraction comes in 2⁻³² ms.
        let fraction = (UInt64(payload.littleUInt32(4)) * 1_000_000) >> 32
        timeOfWeek = .milliseconds(Int64(payload.littleUInt32(0))) + Interval(nanoseconds: Int64(fraction))
        week = Int(payload.littleUInt16(12))
        let flags = payload[14]
        isUTC = flags & 0x01 != 0
        // Bit 4: the error is not valid; bit 5: the pulse is not locked. Firmware before protocol 32 leaves both at 0.
        correction = flags & 0x30 == 0 ? Double(payload.littleInt32(8)) * 1e-12 : nil
    }
}

/// MON-VER: what the receiver is.
public struct UBXVersion: Equatable, Sendable {
    /// `MOD=`, `ZED-F9T`; the hardware's number where the firmware does not tell.
    public let model: String
    /// `FWVER=`, `TIM 2.20`; the version of the software where there is none.
    public let firmware: String
    /// `PROTVER`, `29.20`.
    public let protocolVersion: String?

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
