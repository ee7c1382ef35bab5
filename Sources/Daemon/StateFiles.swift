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
    /// Between two writings of the drift file, as ntpd, and of the state.
    private static let writeInterval = Interval.seconds(3600)
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
    private let stateFile: String?
    private let leapFile: String?
    private let checksHash: Bool
    private let keysFile: String?
    private let trustedKeys: [ClosedRange<UInt32>]
    private var nextDrift: MonotonicInstant?
    private var nextState: MonotonicInstant?
    private var nextLeap: MonotonicInstant?
    private var hasDriftFailed = false
    private var hasStateFailed = false

    init(_ configuration: Configuration) {
        (driftFile, stateFile) = (configuration.driftFile, configuration.stateFile)
        leapFile = configuration.leapFile
        checksHash = configuration.leapFileHashChecked
        (keysFile, trustedKeys) = (configuration.keysFile, configuration.trustedKeys)
    }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - frequency: the oscillator's error, s/s, positive = fast; `nil` while it is not known.
    ///   - state: what is worth keeping.
    ///   - now: the time.
    ///   - log: is told what fails.
    /// - Returns: a leap second table, when it was read again.
    mutating func tick(
        frequency: Double?, state: @autoclosure () -> KeptState, now: MonotonicInstant, log: Log
    ) -> LeapSecondTable? {
        if now >= nextState ?? now + Self.writeInterval { writeState(state(), log) }
        nextState = nextState.map { now >= $0 ? now + Self.writeInterval : $0 } ?? now + Self.writeInterval
        if let due = nextDrift {
            if now >= due {
                nextDrift = now + Self.writeInterval
                writeFrequency(frequency, log)
            }
        } else if frequency != nil {
            nextDrift = now + Self.writeInterval
        }
        guard let due = nextLeap else {
            nextLeap = now + Self.leapInterval
            return nil
        }
        guard now >= due else { return nil }
        nextLeap = now + Self.leapInterval
        return readLeapSeconds(log)
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

    /// Writes the drift file.
    mutating func writeFrequency(_ frequency: Double?, _ log: Log) {
        guard let driftFile, let frequency else { return }
        let text = FixedDecimal.text(-frequency * 1e6, digits: 6) + "\n"
        do throws(SystemError) {
            try Files.writeAtomically(driftFile, Array(text.utf8))
            if hasDriftFailed { log.notice("\(driftFile): written again") }
            hasDriftFailed = false
        } catch {
            if !hasDriftFailed { log.warning("\(error), the frequency is kept in memory") }
            hasDriftFailed = true
        }
    }

    // MARK: - State

    /// Whether a date that an earlier run or program has left can be true, as far as this release can know.
    static func isPlausible(_ date: Instant) -> Bool { date >= .unixEpoch && date <= latestDate }

    /// A moment that cannot lie in the future: the latest of those that are known.
    ///
    /// - Parameters:
    ///   - configured: what the operator said, in place of the release's date.
    ///   - kept: when the clock was last locked in an earlier run.
    ///   - inherited: what the clock reads now, if an earlier program left it synchronised.
    /// - Returns: the latest; kept and inherited dates count only where they are plausible.
    static func earliestDate(configured: Instant?, kept: Instant?, inherited: Instant?) -> Instant {
        [kept, inherited].compactMap { $0 }.filter(isPlausible).reduce(configured ?? Release.date, max)
    }

    /// What an earlier run has kept; nothing where there is no file, or one that cannot be used.
    func readState(_ log: Log) -> KeptState {
        guard let stateFile else { return KeptState() }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(stateFile, limit: Self.longestFile)
        } catch {
            log.info("\(error), starting without a kept state")
            return KeptState()
        }
        do throws(KeptStateError) {
            var state = try KeptState(text: bytes)
            if let date = state.lastGoodTime, !Self.isPlausible(date) {
                log.warning("\(stateFile): \(date) as the last good time cannot be true, ignored")
                state.lastGoodTime = nil
            }
            return state
        } catch {
            log.warning("\(stateFile): \(error), starting without a kept state")
            return KeptState()
        }
    }

    /// Writes the state.
    mutating func writeState(_ state: KeptState, _ log: Log) {
        guard let stateFile else { return }
        do throws(SystemError) {
            try Files.writeAtomically(stateFile, Array(state.text.utf8))
            if hasStateFailed { log.notice("\(stateFile): written again") }
            hasStateFailed = false
        } catch {
            if !hasStateFailed { log.warning("\(error), the state is kept in memory") }
            hasStateFailed = true
        }
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
