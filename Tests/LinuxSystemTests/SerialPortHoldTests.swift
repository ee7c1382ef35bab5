import ConfigurationLanguage
import Testing

@testable import LinuxSystem

@Suite("A port held for a while")
struct SerialPortHoldTests {
    @Test("its speed is told, and put back at the end whatever was set meanwhile")
    func restored() throws {
        let terminal = try PseudoTerminal()
        do { _ = try SerialPort(path: terminal.path, LineSettings(4800)) }
        do {
            let hold = try SerialPortHold(path: terminal.path)
            #expect(hold.baudRate == 4800)
            do { _ = try SerialPort(path: terminal.path, LineSettings(115_200), isHeld: true) }
            #expect(terminal.baudRate == 115_200)
        }
        #expect(terminal.baudRate == 4800)
    }

    @Test("a port that another has locked is busy")
    func locked() throws {
        let terminal = try PseudoTerminal()
        let first = try SerialPortHold(path: terminal.path)
        #expect(failure { () throws(SystemError) in try SerialPortHold(path: terminal.path) }?.isBusy == true)
        #expect(first.baudRate != nil)
    }

    @Test("what is no serial port is refused")
    func other() {
        let error = failure { () throws(SystemError) in try SerialPortHold(path: "/dev/null") }
        #expect(error?.description == "open /dev/null: not a serial port")
        let pulses = failure { () throws(SystemError) in try PulseEdges(path: "/dev/null") }
        #expect(pulses?.description == "open /dev/null: not a pulse device")
    }
}
