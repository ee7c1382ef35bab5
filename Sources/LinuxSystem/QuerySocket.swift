import CLinux
import Glibc
import TimeScale

/// A client's UDP socket, connected to one server: it hears nobody else.
public struct QuerySocket: ~Copyable {
    private let descriptor: FileDescriptor
    private let subject: String

    /// The versions of IP that a name may be resolved to.
    public enum Family: Sendable {
        /// Whatever comes first.
        case any
        /// IPv4 only.
        case ipv4
        /// IPv6 only.
        case ipv6
    }

    /// Resolves a name and connects to the first address that takes a connection.
    ///
    /// - Parameters:
    ///   - host: a name or a numeric address.
    ///   - port: the server's port.
    ///   - family: which addresses to consider.
    /// - Throws: `SystemError`.
    public init(host: String, port: UInt16, family: Family = .any) throws(SystemError) {
        let number =
            switch family {
            case .any: AF_UNSPEC
            case .ipv4: AF_INET
            case .ipv6: AF_INET6
            }
        let subject = "\(host) port \(port)"
        // SAFETY: the function reads the string.
        let answer = unsafe clx_udp_connect(host, port, number)
        try SystemError.check(answer, "connect", subject)
        self.subject = subject
        descriptor = FileDescriptor(owning: answer)
    }

    /// Sends one datagram.
    ///
    /// - Throws: `SystemError`.
    public func send(_ bytes: Span<UInt8>) throws(SystemError) {
        let number = descriptor.rawValue
        // SAFETY: pointer and length are those of the span; the kernel does not keep them.
        let sent = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent >= 0 else { throw .last("send", subject) }
    }

    /// Waits for one datagram.
    ///
    /// - Parameters:
    ///   - buffer: its contents are replaced; stamped by the kernel.
    ///   - timeout: how long to wait.
    /// - Returns: `false` where none came in time.
    /// - Throws: `SystemError`; ECONNREFUSED where nothing listens there.
    public func receive(into buffer: inout DatagramBuffer, timeout: Interval) throws(SystemError) -> Bool {
        let deadline = KernelClock.monotonic() + timeout
        var poll = PollSet()
        while true {
            do throws(SystemError) {
                if try buffer.fill(from: descriptor) { return true }
            } catch {
                throw SystemError(error.operation, code: error.code, subject: subject)
            }
            let rest = deadline - KernelClock.monotonic()
            guard rest > .zero else { return false }
            poll.removeAll()
            poll.add(descriptor)
            _ = try poll.wait(timeout: rest)
        }
    }
}
