import SimulatedWorld
import Testing
import TimeScale
import Timekeeping

/// A real-time clock of a good kind or another, and a right clock beside it.
struct ImaginedRealTimeClock {
    /// Its rate, s/s, positive = fast.
    var rate = 0.0
    /// From a setting to its next second; `nil` where a setting leaves its seconds where they are.
    var delay: Double? = 0.5
    /// What it shows at the beginning less the right time, seconds.
    var error = 0.0
    private var changed = 0.0

    init(rate: Double, delay: Double? = 0.5, error: Double) {
        (self.rate, self.delay, self.error) = (rate, delay, error)
    }

    /// What it shows, seconds since the beginning, at a right time.
    func shown(at time: Double) -> Double { time + error + rate * (time - changed) }

    /// The right time at which a second of its begins, the first not before another.
    func edge(after time: Double) -> (time: Double, second: Double) {
        let second = shown(at: time).rounded(.up)
        return (time + (second - shown(at: time)) / (1 + rate), second)
    }

    /// Sets it to within an error, seconds.
    mutating func adjust(to error: Double, at time: Double) { (self.error, changed) = (error, time) }

    /// RTC_SET_TIME.
    mutating func set(to second: Double, at time: Double) {
        let phase = delay.map { 1 - $0 } ?? shown(at: time) - shown(at: time).rounded(.down)
        (error, changed) = (second + phase - time, time)
    }
}

/// A right clock, an RTC, and what becomes of it second by second.
private struct Bench {
    static let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)
    var tracking: RealTimeClockTracking
    var rtc: ImaginedRealTimeClock
    var time = 0.3
    var random = RandomSource(seed: 3)
    var isClockGood = true
    var hasInterrupts = true
    /// Right times at which it was set.
    var settings: [Double] = []
    var comparisons = 0
    /// Every so many seconds the kernel sets it, rightly to this.
    var kernel: (every: Int, error: Double)?

    init(_ rtc: ImaginedRealTimeClock, kept: KeptState.RealTimeClock? = nil) {
        (self.rtc, tracking) = (rtc, RealTimeClockTracking(kept: kept))
    }

    static func instant(_ time: Double) -> Instant { start + Interval(seconds: time) }
    var now: MonotonicInstant { MonotonicInstant(nanoseconds: Int64(time * 1e9)) }

    mutating func run(_ seconds: Int) {
        for _ in 0..<seconds {
            time += 1
            if let kernel, Int(time) % kernel.every == 0 {
                rtc.adjust(to: kernel.error, at: time)
            }
            switch tracking.task(at: now, isClockGood: isClockGood) {
            case .wait: continue
            case .compare: compare()
            case .set: set()
            }
        }
    }

    private mutating func compare() {
        guard hasInterrupts else { return tracking.noteNoInterrupts() }
        comparisons += 1
        var edges: [RealTimeClockTracking.Edge] = []
        for _ in 0..<RealTimeClockTracking.edgesNeeded {
            let edge = rtc.edge(after: time + 1e-6)
            // Stamps of a loop: late by 0.2 ms in the mean.
            time = edge.time
            let reading = Self.instant(edge.time - 2e-4 * Double.log(1 - random.nextUnit()))
            edges.append(.init(reading: reading, shown: Self.instant(edge.second)))
        }
        tracking.take(edges, at: now)
    }

    private mutating func set() {
        let plan = tracking.setting(after: Self.instant(time))
        let moment = (plan.moment - Self.start).seconds
        #expect(moment >= time && moment < time + 1.001)
        time = moment
        rtc.set(to: (plan.second - Self.start).seconds, at: time)
        tracking.noteSet(at: now, reading: plan.moment)
        settings.append(time)
    }

    /// Right time − RTC, where its next second begins, seconds.
    var offset: Double {
        let edge = rtc.edge(after: time)
        return edge.time - edge.second
    }
}

extension Double {
    fileprivate static func log(_ value: Double) -> Double {
        // −ln from the series of artanh, which is enough for a scatter.
        let ratio = (value - 1) / (value + 1)
        return 2 * ratio * (1 + ratio * ratio / 3 + ratio * ratio * ratio * ratio / 5)
    }
}

@Suite("The real-time clock")
struct RealTimeClockTests {
    @Test(
        "a rate is learned to half a ppm in five hours, and its sign is that of a fast clock",
        arguments: [40e-6, -40e-6, 3e-6, 0])
    func rate(rate: Double) throws {
        var bench = Bench(ImaginedRealTimeClock(rate: rate, error: 0.004))
        bench.run(5 * 3600)
        let learned = try #require(bench.tracking.rate)
        #expect(abs(learned.value - rate) < 0.5e-6, "\(learned)")
        #expect(learned.deviation < 1e-6)
        // 128 s apart, and a few more after settings.
        #expect((130...160).contains(bench.comparisons))
    }

