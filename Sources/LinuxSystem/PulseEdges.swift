import CLinux
import Glibc

/// Both edges of a pulse device, as far as it shows them; its mode is put back when this goes out of use.
///
/// To find out which edge begins the second. `PulseDevice` is for those who know.
public struct PulseEdges: ~Copyable {
    /// The last edge of each kind; `nil` where none has come, or the device does not show it.
    public struct Last: Equatable, Sendable {
        /// Mostly the rising one.
        public let assert: PulseDevice.Pulse?
        /// The other.
        public let clear: PulseDevice.Pulse?
    }

    private let descriptor: FileDescriptor
    private let path: String
    private let modeBefore: Int32?

    /// PPS_CAPTUREBOTH of `linux/pps.h`.
    private static let captureBoth: Int32 = 3

    /// Opens a device and has it capture what it can; without the right to say so (CAP_SYS_TIME), what it does already.
    ///
    /// - Parameter path: the device.
    /// - Throws: `SystemError`: ENOTTY for what is no pulse device.
    public init(path: String) throws(SystemError) {
        let device = try FileDescriptor(openingForControl: path)
        var (modes, before): (Int32, Int32) = (0, 0)
        // SAFETY: the kernel writes one int.
        let answer = unsafe clx_pps_capabilities(device.rawValue, &modes)
        if answer == -ENOTTY { throw SystemError("open", code: ENOTTY, subject: path, remark: "not a pulse device") }
        try SystemError.check(answer, "PPS_GETCAP", path)
        // SAFETY: the function writes one int.
        try SystemError.check(unsafe clx_pps_mode(device.rawValue, &before), "PPS_GETPARAMS", path)
        let taken = clx_pps_set_mode(device.rawValue, modes & Self.captureBoth)
        if taken < 0, taken != -EPERM, taken != -EACCES { try SystemError.check(taken, "PPS_SETPARAMS", path) }
        modeBefore = taken < 0 ? nil : before
        self.path = path
        descriptor = device
    }

    deinit {
        // A mode without any edge, as the line discipline has it at first, cannot be set.
        if let modeBefore, modeBefore & Self.captureBoth != 0 { _ = clx_pps_set_mode(descriptor.rawValue, modeBefore) }
    }

    /// The last edges, at once.
    ///
    /// - Throws: `SystemError`: ENODEV where the device is gone.
    public func fetch() throws(SystemError) -> Last {
        Last(
            assert: try PulseDevice.fetch(descriptor, .assert, path),
            clear: try PulseDevice.fetch(descriptor, .clear, path))
    }
}
