import LinuxSystem
import Reports
import TimeScale

/// The service manager as the loop sees it; nothing happens where there is none.
struct Supervisor {
    private let notification: ServiceNotification?
    private var supervision: Supervision
    private var hasFailed = false

    /// Nothing told yet.
    ///
    /// - Parameters:
    ///   - readyWait: seconds after which to be ready also without time.
    ///   - now: the time.
    init(readyWait: Double, now: MonotonicInstant) {
        notification = ServiceNotification()
        supervision = Supervision(timeout: notification?.watchdogTimeout, readyWait: readyWait, now: now)
    }

    /// Whether anybody wants signs of life.
    var isWatched: Bool { notification != nil }

    /// Tells what there is to tell after a tick, again at the next one where it cannot be told now.
    mutating func tick(
        _ signs: Watchdog.Signs, isServing: Bool, tracking: @autoclosure () -> TrackingReport, log: Log
    ) {
        guard isWatched else { return }
        var next = supervision
        let report = next.tick(signs, isServing: isServing, status: Supervision.status(of: tracking()))
        if let complaint = report.complaint { log.error("\(complaint); the watchdog is not fed") }
        if send(report.text, log) { supervision = next }
    }

    /// Before files are read again; the tick after it tells that they have been.
    mutating func reloading(now: MonotonicInstant, log: Log) {
        if let text = supervision.reloading(now: now) { _ = send(text, log) }
    }

    /// At the end.
    mutating func stopping(log: Log) { _ = send("STOPPING=1\nSTATUS=stopping", log) }

    private mutating func send(_ text: String, _ log: Log) -> Bool {
        guard let notification, !text.isEmpty else { return true }
        do throws(SystemError) {
            try notification.send(text)
            hasFailed = false
            return true
        } catch {
            if !hasFailed { log.warning("\(error); the service manager does not hear, will try again") }
            hasFailed = true
            return false
        }
    }
}
