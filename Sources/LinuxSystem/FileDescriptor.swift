import Glibc

/// An open file, device or socket; closed when it goes out of use.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The kernel's number, 0 or more.
    public let rawValue: Int32

    /// Takes over an open descriptor, which nobody else may close.
    public init(owning rawValue: Int32) {
        precondition(rawValue >= 0, "a descriptor is not negative")
        self.rawValue = rawValue
    }

    deinit {
        close(rawValue)
    }

    /// Opens a path, closed on exec.
    ///
    /// - Parameters:
    ///   - path: the file or device.
    ///   - flags: `O_RDONLY` and so on (open(2)).
    ///   - mode: permissions of a file created.
    /// - Throws: `SystemError`.
    public init(opening path: String, flags: Int32, mode: mode_t = 0) throws(SystemError) {
        var descriptor: Int32
        repeat {
            // SAFETY: the string lives through the call.
            descriptor = unsafe open(path, flags | O_CLOEXEC, mode)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw .last("open", path) }
        rawValue = descriptor
    }

    /// Opens a device for reading, and for writing where that is allowed: some settings need it.
    ///
    /// Nothing looks at the path before, because clknetsim knows only open.
    ///
    /// - Parameter path: the device.
    /// - Throws: `SystemError`.
    public init(openingForControl path: String) throws(SystemError) {
        do throws(SystemError) {
            self = try FileDescriptor(opening: path, flags: O_RDWR)
        } catch {
            guard error.code == EACCES || error.code == EPERM || error.code == EROFS else { throw error }
            self = try FileDescriptor(opening: path, flags: O_RDONLY)
        }
    }

    /// Reads what is there.
    ///
    /// - Parameters:
    ///   - bytes: filled from its start.
    ///   - subject: the path for an error message, evaluated only then.
    /// - Returns: the count of bytes, 0 at the end of the file; `nil` where nothing can be read without waiting.
    /// - Throws: `SystemError`.
    public func read(
        into bytes: inout MutableSpan<UInt8>, subject: @autoclosure () -> String? = nil
    ) throws(SystemError) -> Int? {
        var count: Int
        repeat {
            // SAFETY: the pointer and the length are those of one buffer, which the kernel does not keep.
            count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(rawValue, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return nil }
        guard count >= 0 else { throw .last("read", subject()) }
        return count
    }

    /// Writes all bytes, waiting where the descriptor waits.
    ///
    /// - Parameters:
    ///   - bytes: what is written.
    ///   - subject: the path for an error message, evaluated only then.
    /// - Throws: `SystemError`; a part may have been written.
    public func write(_ bytes: Span<UInt8>, subject: @autoclosure () -> String? = nil) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written...)
            // SAFETY: the pointer and the length are those of one buffer, which the kernel does not keep.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .last("write", subject()) }
            written += count
        }
    }
}
