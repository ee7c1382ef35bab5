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
        settings.knownFrequency = files.readFrequency(log) ?? settings.keptState.frequency
        let earliestDate = StateFiles.earliestDate(
            configured: configuration.earliestDate, kept: settings.keptState.lastGoodTime,
            inherited: clock.inheritedMaximumError.map { _ in clock.now() })
        settings.earliestDate = earliestDate
        let origin = configuration.earliestDate ?? Release.date
        let sources = configuration.referenceClocks.filter { $0.driver != .localClock }
            .map { configuration in
                var source = ReferenceClock(configuration, earliestDate: origin)
                source.notBefore(earliestDate)
                return source
            }
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
        files.writeFrequency(timekeeper.oscillatorFrequency, log)
        files.writeState(timekeeper.keptState, log)
        timekeeper.release()
        flushJournal()
        log.notice("told to stop")
        return .stopped
    }

    private mutating func wait() throws(SystemError) {
        pollSet.removeAll()
        server.register(in: &pollSet)
        for device in devices { device.register(in: &pollSet) }
        listenerIndex = (listener?.descriptor.rawValue).map { pollSet.add(number: $0) }
        let due = devices.reduce(min(nextTick, server.due)) { min($0, $1.due) }
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
            frequency: timekeeper.oscillatorFrequency, state: timekeeper.keptState, now: now, log: log)
        if let table {
            timekeeper.replaceLeapSeconds(table)
        }
        log.reportRepeats()
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
        listener?.publish(JSON.encode(snapshot))
    }

    // MARK: - Log

    /// HUP: the log file is opened anew, the leap second file and the keys file read again.
    private mutating func reload() {
        supervisor.reloading(now: KernelClock.monotonic(), log: log)
        defer { supervisor.reloaded(log: log) }
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
