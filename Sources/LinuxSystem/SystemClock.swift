import CLinux
import Discipline
import Glibc
import TimeScale

/// The kernel's clock, steered by adjtimex(2).
///
/// Creating it changes nothing. The first setter switches off what another program left running: the kernel's own
/// phase-locked loop and the rest of an adjtime(3). STA_PLL is never set: the loop is ours.
public struct SystemClock: ClockControl {
    /// The frequency correction in force, s/s; positive makes the clock faster.
    public private(set) var frequencyCorrection: Double

    /// Kernel MAXFREQ, 500 ppm.
    public let largestFrequencyCorrection = 500e-6

    /// The kernel's `maxerror` before this program began, in seconds; `nil` where STA_UNSYNC stood.
    public let inheritedMaximumError: Double?

    /// adjtimex(2), or what a test puts in its place: the negative `errno`, or 0 and more.
    typealias Call = (inout timex) -> Int32

    private let call: Call
    private let inheritedStatus: Int32
    private var hasInheritedLoop: Bool
    private var hasTakenOver = false

    /// Kernel frequency unit: 2⁻¹⁶ ppm.
    private static let frequencyUnit = 1e-6 / 65536
    /// Sandwiched readings of two clocks, of which the narrowest counts: an interrupt seldom comes three times.
    private static let pairings = 3

    /// Microseconds per tick at USER_HZ = 100, which is every Linux but Alpha's.
    private static let nominalTick = 10_000

    /// Kernel NTP_PHASE_LIMIT: 16 s, beyond which it calls the clock unsynchronised.
    private static let largestErrorMicroseconds = 16e6

    /// The kernel's clock as it runs now.
    ///
    /// - Throws: `ClockControlError` where even reading is refused (a seccomp filter).
    public init() throws(ClockControlError) {
        try self.init(call: Self.kernel)
    }

    init(call: @escaping Call) throws(ClockControlError) {
        var state = timex()
        try Self.adjust(&state, "adjtimex read", call)
        self.call = call
        frequencyCorrection = Self.frequency(of: state)
        inheritedStatus = state.status
        hasInheritedLoop = Self.hasLoop(state)
        inheritedMaximumError = state.status & Int32(STA_UNSYNC) == 0 ? Double(state.maxerror) * 1e-6 : nil
    }

    /// Whether this process may set the clock at all, so that it is known at the start and not at the first step.
    ///
    /// Sets the tick to what it is already: the kernel asks for the right before it looks at the value. Its capabilities
    /// alone would not tell, for a container may have them and no clock.
    ///
    /// - Throws: `ClockControlError` where it may not.
    public func requirePermission() throws(ClockControlError) {
        var state = timex()
        try Self.adjust(&state, "adjtimex read", call)
        var request = timex()
        request.modes = UInt32(ADJ_TICK)
        request.tick = state.tick
        let answer = call(&request)
        guard answer != -EPERM else {
            throw .refused(
                "adjtimex: operation not permitted; run as root or with CAP_SYS_TIME, or with -x to leave it alone")
        }
        if answer < 0 { throw .refused("\(SystemError("adjtimex", code: -answer))") }
    }

    /// CLOCK_REALTIME.
    public func now() -> Instant { KernelClock.realTime() }

    /// The kernel slews CLOCK_MONOTONIC as it slews CLOCK_REALTIME.
    public let isMonotonicSteered = true

    /// CLOCK_MONOTONIC.
    public func monotonicNow() -> MonotonicInstant { KernelClock.monotonic() }

    /// The stamp itself.
    public func reading(atKernelTime stamp: Instant) -> Instant { stamp }

    /// Asks the kernel; a phase-locked loop that somebody has switched on is switched off with the next setting.
    ///
    /// - Returns: the frequency and the tick together, s/s.
    /// - Throws: `ClockControlError`.
    public mutating func readFrequencyCorrection() throws(ClockControlError) -> Double {
        var state = timex()
        try Self.adjust(&state, "adjtimex read", call)
        if hasTakenOver, Self.hasLoop(state) { (hasInheritedLoop, hasTakenOver) = (true, false) }
        frequencyCorrection = Self.frequency(of: state)
        return frequencyCorrection
    }

    /// Sets the frequency (ADJ_FREQUENCY) and the tick to its nominal length, which chronyd may have left otherwise.
    ///
    /// - Parameter correction: s/s, positive makes the clock faster; NaN leaves it as it is.
    /// - Returns: the correction in force, as the kernel answers it.
    /// - Throws: `ClockControlError`.
    public mutating func setFrequencyCorrection(_ correction: Double) throws(ClockControlError) -> Double {
        guard !correction.isNaN else { return frequencyCorrection }
        try takeOver()
        let clamped = min(max(correction, -largestFrequencyCorrection), largestFrequencyCorrection)
        // What is in force already need not be set again.
        guard abs(clamped - frequencyCorrection) > Self.frequencyUnit / 2 else { return frequencyCorrection }
        var request = timex()
        request.modes = UInt32(ADJ_FREQUENCY | ADJ_TICK)
        request.freq = Int((clamped / Self.frequencyUnit).rounded())
        request.tick = Self.nominalTick
        try Self.adjust(&request, "adjtimex frequency", call)
        frequencyCorrection = Self.frequency(of: request)
        return frequencyCorrection
    }

