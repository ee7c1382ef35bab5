import Glibc

/// Text for a person at the terminal, written at once.
public enum Console {
    /// Writes to standard output; what nobody can read any more is not worth a word.
    public static func write(_ text: String) { try? put(text, STDOUT_FILENO) }

    /// Writes to standard error.
    public static func error(_ text: String) { try? put(text, STDERR_FILENO) }

    /// Writes to standard output what somebody keeps.
    ///
    /// - Parameter text: may be empty, which still finds out whether the output is open.
    /// - Throws: `SystemError`: EPIPE where the reader has gone away, ENOSPC, EBADF; EINTR where a signal came while
    ///   nobody read.
    public static func deliver(_ text: String) throws(SystemError) {
        try put(text, STDOUT_FILENO, isInterruptible: true)
    }

    /// Whether somebody sits at standard input.
    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    private static func put(
        _ text: String, _ descriptor: Int32, isInterruptible: Bool = false
    ) throws(SystemError) {
        var rest = Array(text.utf8)[...]
        repeat {
            // SAFETY: pointer and count are those of one slice, which the kernel does not keep.
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR && !isInterruptible { continue }
            guard written >= 0 else { throw .last("write", "standard output") }
            rest = rest.dropFirst(written)
        } while !rest.isEmpty
    }
}
