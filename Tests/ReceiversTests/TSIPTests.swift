import Receivers
import Testing
import TimeScale

/// Trimble's packets; those in hexadecimal are from gpsd's captures trimble-smtx and trimble-res720 (BSD-2-Clause).
@Suite("TSIP")
struct TSIPTests {
    /// 2019-12-22T20:14:30Z, shown as GPS time 20:14:48.
    private static let primary = "108fab00011cb80825001200300e14160c07e31003"
    private static let supplement =
        "108fac070064000000000000000000000000471224d2c3ae0c7b000000000000000041d145aa3fe7169a5005660dbff52420b45b0d07406b"
        + "56ab0d1010624e4121bcb0000000001003"

    /// 8F-AB with 12:00:18 GPS time of 2026-06-01, a Monday; each part may be changed.
    private func primary(
        timeOfWeek: UInt32 = 129_618, offset: Int16 = 18, flags: UInt8 = 0, second: UInt8 = 18, minute: UInt8 = 0,
        hour: UInt8 = 12, day: UInt8 = 1, month: UInt8 = 6, year: UInt16 = 2026
    ) -> [UInt8] {
        var body: [UInt8] = [0x8f, 0xab] + big(timeOfWeek) + big(UInt16(2421))
        body += big(offset) + [flags, second, minute, hour, day, month]
        return tsip(body + big(year))
    }

    /// A1-00 with the same moment.
    private func timing(
        base: UInt8 = 0, flags: UInt8 = 3, offset: Int16 = 18, quantisation: Float = 0.75, second: UInt8 = 18
    ) -> [UInt8] {
        var time: [UInt8] = big(UInt32(129_618)) + big(UInt16(2421))
        time += [12, 0, second, 6, 1] + big(UInt16(2026))
        let numbers = big(offset) + big(quantisation.bitPattern) + [UInt8](repeating: 0, count: 8)
        return tsip1(0xa1, 0x00, time + [base, 0, flags] + numbers)
    }

    /// 8F-AC of a decoding status.
    private func supplement(decoding: UInt8, mode: UInt8 = 7, minor: UInt16 = 0) -> [UInt8] {
        var data = [UInt8](repeating: 0, count: 68)
        (data[0], data[1], data[12]) = (0xac, mode, decoding)
        (data[10], data[11]) = (UInt8(minor >> 8), UInt8(minor & 0xff))
        return tsip([0x8f] + data)
    }

    @Test("8F-AB labels the second; 8F-AC tells the sawtooth of its pulse, and the receiver's state")
    func original() {
        var decoder = ReceiverDecoder(notBefore: utc(2019, 1, 1))
        decoder.holdsExactPlace = true
        let events = decoder.events(hex(Self.primary) + hex(Self.supplement))
        let second = utc(2019, 12, 22, 20, 14, 30)
        #expect(events.compactMap(\.label).map(\.utc) == [second])
        #expect(events.compactMap(\.label).map(\.knowsLeapSeconds) == [true])
        // 0x4121bcb0 is 10.1085663 in single precision.
        let correction = events.compactMap(\.sawtooth).first
        #expect(correction?.second == second)
        #expect(isNear(correction?.correction, 10.1085663e-9, within: 1e-15))
        let status = decoder.status
        #expect(status.fix == .time)
        #expect(status.leapSeconds == 18)
        #expect(status.antenna == .good)
        #expect(status.hasAlmanac == true)
        #expect(status.survey == ReceiverStatus.Survey(isActive: false, isValid: true, duration: 0, progress: 100))
        // From the corpus's wire table: 41.3394280, −75.7060738, 26.2 °C, −348.0975 ppb.
        #expect(isNear(status.place?.latitude, 41.3394280, within: 1e-7))
        #expect(isNear(status.place?.longitude, -75.7060738, within: 1e-7))
        #expect(isNear(status.temperature, 26.2, within: 0.05))
        #expect(isNear(status.clockDrift, -348.0975e-9, within: 1e-13))
        #expect(status.alarms == [])
    }

    @Test("a sawtooth is told once, and only after the time that it belongs to")
    func sawtoothOnce() {
        let events = events(
            supplement(decoding: 0) + primary() + supplement(decoding: 0) + supplement(decoding: 0)
                + primary(timeOfWeek: 129_619, flags: 8, second: 19) + supplement(decoding: 0))
        #expect(events.compactMap(\.sawtooth).map(\.second) == [utc(2026, 6, 1, 12)])
    }

