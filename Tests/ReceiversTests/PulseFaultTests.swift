import Receivers
import Testing
import TimeScale

/// What receivers say against their own time and pulses while they go on telling the time.
@Suite("Receivers that call their pulse or time unfit")
struct PulseFaultTests {
    /// Of gpsd's capture trimble-res720-dr (BSD-2-Clause), whose antenna is taken away: A2-00, A1-00, A3-00 and A3-11 of
    /// 02:05:25 UTC on 2024-02-24, with A3-00 minor 1 (antenna open) and major 7 (no satellites, pulse bad and not made).
    private static let satellite = "10a2000019022c031943450000424000004204000000000e0300080675bb1003"
    private static let time = "10a1000020020008067708fe02052b021807e800000300123e6f56f741efaf26c1bd23b2fe1003"
    private static let alarms = "10a30000120200000001ffffffff00000007ffffffffb51003"
    private static let condition = "10a311001d0206ff643f75c28f3f19999a3f3d70a43ef5c28f41f671aa1b00ffff351003"
    /// The end of the same capture, all well: 02:05:50.
    private static let laterTime = "10a1000020020008069008fe020608021807e800000300123f4527abc0b2b66f3f87043cde1003"
    private static let noAlarms = "10a30000120200000000ffffffff00000000ffffffffb31003"

    @Test("a RES 720 without an antenna has no fix, no satellites and no pulse, whatever A1-00 and A3-11 say")
    func withoutAntenna() {
        var decoder = ReceiverDecoder(notBefore: utc(2024, 1, 1))
        var events = decoder.events(
            hex(Self.noAlarms) + hex(Self.condition) + hex(Self.satellite) + hex(Self.satellite))
        #expect(events == [.fix(true)])
        #expect(decoder.status.satellites.count == 1)
        #expect(decoder.status.pulseFault == nil)
        events = decoder.events(hex(Self.alarms) + hex(Self.condition) + hex(Self.time))
        #expect(events == [.fix(false), .rejected(.noFix)])
        #expect(decoder.status.fix == ReceiverStatus.Fix.none)
        #expect(decoder.status.satellites == [] && decoder.status.satellitesUsed == 0)
        #expect(decoder.status.antenna == .open)
        #expect(decoder.status.alarms == ["no satellites", "pulse: not to be used", "pulse: none"])
        #expect(decoder.status.pulseFault == .missing)
        events = decoder.events(hex(Self.noAlarms) + hex(Self.condition) + hex(Self.laterTime))
        #expect(events.compactMap(\.label?.utc) == [utc(2024, 2, 24, 2, 5, 50)])
        #expect(decoder.hasFix && decoder.status.pulseFault == nil && decoder.status.alarms == [])
    }

    @Test("A3-00 alone takes the fix away, and gives it back to whom another packet has given it")
    func alarmsAlone() {
        #expect(events(hex(Self.alarms)) == [])
        #expect(events(hex(Self.alarms) + hex(Self.noAlarms)) == [])
        #expect(events(hex(Self.alarms) + hex(Self.condition) + hex(Self.noAlarms)) == [.fix(true)])
    }

    @Test(
        "bits of A3-00 by themselves",
        arguments: [(0x02, .bad), (0x04, .missing), (0x01, nil), (0x180, nil)] as [(UInt32, ReceiverStatus.PulseFault?)]
    )
    func bits(major: UInt32, fault: ReceiverStatus.PulseFault?) {
        var decoder = ReceiverDecoder(notBefore: utc(2024, 1, 1))
        let words = big(UInt32(0)) + big(UInt32.max) + big(major) + big(UInt32.max)
        _ = decoder.events(tsip1(0xa3, 0x00, words) + hex(Self.condition))
        #expect(decoder.status.pulseFault == fault)
        #expect(decoder.hasFix == (major & 1 == 0))
    }

    @Test("8F-AC says that no pulse was made, and that no satellite is followed")
    func supplement() {
        // Minor alarms at 10: bit 12 and bit 3 (ThunderBolt E guide, p. 82).
        for (minor, fault, hasFix) in [
            (0x1000, ReceiverStatus.PulseFault.missing, true), (0x0008, nil, false), (0, nil, true),
        ] as [(UInt16, ReceiverStatus.PulseFault?, Bool)] {
            var data = [UInt8](repeating: 0, count: 68)
            data.replaceSubrange(10..<12, with: big(minor))
            (data[0], data[1]) = (0xac, 7)
            var decoder = ReceiverDecoder(notBefore: utc(2024, 1, 1))
            _ = decoder.events(tsip([0x8f] + data))
            #expect(decoder.status.pulseFault == fault, "\(minor)")
            #expect(decoder.hasFix == hasFix, "\(minor)")
        }
    }

