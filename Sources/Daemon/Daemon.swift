import Authentication
import ConfigurationLanguage
import ControlService
import Discipline
import LinuxSystem
import NTPServer
import ReferenceClocks
import Reports
import TimeScale
import Timekeeping

/// The running appliance: one thread on one poll() loop.
///
/// It owns every device and socket, and passes what comes in to the timekeeper and the server.
public struct Daemon<Clock: ClockControl>: ~Copyable {
    /// How a run ended.
    public enum Ending: Equatable, Sendable {
        /// Told to stop by a signal.
        case stopped
        /// `-q`: the clock was set; the offset that was found, seconds, positive = the clock was slow.
        case clockSet(offset: Double)
        /// `-q`: no time was proven in time.
        case noTime
    }

    private static var tickInterval: Interval { .second }
    /// How long `-q` waits for a proven time.
    private static var patience: Interval { .seconds(120) }
    /// Bytes read from a serial line at a time.
    private static var readSize: Int { 512 }

    private let configuration: Configuration
    private let clockName: String
    private let log: Log
    private var timekeeper: Timekeeper<Clock>
    private var server: TimeServer
    private let devices: [SourceDevice]
    private var files: StateFiles
    private var supervisor: Supervisor
    private var alarms = AlarmList()
    private let realTimeClock: RealTimeClockDevice?
    private var listener: ObserveListener?
    private var listenerIndex: Int?
    private var pollSet = PollSet()
    private var batch = DatagramBatch(capacity: 1)
    private var readBuffer = [UInt8](repeating: 0, count: readSize)
    private let started: MonotonicInstant
    private var nextTick: MonotonicInstant

    /// Builds everything from a configuration, binds the sockets, and opens the devices that are there.
    ///
    /// - Parameters:
    ///   - configuration: without errors.
    ///   - clock: the clock to steer.
    ///   - clockName: `system`, `virtual` or `none`, for reports.
    ///   - overridesFirstPanic: `-g`.
    ///   - log: where to say what happens.
    /// - Throws: `SystemError` where not a single address could be bound.
    public init(
        configuration: Configuration, clock: Clock, clockName: String, overridesFirstPanic: Bool, log: Log
    ) throws(SystemError) {
        (self.configuration, self.clockName, self.log) = (configuration, clockName, log)
        files = StateFiles(configuration)
        var settings = Timekeeper<Clock>.Settings(configuration)
        settings.overridesFirstPanic = overridesFirstPanic
        settings.precision = ClockPrecision.measure(clock)
        settings.leapSeconds = files.readLeapSeconds(log) ?? .builtIn
        settings.keptState = files.readState(log)
        let inherited = overridesFirstPanic ? nil : clock.inheritedMaximumError.map { _ in clock.now() }
        if let known = files.knownFrequency(settings.keptState, now: inherited, log) {
            (settings.knownFrequency, settings.knownFrequencyDeviation) = known
        }
        let earliestDate = files.earliestDate(
            configured: configuration.earliestDate, kept: settings.keptState.lastGoodTime, inherited: inherited)
        settings.earliestDate = earliestDate
        let origin = configuration.earliestDate ?? Release.date
        let sources = configuration.referenceClocks.filter { $0.driver != .localClock }
            .map { configuration in
                var source = ReferenceClock(configuration, earliestDate: origin)
                source.notBefore(earliestDate.date)
                return source
            }
        // Another clock than the system's has nothing to tell it.
        realTimeClock = RealTimeClockDevice(
            path: clockName == "system" ? configuration.rtcDevice : nil, kept: settings.keptState.realTimeClock,
            now: clock.monotonicNow(), log)
        timekeeper = Timekeeper(clock: clock, sources: sources, settings: settings)
        let now = clock.monotonicNow()
        devices = sources.enumerated().map { SourceDevice(index: $0, source: $1, now: now) }
        (started, nextTick) = (now, now)
        supervisor = Supervisor(readyWait: configuration.readyWait, now: now)
        server = try TimeServer(
            configuration, workers: Self.workerCount(configuration), keys: files.readKeys(log) ?? SymmetricKeys(),
            secret: (try Randomness.bits(), try Randomness.bits()), log: log)
        openListener()
        for device in devices { device.open(&timekeeper, now: now) }
        flushJournal()
    }

