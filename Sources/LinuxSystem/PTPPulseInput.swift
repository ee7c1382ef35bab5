import CLinux
import Glibc
import TimeScale

/// An input of a PTP hardware clock: edges of a signal, stamped by that clock (`PTP_EXTTS_REQUEST`, `linux/ptp_clock.h`).
///
/// Which edges are stamped is the driver's affair: many know no other way than both (igb, igc). Before Linux 6.7 all who
/// read one clock share its stamps, and each stamp goes to one of them. Tried with the clock that a virtual machine's
/// module imagines only; no pin of a real card has been set.
public struct PTPPulseInput: ~Copyable {
    /// The clock that stamps.
    public var clock: PTPHardwareClock
    private let channel: UInt32
    private let isFalling: Int32

    /// Reads that empty the kernel's queue of 128 stamps.
    private static let readsOfFullQueue = 5

    /// Opens a clock and has it stamp edges.
    ///
    /// - Parameters:
    ///   - path: the device.
    ///   - pin: the pin that the signal comes in by; below 0 for what it is set to already, `nil` for the first, where
    ///     there are any.
    ///   - channel: the channel that stamps, 0 or more.
    ///   - edge: which is asked for; `assert` is the rising one.
    ///   - usesCrossTimestamps: whether the clock may be latched together with the system's, where it can.
    /// - Throws: `SystemError`: ENOTTY for what is no such clock, EOPNOTSUPP where it stamps no edges or its driver
    ///   cannot use the pin so, EINVAL where there is no such pin or channel, EBUSY where the channel is taken.
    public init(
        path: String, pin: Int?, channel: Int, edge: PulseDevice.Edge, usesCrossTimestamps: Bool
    ) throws(SystemError) {
        let descriptor = try FileDescriptor(openingForControl: path)
        let number = descriptor.rawValue
        var (channels, pins): (Int32, Int32) = (0, 0)
        // SAFETY: the function fills two ints.
        let answer = unsafe clx_clock_inputs(number, &channels, &pins)
        guard answer >= 0 else {
            throw SystemError("open", code: -answer, subject: path, remark: "not a PTP hardware clock")
        }
        guard channels > 0 else {
            throw SystemError("open", code: EOPNOTSUPP, subject: path, remark: "the clock stamps no pulses")
        }
        guard (0..<Int(channels)).contains(channel) else {
            throw SystemError("channel", code: EINVAL, subject: path, remark: "the clock has no such channel")
        }
        let wanted = pin ?? (pins > 0 ? 0 : -1)
        guard wanted < Int(pins) else {
            throw SystemError("pin", code: EINVAL, subject: path, remark: "the clock has no such pin")
        }
        if wanted >= 0 {
            try Self.check(clx_clock_assign_pin(number, UInt32(wanted), UInt32(channel)), "pin", path)
        }
        // Stamps of a program before us.
        for _ in 0..<Self.readsOfFullQueue { _ = try Self.takeStamps(number, channel: 0, path) }
        let isFalling: Int32 = edge == .clear ? 1 : 0
        try Self.request(number, UInt32(channel), isFalling, path)
        clock = PTPHardwareClock(path: path, descriptor: descriptor, usesCrossTimestamps: usesCrossTimestamps)
        (self.channel, self.isFalling) = (UInt32(channel), isFalling)
    }

    deinit {
        // A device that is gone has nothing left to switch off.
        _ = clx_clock_stamp_nothing(clock.descriptor.rawValue, channel)
    }

    /// The kernel's number of the descriptor that becomes readable with a stamp.
    public var descriptorNumber: Int32 { clock.descriptor.rawValue }

    /// Asks for stamps anew: a card that was reset, as igb does with its clock too, has forgotten that it was asked.
    ///
    /// - Throws: `SystemError` as `init`.
    public func renew() throws(SystemError) {
        let number = clock.descriptor.rawValue
        // Not switched off first without need: that is where bcm-phy-ptp can hang, the process with it.
        if clx_clock_stamp_edges(number, channel, isFalling) >= 0 { return }
        // A driver may refuse what it believes to be doing already.
        _ = clx_clock_stamp_nothing(number, channel)
        try Self.request(number, channel, isFalling, clock.path)
    }

    /// Takes the stamps that have come, as many as one reading gives, oldest first.
    ///
    /// - Returns: readings of the clock at edges, ns; `nil` among them for one that is no time.
    /// - Throws: `SystemError`: ENODEV where the device is gone.
    public func takeStamps() throws(SystemError) -> [Int64?] {
        try Self.takeStamps(clock.descriptor.rawValue, channel: channel, clock.path)
    }

    private static func request(
        _ number: Int32, _ channel: UInt32, _ isFalling: Int32, _ path: String
    ) throws(SystemError) {
        try check(clx_clock_stamp_edges(number, channel, isFalling), "channel", path)
    }

    static func takeStamps(_ number: Int32, channel: UInt32, _ path: String) throws(SystemError) -> [Int64?] {
        var edges = InlineArray<30, clx_clock_edge>(repeating: clx_clock_edge())
        var span = edges.mutableSpan
        // SAFETY: the function puts CLX_CLOCK_EDGES at most, which is the array's count.
        let answer = unsafe span.withUnsafeMutableBufferPointer { unsafe clx_clock_take_edges(number, $0.baseAddress) }
        let count = Int(try SystemError.check(answer, "read", path))
        return (0..<count).filter { edges[$0].channel == channel }.map { index in
            // A card may count from anywhere, but not from before its zero.
            PlausibleTime.instant(seconds: edges[index].seconds, nanoseconds: Int64(edges[index].nanoseconds))?
                .nanoseconds
        }
    }

    /// The same as `SystemError.check`, in the words of those who have pins and channels before them.
    private static func check(_ answer: Int32, _ operation: StaticString, _ path: String) throws(SystemError) {
        guard answer < 0 else { return }
        let remark: StaticString? =
            switch -answer {
            case EBUSY: "busy, or no pin is set to it"
            case EOPNOTSUPP, EINVAL: "the driver cannot stamp pulses there"
            default: nil
            }
        throw SystemError(operation, code: -answer, subject: path, remark: remark)
    }
}
