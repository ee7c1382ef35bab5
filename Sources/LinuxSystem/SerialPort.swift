import CLinux
import Glibc

/// A serial port set up for a receiver: raw, 8 data bits, no parity, 1 stop bit, for us alone.
public struct SerialPort: ~Copyable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor

    /// The path it was opened by.
    public let path: String

    /// Whether the driver hands bytes on without gathering them (ASYNC_LOW_LATENCY); not every driver can.
    public let hasLowLatency: Bool

    /// The speeds that can be set, in baud.
    public static let speeds = [4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600]

    /// A parity bit.
    public enum Parity: Sendable {
        /// None.
        case none
        /// One that makes the number of ones odd.
        case odd
        /// One that makes the number of ones even.
        case even
    }

    /// Opens a port and throws away what it has gathered so far.
    ///
    /// - Parameters:
    ///   - path: the device, `/dev/gps0`.
    ///   - baudRate: one of `speeds`.
    ///   - parity: whether each byte has a parity bit.
    ///   - isHeld: whether the caller has a `SerialPortHold` of it.
    /// - Throws: `SystemError`: ENOTTY for what is no serial port, EBUSY for a port in use, EINVAL for a speed that
    ///   the port does not take.
    public init(path: String, baudRate: Int, parity: Parity = .none, isHeld: Bool = false) throws(SystemError) {
        guard Self.speedCode(baudRate) != nil else { throw Self.unknownSpeed(path) }
        let port = try FileDescriptor(opening: path, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard isatty(port.rawValue) == 1 else {
            throw SystemError("open", code: ENOTTY, subject: path, remark: "not a serial port")
        }
        // Exclusive use does not hold against root; a lock does, among those who look for one.
        if !isHeld { try Self.lock(port, path) }
        try SystemError.check(clx_tty_set_exclusive(port.rawValue, 1), "exclusive use", path)
        try Self.configure(port, baudRate, parity, path: path)
        hasLowLatency = clx_tty_set_low_latency(port.rawValue) >= 0
        tcflush(port.rawValue, TCIFLUSH)
        self.path = path
        descriptor = port
    }

    deinit {
        // Closing gives the port free only where nobody else holds it open, as a pseudo-terminal's maker does.
        _ = clx_tty_set_exclusive(descriptor.rawValue, 0)
    }

    /// Reads the bytes that have arrived.
    ///
    /// - Parameter bytes: filled from its start.
    /// - Returns: their count, 1 or more; `nil` where none are there.
    /// - Throws: `SystemError`: EIO or `endOfFile` where the device is gone.
    public func read(into bytes: inout MutableSpan<UInt8>) throws(SystemError) -> Int? {
        guard let count = try descriptor.read(into: &bytes, subject: path) else { return nil }
        guard count > 0 else { throw SystemError("read", code: SystemError.endOfFile, subject: path) }
        return count
    }

    /// Sends a command to the receiver.
    ///
    /// - Throws: `SystemError`; EAGAIN where the port's queue is full.
    public func write(_ bytes: Span<UInt8>) throws(SystemError) {
        try descriptor.write(bytes, subject: path)
    }

    /// Has the kernel stamp edges of the carrier detect line (line discipline N_PPS) while this port is open.
    ///
    /// - Parameters:
    ///   - pulseClass: where the kernel lists its pulse devices.
    ///   - devices: where their nodes are.
    /// - Returns: the pulse device, `/dev/pps0`.
    /// - Throws: `SystemError`: EINVAL where the module `pps_ldisc` is not there, ENODEV where no device came up.
    public func attachPulseLineDiscipline(
        pulseClass: String = "/sys/class/pps", devices: String = "/dev"
    ) throws(SystemError) -> String {
        try SystemError.check(clx_tty_attach_pulse_discipline(descriptor.rawValue), "line discipline PPS", path)
        let number = try PulseDevice.number(ofTerminal: try realPath(), in: pulseClass)
        return "\(devices)/pps\(number)"
    }

    /// The device's own name, with links resolved, as the kernel writes it in sysfs.
    ///
    /// - Throws: `SystemError`.
    func realPath() throws(SystemError) -> String {
        // SAFETY: realpath allocates the answer, which is copied and freed here.
        guard let resolved = unsafe realpath(path, nil) else { throw .last("realpath", path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Locks a port for as long as it is open.
    ///
    /// - Throws: `SystemError`: EBUSY where somebody else has.
    static func lock(_ port: borrowing FileDescriptor, _ path: String) throws(SystemError) {
        // What cannot be locked at all is used without.
        if clx_lock(port.rawValue) == -EWOULDBLOCK { throw SystemError("lock", code: EBUSY, subject: path) }
    }

    /// Goes on at another speed, and throws away what has been gathered at the old one.
    ///
    /// - Throws: `SystemError`: EINVAL for a speed that the port does not take.
    public func change(baudRate: Int, parity: Parity = .none) throws(SystemError) {
        try Self.configure(descriptor, baudRate, parity, path: path)
        tcflush(descriptor.rawValue, TCIFLUSH)
    }

    private static func configure(
        _ port: borrowing FileDescriptor, _ baudRate: Int, _ parity: Parity, path: String
    ) throws(SystemError) {
        guard let speed = Self.speedCode(baudRate) else { throw Self.unknownSpeed(path) }
        var settings = termios()
        // SAFETY: each call reads or fills one termios.
        guard unsafe tcgetattr(port.rawValue, &settings) == 0 else { throw .last("tcgetattr", path) }
        unsafe cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~tcflag_t(CSTOPB | PARENB | CSIZE) & ~hardwareFlowControl
        settings.c_cflag |= tcflag_t(CS8)
        if parity != .none { settings.c_cflag |= tcflag_t(parity == .odd ? PARENB | PARODD : PARENB) }
        // A read returns with the first byte: what follows may be as far as a second away.
        settings.c_cc.6 = 1
        settings.c_cc.5 = 0
        // SAFETY: as above.
        unsafe cfsetispeed(&settings, speed)
        unsafe cfsetospeed(&settings, speed)
        guard unsafe tcsetattr(port.rawValue, TCSANOW, &settings) == 0 else { throw .last("tcsetattr", path) }
        // tcsetattr succeeds when any of the settings took.
        var actual = termios()
        guard unsafe tcgetattr(port.rawValue, &actual) == 0 else { throw .last("tcgetattr", path) }
        guard unsafe cfgetospeed(&actual) == speed else {
            throw SystemError("tcsetattr", code: EINVAL, subject: path, remark: "the port does not take this speed")
        }
    }

    private static func unknownSpeed(_ path: String) -> SystemError {
        SystemError("open", code: EINVAL, subject: path, remark: "not a known speed")
    }

    /// CRTSCTS, which Swift does not import: its value has the top bit set.
    private static let hardwareFlowControl: tcflag_t = 0x8000_0000

    /// The speed that settings stand for, bit/s; `nil` where it is none of `speeds`.
    static func baudRate(of settings: termios) -> Int? {
        var settings = settings
        // SAFETY: the call reads one termios.
        let code = unsafe cfgetospeed(&settings)
        return speeds.first { speedCode($0) == code }
    }

    private static func speedCode(_ baudRate: Int) -> speed_t? {
        let code: Int32? =
            switch baudRate {
            case 4800: B4800
            case 9600: B9600
            case 19_200: B19200
            case 38_400: B38400
            case 57_600: B57600
            case 115_200: B115200
            case 230_400: B230400
            case 460_800: B460800
            case 921_600: B921600
            default: nil
            }
        return code.map(speed_t.init)
    }
}
