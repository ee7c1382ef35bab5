import Glibc
import LinuxSystem
import Testing

/// Devices that come back by another name; files play the devices, links those of udev.
@Suite("Stable device names")
struct StableDeviceNameTests {
    private let directory: TemporaryDirectory
    private var byID: String { directory.path + "/by-id" }

    init() {
        directory = TemporaryDirectory()
        // SAFETY: the string lives through the call.
        unsafe mkdir(directory.path + "/by-id", 0o755)
    }

    private func plug(_ name: String, as id: String) throws {
        try Files.writeAtomically("\(directory.path)/\(name)", [])
        // SAFETY: the strings live through the call.
        unsafe symlink("../\(name)", "\(byID)/\(id)")
    }

    private func unplug(_ name: String, id: String) throws {
        try Files.remove("\(directory.path)/\(name)")
        try Files.remove("\(byID)/\(id)")
    }

    @Test("a device that comes back by another name is found by what it is")
    func renamed() throws {
        try plug("ttyUSB0", as: "receiver-1")
        var name = StableDeviceName("\(directory.path)/ttyUSB0", directory: byID)
        #expect(name.current == "\(directory.path)/ttyUSB0")
        name.remember(openedAs: name.current)
        #expect(name.link == "\(byID)/receiver-1")
        try unplug("ttyUSB0", id: "receiver-1")
        #expect(name.current == "\(directory.path)/ttyUSB0")
        try plug("ttyUSB1", as: "receiver-1")
        #expect(name.current == "\(byID)/receiver-1")
    }

    @Test("another device that has taken the name is not taken for the one that is there by another")
    func swapped() throws {
        try plug("ttyUSB0", as: "receiver-1")
        var name = StableDeviceName("\(directory.path)/ttyUSB0", directory: byID)
        name.remember(openedAs: name.current)
        try unplug("ttyUSB0", id: "receiver-1")
        try plug("ttyUSB0", as: "modem")
        try plug("ttyUSB1", as: "receiver-1")
        #expect(name.current == "\(byID)/receiver-1")
    }

    @Test("a receiver that has taken the place of another is used by the configured name")
    func replaced() throws {
        try plug("ttyUSB0", as: "receiver-1")
        var name = StableDeviceName("\(directory.path)/ttyUSB0", directory: byID)
        name.remember(openedAs: name.current)
        try unplug("ttyUSB0", id: "receiver-1")
        try plug("ttyUSB0", as: "receiver-2")
        #expect(name.current == "\(directory.path)/ttyUSB0")
        name.remember(openedAs: name.current)
        #expect(name.link == "\(byID)/receiver-2")
    }

    @Test("a device without a link, and a machine without udev, are left to the configured name")
    func unlinked() throws {
        var name = StableDeviceName("\(directory.path)/ttyS0", directory: "\(directory.path)/nowhere")
        name.remember(openedAs: name.current)
        #expect(name.link == nil)
        #expect(name.current == "\(directory.path)/ttyS0")
    }
}