    /// Runs until a signal ends it, or, with `-q`, until the clock is set.
    ///
    /// - Parameter setsOnce: `-q`.
    /// - Returns: how it ended.
    /// - Throws: `SystemError` where poll(2) itself fails.
    public mutating func run(setsOnce: Bool) throws(SystemError) -> Ending {
        publishService()
        server.start(log: log)
        // After the workers, which would inherit it.
        pinLoop()
        ResidentMemory.releaseStartup()
        defer { server.stop() }
        while true {
            Signals.note(.waiting)
            try wait()
            Signals.note(.answering)
            let requests = Signals.take()
            if requests.terminate { break }
            if requests.reload { reload() }
            server.answer(pollSet, batch: &batch)
            let now = timekeeper.clock.monotonicNow()
            Signals.note(.devices)
            attendDevices(now)
            attendListener()
            server.readCards(now: now, log: log)
            let hasInterrupt = realTimeClock?.pollIndex.map { pollSet.needsAttention($0) } ?? false
            realTimeClock?.attend(
                timekeeper.clock.now(), now, isReady: hasInterrupt, isClockGood: isClockGood, log)
            Signals.note(.tick)
            if now >= nextTick { tick(now) }
            publishService()
            flushJournal()
            if setsOnce, timekeeper.ladder.state == .locked { return .clockSet(offset: timekeeper.settle()) }
            if setsOnce, now - started > Self.patience {
                timekeeper.release()
                return .noTime
            }
        }
        supervisor.stopping(log: log)
        let now = timekeeper.clock.monotonicNow()
        realTimeClock?.finish(timekeeper.clock.now(), now, isClockGood: isClockGood, log)
        files.finish(
            frequency: timekeeper.oscillatorFrequency, state: Self.keptState(timekeeper, realTimeClock), now: now,
            alarms: &alarms, log: log)
        timekeeper.release()
        flushJournal()
        log.notice("told to stop")
        return .stopped
    }

    private mutating func wait() throws(SystemError) {
        pollSet.removeAll()
        server.register(in: &pollSet)
        for device in devices { device.register(in: &pollSet) }
        realTimeClock?.register(in: &pollSet)
        listenerIndex = (listener?.descriptor.rawValue).map { pollSet.add(number: $0) }
        let due = devices.reduce(min(nextTick, server.due, realTimeClock?.due ?? .distantFuture)) { min($0, $1.due) }
        _ = try pollSet.wait(timeout: max(.zero, due - timekeeper.clock.monotonicNow()))
    }

    private func pinLoop() {
        guard let core = configuration.affinity.discipline else { return }
        do throws(SystemError) {
            try Scheduling.pin(to: [core])
        } catch {
            log.warning("\(error); the discipline runs on any core")
        }
    }

    private static func workerCount(_ configuration: Configuration) -> Int {
        switch configuration.workers {
        // One for each core, less one for the loop; 16 answer more than a network card can carry, at 0.1 MB each.
        case .auto: Scheduling.isSimulated ? 0 : min(max(1, Scheduling.coreCount - 1), 16)
        case .count(let count): count
        }
    }

    private mutating func publishService() {
        server.publish(timekeeper.serverState, knownLead: timekeeper.seenLead) {
            timekeeper.clock.differenceFromKernel(at: $0)
        }
    }

