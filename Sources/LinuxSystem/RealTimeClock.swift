import CLinux
import Glibc
import TimeScale

/// The machine's real-time clock (RTC), which goes on without power and counts whole seconds: `/dev/rtc0` (rtc(4)).
///
/// The kernel lets one program have it open at a time, so it is opened for a few seconds and closed again. Tried with an
/// imagined one only: no machine of ours has one.
public struct RealTimeClock: ~Copyable {
    /// clx_rtc, or what a test puts in its place: the negative `errno`, or 0.
    typealias Call = (clx_rtc_request, inout clx_civil_time) -> Int32

    /// Where it is.
    public let path: String
    private let descriptor: FileDescriptor
    private let call: Call

    /// Opens the clock.
    ///
    /// - Parameter path: the device.
    /// - Throws: `SystemError`: EBUSY while another program has it open.
    public init(path: String) throws(SystemError) {
        let descriptor = try FileDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
        let number = descriptor.rawValue
        self.init(path: path, descriptor: descriptor) { request, time in
            // SAFETY: the function reads or fills one clx_civil_time.
            unsafe clx_rtc(number, request, &time)
        }
    }

    init(path: String, descriptor: consuming FileDescriptor, call: @escaping Call) {
        (self.path, self.call) = (path, call)
        self.descriptor = descriptor
    }

    /// For poll(2): readable when an update interrupt has come.
    public var descriptorNumber: Int32 { descriptor.rawValue }

    /// The second that the clock shows, as UTC.
    ///
    /// - Throws: `SystemError`: EINVAL where it shows none, as after its battery was empty.
    public func read() throws(SystemError) -> Instant {
        var time = clx_civil_time()
        try SystemError.check(call(CLX_RTC_READ, &time), "RTC_RD_TIME", path)
        let civil = CivilTime(
            year: Int(time.year), month: Int(time.month), day: Int(time.day), hour: Int(time.hour),
            minute: Int(time.minute), second: Int(time.second))
        guard let civil else {
            throw SystemError("RTC_RD_TIME", code: EINVAL, subject: path, remark: "what it shows is no time")
        }
        return civil.instant
    }

    /// Sets the clock.
    ///
    /// - Parameter second: UTC; what is below a second is cut off.
    /// - Throws: `SystemError`: ERANGE for a year that it does not know.
    public func set(_ second: Instant) throws(SystemError) {
        let civil = CivilTime(second)
        var time = clx_civil_time(
            year: Int32(civil.year), month: Int32(civil.month), day: Int32(civil.day), hour: Int32(civil.hour),
            minute: Int32(civil.minute), second: Int32(civil.second))
        try SystemError.check(call(CLX_RTC_SET, &time), "RTC_SET_TIME", path)
    }

    /// Has the clock interrupt at the beginning of each of its seconds, or no more.
    ///
    /// - Throws: `SystemError`: EINVAL, ENOTTY or EIO where its interrupt is not connected.
    public func interruptUpdates(_ isWanted: Bool) throws(SystemError) {
        var none = clx_civil_time()
        try SystemError.check(
            call(isWanted ? CLX_RTC_UPDATES_ON : CLX_RTC_UPDATES_OFF, &none), "RTC_UIE", path)
    }

    /// Takes the interrupts that have come.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `SystemError`.
    public func takeInterrupts() throws(SystemError) -> Bool {
        // The kernel gives one word, the count of interrupts and their kind, and counts anew.
        var word: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        var span = word.mutableSpan
        return try descriptor.read(into: &span, subject: path) ?? 0 > 0
    }
}
