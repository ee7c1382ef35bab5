import CLinux
import Glibc
import TimeScale

/// The service manager that has started this process, where it wants to be told how it goes (sd_notify(3)).
///
/// Our own and not libsystemd: it is one datagram to a socket.
public struct ServiceNotification: Sendable {
    private let socketName: String

    /// After how long without a sign of life the process is killed; `nil` = never (sd_watchdog_enabled(3)).
    public let watchdogTimeout: Interval?

    /// What the environment names: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    ///
    /// - Returns: `nil` where nobody wants to be told.
    public init?() {
        // SAFETY: the environment is not changed while the program runs; the string is copied.
        guard let name = unsafe getenv("NOTIFY_SOCKET") else { return nil }
        socketName = unsafe String(cString: name)
        guard !socketName.isEmpty else { return nil }
        // SAFETY: the strings live through the calls.
        let (microseconds, process) = unsafe (
            clx_environment_number("WATCHDOG_USEC"), clx_environment_number("WATCHDOG_PID")
        )
        // Where it names another process, as before going to the background, the watchdog is not for this one.
        let isMeant = process == Int64(-ENOENT) || process == Int64(getpid())
        // A year is longer than anybody waits, and can be counted in nanoseconds.
        let isNumber = microseconds > 0 && microseconds < 31_536_000_000_000
        watchdogTimeout = isMeant && isNumber ? Interval(nanoseconds: microseconds * 1000) : nil
    }

    /// Says something, without waiting.
    ///
    /// - Parameter text: assignments as of sd_notify(3), a line each.
    /// - Throws: `SystemError`; EAGAIN where the manager has not yet read what was said before.
    public func send(_ text: String) throws(SystemError) {
        // SAFETY: the strings live through the call.
        try SystemError.check(unsafe clx_notify(socketName, text), "notify", socketName)
    }
}
