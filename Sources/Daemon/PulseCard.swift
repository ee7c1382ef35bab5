import ConfigurationLanguage
import Discipline
import LinuxSystem
import ReferenceClocks
import TimeScale
import Timekeeping

/// The input of a PTP hardware clock behind a source: its stamps read as they come, and its clock beside the system's.
struct PulseCard: ~Copyable {
    /// A pulse is as wide as it was said to be if it is not farther from that, seconds.
    private static let sameWidth = 0.005

    private var input: PTPPulseInput
    private var pulses: HardwareClockPulses
    private var schedule: StampSchedule
    /// The width of pulses that was reported last, seconds.
    private var reportedWidth: Double?

    /// Opens a clock and has it stamp pulses.
    ///
    /// - Throws: `SystemError`.
    init(
        _ configuration: ReferenceClockConfiguration, edge: PulseDevice.Edge, now: MonotonicInstant
    ) throws(SystemError) {
        input = try PTPPulseInput(
            path: configuration.effectiveDevicePath ?? "", pin: configuration.pin, channel: configuration.channel,
            edge: edge, usesCrossTimestamps: configuration.usesCrossTimestamps)
        pulses = HardwareClockPulses(pulseWidth: configuration.pulseWidth)
        schedule = StampSchedule(now: now)
    }

    /// For `PollSet`.
    var descriptorNumber: Int32 { input.descriptorNumber }

    /// When it wants attention, should no stamp come.
    var due: MonotonicInstant { schedule.due }

    /// Reads the stamps that have come and the clock beside them, or asks for stamps where none come.
    ///
    /// - Parameters:
    ///   - timekeeper: is told.
    ///   - index: the source.
    ///   - isReady: whether there are stamps.
    ///   - now: the time.
    /// - Throws: `SystemError` where the device is gone.
    mutating func read(
        _ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int, isReady: Bool, now: MonotonicInstant
    ) throws(SystemError) {
        if isReady { try readStamps(&timekeeper, index, now) }
        if schedule.wantsRenewal(now: now) { try input.renew() }
    }

    private mutating func readStamps(
        _ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int, _ now: MonotonicInstant
    ) throws(SystemError) {
        if schedule.wantsReading(now: now) {
            let reading = try input.clock.read(precision: HardwareClockPulses.readingPrecision)
            if let reading { pulses.take(reading) }
        }
        let clocks = SystemClock.reading()
        for stamp in try input.takeStamps() {
            guard let stamp else {
                timekeeper.receiveMalformed(from: index)
                continue
            }
            let outcome = pulses.consume(stamp: stamp, clocks: clocks)
            if outcome != .repeated { schedule.noteStamp(now: now) }
            switch outcome {
            case .pulse(let edge, let sequence, let error):
                reportWidth(&timekeeper, index)
                timekeeper.receive(pulse: edge, sequence: sequence, error: error, from: index)
            case .ambiguous(let width):
                let fault = SourceCondition.ambiguousEdges(width: Int((width * 1000).rounded()))
                timekeeper.receive(unusableStamp: fault, from: index)
            case .unreachable: timekeeper.receiveMalformed(from: index)
            case .repeated: timekeeper.receive(unusableStamp: .repeatedStamp, from: index)
            case .other: break
            }
        }
    }

    private mutating func reportWidth(_ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int) {
        guard let width = pulses.learnedWidth, abs(width - (reportedWidth ?? -1)) > Self.sameWidth else { return }
        reportedWidth = width
        timekeeper.receiveLearnedWidth(width, from: index)
    }
}
