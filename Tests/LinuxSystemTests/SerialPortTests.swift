import ConfigurationLanguage
import Glibc
import LinuxSystem
import Testing
import TimeScale

@Suite("Serial port")
struct SerialPortTests {
    /// TIOCGEXCL (asm-generic/ioctls.h): whether a terminal is taken for exclusive use.
    private static let isExclusiveRequest: UInt = 0x8004_5440

    /// Reads what a port has within two seconds.
    private func read(_ port: borrowing SerialPort) throws -> [UInt8]? {
        var poll = PollSet()
        poll.add(port.descriptor)
        _ = try poll.wait(timeout: .seconds(2))
        var bytes = [UInt8](repeating: 0, count: 64)
        var span = bytes.mutableSpan
        return try port.read(into: &span).map { Array(bytes[..<$0]) }
    }

    private func settings(_ port: borrowing SerialPort) -> termios {
        var settings = termios()
        // SAFETY: one termios is filled.
        unsafe tcgetattr(port.descriptor.rawValue, &settings)
        return settings
    }

    @Test("bytes pass unchanged, carriage returns too, and none is echoed")
    func bytes() throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        let sentence = Array("$GPZDA,1\r\n\u{3}\u{11}".utf8)
        try terminal.write(sentence.span)
        #expect(try read(port) == sentence)
        var nothing: [UInt8] = [0]
        var span = nothing.mutableSpan
        #expect(try port.read(into: &span) == nil)
        #expect(try terminal.read(into: &span) == nil)
        try port.write(([1, 10, 2] as [UInt8]).span)
        var command = [UInt8](repeating: 0, count: 8)
        var commandSpan = command.mutableSpan
        #expect(try terminal.read(into: &commandSpan) == 3)
        #expect(command[..<3] == [1, 10, 2])
    }

    @Test("bytes that lay there before the port was opened are thrown away")
    func flush() throws {
        let terminal = try PseudoTerminal()
        try terminal.write(([1, 2, 3] as [UInt8]).span)
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        try terminal.write(([4] as [UInt8]).span)
        #expect(try read(port) == [4])
    }

    @Test("every speed takes, with eight bits and no parity", arguments: LineSettings.speeds)
    func speed(baudRate: Int) throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, LineSettings(baudRate))
        var settings = settings(port)
        // asm-generic/termbits.h: codes of the speeds.
        let codes: [Int: UInt32] = [
            4800: 0o14, 9600: 0o15, 19_200: 0o16, 38_400: 0o17, 57_600: 0o10001, 115_200: 0o10002, 230_400: 0o10003,
            460_800: 0o10004, 921_600: 0o10007,
        ]
        #expect(unsafe cfgetospeed(&settings) == codes[baudRate])
        #expect(settings.c_cflag & tcflag_t(CSIZE | PARENB | CSTOPB) == tcflag_t(CS8))
        #expect(settings.c_lflag & tcflag_t(ECHO | ICANON | ISIG) == 0)
    }

    /// CMSPAR (asm-generic/termbits-common.h): a parity bit that is always the same.
    private static let constantParity: tcflag_t = 0o10_000_000_000

    /// A pseudo-terminal keeps PARODD and CMSPAR, though it takes no parity.
    @Test("what parity another program has left is cleared")
    func leftParity() throws {
        let terminal = try PseudoTerminal()
        let other = try FileDescriptor(opening: terminal.path, flags: O_RDWR | O_NOCTTY)
        var before = termios()
        // SAFETY: one termios is filled, then read.
        #expect(unsafe tcgetattr(other.rawValue, &before) == 0)
        before.c_cflag |= tcflag_t(PARODD) | Self.constantParity
        #expect(unsafe tcsetattr(other.rawValue, TCSANOW, &before) == 0)
        #expect(unsafe tcgetattr(other.rawValue, &before) == 0)
        #expect(before.c_cflag & tcflag_t(PARODD) != 0)
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        #expect(settings(port).c_cflag & (tcflag_t(PARENB | PARODD) | Self.constantParity) == 0)
    }

    @Test("settings that a port does not take are left out: a pseudo-terminal has no parity")
    func takenSettings() throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        let wanted = [LineSettings(4800), LineSettings(9600, .odd), LineSettings(1234), LineSettings(115_200)]
        #expect(port.taken(of: wanted) == [LineSettings(4800), LineSettings(115_200)])
    }

    @Test("the port is ours alone while it is open")
    func exclusive() throws {
        let terminal = try PseudoTerminal()
        let second = try FileDescriptor(opening: terminal.path, flags: O_RDWR | O_NOCTTY)
        do {
            let port = try SerialPort(path: terminal.path, LineSettings(4800))
            var isExclusive: Int32 = 0
            // SAFETY: the kernel writes one int.
            #expect(unsafe ioctl(port.descriptor.rawValue, Self.isExclusiveRequest, &isExclusive) == 0)
            #expect(isExclusive == 1)
        }
        var isExclusive: Int32 = 1
        // SAFETY: the kernel writes one int.
        #expect(unsafe ioctl(second.rawValue, Self.isExclusiveRequest, &isExclusive) == 0)
        #expect(isExclusive == 0)
    }

    @Test("a receiver that is unplugged is an error, after its last bytes")
    func hangUp() throws {
        var terminal: PseudoTerminal? = try PseudoTerminal()
        let path = terminal?.path ?? ""
        let port = try SerialPort(path: path, LineSettings(9600))
        terminal = nil
        let error = failure { () throws in try read(port) } as? SystemError
        #expect(error?.code == EIO || error?.code == SystemError.endOfFile)
        #expect(error?.description.hasPrefix("read \(path): ") == true)
    }

    @Test("what is no serial port, and what is no speed, is said so")
    func refusals() throws {
        let notTerminal = failure { () throws(SystemError) in try SerialPort(path: "/dev/null", LineSettings(9600)) }
        #expect(notTerminal?.description == "open /dev/null: not a serial port")
        let notThere = failure { () throws(SystemError) in try SerialPort(path: "/dev/none", LineSettings(9600)) }
        #expect(notThere?.description == "open /dev/none: no such file or directory")
        let notSpeed = failure { () throws(SystemError) in try SerialPort(path: "/dev/null", LineSettings(9601)) }
        #expect(notSpeed?.description == "open /dev/null: not a known speed")
    }

    @Test("the line discipline is refused by a machine without it, with a reason")
    func lineDiscipline() throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        let directory = TemporaryDirectory()
        let error = failure { () throws(SystemError) in
            try port.attachPulseLineDiscipline(pulseClass: directory.path)
        }
        // EINVAL: no module pps_ldisc. ENODEV: the machine has it, but the directory lists no device.
        #expect(error?.code == EINVAL || error?.code == ENODEV)
    }
}
