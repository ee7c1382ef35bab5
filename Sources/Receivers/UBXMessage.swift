import TimeScale

/// A message of u-blox receivers that is about time or about the receiver.
///
/// Layouts: u-blox 6 to X20 interface descriptions, as `shared/reference/nmea-ubx.md` §5 has them. Payloads may be longer
/// than what is known here, as newer firmware makes them, but never shorter.
enum UBXMessage: Equatable, Sendable {
    /// NAV-PVT: the solution with its date and time.
    case solution(UBXSolution)
    /// NAV-TIMEUTC.
    case utc(UBXCivilTime)
    /// NAV-TIMEGPS.
    case gpsTime(UBXGPSTime)
    /// NAV-TIMELS.
    case leapSeconds(UBXLeapSeconds)
    /// NAV-STATUS, NAV-SOL: whether there is a solution.
    case fix(UBXFix)
    /// NAV-CLOCK: bias (s), drift (s/s) and error of the time (s).
    case clock(bias: Double, drift: Double, accuracy: Double)
    /// NAV-SAT, NAV-SVINFO.
    case satellites([Satellite])
    /// NAV-DOP: dilution of precision in space, of the time, and in the plane.
    case dilution(position: Double?, time: Double?, horizontal: Double?)
    /// NAV-SVIN, TIM-SVIN.
    case survey(ReceiverStatus.Survey)
    /// TIM-TP: about the next pulse.
    case timePulse(UBXTimePulse)
    /// MON-VER.
    case version(UBXVersion)
    /// MON-HW, MON-RF: the antenna, interference, and interference by a continuous wave (0 ... 255).
    case hardware(antenna: ReceiverStatus.Antenna?, jamming: ReceiverStatus.Threat?, indicator: Int)
    /// SEC-SIG: interference and false signals, `nil` where the receiver does not look for them.
    case security(jamming: ReceiverStatus.Threat?, spoofing: ReceiverStatus.Threat?)
    /// ACK-ACK, ACK-NAK, CFG-VALGET, and the older messages about the configuration.
    case answer(ReceiverAnswer)

    /// Reads a packet.
    ///
    /// - Parameter packet: from `b5` to the checksum, which is proven.
    /// - Returns: `nil` for a message that is not about time or the receiver.
    /// - Throws: `MessageRejection.badLength` where it is shorter than its kind must be.
    static func parse(_ packet: Span<UInt8>) throws(MessageRejection) -> UBXMessage? {
        let payload = packet.extracting(6..<packet.count - 2)
        let name = MessageName(.ubx, packet: packet)
        guard let kind = Kind(rawValue: UInt16(name.code)) else { return nil }
        guard payload.count >= kind.shortestPayload else { throw .badLength }
        return switch kind {
        case .navPVT: .solution(UBXSolution(payload))
        case .navTimeUTC: .utc(UBXCivilTime(utc: payload))
        case .navTimeGPS: .gpsTime(UBXGPSTime(payload))
        case .navTimeLS: .leapSeconds(UBXLeapSeconds(payload))
        case .navStatus: .fix(UBXFix(status: payload))
        case .navSolution: .fix(UBXFix(solution: payload))
        case .navClock:
            .clock(
                bias: Double(payload.littleInt32(4)) * 1e-9, drift: Double(payload.littleInt32(8)) * 1e-9,
                accuracy: Double(payload.littleUInt32(12)) * 1e-9)
        case .navSatellites: try .satellites(satellites(payload))
        case .navSpaceVehicles: try .satellites(spaceVehicles(payload))
        case .navDilution:
            .dilution(
                position: payload.dilution(6), time: payload.dilution(8), horizontal: payload.dilution(12))
        case .navSurvey: .survey(navigationSurvey(payload))
        case .timSurvey: .survey(timingSurvey(payload))
        case .timPulse: .timePulse(UBXTimePulse(payload))
        case .monVersion: .version(UBXVersion(payload))
        case .monHardware: hardware(payload)
        case .monRadio: try radio(payload)
        case .secSignals: try signals(payload)
        case .acknowledged, .refused:
            .answer(
                .acknowledged(
                    MessageName(.ubx, code: UInt64(payload[0]) << 8 | UInt64(payload[1])), kind == .acknowledged))
        case .values: .answer(.values(try UBXConfigurationItem.parse(values: payload)))
        case .timePulseSettings, .timeModeSettings, .timeMode3Settings, .rateSettings, .navigationSettings,
            .messageSettings, .systemSettings, .interferenceSettings:
            .answer(.payload(name, (0..<payload.count).map { payload[$0] }))
        }
    }

