import CLinux
import Glibc
import TimeScale

/// One measurement from a shared memory segment.
public struct SharedMemorySample: Equatable, Sendable {
    /// The reference's time.
    public let reference: Instant
    /// The local clock at that moment.
    public let received: Instant
    /// Leap second announced.
    public let leapIndicator: LeapIndicator
    /// Exponent of the precision: 2^n s.
    public let precision: Int
    /// Measurements that went into this one, as the writer says.
    public let sampleCount: Int

    /// A measurement.
    public init(
        reference: Instant, received: Instant, leapIndicator: LeapIndicator, precision: Int, sampleCount: Int = 1
    ) {
        (self.reference, self.received, self.leapIndicator) = (reference, received, leapIndicator)
        (self.precision, self.sampleCount) = (precision, sampleCount)
    }
}

/// What a shared memory segment holds.
public enum SharedMemoryReading: Equatable, Sendable {
    /// Nothing since the last reading.
    case notReady
    /// The writer was at work: nothing can be used, the next reading may.
    case clash
    /// Something that is no measurement.
    case bad(Reason)
    /// A measurement, taken out of the segment.
    case sample(SharedMemorySample)

    /// Why the contents are no measurement.
    public enum Reason: Equatable, Sendable {
        /// The mode is neither 0 nor 1.
        case mode
        /// A second outside 1970 ... 2242, or a fraction that is none.
        case time
        /// The leap indicator is not 0 ... 3.
        case leap
    }
}

/// The shared memory of ntpd's driver 28, which gpsd, phc2sys and many others write.
///
/// Times in microseconds, or in nanoseconds where both fields agree. The segment is made where it is missing, so
/// that writer and reader may start in any order, and found again where it was removed and made anew.
@safe public struct SharedMemoryClock: ~Copyable {
    /// How reader and writer keep out of each other's way.
    public enum Mode: Int32, Sendable {
        /// By the valid flag alone.
        case flag = 0
        /// By a count that the writer raises before and after.
        case count = 1
    }

    private let unit: Int
    private let permissions: Int32
    private var identifier: Int32
    private var segment: UnsafeMutableRawPointer

    /// `NTP0` in ASCII: the key of unit 0 (ntpd `refclock_shm.c`).
    private static let firstKey: Int32 = 0x4e54_5030

    /// Attaches a unit's segment.
    ///
    /// - Parameters:
    ///   - unit: 0 ... 255.
    ///   - isPrivate: whether only our user may open a segment that we make; always so for units 0 and 1, as in ntpd.
    /// - Throws: `SystemError`: EACCES where another user's segment is closed to us.
    public init(unit: Int, isPrivate: Bool = false) throws(SystemError) {
        precondition((0...255).contains(unit), "a unit is 0 ... 255")
        let permissions: Int32 = isPrivate || unit < 2 ? 0o600 : 0o666
        let identifier = try Self.create(unit, permissions)
        // SAFETY: the pointer is that of a whole segment and stays so until it is detached.
        let segment = unsafe try Self.attach(identifier, unit)
        unsafe self.segment = segment
        (self.unit, self.permissions, self.identifier) = (unit, permissions, identifier)
    }

    deinit {
        // SAFETY: the pointer is the one that attach gave; nobody uses it any more.
        unsafe clx_shm_detach(segment)
    }

    /// Takes what the writer has left.
    ///
    /// - Returns: a measurement, or why there is none.
    /// - Throws: `SystemError` where the segment was removed and cannot be made or attached again.
    public mutating func read() throws(SystemError) -> SharedMemoryReading {
        try follow()
        var raw = clx_shm_sample()
        // SAFETY: the segment is attached, and as large as the function takes it to be: shmget asked for that size.
        switch unsafe clx_shm_read(segment, &raw) {
        case CLX_SHM_NOT_READY: return .notReady
        case CLX_SHM_CLASH: return .clash
        case CLX_SHM_BAD_MODE: return .bad(.mode)
        default: return Self.decode(raw)
        }
    }

