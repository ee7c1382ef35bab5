import CLinux
import Glibc

/// A serial port borrowed for a while: its settings are put back when this goes out of use.
///
/// It keeps the port open meanwhile, so that its lines do not drop between two speeds.
public struct SerialPortHold: ~Copyable {
    /// The speed that the port was set to, bit/s; `nil` where it is none of `LineSettings.speeds`.
    public let baudRate: Int?

    private let descriptor: FileDescriptor
    private let settings: termios

    /// Takes hold of a port that nobody else has locked.
    ///
    /// - Parameter path: the device.
    /// - Throws: `SystemError`: EBUSY for a port in use, ENOTTY for what is no serial port.
    public init(path: String) throws(SystemError) {
        let port = try FileDescriptor(opening: path, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard isatty(port.rawValue) == 1 else {
            throw SystemError("open", code: ENOTTY, subject: path, remark: "not a serial port")
        }
        try SerialPort.lock(port, path)
        var settings = termios()
        // SAFETY: the call fills one termios.
        guard unsafe tcgetattr(port.rawValue, &settings) == 0 else { throw .last("tcgetattr", path) }
        baudRate = SerialPort.baudRate(of: settings)
        self.settings = settings
        descriptor = port
    }

    deinit {
        var settings = settings
        // SAFETY: the call reads one termios. A port that is gone needs no settings.
        unsafe tcsetattr(descriptor.rawValue, TCSANOW, &settings)
    }
}
