import CLinux
import Glibc
import Reports
import TimeScale

/// Where log lines go, each by one write(2), so that a crash loses none.
public struct LogOutput: ~Copyable {
    /// A place for log lines.
    public enum Destination: Sendable {
        /// Standard error; with the priorities of sd-daemon(3) where systemd's journal reads it.
        case standardError
        /// A file, appended to.
        case file(path: String)
        /// syslog(3), facility daemon.
        case syslog
    }

    /// Lines that could not be written since the output was made.
    public private(set) var linesLost = 0

    private let destination: Destination
    private var file: FileDescriptor?
    private let isJournal: Bool

    /// An output.
    ///
    /// - Throws: `SystemError` where the file cannot be opened.
    public init(_ destination: Destination) throws(SystemError) {
        self.destination = destination
        // SAFETY: the environment is not changed while the program runs; only the presence is looked at.
        isJournal = unsafe getenv("JOURNAL_STREAM") != nil
        file = nil
        try reopen()
    }

    /// Opens the file anew, after logrotate(8) has moved it; nothing for other destinations.
    ///
    /// - Throws: `SystemError`; the old file goes on being used then.
    public mutating func reopen() throws(SystemError) {
        guard case .file(let path) = destination else { return }
        file = try FileDescriptor(opening: path, flags: O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o644)
    }

    /// Writes a line.
    ///
    /// - Parameters:
    ///   - line: without its end; line breaks in it become blanks, so that a message is one line always.
    ///   - level: becomes the priority for the journal and syslog, a word elsewhere.
    ///   - time: printed where the destination does not stamp lines itself.
    public mutating func write(_ line: String, level: LogLevel, time: Instant) {
        let text = String(decoding: line.utf8.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }, as: UTF8.self)
        switch destination {
        case .syslog:
            // SAFETY: the string lives through the call, which copies it.
            unsafe clx_syslog(level.priority, text)
        case .standardError where isJournal: write(to: STDERR_FILENO, "<\(level.priority)>\(text)\n")
        case .standardError: write(to: STDERR_FILENO, "\(time) \(level): \(text)\n")
        case .file: write(to: file?.rawValue ?? STDERR_FILENO, "\(time) \(level): \(text)\n")
        }
    }

    private mutating func write(to descriptor: Int32, _ line: String) {
        let bytes = Array(line.utf8)
        var count: Int
        repeat {
            // SAFETY: pointer and length are those of one array; the kernel does not keep them.
            count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        if count < bytes.count { linesLost += 1 }
    }
}
