import Authentication
import ConfigurationLanguage
import LinuxSystem
import Reports
import TimeScale
import Timekeeping

/// The files that the daemon keeps or follows: drift, state, leap seconds and keys.
///
/// None may stop it: what cannot be read or written is said once and done without.
struct StateFiles {
    /// Between two writings of the drift file, as ntpd, and of the state: 4 kB.
    private static let writeInterval = Interval.seconds(3600)
    /// From the first lock to the first writing of the state: long enough that a daemon that starts again and again does
    /// not wear out the disk.
    private static let firstPause = Interval.seconds(60)
    /// Between two attempts to write on a disk that refuses.
    private static let retryInterval = Interval.seconds(300)
    /// A writing that takes longer than this is an alarm: it takes milliseconds, on a memory card that tidies up a second.
    private static let slowness = Interval.seconds(30)
    /// How long the end of a run waits for the disk.
    private static let patience = Interval.seconds(5)
    /// What an alarm about a file that cannot be written says is to be done.
    private static let writeRemedy = "see to the disk, its room and its permissions; it is tried again every 5 min"
    /// Between two looks at the leap second file.
    private static let leapInterval = Interval.seconds(86_400)
    /// Warning time before the leap second table expires.
    private static let leapWarning = Interval.seconds(28 * 86_400)
    /// Longest file read: `leap-seconds.list` has 5 kB.
    private static let longestFile = 1 << 20
    /// Frequencies beyond the kernel's range are no frequencies, ppm.
    private static let frequencyLimit = 500.0

    /// Latest date up to which a kept or inherited time is believed: 2100, and 20 years after the release, when this
    /// program is no longer in use, or a rollover of 19.6 years has been taken for the truth.
    private static let latestDate = min(
        Instant(nanoseconds: 4_102_444_800 * 1_000_000_000), Release.date + .seconds(20 * 31_557_600))

    private let driftFile: String?
    private let leapFile: String?
    private let checksHash: Bool
    private let keysFile: String?
    private let trustedKeys: [ClosedRange<UInt32>]
    private var nextDrift: MonotonicInstant?
    private var nextState: MonotonicInstant?
    private var nextLeap: MonotonicInstant?
    private var slots: StateSlots?
    private var writer: StateWriter

    /// The files of a configuration.
    ///
    /// - Parameters:
    ///   - configuration: names them.
    ///   - isThreaded: whether to write beside the loop.
    init(_ configuration: Configuration, isThreaded: Bool = !Scheduling.isSimulated) {
        writer = StateWriter(isThreaded: isThreaded)
        driftFile = configuration.driftFile
        slots = configuration.stateFile.map { StateSlots(path: $0) }
        leapFile = configuration.leapFile
        checksHash = configuration.leapFileHashChecked
        (keysFile, trustedKeys) = (configuration.keysFile, configuration.trustedKeys)
    }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - frequency: the oscillator's error, s/s, positive = fast; `nil` while it is not known.
    ///   - state: what is worth keeping.
    ///   - isLocked: whether the clock is right, without which nothing new is worth it.
    ///   - now: the time.
    ///   - alarms: are told what lasts.
    ///   - log: is told what fails.
    /// - Returns: a leap second table, when it was read again.
    mutating func tick(
        frequency: Double?, state: @autoclosure () -> KeptState, isLocked: Bool, now: MonotonicInstant,
        alarms: inout AlarmList, log: Log
    ) -> LeapSecondTable? {
        if isLocked, nextState == nil { nextState = now + Self.firstPause }
        if frequency != nil, nextDrift == nil { nextDrift = now + Self.writeInterval }
        if let started = writer.started {
            if let writing = writer.collect() {
                take(writing, now, &alarms, log)
            } else if now - started > Self.slowness {
                noteSlowness(now, &alarms, log)
            }
        }
        let isStateDue = nextState.map { now >= $0 } ?? false
        // Together, for a drift file that says something else is another program's (`knownFrequency`).
        if writer.started == nil, isStateDue || nextDrift.map({ now >= $0 }) ?? false {
            write(frequency: frequency, state: isStateDue ? state() : nil, now: now, alarms: &alarms, log: log)
        }
        let due = nextLeap ?? now + Self.leapInterval
        nextLeap = now >= due ? now + Self.leapInterval : due
        return now >= due ? readLeapSeconds(log) : nil
    }

