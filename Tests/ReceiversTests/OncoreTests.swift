import Receivers
import Testing
import TimeScale

/// Motorola's messages; those in hexadecimal are from gpsd's captures oncore-binary, oncore-binary-pos-hold and
/// oncore-m12 (BSD-2-Clause).
@Suite("Oncore")
struct OncoreTests {
    private static let offset = "4040426f123f0d0a"
    private static let fix =
        "40404561081907d0043200000563dc0c6242ae02946bad000021c400000000001001400023000d04090824a2070838a20d00000015082aa2"
        + "05000020120000201b0830a21e00002020200d0a"
    private static let twelve =
        "40404861011507ea07211d000521ad0b5a734901793310000015d7000000000b5a734901793310000015d70000000000000000000000"
        + "0007070e08312a08a017082e4d08a018082f0008a011082d2708a00000000000000d08322508a00f08312e08a01608313d08a0000000"
        + "00000000000000000000000000000000000000000084010000fff8000186130000d20000004a5830313839490d0a"

    /// @@Ea at 12:00:00.25 on 2026-06-01; each part may be changed.
    private func position(
        status: UInt8 = 0x20, hour: UInt8 = 12, minute: UInt8 = 0, second: UInt8 = 0, fraction: UInt32 = 250_000_000,
        day: UInt8 = 1, month: UInt8 = 6, year: UInt16 = 2026
    ) -> [UInt8] {
        var data: [UInt8] = [month, day] + big(year)
        data += [hour, minute, second] + big(fraction)
        data += [UInt8](repeating: 0, count: 57)
        return oncore("Ea", data + [status])
    }

    private func traim(solution: UInt8 = 0, sawtooth: Int8, pulse: UInt8 = 1) -> [UInt8] {
        var data = [UInt8](repeating: 0, count: 62)
        // Places in the packet, less the four bytes before the data.
        (data[15], data[17], data[20], data[21]) = (pulse, solution, 54, UInt8(bitPattern: sawtooth))
        return oncore("En", data)
    }

    @Test("@@Ea labels once @@Bo has told the leap seconds, 1024 weeks late")
    func capture() {
        var decoder = ReceiverDecoder(notBefore: utc(2020, 1, 1))
        decoder.holdsExactPlace = true
        #expect(decoder.events(hex(Self.fix)).compactMap(\.rejection) == [.utcUnknown])
        let events = decoder.events(hex(Self.offset) + hex(Self.fix))
        let label = events.compactMap(\.label).first
        #expect(label?.utc == utc(2020, 4, 10, 4, 50, 0, nanosecond: 353_244))
        #expect(label?.weekRollovers == 1)
        #expect(label?.message == .oncorePosition)
        let status = decoder.status
        #expect(status.fix == .space)
        #expect(status.leapSeconds == 18)
        #expect(status.antenna == .good)
        #expect(status.hasAlmanac == true)
        // 0x0c6242ae = 207 766 190 and 0x02946bad = 43 281 325 thousandths of a second of arc; 0x21c4 = 8644 cm.
        #expect(isNear(status.place?.latitude, 57.7128306, within: 1e-7))
        #expect(isNear(status.place?.longitude, 12.0225903, within: 1e-7))
        #expect(status.place?.height == 86.44)
        // Bit 7 of the last of four bytes is set for four of the eight channels.
        #expect(status.satellitesUsed == 4)
        #expect(status.satellites.count == 8)
        // The first channel: 09 08 24 a2.
        let first = Satellite(.gps, 9, signal: 36, isUsed: true)
        #expect(status.satellites.first == first)
        #expect(status.positionDilution == 3.5)
    }

