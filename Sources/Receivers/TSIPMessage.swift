import TimeScale

/// A message of Trimble's receivers that is about time or about the receiver.
///
/// Layouts: Trimble's ThunderBolt, Resolution SMT and RES 720 guides, as `shared/reference/nmea-ubx.md` §6 and gpsd's
/// decoder have them. Numbers have the high byte first. None of it was checked on hardware; what captures exist is said
/// with each message.
enum TSIPMessage: Equatable, Sendable {
    /// 8F-AB, A1-00: the time of the pulse just gone.
    case time(TSIPTime)
    /// 8F-AC: the receiver's state, and the error of quantisation of the pulse of the 8F-AB before it.
    case supplement(TSIPCondition, TSIPSupplement)
    /// A3-11: the receiver's state.
    case condition(TSIPCondition)
    /// 0x46: whether there is a solution, and the antenna. Captures trimble-smtx, trimble-lassen_iq.
    case health(hasFix: Bool, antenna: ReceiverStatus.Antenna)
    /// 0x6D: the kind of solution, its satellites and dilutions. Capture trimble-smtx.
    case solution(fix: ReceiverStatus.Fix, satellites: [Int], position: Double?, horizontal: Double?, time: Double?)
    /// 0x5C, A2-00: one satellite of a list, or one signal of one. Captures trimble-smtx, trimble-res720.
    case satellite(index: Int, Satellite)
    /// 0x47: signal levels of the satellites that are tracked. Captures of gpsd's only.
    case signals([Satellite])
    /// 0x41: GPS − UTC in seconds. Captures of gpsd's only (trimble-lassen_iq).
    case leapSeconds(Int)
    /// 0x4B: whether the almanac is complete. Capture trimble-smtx.
    case almanac(isComplete: Bool)
    /// A3-00: the antenna, interference, whether a survey is going on, and alarms in words. Capture trimble-res720.
    case alarms(TSIPAlarms)
    /// A1-11: where the antenna is. Capture trimble-res720.
    case place(ReceiverStatus.Place, hasFix: Bool, positionDilution: Double?)
    /// 0x45, 90-01: model, where it is told, and firmware. Capture trimble-res720.
    case version(model: String?, firmware: String)
    /// 91, 93: how the receiver is set, and how it was made; A3-21: a command was refused. Capture trimble-res720.
    case answer(ReceiverAnswer)

    /// Whether a packet has a second identifier: the superpackets 8F, and all packets of version 1.
    static func hasSubcode(_ identifier: UInt8) -> Bool { identifier == 0x8f || isVersion1(identifier) }

    /// Whether a packet is of version 1, which has a length and a checksum.
    static func isVersion1(_ identifier: UInt8) -> Bool {
        switch identifier {
        case 0x90...0x93, 0xa0...0xa3, 0xd0: true
        default: false
        }
    }

    /// Reads a packet.
    ///
    /// - Parameter packet: from `10` to `10 03`, doubled bytes as they came; the checksum of version 1 is proven.
    /// - Returns: `nil` for a message that is not about time or the receiver.
    /// - Throws: `MessageRejection.badLength` where it is shorter than its kind must be.
    static func parse(_ packet: Span<UInt8>) throws(MessageRejection) -> TSIPMessage? {
        let body = body(of: packet)
        guard body.count >= 2 else { return nil }
        return isVersion1(body[0]) ? try version1(body.span) : try original(body.span)
    }