    /// The messages that are read: class and number.
    enum Kind: UInt16, CaseIterable {
        case navStatus = 0x0103
        case navDilution = 0x0104
        case navSolution = 0x0106
        case navPVT = 0x0107
        case navTimeGPS = 0x0120
        case navTimeUTC = 0x0121
        case navClock = 0x0122
        case navTimeLS = 0x0126
        case navSpaceVehicles = 0x0130
        case navSatellites = 0x0135
        case navSurvey = 0x013b
        case refused = 0x0500
        case acknowledged = 0x0501
        case messageSettings = 0x0601
        case rateSettings = 0x0608
        case navigationSettings = 0x0624
        case timePulseSettings = 0x0631
        case interferenceSettings = 0x0639
        case timeModeSettings = 0x063d
        case systemSettings = 0x063e
        case timeMode3Settings = 0x0671
        case values = 0x068b
        case monVersion = 0x0a04
        case monHardware = 0x0a09
        case monRadio = 0x0a38
        case timPulse = 0x0d01
        case timSurvey = 0x0d04
        case secSignals = 0x2709

        /// Fewest bytes that hold all that is read.
        fileprivate var shortestPayload: Int {
            switch self {
            case .navStatus, .navTimeGPS, .timPulse: 16
            case .navDilution: 18
            case .navSolution: 52
            // u-blox 7 has 84 bytes, later generations 92.
            case .navPVT: 84
            case .navTimeUTC, .navClock: 20
            case .navTimeLS: 24
            case .navSpaceVehicles, .navSatellites: 8
            case .navSurvey, .monVersion, .timeMode3Settings: 40
            case .refused, .acknowledged: 2
            case .messageSettings: 3
            case .rateSettings: 6
            case .navigationSettings: 36
            case .timePulseSettings: 32
            case .timeModeSettings, .timSurvey: 28
            case .values, .monRadio, .systemSettings: 4
            case .interferenceSettings: 8
            case .monHardware: 60
            case .secSignals: 4
            }
        }
    }

    /// The names in u-blox's documents of messages that are met often; `nil` for others.
    static func name(_ code: UInt64) -> String? {
        switch code {
        case 0x0101: "NAV-POSECEF"
        case 0x0102: "NAV-POSLLH"
        case 0x0103: "NAV-STATUS"
        case 0x0104: "NAV-DOP"
        case 0x0106: "NAV-SOL"
        case 0x0107: "NAV-PVT"
        case 0x0111: "NAV-VELECEF"
        case 0x0112: "NAV-VELNED"
        case 0x0113: "NAV-HPPOSECEF"
        case 0x0114: "NAV-HPPOSLLH"
        case 0x0120: "NAV-TIMEGPS"
        case 0x0121: "NAV-TIMEUTC"
        case 0x0122: "NAV-CLOCK"
        case 0x0126: "NAV-TIMELS"
        case 0x0130: "NAV-SVINFO"
        case 0x0131: "NAV-DGPS"
        case 0x0132: "NAV-SBAS"
        case 0x0135: "NAV-SAT"
        case 0x013b: "NAV-SVIN"
        case 0x0161: "NAV-EOE"
        case 0x0210: "RXM-RAW"
        case 0x0211: "RXM-SFRB"
        case 0x0213: "RXM-SFRBX"
        case 0x0215: "RXM-RAWX"
        case 0x0400: "INF-ERROR"
        case 0x0401: "INF-WARNING"
        case 0x0402: "INF-NOTICE"
        case 0x0500: "ACK-NAK"
        case 0x0501: "ACK-ACK"
        case 0x0601: "CFG-MSG"
        case 0x0608: "CFG-RATE"
        case 0x0624: "CFG-NAV5"
        case 0x0631: "CFG-TP5"
        case 0x0639: "CFG-ITFM"
        case 0x063d: "CFG-TMODE2"
        case 0x063e: "CFG-GNSS"
        case 0x0671: "CFG-TMODE3"
        case 0x068a: "CFG-VALSET"
        case 0x068b: "CFG-VALGET"
        case 0x0a04: "MON-VER"
        case 0x0a09: "MON-HW"
        case 0x0a38: "MON-RF"
        case 0x0d01: "TIM-TP"
        case 0x0d03: "TIM-TM2"
        case 0x0d04: "TIM-SVIN"
        case 0x2709: "SEC-SIG"
        default: nil
        }
    }

