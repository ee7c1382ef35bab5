import Glibc

/// The serial ports and pulse devices of this machine, found by looking; nothing is opened.
public struct DeviceList: Sendable {
    /// A serial port, under all its names.
    public struct Port: Equatable, Sendable {
        /// The name that stays the same when the device is plugged in again, where it has such a name.
        public let path: String
        /// The device's own name, `/dev/ttyACM0`.
        public let device: String
        /// Why there can be no receiver; `nil` where there can.
        public let remark: Remark?

        /// Why there can be no receiver at a port.
        public enum Remark: Equatable, Sendable {
            /// The kernel has a name for it, and no hardware.
            case hasNoHardware
            /// The kernel writes its messages there.
            case isConsole
        }
    }

    /// A pulse device.
    public struct Pulses: Equatable, Sendable {
        /// Its name, `/dev/pps0`.
        public let path: String
        /// What its driver calls it, `pps@12.-1`.
        public let name: String
        /// The terminal whose carrier detect line brings the pulses, `/dev/ttyS0`; `nil` where none does.
        public let terminal: String?
    }

    /// The kinds of port that receivers are connected to.
    private static let kinds = [
        "ttyUSB", "ttyACM", "ttyAMA", "ttyS", "ttyO", "ttymxc", "ttyTHS", "ttyPS", "ttySC", "ttyGNSS", "ttyGPS",
    ]

    private let devices: String
    private let system: String
    private let processes: String
    private let udev: String

    /// Where to look.
    ///
    /// - Parameters:
    ///   - devices: `/dev`.
    ///   - system: `/sys`.
    ///   - processes: `/proc`.
    ///   - udev: where udev keeps what it knows.
    public init(
        devices: String = "/dev", system: String = "/sys", processes: String = "/proc", udev: String = "/run/udev/data"
    ) {
        (self.devices, self.system, self.processes, self.udev) = (devices, system, processes, udev)
    }

    // MARK: - Serial ports

    /// Every port once, those with hardware that can be unplugged first.
    public func ports() -> [Port] {
        let all = names("")
        let receivers = all.filter { Self.isNumbered($0, "gps") }
        let plain = Self.kinds.flatMap { kind in all.filter { Self.isNumbered($0, kind) } }
        let serial = all.filter { Self.isNumbered($0, "serial") }
        let byID = names("serial/by-id").map { "serial/by-id/\($0)" }
        let byPath = names("serial/by-path").map { "serial/by-path/\($0)" }
        let twins = twins(among: plain)
        let only = receivers.first.flatMap(resolved)
        // udev's rules of ours name a USB receiver that nobody has numbered by the kernel's number, which may be another's
        // after a restart; a link by identity leads to whichever of two twins has come last.
        let lasting = receivers.filter { name in
            hasLastingNumber(name) || receivers.allSatisfy { resolved($0) == only }
        }
        let own = byID.filter { link in resolved(link).map { !twins.contains($0) } ?? false }
        var found: [Port] = []
        for name in lasting + own + serial + byPath + receivers + byID + plain {
            let path = "\(devices)/\(name)"
            guard let device = resolved(name), !found.contains(where: { $0.device == device }) else { continue }
            found.append(Port(path: path, device: device, remark: remark(device)))
        }
        return found
    }

    /// What a name leads to; `nil` where there is nothing.
    private func resolved(_ name: String) -> String? { Files.resolved("\(devices)/\(name)") }

    /// Devices that have the identity of another: maker, product, serial number and interface on USB.
    private func twins(among names: [String]) -> [String] {
        var known: [(device: String, identity: String)] = []
        for device in names.compactMap(resolved) {
            if let identity = identity(of: device) { known.append((device, identity)) }
        }
        return known.filter { port in
            known.contains { $0.device != port.device && $0.identity == port.identity }
        }.map(\.device)
    }

    /// What a link by identity is named after; `nil` for what is not on USB.
    private func identity(of device: String) -> String? {
        let folder = "class/tty/\(Self.name(device))/device"
        // The interface itself is the device of a modem's port, and one above that of a converter's.
        for interface in [folder, "\(folder)/.."] {
            guard let maker = line("\(interface)/../idVendor"), let number = line("\(interface)/bInterfaceNumber")
            else {
                continue
            }
            let product = line("\(interface)/../idProduct") ?? ""
            let port = line("\(folder)/port_number") ?? ""
            return "\(maker) \(product) \(line("\(interface)/../serial") ?? "") \(number) \(port)"
        }
        return nil
    }

    /// Whether the number of a receiver's link is not the kernel's: the hardware's, or one that somebody has given.
    private func hasLastingNumber(_ name: String) -> Bool {
        guard let device = resolved(name) else { return false }
        guard identity(of: device) != nil else { return true }
        let number = line("class/tty/\(Self.name(device))/dev") ?? ""
        let facts = text("\(udev)/c\(number)", lines: true)?.split(separator: "\n") ?? []
        return facts.contains { $0.hasPrefix("E:TIMEBALL_UNIT=") }
    }