    /// Identifier and data, without what frames them.
    private static func body(of packet: Span<UInt8>) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(packet.count)
        var offset = 1
        while offset < packet.count - 2 {
            body.append(packet[offset])
            offset += packet[offset] == 0x10 && offset + 1 < packet.count - 2 && packet[offset + 1] == 0x10 ? 2 : 1
        }
        return body
    }

    /// Proves the checksum of version 1: the exclusive or of all from the identifier on is 0, and the length is that of
    /// mode, data and checksum.
    ///
    /// - Parameter packet: from `10` to `10 03`.
    /// - Returns: `true` also for a packet that has no checksum.
    static func isIntact(_ packet: Span<UInt8>) -> Bool {
        guard isVersion1(packet[1]) else { return true }
        let body = body(of: packet)
        guard body.count >= 6, Int(body[2]) << 8 | Int(body[3]) == body.count - 4 else { return false }
        return body.reduce(0, ^) == 0
    }

    /// Whether a packet is Garmin's: identifier, length of the data, data, and what makes the sum of all of them 0 (Garmin
    /// GPS 18x technical specifications). Capture gpsd's garmin18x-bin.
    static func isGarmin(_ packet: Span<UInt8>) -> Bool {
        guard !isVersion1(packet[1]) else { return false }
        let body = body(of: packet)
        return body.count >= 3 && Int(body[1]) == body.count - 3 && body.reduce(0, &+) == 0
    }

    // MARK: - The original packets

    private static func original(_ body: Span<UInt8>) throws(MessageRejection) -> TSIPMessage? {
        let data = body.extracting(1..<body.count)
        switch body[0] {
        case 0x8f where data[0] == 0xab:
            try prove(data, 17)
            return .time(TSIPTime(primary: data))
        case 0x8f where data[0] == 0xac:
            try prove(data, 64)
            return .supplement(TSIPCondition(supplement: data), TSIPSupplement(data))
        case 0x41:
            try prove(data, 10)
            guard let offset = number(data.bigFloat(6)), offset > 0, offset < 128 else { return nil }
            return .leapSeconds(Int(offset.rounded()))
        case 0x45:
            try prove(data, 10)
            return .version(model: nil, firmware: "\(data[0]).\(data[1])")
        case 0x46:
            try prove(data, 2)
            // 0x10 is set for both faults, 0x20 tells the short (Copernicus guide; capture trimble-smtx-dr has the open
            // one). By itself 0x20 is no fault of the antenna: an Acutime 2000 sets it for its oscillator.
            let antenna: ReceiverStatus.Antenna = data[1] & 0x10 == 0 ? .good : data[1] & 0x20 == 0 ? .open : .short
            return .health(hasFix: TSIPCondition.hasFix(original: data[0]), antenna: antenna)
        case 0x47: return try signals(data)
        case 0x4b:
            try prove(data, 3)
            return .almanac(isComplete: data[1] & 0x08 == 0)
        case 0x5c: return try satellite(data)
        case 0x6d: return try solution(data)
        default: return nil
        }
    }

    /// 0x47: 0 count, then for each its number and the level.
    private static func signals(_ data: Span<UInt8>) throws(MessageRejection) -> TSIPMessage {
        let count = Int(data[0])
        try prove(data, 1 + 5 * count)
        return .signals(
            (0..<count).map { index in
                let number = Int(data[1 + 5 * index])
                return Satellite(constellation(of: number), number, signal: level(data.bigFloat(2 + 5 * index)))
            })
    }

    /// 0x5C: 0 number, 1 channel from bit 3 on, 3 ephemeris (bit 4: used), 4 level, 12 elevation and 16 azimuth in
    /// radians.
    private static func satellite(_ data: Span<UInt8>) throws(MessageRejection) -> TSIPMessage {
        try prove(data, 20)
        let number = Int(data[0])
        let degree = Double.pi / 180
        return .satellite(
            index: Int(data[1] >> 3),
            placed(
                Satellite(
                    constellation(of: number), number, signal: level(data.bigFloat(4)), isUsed: data[3] & 0x10 != 0),
                elevation: Double(data.bigFloat(12)) / degree, azimuth: Double(data.bigFloat(16)) / degree))
    }

    /// 0x6D: 0 dimensions (bits 0 ... 2) and count (bits 4 ... 7), 1 dilutions in space, in the plane, in height and of
    /// the time, 17 satellites, negative where they are not healthy.
    private static func solution(_ data: Span<UInt8>) throws(MessageRejection) -> TSIPMessage {
        let count = Int(data[0] >> 4)
        try prove(data, 17 + count)
        let fix: ReceiverStatus.Fix =
            switch data[0] & 0x07 {
            case 1, 5: .time
            case 3: .plane
            case 4, 6: .space
            default: .none
            }
        return .solution(
            fix: fix, satellites: (0..<count).map { abs(Int(data.int8(17 + $0))) },
            position: dilution(data.bigFloat(1)), horizontal: dilution(data.bigFloat(5)),
            time: dilution(data.bigFloat(13)))
    }

    // MARK: - Version 1

    /// The data begin behind two identifiers, the length and the mode.
    private static func version1(_ body: Span<UInt8>) throws(MessageRejection) -> TSIPMessage? {
        guard body.count >= 6 else { throw .badLength }
        let data = body.extracting(5..<body.count - 1)
        switch (body[0], body[1]) {
        case (0xa1, 0x00):
            try prove(data, 30)
            return .time(TSIPTime(timing: data))
        case (0xa1, 0x11): return try place(data)
        case (0xa2, 0x00): return try signal(data)
        case (0xa3, 0x00):
            try prove(data, 12)
            return .alarms(TSIPAlarms(data))
        case (0xa3, 0x11):
            try prove(data, 23)
            return .condition(TSIPCondition(version1: data))
        case (0xa3, 0x21):
            try prove(data, 3)
            let refused = MessageName(.tsip, code: UInt64(data[0]) << 8 | UInt64(data[1]))
            return .answer(.acknowledged(refused, false))
        case (0x90, 0x01):
            try prove(data, 10)
            let name = data.text(10..<min(data.count, 10 + Int(data[9])))
            return .version(model: name.isEmpty ? nil : name, firmware: "\(data[0]).\(data[1]).\(data[2])")
        case (0x91, _), (0x93, _):
            let name = MessageName(.tsip, code: UInt64(body[0]) << 8 | UInt64(body[1]))
            return .answer(.payload(name, (0..<data.count).map { data[$0] }))
        default: return nil
        }
    }

    /// A1-11: 0 mask (bit 1: earth-centred), 1 kind (0 none), 2 latitude and 10 longitude in degrees, 18 height, 38
    /// dilution.
    private static func place(_ data: Span<UInt8>) throws(MessageRejection) -> TSIPMessage? {
        try prove(data, 50)
        guard data[0] & 0x02 == 0, let place = place(data, at: 2, scale: 1) else { return nil }
        return .place(place, hasFix: data[1] != 0, positionDilution: dilution(data.bigFloat(38)))
    }

    /// A2-00: 0 which of the list, from 1 on, 1 system and signal, 2 number, 3 azimuth, 7 elevation, 11 level, 15 flags
    /// (bit 0 acquired, bits 1 and 2 used).
    private static func signal(_ data: Span<UInt8>) throws(MessageRejection) -> TSIPMessage {
        try prove(data, 19)
        let constellation: Satellite.Constellation =
            switch data[1] {
            case 1...3: .gps
            case 5, 6: .glonass
            case 9: .sbas
            case 13...15: .beiDou
            case 17...20: .galileo
            case 22...24: .qzss
            case 26: .navIC
            default: .unknown
            }
        let satellite = Satellite(
            constellation, Int(data[2]), signal: level(data.bigFloat(11)), isUsed: data.bigUInt32(15) & 0x06 != 0)
        return .satellite(
            index: Int(data[0]),
            placed(satellite, elevation: Double(data.bigFloat(7)), azimuth: Double(data.bigFloat(3))))
    }

    // MARK: - Numbers

    private static func prove(_ data: Span<UInt8>, _ length: Int) throws(MessageRejection) {
        guard data.count >= length else { throw .badLength }
    }

    /// A number; `nil` for infinities and what is none.
    static func number(_ value: Float) -> Double? { value.isFinite ? Double(value) : nil }

    /// A dilution of precision; `nil` for 0 and for 90 and more, which stand for none.
    static func dilution(_ value: Float) -> Double? { value > 0 && value < 90 ? Double(value) : nil }

    /// A place of three doubles; `scale` is the unit of latitude and longitude in degrees.
    static func place(_ data: Span<UInt8>, at offset: Int, scale: Double) -> ReceiverStatus.Place? {
        let (latitude, longitude) = (data.bigDouble(offset) * scale, data.bigDouble(offset + 8) * scale)
        let height = data.bigDouble(offset + 16)
        guard abs(latitude) <= 90.001, abs(longitude) <= 360, abs(height) < 1e6 else { return nil }
        return ReceiverStatus.Place(latitude: latitude, longitude: longitude, height: height)
    }

    private static func level(_ value: Float) -> Int { value > 0 && value < 100 ? Int(value.rounded()) : 0 }

    private static func placed(_ satellite: Satellite, elevation: Double, azimuth: Double) -> Satellite {
        var satellite = satellite
        guard abs(elevation) <= 90, abs(azimuth) <= 360 else { return satellite }
        satellite.elevation = Int(elevation.rounded())
        satellite.azimuth = Int((azimuth < 0 ? azimuth + 360 : azimuth).rounded())
        return satellite
    }

    /// Their numbers tell whose they are: GPS 1 ... 32, GLONASS 65 ... 96, augmentation 120 ... 158, QZSS 193 ... 202,
    /// as Trimble's manuals and gpsd have them.
    private static func constellation(of number: Int) -> Satellite.Constellation {
        switch number {
        case 1...32: .gps
        case 65...96: .glonass
        case 120...158: .sbas
        case 193...202: .qzss
        default: .unknown
        }
    }
}