    /// Steps the clock (ADJ_SETOFFSET), which no reading of the clock in between can spoil.
    ///
    /// - Parameter interval: positive sets the clock forward.
    /// - Returns: the same interval.
    /// - Throws: `ClockControlError`.
    public mutating func step(by interval: Interval) throws(ClockControlError) -> Interval {
        try takeOver()
        let parts = Instant(nanoseconds: interval.nanoseconds)
        var request = timex()
        request.modes = UInt32(ADJ_SETOFFSET | ADJ_NANO)
        request.time.tv_sec = Int(parts.wholeSeconds)
        request.time.tv_usec = Int(parts.nanosecondsOfSecond)
        try Self.adjust(&request, "adjtimex step", call)
        return interval
    }

    /// Sets STA_UNSYNC, STA_INS, STA_DEL, `maxerror`, `esterror` and TAI − UTC.
    ///
    /// - Parameter status: errors beyond 16 s are set as 16 s.
    /// - Throws: `ClockControlError`.
    public mutating func setStatus(_ status: ClockStatus) throws(ClockControlError) {
        try takeOver()
        var request = timex()
        // ADJ_NANO: clknetsim forgets the kernel's STA_NANO with every ADJ_STATUS.
        request.modes = UInt32(ADJ_STATUS | ADJ_NANO | ADJ_MAXERROR | ADJ_ESTERROR)
        request.status = Self.statusBits(status)
        request.maxerror = Self.microseconds(status.maximumError)
        request.esterror = Self.microseconds(status.estimatedError)
        if let taiMinusUTC = status.taiMinusUTC {
            request.modes |= UInt32(ADJ_TAI)
            request.constant = taiMinusUTC
        }
        try Self.adjust(&request, "adjtimex status", call)
    }

    /// Ends what another program left running in the kernel, once.
    private mutating func takeOver() throws(ClockControlError) {
        guard !hasTakenOver else { return }
        var rest = timex()
        rest.modes = UInt32(ADJ_OFFSET_SINGLESHOT)
        try Self.adjust(&rest, "adjtimex end of adjtime", call)
        if hasInheritedLoop {
            // The kernel takes an offset, even zero, only while its loop is on.
            var zero = timex()
            zero.modes = UInt32(ADJ_OFFSET | ADJ_STATUS | ADJ_NANO)
            zero.status = Int32(STA_PLL) | keptStatus
            try Self.adjust(&zero, "adjtimex offset", call)
            var off = timex()
            off.modes = UInt32(ADJ_STATUS | ADJ_NANO)
            off.status = keptStatus
            try Self.adjust(&off, "adjtimex status", call)
        }
        hasTakenOver = true
    }

    /// The inherited status without the kernel's loops.
    private var keptStatus: Int32 { inheritedStatus & Int32(STA_UNSYNC | STA_INS | STA_DEL) }

    private static func statusBits(_ status: ClockStatus) -> Int32 {
        // A leap second comes also to a clock that has lost its reference.
        let isSynchronised = status.isSynchronised && status.leapIndicator != .unsynchronised
        let synchronisation = isSynchronised ? 0 : Int32(STA_UNSYNC)
        return switch status.leapIndicator {
        case .insertSecond: synchronisation | Int32(STA_INS)
        case .deleteSecond: synchronisation | Int32(STA_DEL)
        case .none, .unsynchronised: synchronisation
        }
    }

    /// A bound in whole microseconds, rounded up; NaN is the largest.
    private static func microseconds(_ seconds: Double) -> Int {
        let scaled = (seconds * 1e6).rounded(.up)
        return scaled < largestErrorMicroseconds ? Int(max(scaled, 0)) : Int(largestErrorMicroseconds)
    }

    private static func hasLoop(_ state: timex) -> Bool { state.status & Int32(STA_PLL) != 0 || state.offset != 0 }

    /// The frequency and the tick together, s/s.
    static func frequency(of state: timex) -> Double {
        Double(state.freq) * frequencyUnit + Double(state.tick - nominalTick) / Double(nominalTick)
    }

    /// CLOCK_REALTIME and CLOCK_MONOTONIC_RAW of one moment, and how the former is steered, whoever does it.
    public static func reading() -> SystemClockReading {
        var state = timex()
        let steering = kernel(&state) < 0 ? 0 : frequency(of: state)
        var best = SystemClockReading(system: .unixEpoch, raw: 0, steering: steering)
        var narrowest = Int64.max
        for _ in 0..<pairings {
            let before = KernelClock.rawCount()
            let system = KernelClock.realTime()
            let width = KernelClock.rawCount() - before
            guard width < narrowest else { continue }
            (best.system, best.raw, narrowest) = (system, before + width / 2, width)
        }
        return best
    }

    private static func adjust(
        _ request: inout timex, _ operation: StaticString, _ call: Call
    ) throws(ClockControlError) {
        let answer = call(&request)
        guard answer >= 0 else { throw .refused("\(SystemError(operation, code: -answer))") }
    }

    private static func kernel(_ request: inout timex) -> Int32 {
        // SAFETY: the kernel reads and fills one timex.
        let answer = unsafe adjtimex(&request)
        return answer < 0 ? -errno : answer
    }
}
