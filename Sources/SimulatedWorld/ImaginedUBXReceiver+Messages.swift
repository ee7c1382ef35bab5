import TimeScale

/// What it says each second: the messages that are enabled, at their rates.
extension ImaginedUBXReceiver {
    /// The antenna's place from the centre of the earth, cm: 47.2852167° N, 8.56525° E, 498 m.
    public static let place: (x: Int32, y: Int32, z: Int32) = (428_643_533, 64_560_345, 466_369_807)

    /// The messages for one second, as the line delivers them; lets a second pass.
    ///
    /// - Parameter second: the second just begun, UTC, as true time has it.
    /// - Returns: sentences and frames in the order of the receiver's table.
    public mutating func burst(for second: Instant) -> [UInt8] {
        uptime += 1
        carryOnSurvey()
        let sentences = sentences(for: second)
        var bytes: [UInt8] = []
        for (code, key, _) in ImaginedStore.messages {
            let rate = model.hasKeys ? UInt8(store.memory[key] ?? 0) : store.settings[code]?[3] ?? 0
            guard rate > 0, uptime % Int(rate) == 0 else { continue }
            bytes += code >> 8 == 0xf0 ? sentences[code] ?? [] : message(code, for: second)
        }
        return lose(bytes)
    }

    /// Whether its place is known, so that it solves for the time alone.
    public var isTimeOnly: Bool { timingMode == 2 || survey.map { $0 >= surveyLength } ?? false }

    /// 0 off, 1 survey, 2 fixed.
    private var timingMode: UInt64 { model.hasKeys ? store.memory[0x2003_0001] ?? 0 : olderTimingMode(0, 1) }

    private var shortestSurvey: Int { Int(store.memory[0x4003_0010] ?? olderTimingMode(20, 4)) }

    /// Variance of the place after so many seconds, mm²: 10 m at first, less with the square root of the time.
    private func variance(_ seconds: Int) -> Double { 1e8 / Double(max(seconds, 1)) }

    /// Seconds until the place is as good as it was asked for, and the survey as long.
    private var surveyLength: Int {
        let tenths = store.memory[0x4003_0011].map { Double($0) / 10 } ?? Double(olderTimingMode(24, 4))
        return max(shortestSurvey, Int((1e8 / max(tenths * tenths, 1)).rounded(.up)))
    }

    /// The pulse's grid: 0 UTC, 1 GPS; bits 7 to 10 of the flags of CFG-TP5.
    private var pulseGrid: UInt64 {
        if let grid = store.memory[0x2005_000c] { return grid }
        guard let pulse = store.settings[0x0631] else { return 0 }
        return UInt64((UInt16(pulse[28]) | UInt16(pulse[29]) << 8) >> 7 & 0x0f)
    }

