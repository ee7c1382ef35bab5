import SimulatedWorld
import Testing
import TimeScale

@Suite("Imagined receiver")
struct ImaginedReceiverTests {
    /// 2026-11-20T00:00:00Z: a Friday, GPS week 2445, 5·86400 + 18 = 432018 s into it.
    static let second = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    private static func sentences(_ change: (inout ImaginedReceiver) -> Void) -> String {
        var receiver = ImaginedReceiver()
        change(&receiver)
        return String(decoding: receiver.burst(for: second), as: UTF8.self)
    }

    @Test("a receiver that hangs goes on naming its second, with a valid status")
    func frozen() {
        let text = Self.sentences { $0.frozenAt = Self.second - .seconds(3600) }
        #expect(text.hasPrefix("$GPRMC,230000.00,A,") && text.contains("$GPZDA,230000.00,19,11,2026"))
    }

    @Test("a receiver that assumes 15 leap seconds is 3 s ahead of one that knows 18")
    func leapSeconds() {
        #expect(Self.sentences { $0.assumedLeapSeconds = 15 }.hasPrefix("$GPRMC,000003.00,A,"))
    }

    @Test("a receiver a week rollover behind names a day 7168 days earlier")
    func rollover() {
        // 2026-11-20 less 1024 weeks is 2007-04-06 (`date -d '2026-11-20 -7168 days'`).
        #expect(Self.sentences { $0.weekRollovers = 1 }.contains(",060407,"))
    }

    @Test("without a fix the sentences say so")
    func noFix() {
        let text = Self.sentences { $0.hasFix = false }
        #expect(text.hasPrefix("$GPRMC,000000.00,V,") && text.contains(",E,0,08,"))
    }

    @Test("the delay of the label has the mean and the jitter asked for")
    func delay() {
        var receiver = ImaginedReceiver()
        (receiver.labelDelay, receiver.labelJitter) = (0.3, 0.02)
        var random = RandomSource(seed: 9)
        let delays = (0..<10_000).map { _ in receiver.delay(&random) - 0.3 }
        // Standard errors: 0.02/100 of the mean, √(2/10000) of the variance; four of each.
        #expect(abs(delays.reduce(0, +) / 10_000) < 0.0008)
        #expect(abs(delays.reduce(0) { $0 + $1 * $1 } / 10_000 / 4e-4 - 1) < 0.057)
    }
}

/// Frames written by hand from the tables of the u-blox interface description (checksums by a separate program).
@Suite("Imagined receiver's UBX")
struct ImaginedReceiverUBXTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    @Test("NAV-PVT, NAV-TIMEUTC and TIM-TP of one second, byte by byte")
    func burst() {
        // iTOW 432018000 ms = 0x19c01250; 2026 = 0x07ea; fully resolved; tAcc 20 ns; 3D fix of 8 satellites;
        // 8.56525° = 0x051af414, 47.2852167° = 0x1c2f26c7 (1e-7), 498 m and 450 m in mm.
        let solution =
            Self.bytes(
                "b5 62 01 07 5c 00 50 12 c0 19 ea 07 0b 14 00 00 00 07 14 00 00 00 00 00 00 00 03 01 00 08 "
                    + "14 f4 1a 05 c7 26 2f 1c 50 99 07 00 d0 dd 06 00") + [UInt8](repeating: 0, count: 52)
            + [0xd8, 0x22]
        // The same date; valid 0x37: time of week, week, UTC as USNO keeps it.
        let utc = Self.bytes(
            "b5 62 01 21 14 00 50 12 c0 19 14 00 00 00 00 00 00 00 ea 07 0b 14 00 00 00 37 cc 24")
        // The next pulse, 432019000 ms into week 2445 = 0x098d, 12.5 ns late: qErr −12500 ps = 0xffffcf2c is to be
        // added to its stamp; UTC is available.
        let pulse = Self.bytes("b5 62 0d 01 10 00 38 16 c0 19 00 00 00 00 2c cf ff ff 8d 09 02 00 d6 17")
        let burst = ImaginedReceiver().ubxBurst(for: ImaginedReceiverTests.second, sawtooth: 12.5e-9)
        #expect(burst == solution + utc + pulse)
    }

    @Test("a receiver that has not heard its leap seconds is ahead, says UTC is not valid, and keeps GPS time")
    func unknownLeapSeconds() {
        var receiver = ImaginedReceiver()
        receiver.assumedLeapSeconds = 15
        let burst = receiver.ubxBurst(for: ImaginedReceiverTests.second, sawtooth: 0)
        // NAV-PVT: the payload begins at 6; second at 10 is 3, of `valid` at 11 only date and time are set.
        #expect(burst[16] == 3 && burst[17] == 0x03)
        #expect(Array(burst[6..<10]) == [0x50, 0x12, 0xc0, 0x19])
        // NAV-TIMEUTC begins at 100: `valid` at 19 has no bit for UTC.
        #expect(burst[125] == 0x03)
    }

    @Test("without a fix nothing is valid")
    func noFix() {
        var receiver = ImaginedReceiver()
        receiver.hasFix = false
        let burst = receiver.ubxBurst(for: ImaginedReceiverTests.second, sawtooth: 0)
        // NAV-PVT valid, fixType, gnssFixOK; NAV-TIMEUTC valid.
        #expect([burst[17], burst[26], burst[27], burst[125]] == [0, 0, 0, 0])
    }
}
