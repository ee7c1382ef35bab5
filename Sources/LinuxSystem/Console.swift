import Glibc

/// Text for a person at the terminal, written at once.
public enum Console {
    /// Writes to standard output.
    public static func write(_ text: String) { put(text, STDOUT_FILENO) }

    /// Writes to standard error.
    public static func error(_ text: String) { put(text, STDERR_FILENO) }

    /// Whether somebody sits at standard input.
    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    /// A reader that has gone away is not worth a word.
    private static func put(_ text: String, _ descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // SAFETY: pointer and count are those of one slice, which the kernel does not keep.
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