    /// A number in CFG-TMODE2.
    private func olderTimingMode(_ offset: Int, _ length: Int) -> UInt64 {
        guard let payload = store.settings[0x063d] else { return 0 }
        return payload[offset..<offset + length].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func carryOnSurvey() {
        guard timingMode == 1 else {
            survey = nil
            return
        }
        let passed = survey ?? 0
        if time.hasFix, passed < surveyLength { survey = passed + 1 }
    }

    // MARK: - Messages

    private func message(_ code: UInt16, for second: Instant) -> [UInt8] {
        let timeOfWeek = bytes(time.timeOfWeek(of: second))
        switch code {
        case 0x0107: return time.navigationSolution(for: second, kind: isTimeOnly ? 5 : 3)
        case 0x0121: return time.utcTime(for: second)
        case 0x0d01: return time.timePulse(after: second, sawtooth: sawtooth, isUTC: pulseGrid == 0)
        case 0x0103:
            // Fix, flags (fix, week and time of week known), two more bytes, time to first fix, time since it began: ms.
            let fix: [UInt8] = time.hasFix ? [isTimeOnly ? 5 : 3, 0x0d, 0, 0x08] : [0, 0, 0, 0x08]
            return frame(code, timeOfWeek + fix + bytes(UInt32(26_000)) + bytes(UInt32(uptime * 1000)))
        case 0x0126: return frame(code, leapSeconds(timeOfWeek))
        case 0x0122:
            // Bias ns, drift ns/s, accuracy ns and ps/s.
            let rest = bytes(Int32(-123_456)) + bytes(Int32(87)) + bytes(UInt32(5)) + bytes(UInt32(200))
            return frame(code, timeOfWeek + rest)
        case 0x0135: return frame(code, satellites(timeOfWeek))
        case 0x0106: return frame(code, solution(timeOfWeek, week: GNSSWeek.week(of: second, leapSeconds: 18).week))
        case 0x0130: return frame(code, spaceVehicles(timeOfWeek))
        case 0x0d04: return frame(code, surveyReport)
        case 0x0a38:
            // One radio path: nothing jams, the antenna is good and powered; noise, gain, CW, phase.
            return frame(code, [0, 1, 0, 0] + [0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 90, 0, 0x88, 0x13, 12] + zeros(7))
        case 0x0a09:
            return frame(code, zeros(16) + [90, 0, 0x88, 0x13, 2, 1, 0x05, 0] + zeros(21) + [12] + zeros(14))
        case 0x2709:
            // Version 2: both are looked for, and not there; no frequencies.
            return frame(code, [2, 0x1 | 1 << 1 | 1 << 3 | 1 << 4, 0, 0])
        case 0x0161: return frame(code, timeOfWeek)
        default: return []
        }
    }

    /// UBX-NAV-TIMELS: from GPS, 18 s, no change announced.
    private func leapSeconds(_ timeOfWeek: [UInt8]) -> [UInt8] {
        let isKnown = time.hasFix && time.assumedLeapSeconds == nil
        return timeOfWeek + [0, 0, 0, 0, isKnown ? 2 : 0, UInt8(time.assumedLeapSeconds ?? 18), isKnown ? 2 : 0, 0]
            + zeros(11) + [isKnown ? 0x03 : 0x01]
    }

    /// UBX-NAV-SAT: eight GPS satellites, all used.
    private func satellites(_ timeOfWeek: [UInt8]) -> [UInt8] {
        let all = (0..<8).flatMap { index -> [UInt8] in
            let number = UInt8(index)
            return [0, 2 + 3 * number, 38 + number, 15 + 9 * number] + bytes(Int16(45 * index)) + [0, 0]
                + [time.hasFix ? 0x1f : 0x14, 0x19, 0, 0]
        }
        return timeOfWeek + [1, 8, 0, 0] + all
    }

    /// UBX-NAV-SOL: fraction of the millisecond, week, fix, flags, place and its error (cm), velocity and its error, PDOP
    /// 1.80, eight satellites.
    private func solution(_ timeOfWeek: [UInt8], week: Int) -> [UInt8] {
        let fix: [UInt8] = time.hasFix ? [isTimeOnly ? 5 : 3, 0x0d] : [0, 0]
        let place = time.hasFix ? Self.place : (x: 0, y: 0, z: 0)
        return timeOfWeek + zeros(4) + bytes(Int16(week)) + fix + bytes(place.x) + bytes(place.y) + bytes(place.z)
            + zeros(20) + bytes(UInt16(time.hasFix ? 180 : 9999)) + [0, time.hasFix ? 8 : 0] + zeros(4)
    }

    /// UBX-NAV-SVINFO: eight channels with a GPS satellite each, all used.
    private func spaceVehicles(_ timeOfWeek: [UInt8]) -> [UInt8] {
        let all = (0..<8).flatMap { index -> [UInt8] in
            let number = UInt8(index)
            let state: [UInt8] = [time.hasFix ? 0x0d : 0x0c, time.hasFix ? 7 : 4]
            return [number, 2 + 3 * number] + state + [38 + number, 15 + 9 * number] + bytes(Int16(45 * index))
                + zeros(4)
        }
        return timeOfWeek + [8, 1, 0, 0] + all
    }

    /// UBX-TIM-SVIN.
    private var surveyReport: [UInt8] {
        let passed = survey ?? 0
        let isValid = survey != nil && passed >= surveyLength
        let place = passed > 0 ? Self.place : (x: 0, y: 0, z: 0)
        return bytes(UInt32(passed)) + bytes(place.x) + bytes(place.y) + bytes(place.z)
            + bytes(UInt32(variance(passed).rounded())) + bytes(UInt32(passed))
            + [isValid ? 1 : 0, survey != nil && !isValid ? 1 : 0, 0, 0]
    }

    /// Sentences by class and number, as CFG-MSG counts them.
    private func sentences(for second: Instant) -> [UInt16: [UInt8]] {
        let lines = time.burst(for: second).split(separator: 0x0a).map { Array($0) + [0x0a] }
        let moment = CivilTime(time.label(for: second))
        let clock = [moment.hour, moment.minute, moment.second].map { ($0 < 10 ? "0" : "") + String($0) }.joined()
        let status = time.hasFix ? "A" : "V"
        return [
            0xf004: lines[0], 0xf000: lines[1], 0xf008: lines[2],
            0xf001: ImaginedReceiver.sentence("GPGLL,4717.1130,N,00833.9150,E,\(clock).00,\(status),A"),
            0xf002: ImaginedReceiver.sentence("GPGSA,A,\(time.hasFix ? 3 : 1),02,05,08,11,14,17,20,23,,,,,1.8,1.0,1.5"),
            0xf003: ImaginedReceiver.sentence("GPGSV,1,1,02,02,15,000,38,05,24,045,39"),
            0xf005: ImaginedReceiver.sentence("GPVTG,,T,,M,0.00,N,0.00,K,A"),
        ]
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] { ImaginedReceiver.bytes(number) }
}
