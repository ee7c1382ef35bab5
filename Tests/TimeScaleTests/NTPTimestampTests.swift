import SimulatedWorld
import Testing
import TimeScale

@Suite("NTP timestamps")
struct NTPTimestampTests {
    /// Bits by Python: `hex((unix + 2208988800) % 2**32)` and `hex((ns << 32) // 10**9)`.
    @Test(
        "a moment has its seconds since 1900 modulo 2³² and its fraction rounded down",
        arguments: [
            (0, 0, 0x83aa_7e80_0000_0000),  // 1970-01-01T00:00:00Z, RFC 868
            (-2_208_988_800, 0, 1),  // 1900-01-01T00:00:00Z, RFC 868; all zeros would mean unknown
            (-2_208_988_800, 500_000_000, 0x0000_0000_8000_0000),
            (1_795_237_567, 89_000_000, 0xeeab_a53f_16c8_b439),  // 2026-11-21T05:06:07.089Z
            (2_085_978_495, 999_999_999, 0xffff_ffff_ffff_fffb),  // 2036-02-07T06:28:15.999999999Z
            (2_085_978_496, 0, 1),  // 2036-02-07T06:28:16Z: era 1 begins, likewise
            (2_085_978_496, 1, 0x0000_0000_0000_0004),
            (4_233_462_144, 0, 0x8000_0000_0000_0000),  // 2104-02-26T09:42:24Z
            (-61_505_152, 123_456_789, 0x8000_0000_1f9a_dd37),  // 1968-01-20T03:14:08Z
        ] as [(Int64, Int64, UInt64)])
    func bits(seconds: Int64, nanoseconds: Int64, bits: UInt64) throws {
        let instant = try #require(Instant(seconds: seconds, nanosecondsOfSecond: nanoseconds))
        #expect(NTPTimestamp(instant).bits == bits)
    }

    /// Era 0 ends before 2036-02-07T06:28:16Z; 2³¹ s are 68 years.
    @Test(
        "a timestamp means the moment within 68 years of the pivot",
        arguments: [
            (0xffff_ffff, utc(2036, 2, 7, 6, 28, 16), utc(2036, 2, 7, 6, 28, 15)),
            (0x0000_0000, utc(2036, 2, 7, 6, 28, 15), utc(2036, 2, 7, 6, 28, 16)),
            (0x0000_0000, utc(2036, 2, 7, 6, 28, 16), utc(2036, 2, 7, 6, 28, 16)),
            (0x0000_0001, utc(2026, 11, 21), utc(2036, 2, 7, 6, 28, 17)),
            (0xeeab_a53f, utc(2100, 1, 1), utc(2026, 11, 21, 5, 6, 7) + .seconds(4_294_967_296)),
            (0xeeab_a53f, utc(2090, 1, 1), utc(2026, 11, 21, 5, 6, 7)),
            (0x7fff_ffff, utc(2104, 2, 26, 9, 42, 24), utc(2104, 2, 26, 9, 42, 23)),
            (0x8000_0000, utc(2104, 2, 26, 9, 42, 23), utc(2104, 2, 26, 9, 42, 24)),
            (0x8000_0000, utc(2036, 2, 7, 6, 28, 16), utc(1968, 1, 20, 3, 14, 8)),
            (0x8000_0000, utc(2036, 2, 7, 6, 28, 17), utc(2104, 2, 26, 9, 42, 24)),
            (0x8000_0000, utc(1970, 1, 1), utc(1968, 1, 20, 3, 14, 8)),
            (0x0000_0000, utc(1960, 1, 1), utc(1900, 1, 1)),
            (0x0000_0000, utc(2172, 3, 15, 12, 56, 31), utc(2172, 3, 15, 12, 56, 32)),
        ] as [(UInt64, Instant, Instant)])
    func eras(seconds: UInt64, pivot: Instant, instant: Instant) {
        #expect(NTPTimestamp(bits: seconds << 32).instant(near: pivot) == instant)
    }

