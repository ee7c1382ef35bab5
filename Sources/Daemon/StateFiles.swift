import Authentication
import ConfigurationLanguage
import LinuxSystem
import Reports
import TimeScale

/// The files that the daemon keeps or follows: drift and leap seconds.
///
/// Neither may stop it: what cannot be read or written is said once and done without.
struct StateFiles {
    /// Between two writings of the drift file, as ntpd.
    private static let driftInterval = Interval.seconds(3600)
    /// Between two looks at the leap second file.
    private static let leapInterval = Interval.seconds(86_400)
    /// Warning time before the leap second table expires.
    private static let leapWarning = Interval.seconds(28 * 86_400)
    /// Longest file read: `leap-seconds.list` has 5 kB.
    private static let longestFile = 1 << 20
    /// Frequencies beyond the kernel's range are no frequencies, ppm.
    private static let frequencyLimit = 500.0

    private let driftFile: String?
    private let leapFile: String?
    private let checksHash: Bool
    private var nextDrift: MonotonicInstant?
    private var nextLeap: MonotonicInstant?
    private var hasDriftFailed = false

    init(_ configuration: Configuration) {
        (driftFile, leapFile) = (configuration.driftFile, configuration.leapFile)
        checksHash = configuration.leapFileHashChecked
    }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - frequency: the oscillator's error, s/s, positive = fast; `nil` while it is not known.
    ///   - now: the time.
    ///   - log: is told what fails.
    /// - Returns: a leap second table, when it was read again.
    mutating func tick(frequency: Double?, now: MonotonicInstant, log: Log) -> LeapSecondTable? {
        if let due = nextDrift {
            if now >= due {
                nextDrift = now + Self.driftInterval
                writeFrequency(frequency, log)
            }
        } else if frequency != nil {
            nextDrift = now + Self.driftInterval
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
}
