import Glibc
import LinuxSystem
import Testing
import TimeScale

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

    private func moment(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: 0) + .seconds(seconds) }

    /// A device that was opened by the name that the kernel gave it first.
    private func opened(_ name: String, as id: String) throws -> StableDeviceName {
        try plug(name, as: id)
        var stable = StableDeviceName("\(directory.path)/\(name)", directory: byID)
        #expect(stable.next(at: moment(0)) == stable.configured)
        #expect(stable.remember(openedAs: stable.configured) == false)
        #expect(stable.link == "\(byID)/\(id)")
        return stable
    }

    @Test("a device that comes back by another name is found by what it is")
    func renamed() throws {
        var name = try opened("ttyUSB0", as: "receiver-1")
        try unplug("ttyUSB0", id: "receiver-1")
        #expect(name.next(at: moment(1)) == name.configured)
        try plug("ttyUSB1", as: "receiver-1")
        #expect(name.next(at: moment(2)) == "\(byID)/receiver-1")
        #expect(name.remember(openedAs: "\(byID)/receiver-1") == true)
        #expect(!name.isStandIn)
    }

    @Test("another device that has taken the name is not taken for the one that is there by another")
    func swapped() throws {
        var name = try opened("ttyUSB0", as: "receiver-1")
        try unplug("ttyUSB0", id: "receiver-1")
        try plug("ttyUSB0", as: "modem")
        try plug("ttyUSB1", as: "receiver-1")
        #expect(name.next(at: moment(1)) == "\(byID)/receiver-1")
    }

    @Test("a receiver that has taken the place of another is used after ten seconds, and gives way when that is back")
    func replaced() throws {
        var name = try opened("ttyUSB0", as: "receiver-1")
        try unplug("ttyUSB0", id: "receiver-1")
        #expect(name.next(at: moment(1)) == name.configured)
        try plug("ttyUSB0", as: "receiver-2")
        #expect(name.next(at: moment(100)) == nil)
        #expect(name.next(at: moment(109)) == nil)
        #expect(name.next(at: moment(110)) == name.configured)
        #expect(name.remember(openedAs: name.configured) == false)
        #expect(name.link == "\(byID)/receiver-1")
        #expect(name.isStandIn && !name.isBack)
        // It is itself found by what it is, and at once.
        try unplug("ttyUSB0", id: "receiver-2")
        try plug("ttyUSB1", as: "receiver-2")
        #expect(name.next(at: moment(111)) == "\(byID)/receiver-2")
        #expect(name.remember(openedAs: "\(byID)/receiver-2") == true)
        try plug("ttyUSB0", as: "receiver-1")
        #expect(name.isBack)
        #expect(name.next(at: moment(112)) == name.configured)
        #expect(name.remember(openedAs: name.configured) == false)
        #expect(!name.isStandIn && !name.isBack)
    }

    @Test("two receivers of a hub that come back in the other order are each found again")
    func hub() throws {
        var first = try opened("ttyUSB0", as: "receiver-1")
        var second = try opened("ttyUSB1", as: "receiver-2")
        try unplug("ttyUSB0", id: "receiver-1")
        try unplug("ttyUSB1", id: "receiver-2")
        try plug("ttyUSB0", as: "receiver-2")
        #expect(first.next(at: moment(1)) == nil)
        #expect(second.next(at: moment(1)) == "\(byID)/receiver-2")
        try plug("ttyUSB1", as: "receiver-1")
        #expect(first.next(at: moment(2)) == "\(byID)/receiver-1")
        #expect(second.next(at: moment(2)) == "\(byID)/receiver-2")
    }

    @Test("a device without a link, and a machine without udev, are left to the configured name")
    func unlinked() throws {
        var name = StableDeviceName("\(directory.path)/ttyS0", directory: "\(directory.path)/nowhere")
        #expect(name.remember(openedAs: name.configured) == false)
        #expect(name.link == nil)
        #expect(name.next(at: moment(1)) == "\(directory.path)/ttyS0")
        #expect(!name.isStandIn)
    }
}