    @Test("8F-AB in UTC is taken as it stands")
    func showingUTC() {
        let packet = primary(flags: 1, second: 0)
        #expect(events(packet).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
        // Where the time of week goes along into UTC.
        let other = primary(timeOfWeek: 129_600, flags: 1, second: 0)
        #expect(events(other).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
    }

    @Test("GPS time of a new day is the old day in UTC")
    func midnight() {
        // Monday 00:00:10 GPS time is 23:59:52 UTC on Sunday.
        let packet = primary(timeOfWeek: 86_410, second: 10, hour: 0)
        #expect(events(packet).compactMap(\.label?.utc) == [utc(2026, 5, 31, 23, 59, 52)])
    }

    @Test("a receiver 1024 weeks behind is put right")
    func rollover() {
        // 1024 weeks before 2026-06-01 is 2006-10-16; both are Mondays.
        let labels = events(primary(day: 16, month: 10, year: 2006)).compactMap(\.label)
        #expect(labels.map(\.utc) == [utc(2026, 6, 1, 12)])
        #expect(labels.map(\.weekRollovers) == [1])
    }

    @Test("what is not known, or contradicts itself, is rejected")
    func rejections() {
        #expect(events(primary(flags: 0x04)).compactMap(\.rejection) == [.noTime])
        #expect(events(primary(flags: 0x08)).compactMap(\.rejection) == [.utcUnknown])
        #expect(events(primary(flags: 0x10)).compactMap(\.rejection) == [.testTime])
        #expect(events(primary(offset: 0)).compactMap(\.rejection) == [.utcUnknown])
        #expect(events(primary(offset: 128)).compactMap(\.rejection) == [.utcUnknown])
        #expect(events(primary(offset: -1)).compactMap(\.rejection) == [.utcUnknown])
        for packet in [
            primary(second: 19), primary(second: 61), primary(minute: 60), primary(hour: 24),
            primary(timeOfWeek: 604_800), primary(timeOfWeek: .max), primary(flags: 1, second: 1),
        ] { #expect(events(packet).compactMap(\.rejection) == [.badTime]) }
        for packet in [primary(day: 0), primary(day: 31), primary(month: 0), primary(month: 13)] {
            #expect(events(packet).compactMap(\.rejection) == [.badDate])
        }
    }

    @Test("without satellites there is no label", arguments: [1, 3, 8, 12, 16] as [UInt8])
    func noFix(decoding: UInt8) {
        let supplemented = events(supplement(decoding: decoding) + primary())
        #expect(supplemented.compactMap(\.rejection) == [.noFix])
        #expect(supplemented.compactMap(\.label) == [])
        #expect(events(tsip([0x46, decoding, 0]) + primary()).compactMap(\.label) == [])
    }

    @Test("a fix comes and goes with the decoding status")
    func fixEvents() {
        let stream = supplement(decoding: 0) + supplement(decoding: 8) + supplement(decoding: 9)
        #expect(events(stream) == [.fix(true), .fix(false), .fix(true)])
    }

    @Test("alarms, antenna and survey of 8F-AC are read")
    func alarms() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(supplement(decoding: 0, minor: 0x08b2))
        // 0x800 almanac, 0x80 leap second, 0x20 survey, 0x10 undisciplined, 0x02 open antenna.
        #expect(decoder.status.alarms == ["oscillator not disciplined", "leap second pending"])
        #expect(decoder.status.antenna == .open)
        #expect(decoder.status.hasAlmanac == false)
        #expect(decoder.status.survey?.isActive == true)
        _ = decoder.events(supplement(decoding: 0, minor: 0x04))
        #expect(decoder.status.antenna == .short)
    }

    @Test("A1-00 labels and tells its sawtooth (capture trimble-res720)")
    func version1() {
        let packet = hex("10a100002002000276e1089614332d021507e600000300123f40829d3fa9ded33ff21deda31003")
        var decoder = ReceiverDecoder(notBefore: utc(2022, 1, 1))
        let events = decoder.events(packet)
        #expect(events.compactMap(\.label?.utc) == [utc(2022, 2, 21, 20, 51, 27)])
        #expect(events.compactMap(\.label?.message) == [.tsipTiming])
        // 0x3f40829d is 0.7519930005 in single precision.
        #expect(events.compactMap(\.sawtooth).map(\.second) == [utc(2022, 2, 21, 20, 51, 27)])
        #expect(isNear(events.compactMap(\.sawtooth).first?.correction, 0.751993e-9, within: 1e-15))
    }

