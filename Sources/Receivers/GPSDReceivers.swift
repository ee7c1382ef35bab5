import GPSDWire

/// Which of gpsd's receivers is meant, and whose pulses are its.
public struct GPSDChoice: Equatable, Sendable {
    /// The receiver's path as gpsd has it; `nil` where nothing is said.
    public var path: String?
    /// The path under which gpsd tells of its pulses; `nil` where nothing is said.
    public var pulsePath: String?
    /// Which of several receivers it is where nothing is said, from 0.
    public var unit: Int

    /// A choice. A path of a pulse device is that of the pulses.
    public init(path: String? = nil, pulsePath: String? = nil, unit: Int = 0) {
        let isPulses = path.map(GPSDDevice.isPulseDevice) ?? false
        (self.path, self.pulsePath) = isPulses ? (nil, pulsePath ?? path) : (path, pulsePath)
        self.unit = unit
    }
}

/// The receivers of a gpsd, and which of them is ours.
///
/// Each keeps its place in the order in which gpsd first told of it, so that a unit does not become another receiver when
/// one is recognised anew or lost. A receiver that comes by another name takes the place of one that has gone.
struct GPSDReceivers: Sendable {
    /// gpsd has four devices, or as many as somebody has built it for.
    private static let most = 16

    /// A receiver that gpsd has, or had.
    private struct Receiver {
        var path: String
        var isActive = true
        /// Whether anything was told of it since the last list, and before that one.
        var hasSpoken = true
        var isSilent = false
    }

    private var receivers: [Receiver] = []
    /// The pulse device whose pulses are taken.
    private var pulses: String?
    /// Whether gpsd has told what it has.
    private var isListed = false

    /// Takes the list of all that gpsd has, for which it is asked every ten seconds.
    ///
    /// gpsd 3.22 goes on listing a receiver that was unplugged, or does not; it says nothing more of it either way.
    mutating func take(_ devices: [GPSDDevice]) {
        isListed = true
        let active = devices.filter(\.isActive)
        for index in receivers.indices {
            receivers[index].isActive = active.contains { $0.path == receivers[index].path }
            receivers[index].isSilent = !receivers[index].hasSpoken
        }
        for device in active where !receivers.contains(where: { $0.path == device.path }) {
            note(device.path, isActive: true)
        }
        for index in receivers.indices { receivers[index].hasSpoken = false }
    }

    /// Notes that gpsd has a device, or has it no more.
    mutating func note(_ path: String, isActive: Bool) {
        guard !GPSDDevice.isPulseDevice(path) else {
            if !isActive, path == pulses { pulses = nil }
            return
        }
        if let known = receivers.firstIndex(where: { $0.path == path }) {
            receivers[known].isActive = isActive
            (receivers[known].hasSpoken, receivers[known].isSilent) = (true, false)
        } else if !isActive {
            return
        } else if let vacant = receivers.firstIndex(where: { !$0.isActive }) {
            receivers[vacant] = Receiver(path: path)
        } else if receivers.count < Self.most {
            receivers.append(Receiver(path: path))
        }
    }

    /// Whether a report is about the chosen receiver; one that names no device is about all.
    func isAbout(_ device: String?, _ choice: GPSDChoice) -> Bool {
        device.map { $0 == receiver(choice)?.path } ?? true
    }

    /// Whether pulses are those of the chosen receiver.
    ///
    /// gpsd tells of a pulse by the name of the device that has it: of the receiver's own line, or of a `/dev/ppsN`, which
    /// says nothing about the receiver. Where both do, the second is the kernel's stamp, and one is enough.
    mutating func arePulses(of device: String?, _ choice: GPSDChoice) -> Bool {
        guard let device else { return true }
        if let wanted = choice.pulsePath { return device == wanted }
        guard GPSDDevice.isPulseDevice(device) else { return pulses == nil && isAbout(device, choice) }
        guard receivers.count == 1, receiver(choice)?.isActive ?? false else { return false }
        pulses = pulses ?? device
        return device == pulses
    }

    /// Why the chosen receiver is not heard; `nil` where it is, or gpsd has not told what it has.
    func absence(_ choice: GPSDChoice) -> String? {
        let found = receiver(choice)
        if let found, found.isActive { return found.isSilent ? "gpsd hears nothing from \(found.path)" : nil }
        guard found != nil || isListed else { return nil }
        if let path = choice.path ?? found?.path { return "gpsd has no receiver at \(path)" }
        return "gpsd has no receiver" + (receivers.isEmpty ? "" : " for unit \(choice.unit)")
    }

    private func receiver(_ choice: GPSDChoice) -> Receiver? {
        let name = choice.path ?? Self.name(ofUnit: choice.unit)
        if let named = receivers.first(where: { $0.path == name }) { return named }
        guard choice.path == nil else { return nil }
        // The others fill, in gpsd's order, the units that no name has: no receiver is two units.
        let names = (0..<Self.units).map(Self.name(ofUnit:))
        let unnamed = receivers.filter { !names.contains($0.path) }
        let place = (0..<choice.unit).count { unit in !receivers.contains { $0.path == names[unit] } }
        return unnamed.indices.contains(place) ? unnamed[place] : nil
    }

    /// As many units as ntpd has for the seconds of gpsd's receivers; those from there on are their pulses.
    private static let units = 128

    /// ntpd's name for the device of a unit.
    private static func name(ofUnit unit: Int) -> String { "/dev/gps\(unit)" }
}
