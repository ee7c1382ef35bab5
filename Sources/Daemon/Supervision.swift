import Reports
import TimeScale

/// What the service manager is told, and when (sd_notify(3)).
struct Supervision {
    /// What is told, and what the log is told beside it.
    struct Report: Equatable {
        /// Assignments, a line each; empty = nothing.
        var text = ""
        /// Why the watchdog is not fed.
        var complaint: String?
    }

    /// Between two feedings where nobody watches: signs of life are wanted during the start all the same.
    private static let pace = Interval.seconds(10)
    /// Between two lines of status: they are for people.
    private static let statusPause = Interval.seconds(5)

    private let timeout: Interval?
    /// Between two feedings.
    private let interval: Interval
    private var watchdog: Watchdog
    /// When ready at the latest; `nil` = once time is served.
    private let readyAt: MonotonicInstant?
    private var isReady = false
    private var isReloading = false
    private var status = ""
    private var nextStatus: MonotonicInstant

    /// Nothing told yet.
    ///
    /// - Parameters:
    ///   - timeout: of the watchdog; `nil` = there is none.
    ///   - readyWait: seconds after which to be ready also without time; infinity = never.
    ///   - now: the time.
    init(timeout: Interval?, readyWait: Double, now: MonotonicInstant) {
        self.timeout = timeout
        // A third: one feeding may be withheld and another lost before it bites.
        interval = timeout.map { Interval(nanoseconds: $0.nanoseconds / 3) } ?? Self.pace
        watchdog = Watchdog(interval: interval, now: now)
        readyAt = readyWait.isFinite ? now + Interval(seconds: readyWait) : nil
        nextStatus = now
    }

    /// After a tick.
    ///
    /// - Parameters:
    ///   - signs: of life.
    ///   - isServing: whether time is served, or never will be.
    ///   - status: a line for people.
    /// - Returns: what to tell.
    mutating func tick(_ signs: Watchdog.Signs, isServing: Bool, status: @autoclosure () -> String) -> Report {
        var report = Report()
        var lines: [String] = []
        if isReloading || !isReady && (isServing || signs.now >= readyAt ?? .distantFuture) {
            (isReady, isReloading) = (true, false)
            lines.append("READY=1")
        }
        switch watchdog.decide(signs) {
        case .notDue: break
        case .feed:
            if timeout != nil { lines.append("WATCHDOG=1") }
            // The start may take as long as the satellites do, but no longer than there are signs of life.
            if !isReady { lines.append("EXTEND_TIMEOUT_USEC=\(3 * interval.nanoseconds / 1000)") }
        case .withhold(let fault): report.complaint = fault
        }
        if signs.now >= nextStatus {
            nextStatus = signs.now + Self.statusPause
            let new = status()
            if new != self.status { lines.append("STATUS=\(new)") }
            self.status = new
        }
        report.text = lines.joined(separator: "\n")
        return report
    }

    /// Before the configuration's files are read again, of which the next tick tells the end; `nil` where nobody waits
    /// for that.
    mutating func reloading(now: MonotonicInstant) -> String? {
        isReloading = isReady
        return isReady ? "RELOADING=1\nMONOTONIC_USEC=\(now.nanoseconds / 1000)" : nil
    }

    /// `systemctl status` shows it.
    static func status(of tracking: TrackingReport) -> String {
        guard tracking.stratum < 16 else { return "\(tracking.state): \(tracking.reason)" }
        return "\(tracking.state): stratum \(tracking.stratum), \(tracking.referenceID), "
            + "root dispersion \(duration(tracking.rootDispersion))"
    }

    /// Two digits, so that the line changes only when there is news.
    private static func duration(_ seconds: Double) -> String {
        let (size, unit) = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")].first { seconds >= $0.0 } ?? (1e-9, "ns")
        let value = seconds / size
        let tens = value >= 100 ? (value / 10).rounded() * 10 : value
        return "\(FixedDecimal.text(tens, digits: value < 10 ? 1 : 0)) \(unit)"
    }
}