    @Test("A1-00 is believed where its flags and time base allow")
    func version1Flags() {
        #expect(events(timing()).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
        #expect(events(timing(base: 3)).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
        #expect(events(timing(base: 4, second: 0)).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
        #expect(events(timing(base: 1)).compactMap(\.rejection) == [.notUTC])
        #expect(events(timing(base: 2)).compactMap(\.rejection) == [.notUTC])
        #expect(events(timing(flags: 1)).compactMap(\.rejection) == [.noTime])
        #expect(events(timing(flags: 2)).compactMap(\.rejection) == [.utcUnknown])
        #expect(events(timing(offset: 0)).compactMap(\.rejection) == [.utcUnknown])
        #expect(events(timing(quantisation: .nan)).compactMap(\.label).count == 1)
        #expect(events(timing(quantisation: .infinity)).compactMap(\.sawtooth) == [])
    }

    @Test("a packet of version 1 with a wrong checksum or length is none")
    func checksum() {
        var packet = timing()
        packet[8] ^= 1
        #expect(events(packet).compactMap(\.rejection).first == .badChecksum)
        #expect(events(packet).compactMap(\.label) == [])
        #expect(events(packet + timing()).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
    }

    @Test("the receiver's state of version 1 is read (capture trimble-res720)")
    func version1State() {
        var decoder = ReceiverDecoder(notBefore: utc(2022, 1, 1))
        _ = decoder.events(
            hex("10a311001d0206ff643f5c28f63ef5c28f3f35c28f3ed70a3d41cd902b2d14ffff9c1003")
                + hex("10a30000120200000000ffffffff00000000ffffffffb31003")
                + hex("10900100101002010000070207e50c1c0441627261411003")
                + hex("10a200001902020d1742c800004120000041c0000000000603000276e05a1003")
                + hex("10a200001902010108421c000040c0000041d8000000000603000276e0671003"))
        let status = decoder.status
        #expect(status.fix == .time)
        #expect(decoder.hasFix)
        #expect(status.survey?.isValid == true)
        // 0x3f5c28f6 is 0.86, 0x3ef5c28f 0.48, 0x3ed70a3d 0.42.
        #expect(isNear(status.positionDilution, 0.86, within: 1e-6))
        #expect(isNear(status.horizontalDilution, 0.48, within: 1e-6))
        #expect(isNear(status.timeDilution, 0.42, within: 1e-6))
        #expect(status.antenna == .good)
        #expect(status.jamming == ReceiverStatus.Threat.none)
        #expect(status.model == "Abra")
        #expect(status.firmware == "1.0.0")
        // The first list is whole when the second begins: BeiDou 23, azimuth 100, elevation 10, 24 dBHz.
        #expect(status.satellites == [Satellite(.beiDou, 23, signal: 24, elevation: 10, azimuth: 100, isUsed: true)])
    }

    @Test("satellites and solution of the original packets are read (capture trimble-smtx)")
    func satellites() {
        var decoder = ReceiverDecoder(notBefore: utc(2019, 1, 1))
        decoder.holdsExactPlace = true
        let first = hex("105c1f00010141c80000478e5d803f97e9d83f0a8263000000011003")
        _ = decoder.events(
            hex("106dad0000000000000000000000003f80000010100e1d031a17161f20191003") + first
                + hex("105c0e08010141c80000478e5d803f8cbe4c3ff1463a000000011003") + first)
        // Elevations 0x3f97e9d8 = 1.1868238 rad = 68°, 0x3f8cbe4c = 1.0995574 rad = 63°; azimuths 31° and 108°.
        let expected = [
            Satellite(.gps, 31, signal: 25, elevation: 68, azimuth: 31, isUsed: true),
            Satellite(.gps, 14, signal: 25, elevation: 63, azimuth: 108, isUsed: true),
        ]
        #expect(decoder.status.satellites == expected)
        #expect(decoder.status.satellitesUsed == 10)
        #expect(decoder.status.fix == .time)
        #expect(decoder.status.timeDilution == 1)
    }

