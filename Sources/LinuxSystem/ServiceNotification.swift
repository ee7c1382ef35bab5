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
        self.init { name in
            // SAFETY: the environment is not changed while the program runs; the string is copied.
            guard let text = unsafe getenv(name) else { return nil }
            return unsafe String(cString: text)
        }
    }

    init?(_ variable: (String) -> String?) {
        guard let name = variable("NOTIFY_SOCKET"), !name.isEmpty else { return nil }
        socketName = name
        // Where it names another process, as before going to the background, the watchdog is not for this one.
        let isMeant = variable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        let microseconds = variable("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
        watchdogTimeout =
            isMeant && (1...Self.longestTimeout).contains(microseconds)
            ? Interval(nanoseconds: microseconds * 1000) : nil
    }

    /// A year in microseconds: longer than anybody waits, and can be counted in nanoseconds.
    private static let longestTimeout: Int64 = 31_536_000_000_000

    /// Says something, without waiting.
    ///
    /// - Parameter text: assignments as of sd_notify(3), a line each.
    /// - Throws: `SystemError`; EAGAIN where the manager has not yet read what was said before.
    public func send(_ text: String) throws(SystemError) {
        // SAFETY: the strings live through the call.
        try SystemError.check(unsafe clx_notify(socketName, text), "notify", socketName)
    }
}