    /// Writes at an orderly end what this run has learned.
    mutating func finish(
        frequency: Double?, state: KeptState, now: MonotonicInstant, alarms: inout AlarmList, log: Log
    ) {
        if writer.started != nil, let writing = writer.wait(Self.patience) { take(writing, now, &alarms, log) }
        if writer.started == nil {
            write(frequency: frequency, state: nextState == nil ? nil : state, now: now, alarms: &alarms, log: log)
            if let writing = writer.wait(Self.patience) { take(writing, now, &alarms, log) }
        }
        if writer.started != nil { noteSlowness(now, &alarms, log) }
    }

    /// Begins to write what there is.
    ///
    /// - Parameters:
    ///   - frequency: the oscillator's error, s/s, positive = fast; `nil` while it is not known.
    ///   - state: the state, where it is to be written.
    ///   - now: the time.
    ///   - alarms: are told what lasts.
    ///   - log: is told what fails.
    mutating func write(
        frequency: Double?, state: KeptState?, now: MonotonicInstant, alarms: inout AlarmList, log: Log
    ) {
        var writing = StateWriting()
        if let driftFile, let frequency {
            // The file is ntpd's: the correction, in ppm.
            writing.drift = (driftFile, FixedDecimal.text(-frequency * 1e6, digits: 6) + "\n")
        }
        (writing.slots, writing.state) = (slots, state)
        writer.start(writing, now: now)
        if let done = writer.collect() { take(done, now, &alarms, log) }
    }

    /// Takes what has come of a writing, and plans the next.
    private mutating func take(_ writing: StateWriting, _ now: MonotonicInstant, _ alarms: inout AlarmList, _ log: Log)
    {
        slots = writing.slots
        let pause = Self.note(writing.stateFailure, statePaths.first, as: "statefile", now, &alarms, log)
        if writing.state != nil { nextState = now + pause }
        nextDrift = now + Self.note(writing.driftFailure, driftFile, as: "driftfile", now, &alarms, log)
    }

    /// Logs once that a file cannot be written, or can again, and keeps the alarm.
    ///
    /// - Returns: when to write it again.
    private static func note(
        _ error: SystemError?, _ file: String?, as name: String, _ now: MonotonicInstant, _ alarms: inout AlarmList,
        _ log: Log
    ) -> Interval {
        guard let error else {
            if alarms.clear(name) { log.notice("\(file ?? name): written again") }
            return writeInterval
        }
        raise(name, "\(error)", now, &alarms, log)
        return retryInterval
    }

    private static func raise(
        _ name: String, _ fault: String, _ now: MonotonicInstant, _ alarms: inout AlarmList, _ log: Log
    ) {
        let text = "\(fault), \(name == "statefile" ? "the state" : "the frequency") is kept in memory"
        if alarms.raise(name, text, remedy: writeRemedy, at: now) { log.warning(text) }
    }

    /// Tells of a disk that does not come back from a writing; the end of it clears the alarm.
    private func noteSlowness(_ now: MonotonicInstant, _ alarms: inout AlarmList, _ log: Log) {
        guard let (name, file) = statePaths.first.map({ ("statefile", $0) }) ?? driftFile.map({ ("driftfile", $0) })
        else {
            return
        }
        Self.raise(name, "\(file): the disk does not come back from writing", now, &alarms, log)
    }

    // MARK: - Drift

    /// The oscillator's frequency error from the drift file, s/s, positive = fast; `nil` where there is none.
    ///
    /// The file is ntpd's: one number in ppm, the *correction*, positive for a slow clock.
    func readFrequency(_ log: Log) -> Double? {
        guard let driftFile else { return nil }
        do throws(SystemError) {
            let text = String(decoding: try Files.read(driftFile, limit: Self.longestFile), as: UTF8.self)
            let word = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            guard let correction = Double(word), abs(correction) <= Self.frequencyLimit else {
                log.warning("\(driftFile): '\(word)' is no frequency in ppm within ±500, starting without")
                return nil
            }
            return -correction * 1e-6
        } catch {
            log.info("\(error), starting without a known frequency")
            return nil
        }
    }

    /// The oscillator's frequency error as it is known from before, and its standard deviation, s/s.
    ///
    /// - Parameters:
    ///   - kept: the kept state.
    ///   - now: what the clock reads, where it has gone on since it was right.
    ///   - log: is told what is wrong with the drift file.
    /// - Returns: `nil` where it is not known.
    func knownFrequency(_ kept: KeptState, now: Instant?, _ log: Log) -> (frequency: Double, deviation: Double)? {
        guard let frequency = readFrequency(log) ?? kept.frequency else { return nil }
        // The drift file has six digits of a ppm; where it says something else, another program has written it.
        guard let known = kept.frequency, abs(known - frequency) < 1e-12 else {
            return (frequency, KeptState.hourlyWander)
        }
        let age = now.flatMap { now in kept.lastGoodTime.map { now - $0 } }
        return (known, kept.frequencyDeviation(after: age))
    }

