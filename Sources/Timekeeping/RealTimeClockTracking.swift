import Discipline
import Reports
import TimeScale

/// What is known of the machine's real-time clock (RTC), and what is to be done with it.
///
/// It is compared with the right time where its seconds begin. Its rate comes from each two comparisons that follow each
/// other, because somebody may set it at any time: the kernel itself does so every 11 minutes (CONFIG_RTC_SYSTOHC). Such
/// a pair tells a wrong rate, and there are fewer of them than others: the median is not moved by them.
public struct RealTimeClockTracking: Sendable {
    /// What is to be done.
    public enum Task: Equatable, Sendable {
        /// Nothing.
        case wait
        /// To find out when its next seconds begin.
        case compare
        /// To set it.
        case set
    }

    /// A second of the RTC that begins.
    public struct Edge: Equatable, Sendable {
        /// The clock's reading when the interrupt was seen, which is late if anything.
        public let reading: Instant
        /// The second that the RTC shows.
        public let shown: Instant

        /// An edge.
        public init(reading: Instant, shown: Instant) { (self.reading, self.shown) = (reading, shown) }
    }

    /// Seconds that are looked at for a comparison: of three, one is not late.
    public static let edgesNeeded = 3
    /// Between two comparisons: of the pairs, not even one in five is broken by what the kernel does every 11 min.
    private static let compareInterval = Interval.seconds(128)
    /// From a setting to the comparison that shows what came of it.
    private static let verifyPause = Interval.seconds(2)
    /// Between two settings.
    private static let setInterval = Interval.seconds(3600)
    /// Settings in a row, each with what the one before has taught.
    private static let attempts = 3
    /// An RTC that is off by more is set, seconds.
    private static let tolerance = 0.02
    /// A rate beyond this is no rate: it was set in between, s/s.
    private static let largestRate = 500e-6
    /// Pairs that are remembered: four and a half hours.
    private static let memory = 128
    /// Pairs without which the rate of an earlier run stands.
    private static let pairsNeeded = 16
    /// Efficiency of a median of normal values: its deviation is √(π/2) times the mean's.
    private static let medianFactor = 1.2533
    /// What the temperature does to the rate of an RTC's quartz, s/s: 0.04 ppm/K², some degrees beside its 25 °C.
    private static let leastDeviation = 1e-7
    /// From a setting to the next second: half a second for a PC's, a whole one for those that begin a second with it.
    private static let delays = (withInterrupts: 0.5, without: 1.0)

    /// Whether its interrupts tell when its seconds begin; without, it is only set.
    public private(set) var canCompare = true
    /// How often it was set.
    public private(set) var settings = 0
    /// Its rate and the standard deviation of that, s/s, positive = fast; `nil` where it is not known.
    public private(set) var rate: (value: Double, deviation: Double)?
    private let kept: KeptState.RealTimeClock?
    private var last: (offset: Double, reading: Instant, at: MonotonicInstant)?
    private var rates: [Double] = []
    private var isPairBroken = true
    /// Whether it shows no time at all.
    private var isInvalid = false
    private var nextComparison: MonotonicInstant?
    private var lastSetting: MonotonicInstant?
    private var isUnverified = false
    /// Settings in a row, and whether the last has not done what it should.
    private var attempt = 0
    private var hasFailed = false
    /// From a setting to the beginning of its next second, as far as it is known.
    private var setDelay = delays.withInterrupts

    /// An RTC of which an earlier run may have learned something.
    public init(kept: KeptState.RealTimeClock?) {
        self.kept = kept
        rate = kept.flatMap { kept in kept.rate.map { ($0, kept.rateDeviation) } }
    }

    // MARK: - What is known

    /// Right time − RTC as last compared, seconds, positive = slow, and when that was; `nil` before the first time.
    public var comparison: (offset: Double, at: MonotonicInstant)? { last.map { ($0.offset, $0.at) } }

    /// What is worth keeping over a restart.
    public var keptState: KeptState.RealTimeClock? {
        guard let last else { return kept }
        return .init(
            comparedAt: last.reading, offset: last.offset, rate: rate?.value, rateDeviation: rate?.deviation ?? 0)
    }

