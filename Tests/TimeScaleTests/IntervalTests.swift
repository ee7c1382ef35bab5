import Testing
import TimeScale

@Suite("Interval")
struct IntervalTests {
    @Test(
        "seconds become the nearest nanosecond",
        arguments: [
            (0.0, 0), (1.0, 1_000_000_000), (-1.0, -1_000_000_000), (0.25e-9, 0), (0.75e-9, 1), (-0.75e-9, -1),
            (1e-9, 1), (1.5, 1_500_000_000), (-0.128, -128_000_000), (86_400.0, 86_400_000_000_000),
        ] as [(Double, Int64)])
    func rounding(seconds: Double, nanoseconds: Int64) {
        #expect(Interval(seconds: seconds).nanoseconds == nanoseconds)
    }

    /// 2⁶³ ns are 9 223 372 036.85 s, 292 years.
    @Test(
        "seconds beyond 292 years are clamped, and no number is zero",
        arguments: [
            (9_223_372_037.0, Int64.max), (-9_223_372_037.0, Int64.min), (1e300, .max), (-1e300, .min),
            (.infinity, .max), (-.infinity, .min), (.nan, 0), (-.nan, 0),
        ])
    func clamping(seconds: Double, nanoseconds: Int64) {
        #expect(Interval(seconds: seconds).nanoseconds == nanoseconds)
    }

    @Test("counts of seconds and milliseconds are what they say")
    func units() {
        #expect(Interval.zero.nanoseconds == 0)
        #expect(Interval.second.nanoseconds == 1_000_000_000)
        #expect(Interval.seconds(-3).nanoseconds == -3_000_000_000)
        #expect(Interval.milliseconds(7).nanoseconds == 7_000_000)
    }

    @Test("sums, differences, signs and magnitudes are those of the nanoseconds")
    func arithmetic() {
        let (long, short) = (Interval(nanoseconds: 5), Interval(nanoseconds: -7))
        #expect((long + short).nanoseconds == -2)
        #expect((long - short).nanoseconds == 12)
        #expect((-long).nanoseconds == -5)
        #expect(short.magnitude.nanoseconds == 7)
        #expect(long.magnitude.nanoseconds == 5)
        #expect(short < long)
        #expect(!(long < long))
    }

    @Test("the seconds are the nearest Double", arguments: [(300, 0.3), (128, 0.128), (-700, -0.7), (1001, 1.001)])
    func seconds(milliseconds: Int64, seconds: Double) {
        #expect(Interval.milliseconds(milliseconds).seconds == seconds)
    }

    @Test("nanoseconds come back exactly from seconds below 2²² s", arguments: [1, -1] as [Int64])
    func secondsAndBack(sign: Int64) {
        // Doubles below 2²² s (48 days) stand 0.47 ns apart at most, so both roundings together stay below half a
        // nanosecond.
        for nanoseconds: Int64 in [1, 999_999_999, 1_000_000_001, 86_399_999_999_999, 4_194_303_999_999_999] {
            let interval = Interval(nanoseconds: sign * nanoseconds)
            #expect(Interval(seconds: interval.seconds) == interval)
        }
    }
}
