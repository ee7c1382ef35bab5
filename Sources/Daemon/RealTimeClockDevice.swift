import LinuxSystem
import Reports
import TimeScale
import Timekeeping

/// The device of the real-time clock (RTC): opened for the seconds in which it is compared or set, and closed again, so
/// that hwclock and others find it free.
final class RealTimeClockDevice {
    /// Between two attempts where the device refuses.
    private static let retryInterval = Interval.seconds(300)
    /// How long the seconds of a comparison may take to begin.
    private static let patience = Interval.seconds(6)
    /// A loop that is later than this sets the RTC a second later.
    private static let lateness = Interval.milliseconds(10)
    /// Where hwclock(8) notes that an RTC keeps local time, for another system on the machine.
    private static let adjustmentFile = "/etc/adjtime"

    private(set) var tracking: RealTimeClockTracking
    private(set) var pollIndex: Int?
    private let path: String
    private let open: (String) throws(SystemError) -> RealTimeClock
    private var clock: RealTimeClock?
    private var edges: [RealTimeClockTracking.Edge] = []
    /// When it is time to look again, or to set it.
    private(set) var due: MonotonicInstant
    private var planned: (moment: Instant, second: Instant)?
    /// Whether it was told that its seconds cannot be seen to begin.
    private var isGivenUp = false
    /// Whether no attempt has found it yet: its driver may be loaded after the start, or there is none.
    private var isAbsent = true
    /// Why the last attempt failed; empty where it has not.
    private var fault = ""

    /// An RTC that is not open.
    ///
    /// - Parameters:
    ///   - path: the device.
    ///   - kept: what an earlier run has learned of it.
    ///   - now: the time.
    ///   - open: opens it; a parameter for tests.
    init(
        path: String, kept: KeptState.RealTimeClock?, now: MonotonicInstant,
        open: @escaping (String) throws(SystemError) -> RealTimeClock = RealTimeClock.init(path:)
    ) {
        (self.path, self.open, due) = (path, open, now)
        tracking = RealTimeClockTracking(kept: kept)
    }

    /// The RTC of a configuration; `nil` where there is none, or it is somebody else's.
    ///
    /// - Parameters:
    ///   - path: the device; `nil` = none.
    ///   - kept: what an earlier run has learned of it.
    ///   - now: the time.
    ///   - log: is told what is expected of the RTC.
    convenience init?(path: String?, kept: KeptState.RealTimeClock?, now: MonotonicInstant, _ log: Log) {
        guard let path else { return nil }
        let lines = (try? Files.read(Self.adjustmentFile, limit: 4096))?.split(separator: UInt8(ascii: "\n"))
        if let lines, lines.count > 2, lines[2].elementsEqual("LOCAL".utf8) {
            log.notice("\(path) keeps local time by \(Self.adjustmentFile), and is left alone")
            return nil
        }
        self.init(path: path, kept: kept, now: now)
        if let forecast = tracking.forecast(at: KernelClock.realTime()) { log.info("\(path) \(forecast)") }
    }

    /// What is to be told about it; nothing while it is not there.
    func report(at now: MonotonicInstant) -> RealTimeClockReport? {
        guard !isAbsent else { return nil }
        var report = RealTimeClockReport()
        (report.device, report.settings) = (path, tracking.settings)
        report.state = !fault.isEmpty ? fault : tracking.canCompare ? "followed" : "set, but cannot be compared"
        report.offset = tracking.comparison?.offset
        report.age = tracking.comparison.map { (now - $0.at).seconds }
        (report.rate, report.rateDeviation) = (tracking.rate?.value, tracking.rate?.deviation)
        return report
    }

    // MARK: - The loop

