import ConfigurationLanguage
import Discipline
import LinuxSystem
import ReferenceClocks
import TimeScale
import Timekeeping

/// The device behind a source: opened when it is there, read when something has come, opened again when it is lost.
///
/// A device that is missing is a state, not an error. A class, because descriptors cannot be copied and an array
/// holds these.
final class SourceDevice {
    /// Pauses between attempts to open: at once after a loss, then slower, but a receiver that is plugged in again is
    /// back within half a minute.
    private static let firstPause = Interval.second
    private static let longestPause = Interval.seconds(30)
    /// A pulse is looked for this long after it is due.
    private static let pulseMargin = Interval.milliseconds(2)
    /// Between two looks for a pulse that is missing. Its stamp waits in the kernel, so nothing is gained by haste; and
    /// wakings every 20 ms made an idle kernel's clock run 1.7e-9 slow (measured, kernel 6.1; none at 100 ms).
    private static let pulsePause = Interval.milliseconds(100)
    /// How often shared memory is read: a producer writes once a second.
    private static let sharedMemoryPause = Interval.milliseconds(100)

    let index: Int
    private let configuration: ReferenceClockConfiguration
    private let baudRate: Int
    private var serial: SerialPort?
    private var pulses: PulseDevice?
    private var sharedMemory: SharedMemoryClock?
    private var socket: SampleSocket?
    private var lastSequence: UInt32?
    private var pause = firstPause
    private var nextAttempt: MonotonicInstant
    private var nextReading: MonotonicInstant
    private(set) var pollIndex: Int?

    init(index: Int, source: ReferenceClock, now: MonotonicInstant) {
        self.index = index
        configuration = source.configuration
        baudRate = source.baudRate
        (nextAttempt, nextReading) = (now, now)
    }

    // MARK: - Waiting

    /// Adds what can be waited for.
    func register(in set: inout PollSet) {
        let number = serial?.descriptor.rawValue ?? socket?.descriptor.rawValue
        pollIndex = number.map { set.add(number: $0) }
    }

    /// When the device wants attention without anything to wait for.
    var due: MonotonicInstant {
        if !isOpen || wantsPulses { return nextAttempt }
        return pulses != nil || sharedMemory != nil ? nextReading : .distantFuture
    }

    private var isOpen: Bool { serial != nil || pulses != nil || sharedMemory != nil || socket != nil }

    /// Whether a serial receiver should bring pulses, which have not been found yet.
    private var wantsPulses: Bool { configuration.driver == .nmea && configuration.flag1 == true && pulses == nil }

    // MARK: - Opening

    /// Opens what is missing, where it is time to try.
    func open(_ timekeeper: inout Timekeeper<some ClockControl>, now: MonotonicInstant) {
        guard now >= nextAttempt, !isOpen || wantsPulses else { return }
        do throws(SystemError) {
            if !isOpen {
                try openDevice()
                timekeeper.deviceOpened(index)
            }
            if wantsPulses { try openReceiversPulses() }
            pause = Self.firstPause
            nextReading = now
        } catch {
            if !isOpen {
                timekeeper.deviceAbsent(index, reason: error.description)
            } else if pause == Self.firstPause {
                timekeeper.pulsesAbsent(index, reason: error.description)
            }
            pause = min(pause + pause, Self.longestPause)
        }
        nextAttempt = now + pause
    }

    private func openDevice() throws(SystemError) {
        switch configuration.driver {
        case .nmea:
            serial = try SerialPort(path: configuration.effectiveDevicePath ?? "", baudRate: baudRate)
        case .pps:
            pulses = try PulseDevice(path: configuration.effectivePulsePath ?? "", edge: edge)
        case .sharedMemory:
            sharedMemory = try SharedMemoryClock(unit: configuration.unit, isPrivate: configuration.mode & 1 != 0)
        case .sampleSocket:
            socket = try SampleSocket(path: configuration.effectiveDevicePath ?? "")
        case .localClock: break
        }
    }