    /// A port that somebody has named.
    ///
    /// - Returns: the port, without any remark; its path itself where it is no link.
    public func port(_ path: String) -> Port {
        Port(path: path, device: Files.resolved(path) ?? path, remark: nil)
    }

    private func remark(_ device: String) -> Port.Remark? {
        let name = Self.name(device)
        // PORT_UNKNOWN of linux/serial_core.h; other drivers have no such file.
        if line("class/tty/\(name)/type") == "0" { return .hasNoHardware }
        let consoles = line("class/tty/console/active")?.split(separator: " ") ?? []
        return consoles.contains { $0 == name } ? .isConsole : nil
    }

    // MARK: - Pulses

    /// Every pulse device.
    public func pulses() -> [Pulses] {
        names(at: "\(system)/class/pps").filter { Self.isNumbered($0, "pps") }.map { name in
            let terminal = line("class/pps/\(name)/path") ?? ""
            return Pulses(
                path: "\(devices)/\(name)", name: line("class/pps/\(name)/name") ?? "",
                terminal: terminal.isEmpty ? nil : terminal)
        }
    }

    /// A pulse device that somebody has named, perhaps by a link.
    ///
    /// - Returns: the device under that name; without more where the kernel does not list it.
    public func pulses(_ path: String) -> Pulses {
        let device = Files.resolved(path) ?? path
        let known = pulses().first { $0.path == device }
        return Pulses(path: path, name: known?.name ?? "", terminal: known?.terminal)
    }

    /// PTP clocks that stamp pulses at inputs of their own, `/dev/ptp0`.
    public func pulseInputsOfClocks() -> [String] {
        names(at: "\(system)/class/ptp").filter { name in
            line("class/ptp/\(name)/n_external_timestamps").flatMap { Int($0) } ?? 0 > 0
        }.map { "\(devices)/\($0)" }
    }

    // MARK: - Who else is there

    /// A process that has a device open.
    public struct Holder: Equatable, Sendable {
        /// Its number.
        public let process: Int32
        /// Its name, `gpsd`; 15 characters at most.
        public let name: String
    }

    /// The first other process that has a device open.
    ///
    /// - Parameter device: its own name, with links resolved.
    /// - Returns: `nil` where the kernel shows none; it shows all to root, and to others their own.
    public func holder(of device: String) -> Holder? {
        for process in names(at: processes).compactMap({ Int32($0) }) where process != getpid() {
            let folder = "\(processes)/\(process)/fd"
            let open = names(at: folder).compactMap { Files.linkTarget("\(folder)/\($0)") }
            // The maker of a pseudo-terminal has both of its ends.
            guard open.contains(device), !(device.hasPrefix("/dev/pts/") && open.contains { $0.hasSuffix("/ptmx") })
            else {
                continue
            }
            return Holder(process: process, name: text("\(processes)/\(process)/comm") ?? "unknown")
        }
        return nil
    }

    /// Whether somebody listens for clients of gpsd, TCP port 2947: gpsd, or systemd, which starts it for the first.
    ///
    /// Asking would start it, and it would take receivers.
    public func hasGPSDListener() -> Bool {
        // State 0A is LISTEN (net/tcp_states.h), 0B83 is 2947.
        ["tcp", "tcp6"].contains { table in
            let lines = text("\(processes)/net/\(table)", lines: true)?.split(separator: "\n") ?? []
            return lines.contains { line in
                let fields = line.split(separator: " ")
                return fields.count > 3 && fields[1].hasSuffix(":0B83") && fields[3] == "0A"
            }
        }
    }

    // MARK: - Reading

    /// The names in a folder of devices, `ttyS2` before `ttyS10`.
    private func names(_ folder: String) -> [String] { names(at: folder.isEmpty ? devices : "\(devices)/\(folder)") }

    private func names(at folder: String) -> [String] {
        Files.names(in: folder).sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    private func line(_ file: String) -> String? { text("\(system)/\(file)") }

    /// A file of the kernel's: its first line, or all.
    private func text(_ path: String, lines: Bool = false) -> String? {
        do throws(SystemError) {
            // 1 MiB: a table of ten thousand connections.
            let bytes = try Files.read(path, limit: 1 << 20)
            return String(decoding: lines ? bytes[...] : bytes.prefix { $0 != 0x0a }, as: UTF8.self)
        } catch {
            return nil
        }
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func isNumbered(_ name: String, _ kind: String) -> Bool {
        name.hasPrefix(kind) && name.utf8.count > kind.utf8.count
            && name.dropFirst(kind.count).utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
