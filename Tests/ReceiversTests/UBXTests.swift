import Receivers
import Testing
import TimeScale

/// A UBX message, each field laid where u-blox's interface descriptions have it (`shared/reference/nmea-ubx.md` §5; NAV-SOL,
/// NAV-DOP and NAV-SVINFO as in the description of u-blox 6); the rest is 0.
func ubx(_ code: UInt16, _ length: Int, _ fields: [Int: [UInt8]] = [:]) -> [UInt8] {
    var payload = [UInt8](repeating: 0, count: length)
    for (offset, bytes) in fields { payload.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
    return UBXFrame(code, payload).bytes
}

/// Bytes of a number, the lowest first.
func little(_ number: some FixedWidthInteger) -> [UInt8] { big(number).reversed() }

@Suite("UBX messages")
struct UBXTests {
    private func status(_ stream: [UInt8]...) -> ReceiverStatus {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        for stream in stream { _ = decoder.events(stream) }
        return decoder.status
    }

    @Test("bias, drift and accuracy of the clock")
    func clock() {
        let status = status(
            ubx(0x0122, 20, [4: little(Int32(-123_456)), 8: little(Int32(87)), 12: little(UInt32(21)), 16: [200]]))
        #expect(isNear(status.clockBias, -123.456e-6, within: 1e-15) && isNear(status.clockDrift, 87e-9, within: 1e-18))
        #expect(isNear(status.timeAccuracy, 21e-9, within: 1e-18))
    }

    @Test("dilutions of precision; 99.99 is none")
    func dilutions() {
        // Geometric, position, time, vertical, horizontal, north, east, hundredths.
        let fields: [Int: [UInt8]] = [
            4: little(UInt16(210)), 6: little(UInt16(180)), 8: little(UInt16(95)), 10: little(UInt16(150)),
            12: little(UInt16(88)), 14: little(UInt16(70)), 16: little(UInt16(60)),
        ]
        let known = status(ubx(0x0104, 18, fields))
        #expect(known.positionDilution == 1.8 && known.timeDilution == 0.95 && known.horizontalDilution == 0.88)
        let none = [4, 6, 8, 10, 12, 14, 16].reduce(into: [Int: [UInt8]]()) { $0[$1] = little(UInt16(9999)) }
        let unknown = status(ubx(0x0104, 18, fields), ubx(0x0104, 18, none))
        #expect(unknown.positionDilution == nil && unknown.timeDilution == nil && unknown.horizontalDilution == nil)
    }

    @Test("satellites of NAV-SAT: whose, strength, place, use")
    func satellites() {
        // Galileo 11, 42 dBHz, 35° high, azimuth 270°, used; GLONASS 255 (unknown), nowhere, not used.
        let fields: [Int: [UInt8]] = [
            4: [1, 2], 8: [2, 11, 42, 35] + little(Int16(270)) + [0, 0] + little(UInt32(0x1f)),
            20: [6, 255, 9, 0xa5] + little(Int16(0)) + [0, 0] + little(UInt32(0x17)),
        ]
        #expect(
            status(ubx(0x0135, 32, fields)).satellites == [
                Satellite(.galileo, 11, signal: 42, elevation: 35, azimuth: 270, isUsed: true),
                Satellite(.glonass, 255, signal: 9),
            ])
    }

    @Test("satellites of NAV-SVINFO, which go by their number")
    func spaceVehicles() {
        // Channel, number, flags (bit 0 used), quality, strength, elevation, azimuth.
        let fields: [Int: [UInt8]] = [
            4: [3, 0], 8: [0, 7, 0x0d, 7, 45, 60] + little(Int16(123)),
            20: [1, 124, 0x04, 4, 30, 0xfb] + little(Int16(180)),
            32: [2, 70, 0x01, 5, 33, 10] + little(Int16(359)),
        ]
        #expect(
            status(ubx(0x0130, 44, fields)).satellites == [
                Satellite(.gps, 7, signal: 45, elevation: 60, azimuth: 123, isUsed: true),
                Satellite(.sbas, 124, signal: 30, elevation: -5, azimuth: 180),
                Satellite(.glonass, 70, signal: 33, elevation: 10, azimuth: 359, isUsed: true),
            ])
    }

    @Test("the solution of NAV-SOL: kind, satellites, dilution")
    func solution() {
        let held = status(ubx(0x0106, 52, [10: [5, 0x0d], 44: little(UInt16(135)), 47: [9]]))
        #expect(held.fix == .time && held.satellitesUsed == 9 && held.positionDilution == 1.35)
        let lost = status(ubx(0x0106, 52, [10: [0, 0], 44: little(UInt16(9999)), 47: [0]]))
        #expect(lost.fix == ReceiverStatus.Fix.none && lost.satellitesUsed == 0 && lost.positionDilution == nil)
    }

    /// NAV-PVT of 2026-06-01 12:00:00, which is 129 618 s of its GPS week.
    private func solution(isFixed: Bool, accuracy: UInt32, used: UInt8, dilution: UInt16) -> [UInt8] {
        let fields: [Int: [UInt8]] = [
            0: little(UInt32(129_618_000)), 4: little(UInt16(2026)) + [6, 1, 12, 0, 0, isFixed ? 0x07 : 0x03],
            12: little(accuracy), 20: isFixed ? [3, 1, 0, used] : [0, 0, 0, used], 76: little(dilution),
        ]
        return ubx(0x0107, 92, fields)
    }

    @Test("where the fix is lost, nothing of it stays at its best value")
    func lostFix() {
        let good = solution(isFixed: true, accuracy: 20, used: 12, dilution: 120)
        let best = status(good)
        #expect(isNear(best.timeAccuracy, 20e-9, within: 1e-18))
        #expect(best.satellitesUsed == 12 && best.positionDilution == 1.2)
        let worse = status(good, solution(isFixed: false, accuracy: 5_000_000, used: 2, dilution: 9999))
        #expect(isNear(worse.timeAccuracy, 5e-3, within: 1e-12))
        #expect(worse.satellitesUsed == 2 && worse.positionDilution == nil)
        let none = status(good, solution(isFixed: false, accuracy: .max, used: 0, dilution: 9999))
        #expect(none.timeAccuracy == nil && none.satellitesUsed == 0)
        // NAV-TIMEUTC and NAV-TIMEGPS without anything valid, too.
        #expect(status(good, ubx(0x0121, 20, [4: little(UInt32.max)])).timeAccuracy == nil)
        #expect(status(good, ubx(0x0120, 16, [12: little(UInt32.max)])).timeAccuracy == nil)
    }

    @Test("a survey of NAV-SVIN: place to tenths of millimetres, and its accuracy")
    func navigationSurvey() {
        // 4286435.3312, −645603.4537 and 4663698.0700 m in centimetres and tenths of millimetres of the same sign.
        let fields: [Int: [UInt8]] = [
            8: little(UInt32(3600)), 12: little(Int32(428_643_533)), 16: little(Int32(-64_560_345)),
            20: little(Int32(466_369_807)), 24: [12, 0xdb, 0], 28: little(UInt32(13_456)), 32: little(UInt32(3599)),
            36: [1, 0],
        ]
        let place = GeocentricPlace(x: 42_864_353_312, y: -6_456_034_537, z: 46_636_980_700)
        #expect(
            status(ubx(0x013b, 40, fields)).survey
                == .init(isActive: false, isValid: true, duration: 3600, accuracy: 1.3456, mean: place))
        #expect(status(ubx(0x013b, 40, [8: [9], 36: [0, 1]])).survey?.isActive == true)
    }

    @Test("a survey of TIM-SVIN: place to centimetres, and its variance")
    func timingSurvey() {
        // 1500 mm squared.
        let fields: [Int: [UInt8]] = [
            0: little(UInt32(86_400)), 4: little(Int32(428_643_533)), 8: little(Int32(-64_560_345)),
            12: little(Int32(466_369_807)), 16: little(UInt32(2_250_000)), 20: little(UInt32(86_399)), 24: [1, 0],
        ]
        let place = GeocentricPlace(x: 42_864_353_300, y: -6_456_034_500, z: 46_636_980_700)
        #expect(
            status(ubx(0x0d04, 28, fields)).survey
                == .init(isActive: false, isValid: true, duration: 86_400, accuracy: 1.5, mean: place))
    }

    @Test("antenna and interference of MON-HW, of 60 bytes and of 68, which u-blox 6 has")
    func hardware() {
        // Antenna shorted (3), power on; jamming 2 (warning) in bits 2 and 3; the indicator behind the pins, 17 or 25 of them.
        let short = status(ubx(0x0a09, 60, [20: [3, 1, 0x08], 45: [77]]))
        #expect(short.antenna == .short && short.jamming == .indicated && short.jammingIndicator == 77)
        let long = status(ubx(0x0a09, 68, [20: [2, 0, 0x04], 45: [1], 53: [78]]))
        #expect(long.antenna == .off && long.jamming == ReceiverStatus.Threat.none && long.jammingIndicator == 78)
    }

    @Test("of the radio paths of MON-RF the worst counts, in blocks of 24 bytes or of 20", arguments: [24, 20])
    func radio(length: Int) {
        // Flags, antenna's state and power; the indicator 16 bytes into the block.
        let fields: [Int: [UInt8]] = [
            1: [2], 5: [1, 2, 1], 20: [12], 4 + length: [1, 3, 4, 1], 4 + length + 16: [201],
        ]
        let status = status(ubx(0x0a38, 4 + 2 * length, fields))
        #expect(status.jamming == .affirmed && status.antenna == .open && status.jammingIndicator == 201)
    }

    /// Interference and false signals: enabled, and how bad. Version 1 has a word for each; version 2, and firmware that calls
    /// itself version 1 (F10 SPG 6.00), have both in byte 1, and as many words of frequencies as byte 3 says.
    @Test(
        "interference and false signals of SEC-SIG",
        arguments: [
            ([1, 0, 0, 0, 0x05, 0, 0, 0, 0x07, 0, 0, 0], .indicated, .affirmed),
            ([1, 0, 0, 0, 0x03, 0, 0, 0, 0x00, 0, 0, 0], ReceiverStatus.Threat.none, nil),
            ([1, 0x3d, 0, 2, 0x26, 0x0a, 0x18, 0, 0x26, 0x0a, 0x18, 1], .indicated, .affirmed),
            ([2, 0x3d, 0, 2, 0x26, 0x0a, 0x18, 0, 0x26, 0x0a, 0x18, 1], .indicated, .affirmed),
            ([2, 0x1b, 0, 0], ReceiverStatus.Threat.none, ReceiverStatus.Threat.none),
            ([2, 0x36, 0, 0], nil, nil),
        ] as [([UInt8], ReceiverStatus.Threat?, ReceiverStatus.Threat?)])
    func security(payload: [UInt8], jamming: ReceiverStatus.Threat?, spoofing: ReceiverStatus.Threat?) {
        let status = status(UBXFrame(0x2709, payload).bytes)
        #expect(status.jamming == jamming && status.spoofing == spoofing)
    }

    @Test("messages that are shorter than their kind are refused, and those of its length are not")
    func lengths() {
        // The shortest of each kind, by the descriptions of u-blox 6 to X20.
        let kinds: [(UInt16, Int)] = [
            (0x0103, 16), (0x0104, 18), (0x0106, 52), (0x0107, 84), (0x0120, 16), (0x0121, 20), (0x0122, 20),
            (0x0126, 24), (0x0130, 8), (0x0135, 8), (0x013b, 40), (0x0500, 2), (0x0501, 2), (0x0601, 3), (0x0608, 6),
            (0x0624, 36), (0x0631, 32), (0x0639, 8), (0x063d, 28), (0x063e, 4), (0x0671, 40), (0x068b, 4), (0x0a04, 40),
            (0x0a09, 60), (0x0d01, 16), (0x0d04, 28), (0x2709, 4),
        ]
        for (code, length) in kinds {
            #expect(events(ubx(code, length - 1)).compactMap(\.rejection) == [.badLength], "\(code)")
            #expect(!events(ubx(code, length)).compactMap(\.rejection).contains(.badLength), "\(code)")
        }
    }

    @Test(
        "messages that count more parts than they have are refused",
        arguments: [
            ubx(0x0135, 8 + 23, [5: [2]]), ubx(0x0130, 8 + 11, [4: [1]]), ubx(0x0a38, 4), ubx(0x0a38, 4 + 16, [1: [1]]),
            // A key of four bytes with three; a key of no size; half a key.
            UBXFrame(0x068b, [1, 0, 0, 0, 0x02, 0, 0x05, 0x40, 1, 2, 3]).bytes,
            UBXFrame(0x068b, [1, 0, 0, 0, 0x02, 0, 0x05, 0x70, 1]).bytes, UBXFrame(0x068b, [1, 0, 0, 0, 2, 0]).bytes,
        ])
    func partsMissing(frame: [UInt8]) {
        #expect(events(frame).compactMap(\.rejection) == [.badLength])
    }

    @Test("what was said about antenna and signals is forgotten when the receiver begins anew")
    func reset() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let uptime = { (milliseconds: UInt32, spoofing: UInt8) in
            ubx(0x0103, 16, [4: [3, 0x0d, 0, spoofing << 3], 12: little(milliseconds)])
        }
        // Antenna open, jamming critical; several signs of false signals; a survey that has ended.
        _ = decoder.events(ubx(0x0a38, 28, [1: [1], 5: [3, 4, 1], 20: [90]]) + uptime(60_000, 3))
        _ = decoder.events(ubx(0x0d04, 28, [0: [99], 24: [1]]))
        #expect(decoder.status.antenna == .open && decoder.status.spoofing == .affirmed)
        let events = decoder.events(uptime(1000, 0) + ubx(0x0a38, 28, [1: [1], 5: [0, 1, 2]]))
        #expect(events.filter { $0 == .reset }.count == 1)
        #expect(decoder.status.antenna == nil && decoder.status.jamming == nil && decoder.status.spoofing == nil)
        #expect(decoder.status.survey == nil)
        // 2³² ms on, its counter is at its end: no reset.
        _ = decoder.events(uptime(.max, 1))
        #expect(!decoder.events(uptime(999, 1)).contains(.reset))
        #expect(decoder.status.spoofing == ReceiverStatus.Threat.none)
    }
}
