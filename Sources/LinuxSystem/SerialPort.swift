import CLinux
import ConfigurationLanguage
import Glibc

/// A serial port set up for a receiver: raw, 8 data bits, parity as wanted, 1 stop bit, for us alone.
public struct SerialPort: ~Copyable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor

    /// The path it was opened by.
    public let path: String

    /// Opens a port and throws away what it has gathered so far.
    ///
    /// - Parameters:
    ///   - path: the device, `/dev/gps0`.
    ///   - settings: of the line, at one of `LineSettings.speeds`.
    ///   - isHeld: whether the caller has a `SerialPortHold` of it.
    /// - Throws: `SystemError`: ENOTTY for what is no serial port, EBUSY for a port in use, EINVAL for settings that
    ///   the port does not take.
    public init(path: String, _ settings: LineSettings, isHeld: Bool = false) throws(SystemError) {
        guard Self.speedCode(settings.baudRate) != nil else { throw Self.unknownSpeed(path) }
        let port = try FileDescriptor(opening: path, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard isatty(port.rawValue) == 1 else {
            throw SystemError("open", code: ENOTTY, subject: path, remark: "not a serial port")
        }
        // Exclusive use does not hold against root; a lock does, among those who look for one.
        if !isHeld { try Self.lock(port, path) }
        try SystemError.check(clx_tty_set_exclusive(port.rawValue, 1), "exclusive use", path)
        try Self.configure(port, settings, path: path)
        // So that bytes are handed on without being gathered; not every driver can.
        _ = clx_tty_set_low_latency(port.rawValue)
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
        let number = try PulseDevice.number(ofTerminal: Files.resolved(path) ?? path, in: pulseClass)
        return "\(devices)/pps\(number)"
    }

    /// Locks a port for as long as it is open.
    ///
    /// - Throws: `SystemError`: EBUSY where somebody else has.
    static func lock(_ port: borrowing FileDescriptor, _ path: String) throws(SystemError) {
        // What cannot be locked at all is used without.
        if clx_lock(port.rawValue) == -EWOULDBLOCK { throw SystemError("lock", code: EBUSY, subject: path) }
    }

    /// Goes on with other settings, and throws away what has been gathered with the old ones.
    ///
    /// - Throws: `SystemError`: EINVAL for settings that the port does not take.
    public func change(to settings: LineSettings) throws(SystemError) {
        try Self.configure(descriptor, settings, path: path)
        tcflush(descriptor.rawValue, TCIFLUSH)
    }

    /// Those settings that the port takes, found by trying; the last one tried is set afterwards.
    public func taken(of settings: [LineSettings]) -> [LineSettings] {
        settings.filter { (try? change(to: $0)) != nil && hasParity == ($0.parity != .none) }
    }

    /// Whether a parity bit is set: a driver that has none, as a pseudo-terminal's, says nothing when it is asked for one.
    private var hasParity: Bool {
        var settings = termios()
        // SAFETY: the call fills one termios.
        return unsafe tcgetattr(descriptor.rawValue, &settings) == 0 && settings.c_cflag & tcflag_t(PARENB) != 0
    }

    private static func configure(
        _ port: borrowing FileDescriptor, _ wanted: LineSettings, path: String
    ) throws(SystemError) {
        guard let speed = Self.speedCode(wanted.baudRate) else { throw Self.unknownSpeed(path) }
        var settings = termios()
        // SAFETY: each call reads or fills one termios.
        guard unsafe tcgetattr(port.rawValue, &settings) == 0 else { throw .last("tcgetattr", path) }
        unsafe cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~tcflag_t(CSTOPB | PARENB | PARODD | CSIZE) & ~hardwareFlowControl & ~constantParity
        settings.c_cflag |= tcflag_t(CS8)
        if wanted.parity != .none { settings.c_cflag |= tcflag_t(wanted.parity == .odd ? PARENB | PARODD : PARENB) }
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
    /// CMSPAR: a parity bit that is always the same. Swift has it on no architecture.
    private static let constantParity: tcflag_t = 0x4000_0000

    /// The speed that settings stand for, bit/s; `nil` where it is none of `LineSettings.speeds`.
    static func baudRate(of settings: termios) -> Int? {
        var settings = settings
        // SAFETY: the call reads one termios.
        let code = unsafe cfgetospeed(&settings)
        return LineSettings.speeds.first { speedCode($0) == code }
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
