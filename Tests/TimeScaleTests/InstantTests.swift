import Testing
import TimeScale

@Suite("Instant")
struct InstantTests {
    @Test(
        "a moment splits into the second it is in and the nanoseconds since",
        arguments: [
            (0, 0, 0), (1, 0, 1), (-1, -1, 999_999_999), (999_999_999, 0, 999_999_999), (1_000_000_000, 1, 0),
            (-1_000_000_000, -1, 0), (-1_000_000_001, -2, 999_999_999),
            (1_795_237_567_089_000_000, 1_795_237_567, 89_000_000),
            (.max, 9_223_372_036, 854_775_807), (.min, -9_223_372_037, 145_224_192),
        ] as [(Int64, Int64, Int64)])
    func split(nanoseconds: Int64, seconds: Int64, rest: Int64) {
        let instant = Instant(nanoseconds: nanoseconds)
        #expect(instant.wholeSeconds == seconds)
        #expect(instant.nanosecondsOfSecond == rest)
    }

    @Test(
        "seconds and nanoseconds make a moment, carried where need be",
        arguments: [
            (0, 0, 0), (1, 1, 1_000_000_001), (1, -1, 999_999_999), (-1, 1, -999_999_999),
            (1, 2_500_000_000, 3_500_000_000),
            (9_223_372_036, 854_775_807, .max), (9_223_372_036, 854_775_808, nil), (9_223_372_037, 0, nil),
            (-9_223_372_036, -854_775_808, .min), (-9_223_372_036, -854_775_809, nil), (.max, 0, nil), (.min, 0, nil),
        ] as [(Int64, Int64, Int64?)])
    func parts(seconds: Int64, nanosecondsOfSecond: Int64, nanoseconds: Int64?) {
        let instant = Instant(seconds: seconds, nanosecondsOfSecond: nanosecondsOfSecond)
        #expect(instant?.nanoseconds == nanoseconds)
    }

    @Test(
        "the nearest second is the later one at exactly a half",
        arguments: [
            (0, 0), (499_999_999, 0), (500_000_000, 1), (1_499_999_999, 1), (-1, 0), (-500_000_000, 0),
            (-500_000_001, -1), (-1_500_000_000, -1),
        ] as [(Int64, Int64)])
    func nearestSecond(nanoseconds: Int64, seconds: Int64) {
        #expect(Instant(nanoseconds: nanoseconds).nearestSecond == Instant(nanoseconds: seconds * 1_000_000_000))
    }

    @Test("a second starts at or before each moment in it")
    func startOfSecond() {
        #expect(Instant(nanoseconds: 1_999_999_999).startOfSecond.nanoseconds == 1_000_000_000)
        #expect(Instant(nanoseconds: -1).startOfSecond.nanoseconds == -1_000_000_000)
    }

    @Test("a moment and an interval make another moment, and two moments an interval")
    func arithmetic() {
        let instant = Instant(nanoseconds: 10)
        #expect((instant + Interval(nanoseconds: 15)).nanoseconds == 25)
        #expect((instant - Interval(nanoseconds: 15)).nanoseconds == -5)
        #expect((instant - Instant(nanoseconds: 3)).nanoseconds == 7)
        #expect(Instant.unixEpoch < instant)
        #expect(!(instant < instant))
    }

    @Test("readings of the clock that is never set compare and subtract likewise")
    func monotonic() {
        let reading = MonotonicInstant(nanoseconds: 10)
        #expect((reading + .second).nanoseconds == 1_000_000_010)
        #expect((reading + .second) - reading == .second)
        #expect(reading < reading + .second)
        #expect(reading < .distantFuture)
    }
}
