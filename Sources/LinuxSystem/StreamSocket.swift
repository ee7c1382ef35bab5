import CLinux
import Glibc

/// A connection to a server that never waits: it connects in the background, and sends and reads what it can.
public struct StreamSocket: ~Copyable, Sendable {
    /// For `PollSet`, which tells by room to write that the connecting has come to an end.
    public let descriptor: FileDescriptor

    /// For error messages.
    private let subject: String

    /// Begins to connect to a numeric address.
    ///
    /// - Parameters:
    ///   - address: IPv4 or IPv6.
    ///   - port: the server's TCP port.
    /// - Throws: `SystemError`, where it is known at once that it will not succeed.
    public init(connectingTo address: String, port: UInt16) throws(SystemError) {
        let subject = "\(address) port \(port)"
        var destination = clx_address()
        // SAFETY: the function reads the string and fills the structure.
        let parsed = unsafe clx_address_parse(&destination, address, port)
        try SystemError.check(parsed, "connect", subject)
        // SAFETY: the function reads the structure.
        let number = unsafe clx_stream_connect(&destination)
        try SystemError.check(number, "connect", subject)
        // Nothing is assigned before the last throw: otherwise Swift 6.3.1 destroys a descriptor that is not there yet, and
        // closes number 0 in passing.
        self.subject = subject
        descriptor = FileDescriptor(owning: number)
    }

    /// Connects to a Unix socket.
    ///
    /// - Parameter path: of the socket.
    /// - Throws: `SystemError`; EAGAIN where the server has too many to accept.
    public init(connectingTo path: String) throws(SystemError) {
        // SAFETY: the function reads the string.
        let number = unsafe clx_unix_connect(Int32(SOCK_STREAM.rawValue), path)
        try SystemError.check(number, "connect", path)
        subject = path
        descriptor = FileDescriptor(owning: number)
    }

    /// Whether the connecting has succeeded; false as long as it goes on.
    ///
    /// - Throws: `SystemError` where it has failed; to be asked once, for the kernel tells the reason once.
    public func isConnected() throws(SystemError) -> Bool {
        let outcome = clx_stream_outcome(descriptor.rawValue)
        if outcome == -EINPROGRESS { return false }
        try SystemError.check(outcome, "connect", subject)
        return true
    }

    /// Sends as much as the kernel takes.
    ///
    /// - Returns: the count of bytes taken, 0 where there is no room.
    /// - Throws: `SystemError`; EPIPE where the server has gone.
    public func send(_ bytes: Span<UInt8>) throws(SystemError) -> Int {
        var count: Int
        repeat {
            // SAFETY: pointer and length are those of the span; the kernel does not keep them.
            count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        } while count < 0 && errno == EINTR
        if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return 0 }
        guard count >= 0 else { throw .last("send", subject) }
        return count
    }

    /// Reads what is there.
    ///
    /// - Parameter bytes: filled from its start.
    /// - Returns: the count of bytes; `nil` where nothing has come.
    /// - Throws: `SystemError`: `endOfFile` where the server has closed the connection.
    public func read(into bytes: inout MutableSpan<UInt8>) throws(SystemError) -> Int? {
        guard let count = try descriptor.read(into: &bytes, subject: subject) else { return nil }
        guard count > 0 else {
            throw SystemError(
                "read", code: SystemError.endOfFile, subject: subject, remark: "the connection was closed")
        }
        return count
    }
}