    // MARK: - Satellites

    /// NAV-SAT: 8 bytes and 12 for each.
    private static func satellites(_ payload: Span<UInt8>) throws(MessageRejection) -> [Satellite] {
        let count = Int(payload[5])
        guard payload.count >= 8 + 12 * count else { throw .badLength }
        return (0..<count).map { index in
            let block = 8 + 12 * index
            let known: [Satellite.Constellation] = [
                .gps, .sbas, .galileo, .beiDou, .imes, .qzss, .glonass, .navIC,
            ]
            let constellation = Int(payload[block])
            return satellite(
                constellation < known.count ? known[constellation] : .unknown, Int(payload[block + 1]),
                signal: payload[block + 2], elevation: payload.int8(block + 3), azimuth: payload.littleInt16(block + 4),
                isUsed: payload.littleUInt32(block + 8) & 0x08 != 0)
        }
    }

    /// NAV-SVINFO of u-blox 4 to 7: 8 bytes and 12 for each channel.
    private static func spaceVehicles(_ payload: Span<UInt8>) throws(MessageRejection) -> [Satellite] {
        let count = Int(payload[4])
        guard payload.count >= 8 + 12 * count else { throw .badLength }
        return (0..<count).compactMap { index in
            let block = 8 + 12 * index
            let number = Int(payload[block + 1])
            // Their numbers tell whose they are: GPS 1 ... 32, SBAS 120 ... 158, QZSS 193 ... 197, GLONASS from 65 on.
            let constellation: Satellite.Constellation =
                switch number {
                case 1...32: .gps
                case 65...96: .glonass
                case 120...158: .sbas
                case 193...202: .qzss
                default: .unknown
                }
            return satellite(
                constellation, number, signal: payload[block + 4], elevation: payload.int8(block + 5),
                azimuth: payload.littleInt16(block + 6), isUsed: payload[block + 2] & 0x01 != 0)
        }
    }

    /// Elevation and azimuth are only told where they can be.
    private static func satellite(
        _ constellation: Satellite.Constellation, _ number: Int, signal: UInt8, elevation: Int8, azimuth: Int16,
        isUsed: Bool
    ) -> Satellite {
        let isPlaced = (-90...90).contains(elevation) && (0...360).contains(azimuth)
        return Satellite(
            constellation, number, signal: Int(signal), elevation: isPlaced ? Int(elevation) : nil,
            azimuth: isPlaced ? Int(azimuth) : nil, isUsed: isUsed)
    }

    // MARK: - Surveys

    /// NAV-SVIN; the accuracy comes in tenths of millimetres.
    private static func navigationSurvey(_ payload: Span<UInt8>) -> ReceiverStatus.Survey {
        ReceiverStatus.Survey(
            isActive: payload[37] != 0, isValid: payload[36] != 0, duration: Int(payload.littleUInt32(8)),
            accuracy: Double(payload.littleUInt32(28)) / 10_000,
            mean: GeocentricPlace(
                x: Int64(payload.littleInt32(12)) * 100 + Int64(payload.int8(24)),
                y: Int64(payload.littleInt32(16)) * 100 + Int64(payload.int8(25)),
                z: Int64(payload.littleInt32(20)) * 100 + Int64(payload.int8(26))))
    }

