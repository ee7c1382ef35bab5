import CLinux
import Discipline
import Glibc
import TimeScale

/// A PTP hardware clock, `/dev/ptpN`: that of a network card or a time card (`linux/ptp_clock.h`).
///
/// It is read, never set. Tried with the clocks that clknetsim and a virtual machine's module imagine only: no machine of
/// ours has one.
public struct PTPHardwareClock: ~Copyable {
    /// clx_clock_read, or what a test puts in its place: how many readings were put, or the negative `errno`.
    typealias Call = (clx_clock_method, Int32, inout InlineArray<25, clx_clock_reading>) -> Int32

    /// How long a row of readings may take, seconds: all else waits for it. Over a PHY's MDIO a reading takes 1.7 to 3.1 ms.
    private static let longestRow = 0.01
    /// Readings of the first row, of which nobody knows how long they take.
    private static let firstRow: Int32 = 3

    /// The device's path.
    public let path: String
    let descriptor: FileDescriptor
    private let call: Call
    /// How it may be read, best first: both clocks latched by one signal (PTP_SYS_OFFSET_PRECISE), the system's read right
    /// before and after by the driver (_EXTENDED, Linux 5.0) or one after the other by the kernel (PTP_SYS_OFFSET).
    private var methods: [clx_clock_method]
    /// The way that has worked last.
    private var working: clx_clock_method?
    /// How many readings make a row.
    private var row = firstRow

    /// Opens a clock.
    ///
    /// - Parameters:
    ///   - path: the device.
    ///   - usesCrossTimestamps: whether it may be latched together with the system's clock, where it can.
    /// - Throws: `SystemError`.
    public init(path: String, usesCrossTimestamps: Bool = true) throws(SystemError) {
        self.init(
            path: path, descriptor: try FileDescriptor(opening: path, flags: O_RDONLY),
            usesCrossTimestamps: usesCrossTimestamps)
    }

    init(path: String, descriptor: consuming FileDescriptor, usesCrossTimestamps: Bool) {
        let number = descriptor.rawValue
        self.init(path: path, descriptor: descriptor, usesCrossTimestamps: usesCrossTimestamps) {
            method, row, readings in
            var span = readings.mutableSpan
            // SAFETY: the function puts `row` readings at most, which is not more than CLX_CLOCK_READINGS, the array's count.
            return unsafe span.withUnsafeMutableBufferPointer {
                unsafe clx_clock_read(number, method, row, $0.baseAddress)
            }
        }
    }

    init(path: String, descriptor: consuming FileDescriptor, usesCrossTimestamps: Bool, call: @escaping Call) {
        self.descriptor = descriptor
        (self.path, self.call) = (path, call)
        methods = (usesCrossTimestamps ? [CLX_CLOCK_PRECISE] : []) + [CLX_CLOCK_EXTENDED, CLX_CLOCK_PLAIN]
    }

    /// Reads the clock and the system's: up to 25 times in a row where they are not latched together, seldomer where that
    /// would take long.
    ///
    /// - Parameter precision: of a reading, seconds: by how much more than the narrowest a bracket may measure.
    /// - Returns: the mean of those that were not disturbed; `nil` where a clock was set in between, or where the card did
    ///   not answer this time.
    /// - Throws: `SystemError`: ENODEV where the device is gone.
    public mutating func read(precision: Double) throws(SystemError) -> HardwareClockReading? {
        var readings = InlineArray<25, clx_clock_reading>(repeating: clx_clock_reading())
        let count = try fill(&readings)
        guard count > 0 else { return nil }
        let now = SystemClock.reading()
        let each = Double(now.system.nanoseconds &- readings[0].before) / 1e9 / Double(count)
        row = Int32(min(max(Self.longestRow / max(each, 1e-9), 1), Double(CLX_CLOCK_READINGS)))
        return HardwareClockReading.best(
            of: (0..<count).map { index in
                let (before, after) = (readings[index].before, readings[index].after)
                let age = Double(now.system.nanoseconds &- before &- (after &- before) / 2) * (1 - now.steering)
                return HardwareClockReading(
                    card: readings[index].card, raw: now.raw &- (Int64(exactly: age.rounded()) ?? 0),
                    width: Double(after &- before) / 1e9)
            }, precision: precision)
    }

    /// Reads in the best way that there is.
    ///
    /// - Returns: how many readings there are; 0 where the way that works did not work this time, as when a bus was late.
    private mutating func fill(_ readings: inout InlineArray<25, clx_clock_reading>) throws(SystemError) -> Int {
        var failure = EOPNOTSUPP
        for method in methods {
            let answer = call(method, row, &readings)
            guard answer < 0 else {
                working = method
                return Int(answer)
            }
            failure = -answer
            switch failure {
            case EOPNOTSUPP, ENOTTY, EINVAL: methods.removeAll { $0 == method }
            // Of PRECISE it also says that the system's clock runs by another counter than the card latches.
            case ENODEV: break
            default: if method == working { return 0 }
            }
        }
        guard failure != ENODEV, !methods.isEmpty else { throw SystemError("read", code: failure, subject: path) }
        return 0
    }
}
