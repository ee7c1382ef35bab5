import Testing
import TimeScale

@testable import Daemon

/// A third of a watchdog of 30 s: the interval is 10 s.
@Suite("The watchdog")
struct WatchdogTests {
    private static func moment(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: 0) + Interval(seconds: seconds)
    }

    /// Signs of a healthy daemon with two workers; each argument spoils one.
    private static func signs(
        _ seconds: Double, late: Double = 0, asOf: Double? = nil, rounds: [UInt32]? = nil
    ) -> Watchdog.Signs {
        let count = UInt32(seconds)
        return Watchdog.Signs(
            now: moment(seconds), due: moment(seconds - late),
            asOf: Instant.unixEpoch + Interval(seconds: asOf ?? seconds), rounds: rounds ?? [count, 2 * count])
    }

    private static func fed() -> Watchdog {
        var watchdog = Watchdog(interval: .seconds(10), now: moment(0))
        #expect(watchdog.decide(signs(0)) == .feed)
        return watchdog
    }

    @Test("a daemon that turns is fed at once, and then every interval")
    func healthy() {
        var watchdog = Watchdog(interval: .seconds(10), now: Self.moment(0))
        let fed = (0...60).filter { watchdog.decide(Self.signs(Double($0))) == .feed }
        #expect(fed == [0, 10, 20, 30, 40, 50, 60])
    }

    @Test(
        "what does not turn is named, and not fed",
        arguments: [
            (signs(10, late: 5.001), "the loop is late"),
            (signs(10, asOf: 0), "the discipline makes no progress"),
            (signs(10, rounds: [0, 20]), "worker 1 does not come round"),
            (signs(10, rounds: [10, 0]), "worker 2 does not come round"),
            (signs(10, rounds: [0, 0]), "worker 1, 2 does not come round"),
        ])
    func faults(signs: Watchdog.Signs, words: String) {
        var watchdog = Self.fed()
        #expect(watchdog.decide(signs) == .withhold(words))
    }

    @Test("a tick that is late by no more than a slow disk makes it is fed")
    func slightlyLate() {
        var watchdog = Self.fed()
        #expect(watchdog.decide(Self.signs(10, late: 5)) == .feed)
    }

    @Test("who comes round again is fed again a tick later")
    func recovery() {
        var watchdog = Self.fed()
        #expect(watchdog.decide(Self.signs(10, rounds: [0, 20])) != .feed)
        #expect(watchdog.decide(Self.signs(11, rounds: [1, 21])) == .feed)
        #expect(watchdog.decide(Self.signs(12)) == .notDue)
    }

    @Test("a count of rounds that wraps is progress, a clock that was set back too, and a worker more or less no fault")
    func oddities() {
        var watchdog = Watchdog(interval: .seconds(10), now: Self.moment(0))
        #expect(watchdog.decide(Self.signs(0, rounds: [.max])) == .feed)
        #expect(watchdog.decide(Self.signs(10, asOf: -3600, rounds: [0])) == .feed)
        #expect(watchdog.decide(Self.signs(20, rounds: [0, 0])) == .feed)
        #expect(watchdog.decide(Self.signs(30, rounds: [])) == .feed)
    }

    @Test("a daemon without workers of its own is fed by the loop alone")
    func noWorkers() {
        var watchdog = Watchdog(interval: .seconds(10), now: Self.moment(0))
        #expect(watchdog.decide(Self.signs(0, rounds: [])) == .feed)
        #expect(watchdog.decide(Self.signs(10, rounds: [])) == .feed)
    }
}