    /// Adds what can be waited for.
    func register(in set: inout PollSet) {
        pollIndex = (clock?.descriptorNumber).map { set.add(number: $0) }
    }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - reading: what the system's clock reads.
    ///   - now: the time.
    ///   - isReady: whether there is something to read.
    ///   - isClockGood: whether that clock is right.
    ///   - log: is told what happens to the RTC.
    func attend(_ reading: Instant, _ now: MonotonicInstant, isReady: Bool, isClockGood: Bool, _ log: Log) {
        if clock != nil {
            if isReady { takeEdge(reading, now, log) }
            if clock != nil, now >= due { giveUp(now, log) }
            return
        }
        guard now >= due else { return }
        due = now + .second
        let task = tracking.task(at: now, isClockGood: isClockGood)
        guard task == .set else {
            planned = nil
            if task == .compare { beginComparison(now, log) }
            return
        }
        if let planned, reading >= planned.moment, reading - planned.moment < Self.lateness {
            setTime(planned, now, log)
            self.planned = nil
        } else {
            let plan = tracking.setting(after: reading)
            (planned, due) = (plan, now + (plan.moment - reading))
        }
    }

    /// Sets the RTC at the daemon's end, which takes a second at most, where it would be wrong from then on.
    func finish(_ reading: Instant, _ now: MonotonicInstant, isClockGood: Bool, _ log: Log) {
        clock = nil
        guard isClockGood, fault.isEmpty, tracking.isOff else { return }
        let plan = tracking.setting(after: reading)
        Pause.sleep(plan.moment - reading)
        setTime(plan, now, log)
    }

    // MARK: - The device

    private func beginComparison(_ now: MonotonicInstant, _ log: Log) {
        do throws(SystemError) {
            clock = try open(path)
            (edges, isAbsent) = ([], false)
            due = now + Self.patience
            try clock?.interruptUpdates(true)
        } catch {
            clock = nil
            refuse(error, now, log)
        }
    }

    private func takeEdge(_ reading: Instant, _ now: MonotonicInstant, _ log: Log) {
        do throws(SystemError) {
            guard try clock?.takeInterrupts() == true, let shown = try clock?.read() else { return }
            edges.append(.init(reading: reading, shown: shown))
            guard edges.count == RealTimeClockTracking.edgesNeeded else { return }
            try clock?.interruptUpdates(false)
            clock = nil
            due = now + .second
            tracking.take(edges, at: now)
            noteSuccess(log)
        } catch {
            clock = nil
            refuse(error, now, log)
        }
    }

    private func giveUp(_ now: MonotonicInstant, _ log: Log) {
        clock = nil
        due = now + .second
        tracking.noteNoInterrupts()
        guard !isGivenUp else { return }
        isGivenUp = true
        log.notice("\(path) does not tell when its seconds begin; it is set every hour")
    }

    private func setTime(_ plan: (moment: Instant, second: Instant), _ now: MonotonicInstant, _ log: Log) {
        let before = tracking.comparison?.offset
        do throws(SystemError) {
            try open(path).set(plan.second)
            tracking.noteSet(at: now, reading: plan.moment)
            noteSuccess(log)
            let error = before.map { ($0 < 0 ? "fast" : "slow", FixedDecimal.text(abs($0), digits: 3)) }
            log.info("\(path) set" + (error.map { ", which was \($0.1) s \($0.0)" } ?? ""))
        } catch {
            refuse(error, now, log)
        }
    }

    /// What a refusal means: no time to show, no interrupts, or not now.
    private func refuse(_ error: SystemError, _ now: MonotonicInstant, _ log: Log) {
        due = now + Self.retryInterval
        tracking.noteBusy(at: now)
        guard !(isAbsent && error.isAbsent) else { return }
        isAbsent = false
        if error.isOf("RTC_UIE") { return giveUp(now, log) }
        if error.isOf("RTC_RD_TIME") {
            due = now + .second
            tracking.noteInvalid()
        }
        guard !error.isBusy, fault.isEmpty else { return }
        fault = error.description
        log.notice("\(fault); tried again every 5 min ('rtc none' leaves it alone)")
    }

    private func noteSuccess(_ log: Log) {
        if !fault.isEmpty { log.notice("\(path) can be used again") }
        fault = ""
    }
}
