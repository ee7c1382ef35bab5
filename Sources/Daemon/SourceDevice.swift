import ConfigurationLanguage
import Discipline
import GPSDClient
import GPSDWire
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
    /// udev makes its links some time after the kernel has made the device.
    private static let linkPause = Interval.seconds(5)

    let index: Int
    private let configuration: ReferenceClockConfiguration
    private var name: StableDeviceName
    /// The speed at which a receiver was last read, bit/s.
    private var baudRate: Int
    private var receiver: ReceiverPort?
    private var pulses: PulseDevice?
    private var sharedMemory: SharedMemoryClock?
    private var socket: SampleSocket?
    private var card: PulseCard?
    private var gpsd: GPSDConnection?
    private var lastSequence: UInt32?
    /// The name by which a receiver was first opened without a link, and when to look for that again.
    private var unlinked: (name: String, again: MonotonicInstant)?
    /// When to look whether the device is back for which another stands in.
    private var nextLook: MonotonicInstant
    /// Whether it has been open before.
    private var hasOpened = false
    /// How long to wait between attempts to open: longer each time, until something has come from the device.
    private var pause = firstPause
    private var nextAttempt: MonotonicInstant
    /// The same for a receiver's pulses.
    private var pulsesPause = firstPause
    private var nextPulses: MonotonicInstant
    private var nextReading: MonotonicInstant
    private(set) var pollIndex: Int?

    /// A device that has not been opened yet.
    ///
    /// - Parameters:
    ///   - index: the source.
    ///   - source: what it is for.
    ///   - now: the time.
    ///   - links: where udev keeps its links; a parameter for tests.
    init(index: Int, source: ReferenceClock, now: MonotonicInstant, links: String = "/dev/serial/by-id") {
        self.index = index
        configuration = source.configuration
        name = StableDeviceName(source.configuration.effectiveDevicePath ?? "", directory: links)
        baudRate = source.baudRate
        (nextAttempt, nextPulses, nextReading, nextLook) = (now, now, now, now)
    }

    // MARK: - Waiting

    /// Adds what can be waited for.
    func register(in set: inout PollSet) {
        let own = receiver?.descriptorNumber ?? socket?.descriptor.rawValue ?? card?.descriptorNumber
        let number = own ?? gpsd?.descriptorNumber
        let wantsWriting = gpsd?.wantsWriting ?? false
        pollIndex = number.map { set.add(number: $0, wantsWriting: wantsWriting) }
    }

    /// When the device wants attention without anything to wait for.
    var due: MonotonicInstant {
        guard isOpen else { return nextAttempt }
        let own = pulses != nil || sharedMemory != nil ? nextReading : card?.due ?? .distantFuture
        return min(own, receiver?.due ?? gpsd?.due ?? .distantFuture, wantsPulses ? nextPulses : .distantFuture)
    }

    private var isOpen: Bool {
        receiver != nil || pulses != nil || sharedMemory != nil || socket != nil || card != nil
            || gpsd != nil
    }

    /// Whether a serial receiver should bring pulses, which have not been found yet.
    private var wantsPulses: Bool { receiver != nil && configuration.flag1 == true && pulses == nil }

    // MARK: - Opening

    /// Opens what is missing, where it is time to try.
    func open(_ timekeeper: inout Timekeeper<some ClockControl>, now: MonotonicInstant) {
        if isOpen, name.isStandIn, now >= nextLook {
            nextLook = now + Self.firstPause
            if name.isBack { giveWay(now) }
        }
        if !isOpen, now >= nextAttempt { openDevice(&timekeeper, now) }
        if let unlinked, now >= unlinked.again {
            name.remember(openedAs: unlinked.name)
            self.unlinked = nil
        }
        if wantsPulses, now >= nextPulses { openReceiversPulses(&timekeeper, now) }
    }

    private func openDevice(_ timekeeper: inout Timekeeper<some ClockControl>, _ now: MonotonicInstant) {
        guard let opened = name.next(at: now) else {
            nextAttempt = now + Self.firstPause
            let reason = "\(name.configured) is another device than \(name.link ?? ""), which is waited for"
            return timekeeper.deviceAbsent(index, reason: reason, isMissing: false)
        }
        nextAttempt = now + pause
        pause = min(pause + pause, Self.longestPause)
        do throws(SystemError) {
            try openDevice(opened, now)
            nextReading = now
            // A gpsd is there once it has greeted.
            guard gpsd == nil else { return }
            let isSame = name.remember(openedAs: opened) || !hasOpened
            if receiver != nil, name.link == nil { unlinked = (opened, now + Self.linkPause) }
            hasOpened = true
            timekeeper.deviceOpened(
                index, as: opened, isSame: isSame, insteadOf: name.isStandIn && !isSame ? name.link : nil)
            // A port may open and give nothing but errors.
            if receiver == nil { pause = Self.firstPause }
        } catch {
            timekeeper.deviceAbsent(index, reason: error.description, isMissing: error.isMissing)
        }
    }

    /// Closes a device that stands in for another, which is back: that is opened, and this one left to whom it belongs.
    private func giveWay(_ now: MonotonicInstant) {
        close()
        (nextAttempt, pause) = (now, Self.firstPause)
    }

    private func openDevice(_ path: String, _ now: MonotonicInstant) throws(SystemError) {
        switch configuration.driver {
        case .nmea, .ublox, .trimble, .oncore:
            receiver = try ReceiverPort(path: path, configuration, baudRate: baudRate, now: now)
        case .pps:
            pulses = try PulseDevice(path: configuration.effectivePulsePath ?? "", edge: edge)
        case .ptpHardwareClock:
            card = try PulseCard(configuration, edge: edge, now: now)
        case .sharedMemory:
            sharedMemory = try SharedMemoryClock(unit: configuration.unit, isPrivate: configuration.mode & 1 != 0)
        case .sampleSocket:
            socket = try SampleSocket(path: configuration.effectiveDevicePath ?? "")
        case .gpsd:
            gpsd = try GPSDConnection(to: configuration.effectiveServer, now: now)
        case .localClock: break
        }
    }

    private func openReceiversPulses(_ timekeeper: inout Timekeeper<some ClockControl>, _ now: MonotonicInstant) {
        do throws(SystemError) {
            try openReceiversPulses()
            (pulsesPause, nextReading) = (Self.firstPause, now)
        } catch {
            if pulsesPause == Self.firstPause { timekeeper.pulsesAbsent(index, reason: error.description) }
            nextPulses = now + pulsesPause
            pulsesPause = min(pulsesPause + pulsesPause, Self.longestPause)
        }
    }

    /// The pulses of a serial receiver: a device of their own, else the DCD line of the same port.
    private func openReceiversPulses() throws(SystemError) {
        // The port named once more means its own line, whatever else has the unit's number.
        if configuration.pulsePath == nil || configuration.pulsePath != configuration.devicePath {
            do throws(SystemError) {
                pulses = try PulseDevice(path: configuration.effectivePulsePath ?? "", edge: edge)
                return
            } catch  where configuration.pulsePath == nil {}
        }
        guard let attached = try receiver?.attachPulseLineDiscipline() else { return }
        pulses = try PulseDevice(path: attached, edge: edge)
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
            try card?.read(&timekeeper, index, isReady: isReady, now: now)
            try receiver?.read(&timekeeper, index, buffer: &buffer, isReady: isReady, now: now)
            if receiver?.hasSpoken ?? false { pause = Self.firstPause }
            if gpsd != nil { try attendGPSD(&timekeeper, isReady: isReady, now) }
            if isReady { try readSocket(&timekeeper) }
            if now >= nextReading {
                try readPulses(&timekeeper, now)
                try readSharedMemory(&timekeeper, now)
            }
        } catch {
            nextAttempt = now + pause
            close()
            timekeeper.deviceAbsent(index, reason: error.description)
        }
    }

    private func readSocket(_ timekeeper: inout Timekeeper<some ClockControl>) throws(SystemError) {
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

    private func attendGPSD(
        _ timekeeper: inout Timekeeper<some ClockControl>, isReady: Bool, _ now: MonotonicInstant
    ) throws(SystemError) {
        guard isReady || now >= gpsd?.due ?? .distantFuture else { return }
        let wasWatching = gpsd?.isWatching ?? false
        var reports: [GPSDReport] = []
        defer {
            let arrived = KernelClock.realTime()
            for report in reports { timekeeper.receive(report, arrived: arrived, from: index) }
        }
        try gpsd?.attend(now: now) { reports.append($0) }
        // One that ends as soon as it has told something is not opened every second.
        let hasStood = now >= nextAttempt + GPSDConnection.questionPause
        if hasStood, reports.contains(where: \.isAboutReceiver) { pause = Self.firstPause }
        if !wasWatching, gpsd?.isWatching ?? false {
            timekeeper.deviceOpened(index, isSame: !hasOpened)
            hasOpened = true
            // Loading libgps has touched much that is not needed again.
            ResidentMemory.releaseStartup()
        }
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
        baudRate = receiver?.baudRate ?? baudRate
        receiver = nil
        pulses = nil
        sharedMemory = nil
        socket = nil
        card = nil
        gpsd = nil
        (lastSequence, unlinked) = (nil, nil)
    }
}
