// HOT PATH
import CLinux
import Glibc
import TimeScale

/// A server's UDP socket: kernel receive stamps in, answers out from the address that was asked.
public struct NTPSocket: ~Copyable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor

    /// Expedited forwarding, DSCP 46 (RFC 3246): NTP suffers from queues.
    private static let expeditedForwarding: Int32 = 46

    /// Binds a socket.
    ///
    /// Stamps, destination addresses and DSCP are asked for and done without where the system has them not. An IPv6
    /// socket takes IPv6 only.
    ///
    /// - Parameters:
    ///   - address: numeric, IPv4 or IPv6, the latter with `%interface` where it is link-local.
    ///   - port: 0 lets the system choose.
    /// - Throws: `SystemError` with the address and port.
    public init(address: String, port: UInt16) throws(SystemError) {
        var target = clx_address()
        // SAFETY: the function reads the string and fills one clx_address.
        try SystemError.check(unsafe clx_address_parse(&target, address, port), "address", address)
        let family = Int32(target.storage.ss_family)
        let number = try SystemError.check(clx_udp_open(family), "socket", "\(address) port \(port)")
        let socket = FileDescriptor(owning: number)
        clx_udp_set_server_options(number, family, Self.expeditedForwarding)
        // SAFETY: the function reads one clx_address.
        try SystemError.check(unsafe clx_bind(number, &target), "bind", "\(address) port \(port)")
        descriptor = socket
    }

    /// The port that the socket is bound to.
    ///
    /// - Throws: `SystemError`.
    public func localPort() throws(SystemError) -> UInt16 {
        var address = clx_address()
        address.length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: the kernel writes at most the length given, which is that of the storage.
        let answer = unsafe withUnsafeMutablePointer(to: &address.storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor.rawValue, $0, &address.length)
            }
        }
        guard answer == 0 else { throw .last("getsockname") }
        // SAFETY: the function reads one clx_address.
        return unsafe clx_address_port(&address)
    }

    /// Takes one datagram; allocates nothing.
    ///
    /// - Parameter buffer: its contents are replaced.
    /// - Returns: `false` where none is waiting.
    /// - Throws: `SystemError`; ECONNREFUSED and the like concern an earlier answer and may be counted and ignored.
    public func receive(into buffer: inout DatagramBuffer) throws(SystemError) -> Bool {
        try buffer.fill(from: descriptor)
    }

    /// Answers the datagram in the buffer with the buffer's first bytes; allocates nothing.
    ///
    /// - Parameters:
    ///   - buffer: as `receive` filled it, its bytes rewritten.
    ///   - length: bytes to send, 0 ... 2048.
    /// - Returns: `false` where the socket's queue is full and the answer was dropped.
    /// - Throws: `SystemError`.
    public func reply(from buffer: borrowing DatagramBuffer, length: Int) throws(SystemError) -> Bool {
        precondition((0...2048).contains(length), "an answer fits the buffer")
        let number = descriptor.rawValue
        // SAFETY: the first `length` bytes lie in the buffer; the kernel does not keep the pointers.
        let answer = unsafe buffer.bytes.span.withUnsafeBytes { bytes in
            unsafe withUnsafePointer(to: buffer.info) { unsafe clx_reply(number, bytes.baseAddress, length, $0) }
        }
        if answer == -EAGAIN || answer == -ENOBUFS { return false }
        guard answer >= 0 else { throw SystemError("sendmsg", code: -answer) }
        return true
    }
}