    @Test("levels, leap seconds, almanac, version and answers are read; the packets are built by hand")
    func others() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        // Two satellites at 40 and 0 dBHz; 129 618 s, week 2421, 18 s.
        let levels: [UInt8] = [0x47, 2, 5] + big(Float(40).bitPattern) + [66] + big(Float(-1).bitPattern)
        let time: [UInt8] = [0x41] + big(Float(129_618).bitPattern) + big(UInt16(2421)) + big(Float(18).bitPattern)
        var events = decoder.events(tsip(levels) + tsip(time) + tsip([0x4b, 1, 0x08, 2]))
        #expect(events == [])
        #expect(decoder.status.satellites == [Satellite(.gps, 5, signal: 40), Satellite(.glonass, 66, signal: 0)])
        #expect(decoder.status.leapSeconds == 18)
        #expect(decoder.status.hasAlmanac == false)
        events = decoder.events(tsip([0x45, 3, 2, 1, 2, 99, 1, 1, 1, 1, 1]))
        #expect(events == [.answer(.version)])
        #expect(decoder.status.firmware == "3.2")
        events = decoder.events(tsip1(0xa3, 0x21, [0x91, 0x03, 2]) + tsip1(0x91, 0x05, [1, 2, 3]))
        let (refused, settings) = (MessageName(.tsip, code: 0x9103), MessageName(.tsip, code: 0x9105))
        #expect(events == [.answer(.acknowledged(refused, false)), .answer(.payload(settings, [1, 2, 3]))])
        #expect("\(refused)" == "91-03")
    }

    @Test("every packet that is too short is rejected, and traps nowhere")
    func truncated() {
        // The shortest that each may be, behind its identifiers, by the offsets of what is read.
        let originals: [(head: [UInt8], shortest: Int)] = [
            ([0x8f, 0xab], 16), ([0x8f, 0xac], 63), ([0x41], 10), ([0x45], 10), ([0x46], 2), ([0x47, 2], 10),
            ([0x4b], 3), ([0x5c], 20), ([0x6d, 0xf4], 31),
        ]
        for (head, shortest) in originals {
            for length in 0..<shortest {
                // 0x41 would be Garmin's with a length that fits: 2 fits none.
                let packet = tsip(head + [UInt8](repeating: 2, count: length))
                guard head.count + length > 1 else { continue }
                #expect(events(packet) == [.rejected(.badLength)], "\(head) with \(length) bytes")
            }
            #expect(
                !events(tsip(head + [UInt8](repeating: 2, count: shortest))).contains(.rejected(.badLength)), "\(head)")
        }
        for (first, second, shortest) in [
            (0xa1, 0x00, 30), (0xa1, 0x11, 50), (0xa2, 0x00, 19), (0xa3, 0x00, 12), (0xa3, 0x11, 23), (0xa3, 0x21, 3),
            (0x90, 0x01, 10),
        ] as [(UInt8, UInt8, Int)] {
            for length in 0..<shortest {
                let packet = tsip1(first, second, [UInt8](repeating: 2, count: length))
                #expect(events(packet) == [.rejected(.badLength)], "\(first) \(second) with \(length) bytes")
            }
            let whole = events(tsip1(first, second, [UInt8](repeating: 2, count: shortest)))
            #expect(!whole.contains(.rejected(.badLength)), "\(first) \(second)")
        }
    }

    @Test("any byte at any place of 8F-AC and A3-11 is survived", arguments: [0x00, 0x7f, 0x80, 0xff] as [UInt8])
    func everyField(byte: UInt8) {
        for place in 1..<69 {
            var data = [UInt8](repeating: byte, count: 69)
            (data[0], data[1]) = (0x8f, 0xac)
            data[place] = place > 1 ? ~byte : 0xac
            _ = events(tsip(data) + primary())
        }
        for (first, second, length) in [(0xa3, 0x11, 27), (0xa1, 0x11, 50), (0xa2, 0x00, 23), (0xa1, 0x00, 30)]
            as [(UInt8, UInt8, Int)]
        {
            _ = events(tsip1(first, second, [UInt8](repeating: byte, count: length)))
        }
    }
}

extension ReceiverEvent {
    /// The sawtooth, if it is one.
    var sawtooth: PulseSawtooth? {
        if case .sawtooth(let sawtooth) = self { sawtooth } else { nil }
    }
}
