import Foundation
import Glibc
import Testing

@testable import LinuxSystem

@Suite("The list of devices")
struct DeviceListTests {
    private let directory = TemporaryDirectory()

    private var list: DeviceList {
        DeviceList(
            devices: directory.file("dev"), system: directory.file("sys"), processes: directory.file("proc"),
            udev: directory.file("udev"))
    }

    /// Puts a file there, which stands for a device or is one of the kernel's.
    private func put(_ name: String, _ text: String = "") throws {
        let path = directory.file(name)
        directory.makeDirectory(Files.directory(of: path))
        try Files.writeAtomically(path, Array(text.utf8))
    }

    private func link(_ name: String, to target: String) {
        let path = directory.file(name)
        directory.makeDirectory(Files.directory(of: path))
        // SAFETY: both strings live through the call.
        #expect(unsafe symlink(target, path) == 0)
    }

    @Test("each port is listed once, under the name that stays the same")
    func names() throws {
        for name in ["ttyACM0", "ttyUSB0", "ttyUSB1", "ttyAMA0", "ttyS10", "ttyS2", "tty1", "ttyprintk", "ttySLAB"] {
            try put("dev/\(name)")
        }
        link("dev/serial/by-id/usb-u-blox_AG_ZED-F9T-if00", to: "../../ttyACM0")
        link("dev/serial/by-path/pci-0-port0", to: "../../ttyUSB0")
        link("dev/gps0", to: "ttyACM0")
        link("dev/gps1", to: "ttyUSB1")
        link("dev/serial0", to: "ttyAMA0")
        link("dev/gpspps0", to: "ttyS2")
        let ports = list.ports()
        let root = directory.file("dev")
        #expect(
            ports.map(\.path) == [
                "\(root)/gps0", "\(root)/gps1", "\(root)/serial0", "\(root)/serial/by-path/pci-0-port0",
                "\(root)/ttyS2", "\(root)/ttyS10",
            ])
        #expect(
            ports.map(\.device)
                == ["ttyACM0", "ttyUSB1", "ttyAMA0", "ttyUSB0", "ttyS2", "ttyS10"].map { "\(root)/\($0)" })
        #expect(ports.allSatisfy { $0.remark == nil })
        #expect(list.port("\(root)/gps0").device == "\(root)/ttyACM0")
        #expect(list.port("/nonexistent").device == "/nonexistent")
    }

    /// A port on USB as sysfs shows it: a modem's (cdc_acm), whose device is the interface itself.
    private func plug(_ name: String, at socket: String, serial: String? = nil, product: String = "01a8") throws {
        try put("dev/\(name)")
        let folder = "sys/devices/usb1/\(socket)"
        try put("\(folder)/idVendor", "1546\n")
        try put("\(folder)/idProduct", "\(product)\n")
        if let serial { try put("\(folder)/serial", "\(serial)\n") }
        try put("\(folder)/\(socket):1.0/bInterfaceNumber", "00\n")
        link("sys/class/tty/\(name)/device", to: directory.file("\(folder)/\(socket):1.0"))
        link("dev/serial/by-path/\(socket)", to: "../../\(name)")
    }

    /// udev leads the link by identity, of which there is one, to whichever of the two came last.
    @Test("of two receivers that share an identity each has the name of its socket")
    func twins() throws {
        try plug("ttyACM0", at: "1-1")
        try plug("ttyACM1", at: "1-2")
        link("dev/serial/by-id/usb-u-blox-if00", to: "../../ttyACM1")
        let root = directory.file("dev")
        #expect(Set(list.ports().map(\.path)) == ["\(root)/serial/by-path/1-1", "\(root)/serial/by-path/1-2"])
    }

    @Test("those with serial numbers, or of other products, are no twins", arguments: [false, true])
    func noTwins(hasSerials: Bool) throws {
        try plug("ttyACM0", at: "1-1", serial: hasSerials ? "A" : nil)
        try plug("ttyACM1", at: "1-2", serial: hasSerials ? "B" : nil, product: hasSerials ? "01a8" : "01a9")
        for index in 0...1 { link("dev/serial/by-id/usb-\(index)", to: "../../ttyACM\(index)") }
        let root = directory.file("dev")
        #expect(list.ports().map(\.path) == ["\(root)/serial/by-id/usb-0", "\(root)/serial/by-id/usb-1"])
    }

    /// Our rules call an unnumbered receiver gps and the kernel's number, which is the next one's after a restart.
    @Test("a receiver's own name comes first where it lasts: given by somebody, or the only one")
    func receiversNames() throws {
        try plug("ttyACM0", at: "1-1", serial: "A")
        link("dev/serial/by-id/usb-A", to: "../../ttyACM0")
        link("dev/gps0", to: "ttyACM0")
        let root = directory.file("dev")
        #expect(list.ports().map(\.path) == ["\(root)/gps0"])
        try plug("ttyACM1", at: "1-2", serial: "B")
        link("dev/serial/by-id/usb-B", to: "../../ttyACM1")
        link("dev/gps1", to: "ttyACM1")
        #expect(list.ports().map(\.path) == ["\(root)/serial/by-id/usb-A", "\(root)/serial/by-id/usb-B"])
        try put("sys/class/tty/ttyACM1/dev", "166:1\n")
        try put("udev/c166:1", "E:ID_BUS=usb\nE:TIMEBALL_UNIT=1\n")
        #expect(list.ports().map(\.path) == ["\(root)/gps1", "\(root)/serial/by-id/usb-A"])
    }

    @Test("a name without hardware and the kernel's console are marked")
    func remarks() throws {
        for name in ["ttyS0", "ttyS1", "ttyS2"] { try put("dev/\(name)") }
        // linux/serial_core.h: 0 is PORT_UNKNOWN, 4 a 16550A.
        try put("sys/class/tty/ttyS0/type", "4\n")
        try put("sys/class/tty/ttyS1/type", "0\n")
        try put("sys/class/tty/ttyS2/type", "4\n")
        try put("sys/class/tty/console/active", "tty0 ttyS2\n")
        #expect(list.ports().map(\.remark) == [nil, .hasNoHardware, .isConsole])
    }

    @Test("pulse devices come with their driver's name and the terminal that feeds them")
    func pulses() throws {
        try put("sys/class/pps/pps10/name", "serial0\n")
        try put("sys/class/pps/pps10/path", "/dev/ttyS0\n")
        try put("sys/class/pps/pps2/name", "pps@12.-1\n")
        try put("sys/class/pps/pps2/path", "\n")
        let root = directory.file("dev")
        #expect(
            list.pulses() == [
                .init(path: "\(root)/pps2", name: "pps@12.-1", terminal: nil),
                .init(path: "\(root)/pps10", name: "serial0", terminal: "/dev/ttyS0"),
            ])
    }

    @Test("only PTP clocks with inputs are named")
    func clocks() throws {
        try put("sys/class/ptp/ptp0/n_external_timestamps", "0\n")
        try put("sys/class/ptp/ptp1/n_external_timestamps", "2\n")
        #expect(list.pulseInputsOfClocks() == ["\(directory.file("dev"))/ptp1"])
    }

    @Test("who has a port open is told, and the maker of a pseudo-terminal is not")
    func holder() throws {
        try put("proc/41/comm", "bash\n")
        link("proc/41/fd/0", to: "/dev/null")
        try put("proc/42/comm", "gpsd\n")
        link("proc/42/fd/7", to: "/dev/ttyS0")
        try put("proc/43/comm", "tests\n")
        link("proc/43/fd/3", to: "/dev/ptmx")
        link("proc/43/fd/4", to: "/dev/pts/5")
        #expect(list.holder(of: "/dev/ttyS0") == .init(process: 42, name: "gpsd"))
        #expect(list.holder(of: "/dev/ttyS1") == nil)
        #expect(list.holder(of: "/dev/pts/5") == nil)
    }

    /// Lines of proc(5): the second is a listener at 127.0.0.1:2947, the third a connection to it.
    @Test("who listens for clients of gpsd is noticed without asking")
    func gpsd() throws {
        let head = "  sl  local_address rem_address   st tx_queue\n"
        try put(
            "proc/net/tcp", head + "   0: 0100007F:1F90 00000000:0000 0A 00\n   1: 0100007F:D431 0100007F:0B83 01 00\n")
        #expect(!list.hasGPSDListener())
        try put("proc/net/tcp6", head + "   0: 00000000000000000000000001000000:0B83 00000000:0000 0A 00\n")
        #expect(list.hasGPSDListener())
    }

    @Test("nothing there is nothing listed")
    func nothing() {
        #expect(list.ports().isEmpty)
        #expect(list.pulses().isEmpty)
        #expect(list.holder(of: "/dev/ttyS0") == nil)
        #expect(!list.hasGPSDListener())
    }
}
