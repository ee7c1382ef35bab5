import CLinux
import Glibc

/// A pair of terminals without hardware: what is written here is read from `path`, as from a receiver.
///
/// For tests and the demonstration.
public struct PseudoTerminal: ~Copyable, Sendable {
    /// The other end, `/dev/pts/3`.
    public let path: String

    private let descriptor: FileDescriptor
    /// Keeps the other end open, so that it does not hang up between two users of it.
    private let holder: FileDescriptor

    /// Makes a pair.
    ///
    /// - Throws: `SystemError`.
    public init() throws(SystemError) {
        var name = [CChar](repeating: 0, count: 128)
        // SAFETY: the function writes a terminated string within the array.
        let number = unsafe name.withUnsafeMutableBufferPointer { unsafe clx_pty_open($0.baseAddress, $0.count) }
        try SystemError.check(number, "posix_openpt")
        let master = FileDescriptor(owning: number)
        let path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let slave = try FileDescriptor(opening: path, flags: O_RDWR | O_NOCTTY)
        var settings = termios()
        // SAFETY: each call reads or fills one termios. Raw: nothing is echoed to the sender.
        guard unsafe tcgetattr(slave.rawValue, &settings) == 0 else { throw .last("tcgetattr", path) }
        unsafe cfmakeraw(&settings)
        guard unsafe tcsetattr(slave.rawValue, TCSANOW, &settings) == 0 else { throw .last("tcsetattr", path) }
        guard fcntl(number, F_SETFL, O_RDWR | O_NONBLOCK) == 0 else { throw .last("fcntl", path) }
        self.path = path
        descriptor = master
        holder = slave
    }

    /// Sends bytes to the other end.
    ///
    /// - Throws: `SystemError`; EAGAIN where 4 kB lie there unread.
    public func write(_ bytes: Span<UInt8>) throws(SystemError) {
        try descriptor.write(bytes, subject: path)
    }

    /// Reads what the other end has sent.
    ///
    /// - Parameter bytes: filled from its start.
    /// - Returns: the count of bytes, `nil` where there are none.
    /// - Throws: `SystemError`.
    public func read(into bytes: inout MutableSpan<UInt8>) throws(SystemError) -> Int? {
        try descriptor.read(into: &bytes, subject: path)
    }

    /// The speed that the other end is set to, bit/s, which means nothing to the bytes; `nil` for one of no receiver.
    public var baudRate: Int? {
        var settings = termios()
        // SAFETY: the call fills one termios, with the settings of the other end.
        guard unsafe tcgetattr(descriptor.rawValue, &settings) == 0 else { return nil }
        return SerialPort.baudRate(of: settings)
    }
}