    /// The pulses of a serial receiver: a device of their own, else the DCD line of the same port.
    private func openReceiversPulses() throws(SystemError) {
        let path = configuration.effectivePulsePath ?? ""
        do throws(SystemError) {
            pulses = try PulseDevice(path: path, edge: edge)
        } catch {
            guard configuration.pulsePath == nil, let attached = try serial?.attachPulseLineDiscipline() else {
                throw error
            }
            pulses = try PulseDevice(path: attached, edge: edge)
        }
    }

    private var edge: PulseDevice.Edge { configuration.flag2 == true ? .clear : .assert }

    // MARK: - Reading

    /// Reads whatever has come.
    ///
    /// - Parameters:
    ///   - timekeeper: is told.
    ///   - buffer: room for a read.
    ///   - isReady: whether the descriptor is readable, or has hung up.
    ///   - now: the time.
    func read(
        _ timekeeper: inout Timekeeper<some ClockControl>, buffer: inout [UInt8], isReady: Bool, now: MonotonicInstant
    ) {
        do throws(SystemError) {
            if isReady { try readDescriptor(&timekeeper, &buffer) }
            try writeCommands(&timekeeper)
            if now >= nextReading {
                try readPulses(&timekeeper, now)
                try readSharedMemory(&timekeeper, now)
            }
        } catch {
            close()
            nextAttempt = now + Self.firstPause
            timekeeper.deviceAbsent(index, reason: error.description)
        }
    }

    private func readDescriptor(
        _ timekeeper: inout Timekeeper<some ClockControl>, _ buffer: inout [UInt8]
    ) throws(SystemError) {
        if serial != nil {
            var bytes = buffer.mutableSpan
            guard let count = try serial?.read(into: &bytes) else { return }
            let arrived = KernelClock.realTime()
            timekeeper.receive(bytes: bytes.span.extracting(first: count), arrived: arrived, from: index)
        }
        while let datagram = try socket?.receive() {
            switch datagram {
            case .sample(let sample):
                timekeeper.receive(
                    sampleAt: sample.local, reference: sample.local + Interval(seconds: sample.offset),
                    isPulse: sample.isPulse, leap: sample.leapIndicator, from: index)
            case .malformed: timekeeper.receiveMalformed(from: index)
            }
        }
    }

    /// Sends the receiver what its profile wants; where the queue is full, the command is lost and comes again.
    private func writeCommands(_ timekeeper: inout Timekeeper<some ClockControl>) throws(SystemError) {
        guard serial != nil else { return }
        let bytes = timekeeper.takeOutput(for: index)
        guard !bytes.isEmpty else { return }
        do throws(SystemError) { try serial?.write(bytes.span) } catch  where error.isTryAgain {}
    }

    private func readPulses(
        _ timekeeper: inout Timekeeper<some ClockControl>, _ now: MonotonicInstant
    ) throws(SystemError) {
        guard pulses != nil else { return }
        nextReading = now + Self.pulsePause
        guard let pulse = try pulses?.fetch(), pulse.sequence != lastSequence else { return }
        // What was captured before the device was opened may be hours old.
        let isFirst = lastSequence == nil
        lastSequence = pulse.sequence
        guard !isFirst else { return }
        let age = KernelClock.realTime() - pulse.edge
        if age >= .zero, age < .second { nextReading = now + (.second - age + Self.pulseMargin) }
        timekeeper.receive(pulse: pulse.edge, sequence: pulse.sequence, from: index)
    }

    private func readSharedMemory(
        _ timekeeper: inout Timekeeper<some ClockControl>, _ now: MonotonicInstant
    ) throws(SystemError) {
        guard sharedMemory != nil else { return }
        nextReading = now + Self.sharedMemoryPause
        switch try sharedMemory?.read() {
        case .sample(let sample):
            timekeeper.receive(
                sampleAt: sample.received, reference: sample.reference, isPulse: false, leap: sample.leapIndicator,
                from: index)
        case .bad, .clash: timekeeper.receiveMalformed(from: index)
        case .notReady, nil: break
        }
    }

    private func close() {
        serial = nil
        pulses = nil
        sharedMemory = nil
        socket = nil
        lastSequence = nil
    }
}
