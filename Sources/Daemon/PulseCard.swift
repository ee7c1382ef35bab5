import ConfigurationLanguage
import Discipline
import LinuxSystem
import ReferenceClocks
import TimeScale
import Timekeeping

/// The input of a PTP hardware clock behind a source: its stamps read as they come, and its clock beside the system's.
struct PulseCard: ~Copyable {
    /// How often its clock is read without a stamp.
    private static let readingInterval = Interval.second
    /// A stamp has the clock read anew when the last reading is older: so a clock that was set in between is noticed
    /// before a stamp of the new time is taken for one of the old, and two edges of a pulse take one reading.
    private static let freshness = Interval.milliseconds(500)
    /// Without a stamp for so long the card may have been reset, and is asked anew: four pulses in a row are not missed
    /// by chance.
    private static let patience = Interval.seconds(5)

    private var input: PTPPulseInput
    private var pulses: HardwareClockPulses
    /// When its clock is to be read next, should no stamp come.
    private(set) var due: MonotonicInstant
    /// When the last stamp came, or was asked for.
    private var lastStamp: MonotonicInstant

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
        (due, lastStamp) = (now, now)
    }

    /// For `PollSet`.
    var descriptorNumber: Int32 { input.descriptorNumber }

    /// Reads its clock where it is time to, and the stamps that have come.
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
        let lead = isReady ? Self.readingInterval - Self.freshness : .zero
        if now + lead >= due {
            due = now + Self.readingInterval
            let reading = try input.clock.read(precision: HardwareClockPulses.readingPrecision)
            if let reading { pulses.take(reading) }
        }
        guard isReady || now - lastStamp >= Self.patience else { return }
        lastStamp = now
        guard isReady else { return try input.renew() }
        let clocks = SystemClock.reading()
        for stamp in try input.takeStamps() {
            guard let stamp else {
                timekeeper.receiveMalformed(from: index)
                continue
            }
            switch pulses.consume(stamp: stamp, clocks: clocks) {
            case .pulse(let edge, let sequence, let error):
                timekeeper.receive(pulse: edge, sequence: sequence, error: error, from: index)
            case .ambiguous(let width): timekeeper.receiveAmbiguousEdges(width: width, from: index)
            case .unreachable: timekeeper.receiveMalformed(from: index)
            case .other: break
            }
        }
    }
}