    // MARK: - State

    /// Whether a date that an earlier run or program has left can be true, as far as this release can know.
    static func isPlausible(_ date: Instant) -> Bool { date >= .unixEpoch && date <= latestDate }

    /// A moment that cannot lie in the future: the latest of those that are known, with how it is known and what to do
    /// where it is wrong.
    ///
    /// - Parameters:
    ///   - configured: what the operator said, in place of the release's date.
    ///   - kept: when the clock was last locked in an earlier run.
    ///   - inherited: what the clock reads now, if an earlier program left it synchronised.
    /// - Returns: the latest; kept and inherited dates count only where they are plausible.
    func earliestDate(configured: Instant?, kept: Instant?, inherited: Instant?) -> EarliestDate {
        var earliest = EarliestDate(
            configured ?? Release.date, configured == nil ? "the release of this program" : "earliest-date",
            remedy: "mend the receiver, or earliest-date in the configuration")
        if let kept, Self.isPlausible(kept), kept > earliest.date { earliest = .kept(kept, in: statePaths) }
        if let inherited, Self.isPlausible(inherited), inherited > earliest.date {
            earliest = EarliestDate(
                inherited, "the system's clock at the start, which was synchronised",
                remedy: "if it is wrong, start with -g")
        }
        return earliest
    }

    /// The files of the state; none where it is not kept.
    var statePaths: [String] { slots?.paths ?? [] }

    /// What an earlier run has kept; nothing where there are no files, or none that can be used.
    mutating func readState(_ log: Log) -> KeptState {
        guard var state = slots?.read(log) else { return KeptState() }
        if let date = state.lastGoodTime, !Self.isPlausible(date) {
            log.warning("\(date) as the kept last good time cannot be true, ignored")
            state.lastGoodTime = nil
        }
        return state
    }

    // MARK: - Leap seconds

    /// The table from the leap second file, or the one built in where that is newer or no file is configured.
    ///
    /// - Returns: `nil` where the file cannot be used: what is known already stays.
    func readLeapSeconds(_ log: Log) -> LeapSecondTable? {
        guard let table = leapFile == nil ? .builtIn : tableFromFile(log) else { return nil }
        let now = KernelClock.realTime()
        if table.isExpired(at: now + Self.leapWarning) {
            log.warning("the leap second table expires at \(table.expires ?? now); renew the leapfile")
        }
        return table
    }

    private func tableFromFile(_ log: Log) -> LeapSecondTable? {
        guard let leapFile else { return nil }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(leapFile, limit: Self.longestFile)
        } catch {
            log.warning("\(error), keeping the leap seconds known so far")
            return nil
        }
        do throws(LeapSecondListError) {
            let table = try LeapSecondTable(list: bytes, sha1: checksHash ? { SHA1.words(of: $0) } : nil)
            let builtIn = LeapSecondTable.builtIn
            guard let expires = table.expires, let known = builtIn.expires, expires < known else { return table }
            log.info("\(leapFile): older than the leap seconds built in, which are used")
            return builtIn
        } catch {
            log.error("\(leapFile): \(error), keeping the leap seconds known so far")
            return nil
        }
    }

    // MARK: - Keys

    /// The trusted keys of the keys file; none where no file is configured.
    ///
    /// - Returns: `nil` where the file cannot be read: the keys known already stay.
    func readKeys(_ log: Log) -> SymmetricKeys? {
        guard let keysFile else { return SymmetricKeys() }
        do throws(SystemError) {
            return try Files.withSecret(keysFile, limit: Self.longestFile) { text in
                let (keys, diagnostics) = KeysFile.parse(text, file: keysFile)
                for told in diagnostics {
                    let text = "\(told.file):\(told.line):\(told.column): \(told.message)"
                    log.write(told.severity == .note ? .info : .warning, text + (told.hint.map { "; \($0)" } ?? ""))
                }
                let trusted = keys.filter { key in trustedKeys.contains { $0.contains(key.identifier) } }
                let hint = trusted.isEmpty ? "; 'trustedkey' names those that are used" : ""
                log.info("\(keysFile): \(keys.count) keys, \(trusted.count) of them trusted\(hint)")
                return SymmetricKeys(trusted, text: text)
            }
        } catch {
            log.warning("\(error), keeping the keys known so far")
            return nil
        }
    }
}