    /// Leaves a measurement for a reader.
    ///
    /// For tests and the demonstration.
    ///
    /// - Parameters:
    ///   - sample: nanoseconds are kept.
    ///   - mode: how a reader is kept out meanwhile.
    /// - Throws: `SystemError` as `read`.
    public mutating func write(_ sample: SharedMemorySample, mode: Mode) throws(SystemError) {
        try follow()
        let (reference, received) = (sample.reference.nanosecondsOfSecond, sample.received.nanosecondsOfSecond)
        var raw = clx_shm_sample(
            reference_seconds: sample.reference.wholeSeconds, received_seconds: sample.received.wholeSeconds,
            reference_microseconds: Int32(reference / 1000), received_microseconds: Int32(received / 1000),
            reference_nanoseconds: UInt32(reference), received_nanoseconds: UInt32(received),
            leap: Int32(sample.leapIndicator.rawValue), precision: Int32(clamping: sample.precision),
            count_of_samples: Int32(clamping: sample.sampleCount))
        // SAFETY: as in `read`.
        unsafe clx_shm_write(segment, mode.rawValue, &raw)
    }

    /// Removes the segment; whoever is attached keeps a memory that nobody else sees.
    ///
    /// - Throws: `SystemError`.
    public func remove() throws(SystemError) {
        try SystemError.check(clx_shm_remove(identifier), "shmctl", "unit \(unit)")
    }

    /// Attaches the segment that the unit's key means now, where it is another one.
    private mutating func follow() throws(SystemError) {
        guard clx_shm_find(Self.firstKey + Int32(unit)) != identifier else { return }
        let current = try Self.create(unit, permissions)
        // SAFETY: as in `init`.
        let fresh = unsafe try Self.attach(current, unit)
        // SAFETY: the old pointer is the one that attach gave; it is replaced at once.
        unsafe clx_shm_detach(segment)
        unsafe (identifier, segment) = (current, fresh)
    }

    private static func create(_ unit: Int, _ permissions: Int32) throws(SystemError) -> Int32 {
        try SystemError.check(clx_shm_create(firstKey + Int32(unit), permissions), "shmget", "unit \(unit)")
    }

    private static func attach(_ identifier: Int32, _ unit: Int) throws(SystemError) -> UnsafeMutableRawPointer {
        var address: UnsafeMutableRawPointer?
        // SAFETY: the function writes one pointer.
        try SystemError.check(unsafe clx_shm_attach(identifier, &address), "shmat", "unit \(unit)")
        guard let address = unsafe address else { throw SystemError("shmat", code: EFAULT, subject: "unit \(unit)") }
        return unsafe address
    }

    private static func decode(_ raw: clx_shm_sample) -> SharedMemoryReading {
        let reference = instant(raw.reference_seconds, raw.reference_microseconds, raw.reference_nanoseconds)
        let received = instant(raw.received_seconds, raw.received_microseconds, raw.received_nanoseconds)
        guard let reference, let received else { return .bad(.time) }
        guard let code = UInt8(exactly: raw.leap), let leap = LeapIndicator(rawValue: code) else { return .bad(.leap) }
        return .sample(
            SharedMemorySample(
                reference: reference, received: received, leapIndicator: leap, precision: Int(raw.precision),
                sampleCount: Int(raw.count_of_samples)))
    }

    /// Nanoseconds count only where they agree with the microseconds: older writers leave them at anything.
    private static func instant(_ seconds: Int64, _ microseconds: Int32, _ nanoseconds: UInt32) -> Instant? {
        let isFine = Int64(nanoseconds / 1000) == Int64(microseconds)
        return PlausibleTime.instant(
            seconds: seconds, nanoseconds: isFine ? Int64(nanoseconds) : Int64(microseconds) * 1000)
    }
}
