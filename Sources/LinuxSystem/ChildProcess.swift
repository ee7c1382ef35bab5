import Glibc
import TimeScale

/// A program started by this one, ended when it goes out of use.
///
/// For tests and the demonstration.
public struct ChildProcess: ~Copyable {
    /// How a process ended.
    public enum Ending: Equatable, Sendable {
        /// It returned a status, 0 ... 255.
        case exited(status: Int32)
        /// A signal ended it.
        case killed(signal: Int32)
    }

    /// The kernel's number.
    public let processID: pid_t

    private var ending: Ending?

    /// Starts a program with our own standard streams.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - arguments: without the program's name.
    ///   - environment: `NAME=value`, all of it.
    /// - Throws: `SystemError`.
    public init(program: String, arguments: [String], environment: [String]) throws(SystemError) {
        var number: pid_t = 0
        var attributes = posix_spawnattr_t()
        Self.clearSignals(&attributes)
        // SAFETY: both arrays end with a null pointer and live, with their strings, through the call.
        let code = unsafe Self.withStrings([program] + arguments) { arguments in
            unsafe Self.withStrings(environment) { environment in
                unsafe posix_spawn(&number, program, nil, &attributes, arguments, environment)
            }
        }
        // SAFETY: the attributes were made by clearSignals.
        unsafe posix_spawnattr_destroy(&attributes)
        guard code == 0 else { throw SystemError("start", code: code, subject: program) }
        processID = number
        ending = nil
    }

    deinit {
        guard ending == nil else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }

    /// How the process ended; `nil` while it runs.
    ///
    /// - Throws: `SystemError`.
    public mutating func poll() throws(SystemError) -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        // SAFETY: the kernel writes one status.
        let answer = unsafe waitpid(processID, &status, WNOHANG)
        guard answer >= 0 else { throw .last("waitpid") }
        guard answer > 0 else { return nil }
        // The macros WIFEXITED and so on: the low seven bits are the signal, the next eight the exit status.
        ending = status & 0x7f == 0 ? .exited(status: status >> 8 & 0xff) : .killed(signal: status & 0x7f)
        return ending
    }

    /// Asks the process to end (SIGTERM) and makes it (SIGKILL) where it does not in time.
    ///
    /// - Parameter timeout: how long it may take.
    /// - Returns: how it ended.
    /// - Throws: `SystemError`.
    public mutating func terminate(timeout: Interval) throws(SystemError) -> Ending {
        if let ending { return ending }
        kill(processID, SIGTERM)
        let deadline = KernelClock.monotonic() + timeout
        var hasBeenKilled = false
        while true {
            if let ending = try poll() { return ending }
            if !hasBeenKilled, KernelClock.monotonic() >= deadline {
                kill(processID, SIGKILL)
                hasBeenKilled = true
            }
            // 2 ms: waitpid has no time-out, and SIGCHLD belongs to the program.
            usleep(2000)
        }
    }

    /// Gives a child no signal blocked or ignored, whatever the thread that starts it does.
    private static func clearSignals(_ attributes: inout posix_spawnattr_t) {
        var (none, all) = (sigset_t(), sigset_t())
        // SAFETY: each call fills or reads one set or one posix_spawnattr_t.
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    /// Strings as C's array of pointers with a null at its end.
    private static func withStrings<Answer>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Answer
    ) -> Answer {
        // SAFETY: each copy is freed below, after the body.
        let copies = unsafe strings.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(copies + [nil])
    }
}