    @Test("Oncore's TRAIM alarm and missing pulse; what cannot be told is no fault")
    func oncoreMessages() {
        // @@En: 19 pulse, 21 TRAIM (0 good, 1 alarm, 2 unknown), less the four bytes before the data.
        func status(pulse: UInt8, traim: UInt8) -> ReceiverStatus.PulseFault? {
            var data = [UInt8](repeating: 0, count: 62)
            (data[15], data[17]) = (pulse, traim)
            var decoder = ReceiverDecoder(notBefore: utc(2024, 1, 1))
            _ = decoder.events(oncore("En", data))
            return decoder.status.pulseFault
        }
        #expect(status(pulse: 1, traim: 0) == nil)
        #expect(status(pulse: 1, traim: 1) == .integrity)
        #expect(status(pulse: 1, traim: 2) == nil)
        #expect(status(pulse: 0, traim: 0) == .missing)
    }

    // Fields: TPS1 7 what the pulse follows, TPS2 2 whether there is one and 8 whose it is, TPS3 7 TRAIM, TPS4 2 state and
    // 4 accuracy (Novus's manuals N4430 p. 56 and 61, NR2310 app. A p. 48).
    private static let tps1 = "PERDCRW,TPS1,20220731120213,2,00000000000000,+18,+18,"
    private static let tps2 = "PERDCRX,TPS2,"
    private static let tps3 = "PERDCRY,TPS3,3,0049,015,084533,000000,"
    private static let tps4 = ",1,+000000,-000002,+009999,+059054,+00731,880000,0x54,0xA6"

    @Test(
        "Furuno's sentences say what is wrong with the pulse",
        arguments: [
            ([tps1 + "4", tps2 + "1,1,0,200,+000000,0,0,0023,-1.178,0000", tps3 + "0,0,00,0"], nil, []),
            ([tps2 + "0,2,0,200,+000000,0,0,9999,+0.000,1000"], .missing, ["pulse: none"]),
            ([tps1 + "0"], .free, ["pulse: by the battery clock"]),
            ([tps3 + "1,0,00,0"], .integrity, ["TRAIM: the time is not sound"]),
            // Too few satellites for the check.
            ([tps3 + "2,2,00,0"], nil, []),
            // The oscillator is off, and the pulse is the receiver's own, then the oscillator's.
            (["PERDCRZ,TPS4,3,1,0,0,0"], nil, ["oscillator: holdover"]),
            (
                [tps2 + "1,1,0,200,+000000,0,1,0023,-1.178,0000", "PERDCRZ,TPS4,4,1,0,0,0"], .inaccurate,
                ["oscillator: free", "pulse: its oscillator is off"]
            ),
            (
                [tps2 + "1,1,0,200,+000000,0,1,0023,-1.178,0000", "PERDCRZ,TPS4,3,1,1,0,0"], nil,
                ["oscillator: holdover"]
            ),
            // The capture of a GT-88.
            (["PERDCRZ,TPS4,7,1" + tps4], nil, []),
            // Each takes back only what it has said itself.
            (
                [tps2 + "0,2,0,200,+000000,0,0,9999,+0.000,1000", tps3 + "1,0,00,0", tps3 + "0,0,00,0", tps1 + "4"],
                .missing, ["pulse: none"]
            ),
        ] as [([String], ReceiverStatus.PulseFault?, [String])])
    func furuno(bodies: [String], fault: ReceiverStatus.PulseFault?, alarms: [String]) {
        var decoder = ReceiverDecoder(notBefore: utc(2022, 1, 1))
        _ = decoder.events(bodies.flatMap(sentence))
        #expect(decoder.status.pulseFault == fault)
        #expect(decoder.status.alarms == alarms)
    }

    @Test("TPS1 by itself is no time where its pulse follows the battery clock")
    func batteryClock() {
        var decoder = ReceiverDecoder(notBefore: utc(2022, 1, 1))
        #expect(decoder.events(sentence(Self.tps1 + "0")).compactMap(\.rejection) == [.noFix])
        #expect(decoder.events(sentence(Self.tps1 + "2")).compactMap(\.label).count == 1)
    }

