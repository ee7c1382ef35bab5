import Glibc

/// A file, a pipe or standard input, read piece by piece from its beginning to its end.
public struct InputFile: ~Copyable {
    /// `nil` for standard input, which is not ours to close.
    private let owned: FileDescriptor?
    private let number: Int32

    /// The path it was opened by; `-` for standard input.
    public let path: String

    /// For `PollSet`.
    public var descriptorNumber: Int32 { number }

    /// Opens a file.
    ///
    /// - Parameter path: a file or pipe; `-` is standard input.
    /// - Throws: `SystemError`.
    public init(path: String) throws(SystemError) {
        self.path = path
        if path == "-" {
            owned = nil
            number = STDIN_FILENO
        } else {
            let file = try FileDescriptor(opening: path, flags: O_RDONLY | O_NOCTTY)
            number = file.rawValue
            owned = consume file
        }
    }

    /// Reads what is there, waiting for it.
    ///
    /// - Parameter bytes: filled from its start.
    /// - Returns: the count of bytes; 0 at the end.
    /// - Throws: `SystemError`.
    public func read(into bytes: inout MutableSpan<UInt8>) throws(SystemError) -> Int {
        while true {
            // SAFETY: the pointer and the length are those of one buffer, which the kernel does not keep.
            let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .last("read", path) }
            return count
        }
    }
}

extension SerialPort {
    /// Whether a path is a terminal, so that it can be opened as a port.
    ///
    /// - Parameter path: anything; what is no device is not even opened, since a pipe would take notice.
    /// - Returns: `false` also for what cannot be opened.
    public static func isTerminal(_ path: String) -> Bool {
        var status = stat()
        // SAFETY: the kernel fills one structure; the string lives through the call.
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR,
            let device = try? FileDescriptor(opening: path, flags: O_RDONLY | O_NOCTTY | O_NONBLOCK)
        else { return false }
        return isatty(device.rawValue) == 1
    }
}
