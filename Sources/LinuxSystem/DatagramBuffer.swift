import CLinux
import Glibc
import TimeScale

/// Room for one datagram of a client and what came with it.
public struct DatagramBuffer: ~Copyable {
    /// The bytes; those from `length` on are left from earlier datagrams.
    public var bytes = InlineArray<2048, UInt8>(repeating: 0)

    /// Bytes of the datagram received, 0 ... 2048.
    public internal(set) var length = 0

    /// When it arrived: the kernel's stamp, CLOCK_REALTIME; the moment it was read where there is none.
    public internal(set) var received = Instant.unixEpoch

    /// Whether `received` is the kernel's stamp.
    public internal(set) var hasKernelStamp = false

    private var info = clx_datagram_info()

    /// An empty buffer.
    public init() {}

    /// Whether the datagram was longer than the buffer.
    public var isTruncated: Bool { info.is_truncated != 0 }

    /// Takes one datagram from a socket; allocates nothing.
    ///
    /// - Parameter socket: of UDP, not blocking.
    /// - Returns: `false` where none is waiting.
    /// - Throws: `SystemError`.
    mutating func fill(from socket: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let number = socket.rawValue
        var span = bytes.mutableSpan
        // SAFETY: pointer and length are those of the buffer's bytes; the kernel does not keep them.
        let answer = unsafe span.withUnsafeMutableBytes {
            unsafe clx_receive(number, $0.baseAddress, $0.count, &info)
        }
        if answer == -Int(EAGAIN) { return false }
        guard answer >= 0 else { throw SystemError("recvmsg", code: Int32(-answer)) }
        length = answer
        hasKernelStamp = info.received != 0
        received = hasKernelStamp ? Instant(nanoseconds: info.received) : KernelClock.realTime()
        return true
    }
}