    @Test("the kernel that sets it every 11 minutes does not hide its rate", arguments: [25e-6, -25e-6, 4e-6, -1e-6])
    func kernel(rate: Double) throws {
        var bench = Bench(ImaginedRealTimeClock(rate: rate, error: 0.001))
        bench.kernel = (660, 0.001)
        bench.run(5 * 3600)
        let learned = try #require(bench.tracking.rate)
        // A fifth of the pairs is worth nothing.
        #expect(abs(learned.value - rate) < 1.5e-6, "\(learned)")
        // The kernel keeps it within 20 ms: there is nothing to do.
        #expect(bench.settings.isEmpty)
    }

    @Test(
        "one that is off is set soon, right to 20 ms, whatever time passes from a setting to its next second",
        arguments: [(0.5, 3.3), (1.0, -2.7), (0.001, 0.4), (0.7, -1_795_132_800), (1.0, 1e9)])
    func setting(delay: Double, error: Double) {
        var bench = Bench(ImaginedRealTimeClock(rate: 5e-6, delay: delay, error: error))
        bench.run(60)
        #expect(abs(bench.offset) < 0.02)
        // Once, and once more with what that has taught.
        #expect(bench.settings.count == (delay == 0.5 ? 1 : 2))
    }

    @Test(
        "one that drifts out of 20 ms is set once an hour at most, and not more often than that needs",
        arguments: [40e-6, -40e-6])
    func schedule(rate: Double) {
        var bench = Bench(ImaginedRealTimeClock(rate: rate, error: 0))
        bench.run(86_400)
        // 40 ppm make 20 ms in 500 s, and 144 ms in an hour.
        #expect((23...25).contains(bench.settings.count))
        for (one, next) in zip(bench.settings, bench.settings.dropFirst()) { #expect(next - one >= 3599) }
        #expect(abs(bench.offset) < 0.15)
    }

    @Test("one whose seconds no setting moves is tried three times an hour, and no more")
    func unmoved() {
        var bench = Bench(ImaginedRealTimeClock(rate: 0, delay: nil, error: 0.3))
        bench.run(3500)
        #expect(bench.settings.count == 3)
    }

    @Test("without its interrupts it is set every hour, with the delay of those that begin a second when set")
    func noInterrupts() {
        var bench = Bench(ImaginedRealTimeClock(rate: 40e-6, delay: 1, error: 7))
        bench.hasInterrupts = false
        bench.run(7300)
        #expect(bench.settings.count == 3)
        #expect(!bench.tracking.canCompare)
        #expect(bench.tracking.rate == nil)
        #expect(abs(bench.offset) < 0.02)
        #expect(bench.tracking.isOff)
    }

    @Test("while the clock is not right nothing is compared or set")
    func notLocked() {
        var bench = Bench(ImaginedRealTimeClock(rate: 0, error: 100))
        bench.isClockGood = false
        bench.run(7200)
        #expect(bench.settings.isEmpty && bench.comparisons == 0)
        #expect(!bench.tracking.isOff)
        bench.isClockGood = true
        bench.run(10)
        #expect(bench.settings.count == 1)
    }

    @Test("one that shows no time is set, then compared")
    func invalid() {
        var bench = Bench(ImaginedRealTimeClock(rate: 0, error: 0))
        bench.tracking.noteInvalid()
        bench.run(20)
        #expect(bench.settings.count == 1)
        #expect(bench.comparisons == 1)
    }

    /// 12 ppm make 1.0368 s in a day; 3 ms slow before is 1.034 s fast now.
    @Test("what it should be off is told from what an earlier run has learned, and stands until this one knows better")
    func forecast() throws {
        let kept = KeptState.RealTimeClock(comparedAt: Bench.start, offset: 0.003, rate: 12e-6, rateDeviation: 1e-7)
        var bench = Bench(ImaginedRealTimeClock(rate: 20e-6, error: 0), kept: kept)
        let words = try #require(bench.tracking.forecast(at: Bench.start + .seconds(86_400)))
        #expect(
            words.hasPrefix("should be 1.034 s fast (± 0.009 s), 1.0 days after it was last compared, at 12.00 ppm"))
        #expect(bench.tracking.forecast(at: .unixEpoch) == nil)
        #expect(bench.tracking.keptState == kept)
        bench.run(300)
        #expect(bench.tracking.rate?.value == 12e-6)
        bench.run(3600)
        #expect(abs((bench.tracking.keptState?.rate ?? 0) - 20e-6) < 3e-6)
    }
}
