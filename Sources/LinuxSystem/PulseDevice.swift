import CLinux
import Glibc
import TimeScale

/// A device whose edges the kernel stamps: `/dev/pps0` (RFC 2783, `linux/pps.h`).
public struct PulseDevice: ~Copyable {
    /// One edge of the signal.
    public enum Edge: Sendable {
        /// The one that the device calls assert: mostly the rising one.
        case assert
        /// The other.
        case clear
    }

    /// A stamped edge.
    public struct Pulse: Equatable, Sendable {
        /// Counts the edges of this kind; wraps. A gap is a missed pulse, the same number the same pulse.
        public let sequence: UInt32
        /// CLOCK_REALTIME at the edge.
        public let edge: Instant
    }

    private let descriptor: FileDescriptor
    private let edge: Edge
    private let path: String

    /// Bits of the kernel's modes (`linux/pps.h`).
    private static let captureAssert: Int32 = 1
    private static let captureClear: Int32 = 2

    /// Opens a device and has it capture an edge.
    ///
    /// Without the right to set the mode (CAP_SYS_TIME) it makes do with what another program has set.
    ///
    /// - Parameters:
    ///   - path: the device.
    ///   - edge: the edge that marks the second.
    /// - Throws: `SystemError`: ENOTTY for what is no pulse device, EOPNOTSUPP where the edge is not captured.
    public init(path: String, edge: Edge) throws(SystemError) {
        let device = try FileDescriptor(openingForControl: path)
        let wanted = edge == .assert ? Self.captureAssert : Self.captureClear
        var modes: Int32 = 0
        // SAFETY: the kernel writes one int.
        let answer = unsafe clx_pps_capabilities(device.rawValue, &modes)
        if answer == -ENOTTY { throw SystemError("open", code: ENOTTY, subject: path, remark: "not a pulse device") }
        try SystemError.check(answer, "PPS_GETCAP", path)
        guard modes & wanted != 0 else {
            throw SystemError("open", code: EOPNOTSUPP, subject: path, remark: "the device cannot capture this edge")
        }
        try Self.capture(device, edge, wanted, path)
        (self.path, self.edge) = (path, edge)
        descriptor = device
    }

    /// The last edge, at once.
    ///
    /// - Returns: `nil` before the first edge.
    /// - Throws: `SystemError`: ENODEV where the device is gone.
    public func fetch() throws(SystemError) -> Pulse? { try Self.fetch(descriptor, edge, path) }

    static func fetch(
        _ device: borrowing FileDescriptor, _ edge: Edge, _ path: String
    ) throws(SystemError) -> Pulse? {
        var pulse = clx_pulse()
        // SAFETY: the function fills one clx_pulse.
        let answer = unsafe clx_pps_fetch(device.rawValue, edge == .clear ? 1 : 0, &pulse)
        try SystemError.check(answer, "PPS_FETCH", path)
        guard pulse.sequence != 0 || pulse.seconds != 0,
            let edge = Instant(seconds: pulse.seconds, nanosecondsOfSecond: Int64(pulse.nanoseconds))
        else { return nil }
        return Pulse(sequence: pulse.sequence, edge: edge)
    }

    /// The number of the pulse device that a terminal feeds.
    ///
    /// - Parameters:
    ///   - terminal: its name with links resolved, `/dev/ttyS0`.
    ///   - directory: where the kernel lists its pulse devices, `/sys/class/pps`.
    /// - Returns: n of `/dev/ppsn`; the highest where there are several, which was attached last.
    /// - Throws: `SystemError`; ENODEV where there is none.
    static func number(ofTerminal terminal: String, in directory: String) throws(SystemError) -> Int {
        guard Files.exists(directory) else { throw SystemError("opendir", code: ENOENT, subject: directory) }
        var found: Int?
        for name in Files.names(in: directory) {
            guard name.hasPrefix("pps"), let number = Int(name.dropFirst(3)),
                isFed("\(directory)/\(name)/path", by: terminal)
            else { continue }
            found = max(found ?? 0, number)
        }
        guard let found else {
            throw SystemError("attach", code: ENODEV, subject: terminal, remark: "no pulse device came up")
        }
        return found
    }

    /// Whether a `path` file of sysfs names a terminal. A device that goes away while we look is no match.
    private static func isFed(_ pathFile: String, by terminal: String) -> Bool {
        do throws(SystemError) {
            let line = try Files.read(pathFile, limit: 4096).prefix { $0 != 0x0a }
            return String(decoding: line, as: UTF8.self) == terminal
        } catch {
            return false
        }
    }

    private static func capture(
        _ device: borrowing FileDescriptor, _ edge: Edge, _ wanted: Int32, _ path: String
    ) throws(SystemError) {
        let answer = clx_pps_capture(device.rawValue, edge == .clear ? 1 : 0)
        guard answer == -EPERM || answer == -EACCES else {
            try SystemError.check(answer, "PPS_SETPARAMS", path)
            return
        }
        var mode: Int32 = 0
        // SAFETY: the function writes one int.
        try SystemError.check(unsafe clx_pps_mode(device.rawValue, &mode), "PPS_GETPARAMS", path)
        guard mode & wanted != 0 else {
            throw SystemError("PPS_SETPARAMS", code: EPERM, subject: path, remark: "the edge is not captured")
        }
    }
}