    @Test("@@Ha of a receiver that holds its place labels by itself")
    func twelveChannels() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let events = decoder.events(hex(Self.twelve))
        #expect(events.compactMap(\.label?.utc) == [utc(2026, 1, 21, 7, 33, 29, nanosecond: 336_301)])
        #expect(decoder.status.fix == .time)
        #expect(decoder.status.satellitesUsed == 7)
        #expect(decoder.status.leapSeconds == 18)
    }

    @Test("a place that is held counts where the receiver has said that it holds it")
    func hold() {
        let known = hex(Self.offset)
        #expect(events(known + position(status: 0x08)).compactMap(\.rejection) == [.noFix])
        let held = events(known + oncore("At", [1]) + position(status: 0x08))
        #expect(held.compactMap(\.label?.utc) == [utc(2026, 6, 1, 12, nanosecond: 250_000_000)])
        #expect(events(known + oncore("At", [2]) + position(status: 0x08)).compactMap(\.label) == [])
        #expect(events(known + oncore("Gd", [1]) + position(status: 0x08)).compactMap(\.label).count == 1)
    }

    @Test("GPS time is turned into UTC")
    func gpsTime() {
        let stream = hex(Self.offset) + oncore("Aw", [0]) + position(second: 18)
        #expect(events(stream).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12, nanosecond: 250_000_000)])
    }

    @Test("the sawtooth is that of the next pulse")
    func sawtooth() {
        let stream =
            hex(Self.offset) + position(second: 3) + traim(sawtooth: -7) + traim(sawtooth: 20) + position(second: 4)
            + traim(solution: 1, sawtooth: 5)
        let sawtooths = events(stream).compactMap(\.sawtooth)
        #expect(sawtooths.map(\.second) == [utc(2026, 6, 1, 12, 0, 4), utc(2026, 6, 1, 12, 0, 5)])
        #expect(isNear(sawtooths.first?.correction, -7e-9, within: 1e-18))
        #expect(sawtooths.last?.correction == nil)
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(traim(sawtooth: 0))
        #expect(isNear(decoder.status.timeAccuracy, 54e-9, within: 1e-18))
        _ = decoder.events(traim(solution: 1, sawtooth: 0, pulse: 0))
        #expect(decoder.status.alarms == ["pulse: none", "TRAIM: the time is not sound"])
    }

    @Test("what is not known, or is no time, is rejected")
    func rejections() {
        let known = hex(Self.offset)
        #expect(events(oncore("Bo", [0]) + position()).compactMap(\.rejection) == [.utcUnknown])
        for packet in [position(status: 0), position(status: 0x02), position(status: 0x80), position(status: 0x41)] {
            #expect(events(known + packet).compactMap(\.rejection) == [.noFix])
        }
        for packet in [
            position(hour: 24), position(minute: 60), position(second: 60), position(second: 61),
            position(fraction: 1_000_000_000), position(fraction: .max),
        ] { #expect(events(known + packet).compactMap(\.rejection) == [.badTime]) }
        for packet in [position(day: 0), position(month: 13), position(year: 0xffff)] {
            #expect(events(known + packet).compactMap(\.rejection) == [.badDate])
        }
    }

    @Test("a message with a wrong checksum or a wrong end is none")
    func damage() {
        var packet = position()
        packet[20] ^= 1
        #expect(events(hex(Self.offset) + packet).compactMap(\.label) == [])
        #expect(events(hex(Self.offset) + packet).compactMap(\.rejection).first == .badChecksum)
        #expect(events(hex(Self.offset) + packet + position()).compactMap(\.label).count == 1)
    }

    @Test("a message cut anywhere leaves the next one alone")
    func truncated() {
        let known = hex(Self.offset)
        for length in 0..<position().count {
            let labels = events(known + Array(position()[..<length]) + position(second: 1)).compactMap(\.label?.utc)
            // The first bytes of the next one may be taken for the rest of it: then the one after that is found.
            #expect(labels == [utc(2026, 6, 1, 12, 0, 1, nanosecond: 250_000_000)], "cut at \(length)")
        }
    }

    @Test("any bytes in any message are survived", arguments: [0x00, 0x01, 0x7f, 0x80, 0xff] as [UInt8])
    func everyMessage(byte: UInt8) {
        for (letters, length) in [
            ("Ea", 76), ("Ba", 68), ("Ha", 154), ("En", 69), ("Bn", 59), ("Hn", 78), ("Bb", 92), ("Bo", 8), ("Bj", 8),
            ("At", 8), ("Gd", 8), ("As", 20), ("Aw", 8), ("Cj", 294),
        ] {
            _ = events(hex(Self.offset) + oncore(letters, [UInt8](repeating: byte, count: length - 7)) + position())
        }
    }

    @Test("what the receiver is stands in @@Cj")
    func version() {
        let lines = ["COPYRIGHT 1991-1997", "SOFTWARE VER # 8", "SOFTWARE REV # 2", "MODEL #    B4121P1155", ""]
        var text = Array(lines.joined(separator: "\r\n").utf8)
        text += [UInt8](repeating: 0x20, count: 294 - 7 - text.count)
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        #expect(decoder.events(oncore("Cj", text)) == [.answer(.version)])
        #expect(decoder.status.model == "B4121P1155")
        #expect(decoder.status.firmware == "8.2")
    }
}