    /// What the RTC's error should be by what an earlier run has learned.
    ///
    /// - Parameter now: what the clock reads, if only by the RTC itself.
    /// - Returns: words for the log; `nil` where nothing is known.
    public func forecast(at now: Instant) -> String? {
        guard let kept, let rate = kept.rate, now >= kept.comparedAt else { return nil }
        let age = (now - kept.comparedAt).seconds
        let error = rate * age - kept.offset
        let deviation = FixedDecimal.text(kept.rateDeviation * age, digits: 3)
        let size = FixedDecimal.text(abs(error), digits: 3)
        return "should be \(size) s \(error < 0 ? "slow" : "fast") (± \(deviation) s), "
            + "\(FixedDecimal.text(age / 86_400, digits: 1)) days after it was last compared, "
            + "at \(FixedDecimal.text(rate * 1e6, digits: 2)) ppm"
    }

    // MARK: - What to do

    /// What is due.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - isClockGood: whether the clock is right to far below `tolerance`; else nothing is ever done.
    /// - Returns: what to do now.
    public mutating func task(at now: MonotonicInstant, isClockGood: Bool) -> Task {
        guard isClockGood else {
            isPairBroken = true
            return .wait
        }
        if isSettingDue(now) { return .set }
        guard canCompare, now >= nextComparison ?? now else { return .wait }
        return .compare
    }

    private func isSettingDue(_ now: MonotonicInstant) -> Bool {
        guard !isUnverified, isOff else { return false }
        guard let lastSetting else { return true }
        return now - lastSetting >= Self.setInterval || hasFailed && attempt < Self.attempts
    }

    /// Whether it was off when last compared, or nobody can tell; not extrapolated, for the kernel may have set it since.
    public var isOff: Bool {
        guard canCompare, !isInvalid else { return true }
        return last.map { abs($0.offset) > Self.tolerance } ?? false
    }

    /// The next moment at which it is to be told `second`, so that its seconds begin where the clock's do.
    ///
    /// - Parameter reading: the clock's reading now.
    /// - Returns: the clock's reading at which to do it, and the second to set.
    public func setting(after reading: Instant) -> (moment: Instant, second: Instant) {
        let delay = Interval(seconds: canCompare ? setDelay : Self.delays.without)
        let second = (reading + delay).startOfSecond
        return (second + .second - delay, second)
    }

    // MARK: - What happens

    /// Notes that its interrupts do not come, or cannot be had; they are tried again after its next setting.
    public mutating func noteNoInterrupts() { (canCompare, isUnverified) = (false, false) }

    /// Notes that it shows no time.
    public mutating func noteInvalid() {
        hasFailed = isUnverified
        (isInvalid, isUnverified) = (true, false)
    }

    /// Notes that it could not be compared just now.
    public mutating func noteBusy(at now: MonotonicInstant) {
        nextComparison = now + Self.compareInterval
        isPairBroken = true
    }

    /// Notes that it was set, so that it should be right.
    public mutating func noteSet(at now: MonotonicInstant, reading: Instant) {
        if let lastSetting, now - lastSetting < Self.setInterval { attempt += 1 } else { attempt = 1 }
        settings += 1
        // One that showed no time has none to interrupt by.
        canCompare = true
        (lastSetting, isUnverified, isPairBroken, isInvalid) = (now, true, true, false)
        last = (0, reading, now)
        nextComparison = now + Self.verifyPause
    }

    /// Takes a comparison.
    ///
    /// - Parameters:
    ///   - edges: one or more.
    ///   - now: the time.
    public mutating func take(_ edges: [Edge], at now: MonotonicInstant) {
        guard let edge = edges.min(by: { $0.reading - $0.shown < $1.reading - $1.shown }) else { return }
        let offset = (edge.reading - edge.shown).seconds
        if isUnverified {
            hasFailed = abs(offset) > Self.tolerance
            if abs(offset) < 1 { setDelay = min(max(setDelay + offset, 0), 2) }
        }
        if let last, !isPairBroken { learn((last.offset - offset) / (now - last.at).seconds) }
        last = (offset, edge.reading, now)
        (isPairBroken, isUnverified, isInvalid) = (false, false, false)
        nextComparison = now + Self.compareInterval
    }

    private mutating func learn(_ rate: Double) {
        guard abs(rate) < Self.largestRate else { return }
        rates.append(rate)
        if rates.count > Self.memory { rates.removeFirst() }
        guard rates.count >= Self.pairsNeeded else { return }
        let scatter = RobustStatistics.deviation(rates) * Self.medianFactor / Double(rates.count).squareRoot()
        self.rate = (RobustStatistics.median(rates), max(scatter, Self.leastDeviation))
    }
}