    private mutating func tick(_ now: MonotonicInstant) {
        let due = nextTick
        nextTick = max(nextTick + Self.tickInterval, now)
        timekeeper.tick()
        server.tick(now: now, log: log)
        let table = files.tick(
            frequency: timekeeper.oscillatorFrequency, state: Self.keptState(timekeeper, realTimeClock),
            isLocked: timekeeper.ladder.state == .locked, now: now, alarms: &alarms, log: log)
        alarms.noteDates(of: timekeeper.sources, now)
        if let table {
            timekeeper.replaceLeapSeconds(table)
        }
        log.tick()
        publishSnapshot()
        reportToSupervisor(now, due: due)
    }

    private mutating func reportToSupervisor(_ now: MonotonicInstant, due: MonotonicInstant) {
        guard supervisor.isWatched else { return }
        // Without a source nothing better will come.
        let isServing = timekeeper.serverState.stratum < 16 || devices.isEmpty
        supervisor.tick(
            .init(now: now, due: due, asOf: timekeeper.serverState.asOf, rounds: server.rounds),
            isServing: isServing, tracking: timekeeper.snapshot().tracking, log: log)
        server.wakeWorkers()
    }

    private static func keptState(_ timekeeper: Timekeeper<Clock>, _ rtc: RealTimeClockDevice?) -> KeptState {
        var state = timekeeper.keptState
        if let rtc { state.realTimeClock = rtc.tracking.keptState }
        return state
    }

    /// Whether the clock is right to far below what a real-time clock is.
    private var isClockGood: Bool {
        let state = timekeeper.serverState
        return timekeeper.ladder.state == .locked && state.rootDispersion < 0.005
            && abs(state.pendingCorrection) < 0.005
    }

    private mutating func attendDevices(_ now: MonotonicInstant) {
        for device in devices {
            let isReady = device.pollIndex.map { pollSet.needsAttention($0) } ?? false
            device.read(&timekeeper, buffer: &readBuffer, isReady: isReady, now: now)
            device.open(&timekeeper, now: now)
        }
    }

    // MARK: - Observers

    private mutating func openListener() {
        guard let path = configuration.observePath else { return }
        do throws(SystemError) {
            listener = try ObserveListener(path: path)
        } catch {
            log.warning("\(error); `timeball status` will not work")
        }
    }

    /// Lets waiting observers in and shows them the state at once.
    private mutating func attendListener() {
        guard let listenerIndex, pollSet.isReadable(listenerIndex) else { return }
        listener?.accept()
        publishSnapshot()
    }

    private mutating func publishSnapshot() {
        guard listener?.clientCount ?? 0 > 0 else { return }
        var snapshot = timekeeper.snapshot()
        snapshot.tracking.version = Release.version
        snapshot.tracking.clock = clockName
        snapshot.server = server.report
        snapshot.rtc = realTimeClock?.report(at: timekeeper.clock.monotonicNow())
        snapshot.alarms = alarms.reports(at: timekeeper.clock.monotonicNow())
        listener?.publish(JSON.encode(snapshot))
    }

    // MARK: - Log

    /// HUP: the log file is opened anew, the leap second file and the keys file read again.
    private mutating func reload() {
        supervisor.reloading(now: KernelClock.monotonic(), log: log)
        do throws(SystemError) {
            try log.reopen()
        } catch {
            log.error("\(error), the log goes on where it was")
        }
        if let table = files.readLeapSeconds(log) { timekeeper.replaceLeapSeconds(table) }
        if let keys = files.readKeys(log) { server.replaceKeys(keys) }
        log.notice("told to reload: log opened anew, leap seconds and keys read again")
    }

    private mutating func flushJournal() {
        for entry in timekeeper.takeJournal() { log.write(entry.level, entry.text) }
    }
}

extension AlarmList {
    /// Keeps the alarm while a source's date is not believed; the log has it as the source's condition.
    fileprivate mutating func noteDates(of sources: [ReferenceClock], _ now: MonotonicInstant) {
        for source in sources {
            guard case .impossibleDate(let fault, let remedy) = source.condition else { continue }
            _ = raise("date", "\(source.configuration.name): \(fault); not believed", remedy: remedy, at: now)
            return
        }
        _ = clear("date")
    }
}
