import Glibc
import Testing

@testable import LinuxSystem

@Suite("Pulse device")
struct PulseDeviceTests {
    private let directory = TemporaryDirectory()

    @Test("a device that is missing, or is none, is said so")
    func refusals() {
        let missing = failure { () throws(SystemError) in try PulseDevice(path: "/dev/pps-none", edge: .assert) }
        #expect(missing?.description == "open /dev/pps-none: no such file or directory")
        let other = failure { () throws(SystemError) in try PulseDevice(path: "/dev/null", edge: .clear) }
        #expect(other?.description == "open /dev/null: not a pulse device")
    }

    /// Lists a pulse device as sysfs does.
    private func list(_ name: String, path: String) throws {
        directory.makeDirectory(directory.file(name))
        try Files.writeAtomically(directory.file("\(name)/path"), Array("\(path)\n".utf8))
    }

    @Test("the device of a terminal is found, with a number of two digits too")
    func scan() throws {
        try list("pps0", path: "")
        try list("pps1", path: "/dev/ttyS10")
        try list("pps12", path: "/dev/ttyS1")
        #expect(try PulseDevice.number(ofTerminal: "/dev/ttyS1", in: directory.path) == 12)
        #expect(try PulseDevice.number(ofTerminal: "/dev/ttyS10", in: directory.path) == 1)
    }

    @Test("of two devices on one terminal the one attached last is taken")
    func latest() throws {
        try list("pps2", path: "/dev/ttyS0")
        try list("pps11", path: "/dev/ttyS0")
        #expect(try PulseDevice.number(ofTerminal: "/dev/ttyS0", in: directory.path) == 11)
    }

    @Test("a terminal without a device, and a kernel without pulse devices, are errors")
    func nothingFound() {
        let none = failure { () throws(SystemError) in
            try PulseDevice.number(ofTerminal: "/dev/ttyS0", in: directory.path)
        }
        #expect(none?.description == "attach /dev/ttyS0: no pulse device came up")
        let unsupported = failure { () throws(SystemError) in
            try PulseDevice.number(ofTerminal: "/dev/ttyS0", in: directory.file("none"))
        }
        #expect(unsupported?.code == ENOENT)
    }
}
