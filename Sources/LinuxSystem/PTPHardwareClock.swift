import CLinux
import Discipline
import Glibc
import TimeScale

/// A PTP hardware clock, `/dev/ptpN`: that of a network card or a time card (`linux/ptp_clock.h`).
///
/// It is read, never set. Tried with the clocks that clknetsim and a virtual machine's module imagine only: no machine of
/// ours has one.
public struct PTPHardwareClock: ~Copyable {
    /// The device's path.
    public let path: String
    let descriptor: FileDescriptor
    /// How it is read, best first; a way that fails once is given up.
    private var methods: [Method]

    /// A way of reading it together with the system's clock.
    fileprivate enum Method {
        /// Both latched by one signal (PTP_SYS_OFFSET_PRECISE).
        case precise
        /// The driver reads the system's clock right before and after (PTP_SYS_OFFSET_EXTENDED, Linux 5.0).
        case extended
        /// The kernel reads one after the other (PTP_SYS_OFFSET).
        case plain
    }

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
        self.descriptor = descriptor
        self.path = path
        methods = usesCrossTimestamps ? [.precise, .extended, .plain] : [.extended, .plain]
    }

    /// Reads the clock and the system's, some 25 times in a row where they are not latched together.
    ///
    /// - Parameter precision: of a reading, seconds: by how much more than the narrowest a bracket may measure.
    /// - Returns: the mean of those that were not disturbed; `nil` where a clock was set in between.
    /// - Throws: `SystemError`: ENODEV where the device is gone.
    public mutating func read(precision: Double) throws(SystemError) -> HardwareClockReading? {
        var readings = InlineArray<25, clx_clock_reading>(repeating: clx_clock_reading())
        let count = try fill(&readings)
        let now = SystemClock.reading()
        return HardwareClockReading.best(
            of: (0..<count).map { index in
                let (before, after) = (readings[index].before, readings[index].after)
                let age = Double(now.system.nanoseconds &- before &- (after &- before) / 2) * (1 - now.steering)
                return HardwareClockReading(
                    card: readings[index].card, raw: now.raw &- (Int64(exactly: age.rounded()) ?? 0),
                    width: Double(after &- before) / 1e9)
            }, precision: precision)
    }

    private mutating func fill(_ readings: inout InlineArray<25, clx_clock_reading>) throws(SystemError) -> Int {
        while let method = methods.first {
            let number = descriptor.rawValue
            var span = readings.mutableSpan
            // SAFETY: the function puts CLX_CLOCK_READINGS at most, which is the array's count.
            let answer = unsafe span.withUnsafeMutableBufferPointer {
                unsafe clx_clock_read(number, method.code, $0.baseAddress)
            }
            if answer >= 0 { return Int(answer) }
            // Drivers answer what they cannot do in many ways, but a device that is gone always in this one.
            guard answer != -ENODEV, methods.count > 1 else { throw SystemError("read", code: -answer, subject: path) }
            methods.removeFirst()
        }
        throw SystemError("read", code: EOPNOTSUPP, subject: path)
    }
}

extension PTPHardwareClock.Method {
    fileprivate var code: clx_clock_method {
        switch self {
        case .precise: CLX_CLOCK_PRECISE
        case .extended: CLX_CLOCK_EXTENDED
        case .plain: CLX_CLOCK_PLAIN
        }
    }
}