    /// TIM-SVIN; the variance comes in square millimetres.
    private static func timingSurvey(_ payload: Span<UInt8>) -> ReceiverStatus.Survey {
        ReceiverStatus.Survey(
            isActive: payload[25] != 0, isValid: payload[24] != 0, duration: Int(payload.littleUInt32(0)),
            accuracy: Double(payload.littleUInt32(16)).squareRoot() * 1e-3,
            mean: GeocentricPlace(
                x: Int64(payload.littleInt32(4)) * 100, y: Int64(payload.littleInt32(8)) * 100,
                z: Int64(payload.littleInt32(12)) * 100))
    }

    // MARK: - Hardware and threats

    /// MON-HW; 60 bytes, 68 on u-blox 6, where the indicator stands 8 bytes later.
    private static func hardware(_ payload: Span<UInt8>) -> UBXMessage {
        .hardware(
            antenna: antenna(payload[20], power: payload[21]), jamming: threat(payload[22] >> 2),
            indicator: Int(payload[payload.count >= 68 ? 53 : 45]))
    }

    /// MON-RF: a block for each radio path; the worst of them counts. Some firmware has blocks of 20 bytes.
    private static func radio(_ payload: Span<UInt8>) throws(MessageRejection) -> UBXMessage {
        let count = Int(payload[1])
        guard count > 0, (payload.count - 4) / count >= 17 else { throw .badLength }
        let length = (payload.count - 4) / count
        var antenna: ReceiverStatus.Antenna?
        var jamming: ReceiverStatus.Threat?
        var indicator = 0
        for index in 0..<count {
            let block = 4 + length * index
            if let seen = threat(payload[block + 1]) { jamming = max(jamming ?? seen, seen) }
            let supply = self.antenna(payload[block + 2], power: payload[block + 3])
            if antenna == nil || antenna == .good { antenna = supply ?? antenna }
            indicator = max(indicator, Int(payload[block + 16]))
        }
        return .hardware(antenna: antenna, jamming: jamming, indicator: indicator)
    }

    private static func antenna(_ status: UInt8, power: UInt8) -> ReceiverStatus.Antenna? {
        switch status {
        case 3: .short
        case 4: .open
        case 2: power == 0 ? .off : .good
        default: nil
        }
    }

    /// Two bits: 0 unknown or off, 1 good, 2 warning, 3 critical.
    private static func threat(_ bits: UInt8) -> ReceiverStatus.Threat? {
        let known: [ReceiverStatus.Threat?] = [nil, ReceiverStatus.Threat.none, .indicated, .affirmed]
        return known[Int(bits & 3)]
    }

    /// SEC-SIG: version 1 has 12 bytes with a word for each threat; versions 2 and 3 (and some firmware that calls itself
    /// version 1) have both in one byte, and a word for each frequency, which byte 3 counts.
    private static func signals(_ payload: Span<UInt8>) throws(MessageRejection) -> UBXMessage {
        let isFirst = payload[0] == 1 && payload.count == 12 && payload.count != 4 + 4 * Int(payload[3])
        let (jamming, spoofing) = isFirst ? (payload[4], payload[8]) : (payload[1], payload[1] >> 3)
        return .security(
            jamming: jamming & 1 == 0 ? nil : threat(jamming >> 1),
            spoofing: spoofing & 1 == 0 ? nil : threat(spoofing >> 1))
    }
}

extension Span where Element == UInt8 {
    /// A dilution of precision in hundredths; `nil` for 99 and more, which stands for none, and for 0, which cannot be.
    func dilution(_ offset: Int) -> Double? {
        let hundredths = littleUInt16(offset)
        return (1..<9900).contains(hundredths) ? Double(hundredths) / 100 : nil
    }
}
