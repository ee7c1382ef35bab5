import CLinux
import Glibc
import TimeScale

/// One measurement as chrony's SOCK driver takes it (`refclock_sock.c`).
public struct SocketSample: Equatable, Sendable {
    /// The local clock when it was measured; whole microseconds on the wire.
    public let local: Instant
    /// Reference − local in seconds, finite; positive = local clock slow.
    public let offset: Double
    /// Whether only the fraction of a second is known: a pulse without a label.
    public let isPulse: Bool
    /// Leap second announced.
    public let leapIndicator: LeapIndicator

    /// A measurement.
    public init(local: Instant, offset: Double, isPulse: Bool, leapIndicator: LeapIndicator) {
        (self.local, self.offset, self.isPulse, self.leapIndicator) = (local, offset, isPulse, leapIndicator)
    }
}

/// What came through a sample socket.
public enum SampleSocketDatagram: Equatable, Sendable {
    /// A measurement.
    case sample(SocketSample)
    /// Something else; to be counted.
    case malformed(Reason)

    /// Why a datagram is no measurement.
    public enum Reason: Equatable, Sendable {
        /// Not 40 bytes: another program, or one built for another word size.
        case length(Int)
        /// The last word is not `SOCK`.
        case magic
        /// The time stamp lies outside 1970 ... 2242 or its microseconds outside a second.
        case time
        /// The offset is no number, or leads outside 1970 ... 2242.
        case offset
        /// The leap indicator is not 0 ... 3.
        case leap
    }
}

/// The receiving end of chrony's SOCK interface: a datagram socket that a driver program sends samples to.
public struct SampleSocket: ~Copyable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor

    private let path: String

    /// `SOCK` in ASCII (chrony `refclock_sock.c` SOCK_MAGIC).
    static let magic: Int32 = 0x534f_434b

    /// Binds the socket, for the owner and the group; one left behind by a dead process is replaced.
    ///
    /// - Parameter path: 107 bytes at most.
    /// - Throws: `SystemError`; EADDRINUSE where another process listens or something else lies there.
    public init(path: String) throws(SystemError) {
        // SAFETY: the function reads the string.
        let number = unsafe clx_unix_bind(Int32(SOCK_DGRAM.rawValue), path, 0o660)
        try SystemError.check(number, "bind", path)
        self.path = path
        descriptor = FileDescriptor(owning: number)
    }

    deinit {
        // SAFETY: the string lives through the call; a path already removed is no matter.
        unsafe unlink(path)
    }

    /// Takes one datagram.
    ///
    /// - Returns: `nil` where none is waiting.
    /// - Throws: `SystemError`.
    public func receive() throws(SystemError) -> SampleSocketDatagram? {
        var raw = clx_sock_sample()
        // SAFETY: the function fills one clx_sock_sample.
        let length = unsafe clx_sock_receive(descriptor.rawValue, &raw)
        if length == -Int(EAGAIN) { return nil }
        guard length >= 0 else { throw SystemError("recv", code: Int32(-length), subject: path) }
        guard length == MemoryLayout<clx_sock_sample>.size else { return .malformed(.length(length)) }
        return Self.decode(raw)
    }

    private static func decode(_ raw: clx_sock_sample) -> SampleSocketDatagram {
        guard raw.magic == magic else { return .malformed(.magic) }
        guard (0..<1_000_000).contains(raw.microseconds),
            let local = PlausibleTime.instant(seconds: raw.seconds, nanoseconds: raw.microseconds * 1000)
        else { return .malformed(.time) }
        guard raw.offset.isFinite, PlausibleTime.holds(local.nanoseconds, plus: raw.offset) else {
            return .malformed(.offset)
        }
        guard let code = UInt8(exactly: raw.leap), let leap = LeapIndicator(rawValue: code) else {
            return .malformed(.leap)
        }
        return .sample(SocketSample(local: local, offset: raw.offset, isPulse: raw.pulse != 0, leapIndicator: leap))
    }
}

/// The sending end of chrony's SOCK interface; chronyd takes its datagrams too.
public struct SampleSocketSender: ~Copyable {
    private let descriptor: FileDescriptor
    private let path: String

    /// Connects to a socket that a daemon has bound.
    ///
    /// - Throws: `SystemError`; ENOENT or ECONNREFUSED where no daemon runs.
    public init(path: String) throws(SystemError) {
        // SAFETY: the function reads the string.
        let number = unsafe clx_unix_connect(Int32(SOCK_DGRAM.rawValue), path)
        try SystemError.check(number, "connect", path)
        self.path = path
        descriptor = FileDescriptor(owning: number)
    }

    /// Sends a sample.
    ///
    /// - Throws: `SystemError`; EAGAIN where the daemon does not read, ECONNREFUSED where it is gone.
    public func send(_ sample: SocketSample) throws(SystemError) {
        var raw = clx_sock_sample()
        raw.seconds = sample.local.wholeSeconds
        raw.microseconds = sample.local.nanosecondsOfSecond / 1000
        // The stamp was cut to microseconds: the reference stays where it was.
        raw.offset = sample.offset + Double(sample.local.nanosecondsOfSecond % 1000) * 1e-9
        raw.pulse = sample.isPulse ? 1 : 0
        raw.leap = Int32(sample.leapIndicator.rawValue)
        raw.magic = SampleSocket.magic
        // SAFETY: the function reads one clx_sock_sample.
        try SystemError.check(unsafe clx_sock_send(descriptor.rawValue, &raw), "send", path)
    }
}