    @Test(
        "a fraction becomes the nearest nanosecond",
        arguments: [
            // 2⁻³² s are 0.233 ns: 2 units 0.466 ns, 3 units 0.698 ns.
            (0, 0), (2, 0), (3, 1), (0x8000_0000, 500_000_000), (0xffff_fffd, 999_999_999),
            // 2 units below the second are 0.466 ns below, so the next second is nearest.
            (0xffff_fffe, 1_000_000_000), (0xffff_ffff, 1_000_000_000),
        ] as [(UInt64, Int64)])
    func fraction(fraction: UInt64, nanoseconds: Int64) {
        let second = utc(2026, 11, 21, 5, 6, 7)
        let timestamp = NTPTimestamp(bits: 0xeeab_a53f << 32 | fraction)
        #expect((timestamp.instant(near: second) - second).nanoseconds == nanoseconds)
    }

    @Test("every nanosecond comes back from the wire", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let (first, last) = (utc(1970, 1, 1).nanoseconds, utc(2190, 1, 1).nanoseconds)
        for _ in 0..<20_000 {
            let instant = Instant(nanoseconds: .random(in: first...last, using: &random))
            // Any pivot within 68 years will do: 2³¹ s less one day.
            let away = Int64.random(in: -2_147_397_248...2_147_397_248, using: &random)
            let pivot = instant + .seconds(away)
            try #require(NTPTimestamp(instant).instant(near: pivot) == instant, "seed \(seed)")
        }
    }

    @Test("a pivot at the ends of the range neither traps nor leaves it", arguments: [Int64.min, .max])
    func clamping(pivot: Int64) {
        for seconds in [0, 0x4000_0000, 0x8000_0000, 0xc000_0000, 0xffff_ffff] as [UInt64] {
            let instant = NTPTimestamp(bits: seconds << 32).instant(near: Instant(nanoseconds: pivot))
            // Within 68 years of the end it is near.
            #expect(abs(Double(instant.nanoseconds) - Double(pivot)) <= 2_147_483_649e9)
        }
    }
}

@Suite("NTP short format")
struct NTPShortTests {
    @Test(
        "seconds are rounded up to 2⁻¹⁶ s and clamped",
        arguments: [
            (0.0, 0), (-0.0, 0), (-1.0, 0), (-.infinity, 0), (1.0, 0x0001_0000), (0.5, 0x8000), (0x1p-16, 1),
            (1e-9, 1), (.leastNonzeroMagnitude, 1), (0x1.0001p-16, 2), (1.00001, 0x0001_0001), (16.0, 0x0010_0000),
            (65_535.99998, 0xffff_ffff), (65_535.99999, 0xffff_ffff), (65_536.0, 0xffff_ffff), (1e30, 0xffff_ffff),
            (.infinity, 0xffff_ffff), (.nan, 0xffff_ffff),
        ] as [(Double, UInt32)])
    func rounding(seconds: Double, bits: UInt32) {
        #expect(NTPShort(seconds: seconds).bits == bits)
    }

    @Test("bits become seconds exactly")
    func seconds() {
        #expect(NTPShort(bits: 0x0001_8000).seconds == 1.5)
        #expect(NTPShort(bits: 1).seconds == 0x1p-16)
        #expect(NTPShort(bits: .max).seconds == 65_536 - 0x1p-16)
    }

    @Test("what comes back is never less than what was written")
    func bound() throws {
        var random = RandomSource(seed: 5)
        for _ in 0..<10_000 {
            let seconds = random.nextUnit() * 16
            let written = NTPShort(seconds: seconds).seconds
            try #require(written >= seconds && written < seconds + 0x1p-16)
        }
    }

    @Test("the first moment of an era is not the timestamp that means unknown")
    func startOfEra() throws {
        // 2036-02-07T06:28:16Z is 2³² s after 1900.
        let start = try #require(CivilTime(year: 2036, month: 2, day: 7, hour: 6, minute: 28, second: 16)).instant
        #expect(NTPTimestamp(start) != .unknown)
        #expect(NTPTimestamp(start).instant(near: start) == start)
    }
}