    @Test("a fault that is not told again is over after a minute")
    func lasting() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(stream(rmc("120000", "010626"), Self.tps2 + "0,2,0,200,+000000,0,0,9999,+0.000,1000"))
        _ = decoder.events(sentence(rmc("120100", "010626")))
        #expect(decoder.status.pulseFault == .missing)
        _ = decoder.events(sentence(rmc("120101", "010626")))
        #expect(decoder.status.pulseFault == nil && decoder.status.alarms == [])
    }
}

/// What a receiver has told once and never again.
@Suite("What a receiver no longer says")
struct ForgottenReportTests {
    @Test("an error in words that came before any time of day is taken back a minute after the first")
    func earlyError() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(stream("GNTXT,01,01,00,txbuf alloc", rmc("120000", "010626"), rmc("120060", "010626")))
        #expect(decoder.status.alarms == ["error: txbuf alloc"])
        _ = decoder.events(sentence(rmc("120101", "010626")))
        #expect(decoder.status.alarms == [])
    }

    @Test("the satellites of a talker that has fallen silent leave the list after a minute, also over midnight")
    func silentTalker() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let gps = "GPGSV,1,1,01,25,70,260,46"
        let glonass = "GLGSV,1,1,01,84,64,323,40"
        _ = decoder.events(stream(rmc("235930", "010626"), gps, glonass))
        // Two seconds that are interleaved do not make a day.
        _ = decoder.events(stream(rmc("235929", "010626"), rmc("000030", "020626"), gps))
        #expect(decoder.status.satellites.map(\.number) == [25, 84])
        _ = decoder.events(stream(rmc("000031", "020626")))
        #expect(decoder.status.satellites.map(\.number) == [25])
        _ = decoder.events(stream(rmc("000130", "020626"), gps, rmc("000231", "020626")))
        #expect(decoder.status.satellites == [])
    }

    @Test("so does the list of a TSIP receiver that has stopped telling it (0x5C of capture trimble-smtx)")
    func silentList() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let satellite = hex("105c1f00010141c80000478e5d803f97e9d83f0a8263000000011003")
        _ = decoder.events(sentence(rmc("120000", "010626")) + satellite + satellite)
        #expect(decoder.status.satellites.count == 1)
        _ = decoder.events(stream(rmc("120100", "010626")))
        #expect(decoder.status.satellites.count == 1)
        _ = decoder.events(stream(rmc("120101", "010626")))
        #expect(decoder.status.satellites == [])
    }

    @Test("a dilution that is no longer known is none")
    func dilutions() {
        func dilution(after bodies: String...) -> Double? {
            var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
            _ = decoder.events(bodies.flatMap(sentence))
            return decoder.status.horizontalDilution
        }
        let known = "GPGGA,120000,4717.1130,N,00833.9150,E,1,08,1.2,450.0,M,48.0,M,,"
        #expect(dilution(after: known) == 1.2)
        for unknown in ["99.99", "99.9", "0.0", "0", ""] {
            #expect(dilution(after: known, "GPGGA,120001,,,,,0,00,\(unknown),,,,,,") == nil, "\(unknown)")
            #expect(dilution(after: known, "GNGNS,120001,,,,,NN,00,\(unknown),,,,,V") == nil, "\(unknown)")
            #expect(dilution(after: known, "GPGSA,A,1,,,,,,,,,,,,,\(unknown),\(unknown),\(unknown)") == nil)
        }
        // A3-11 of capture trimble-res720 (0.48), then the same with 99.99 for all four.
        var decoder = ReceiverDecoder(notBefore: utc(2022, 1, 1))
        _ = decoder.events(hex("10a311001d0206ff643f5c28f63ef5c28f3f35c28f3ed70a3d41cd902b2d14ffff9c1003"))
        #expect(isNear(decoder.status.horizontalDilution, 0.48, within: 1e-6))
        let none =
            [6, 0xff, 100] + [UInt8]((0..<4).flatMap { _ in big(Float(99.99).bitPattern) })
            + [UInt8](repeating: 0, count: 8)
        _ = decoder.events(tsip1(0xa3, 0x11, none))
        #expect(decoder.status.horizontalDilution == nil && decoder.status.positionDilution == nil)
        #expect(decoder.status.timeDilution == nil)
    }
}
