import LinuxSystem
import ReceiverSetup
import ReferenceClocks
import Reports
import TimeScale

/// Looks for receivers and pulses, listens to them, and puts everything back.
struct SetupSession: ~Copyable {
    /// What is wanted.
    struct Wishes {
        /// Ports to look at; all where empty.
        var devices: [String] = []
        /// Pulse devices to look at; all where empty.
        var pulses: [String] = []
        /// How long to measure.
        var duration = Interval.seconds(60)
        /// Whether receivers may be asked what they are.
        var mayAsk = false
    }

    /// Devices that are not used, and why.
    private(set) var refused: [SetupReport.Refused] = []
    /// Names without hardware, told only where nothing else is to be told.
    private(set) var absent: [SetupReport.Refused] = []
    /// What else there is to be said.
    private(set) var remarks: [String] = []

    /// How long was measured, seconds.
    private(set) var measured = 0

    private let wishes: Wishes
    private let list = DeviceList()
    private var ports: [SetupPort] = []
    private var pulses: [SetupPulses] = []
    private var poll = PollSet()
    private var buffer = [UInt8](repeating: 0, count: 4096)

    /// A clock with a smaller error can tell which second a label means, seconds.
    private static let largestClockError = 0.1

    init(_ wishes: Wishes) { self.wishes = wishes }

    /// Whether gpsd, or systemd for it, waits for clients.
    var hasGPSD: Bool { list.hasGPSDListener() }

    // MARK: - Finding

    /// Opens what is there and free.
    mutating func open() {
        let found = wishes.devices.isEmpty ? list.ports() : wishes.devices.map { list.port($0) }
        for names in found {
            if let other = ports.first(where: { $0.names.device == names.device }) {
                refuse(names.path, SetupAdvice.text(sameAs: other.names.path))
            } else if let remark = names.remark {
                let refusal = SetupReport.Refused(path: names.path, reason: SetupAdvice.text(remark))
                if remark == .hasNoHardware { absent.append(refusal) } else { refused.append(refusal) }
            } else if let holder = list.holder(of: names.device), SerialPort.isTerminal(names.device) {
                refuse(names.path, SetupAdvice.text(holder, names.device))
            } else {
                do throws(SystemError) {
                    ports.append(try SetupPort(names, notBefore: Release.date))
                } catch {
                    let isAbsent = error.isInputOutput && wishes.devices.isEmpty
                    let reason = isAbsent ? SetupAdvice.text(.hasNoHardware) : SetupAdvice.text(error)
                    if isAbsent {
                        absent.append(.init(path: names.path, reason: reason))
                    } else {
                        refuse(names.path, reason)
                    }
                }
            }
        }
        for clock in list.pulseInputsOfClocks() { remarks.append(SetupAdvice.clock(clock)) }
    }

    private mutating func refuse(_ path: String, _ reason: String) {
        refused.append(.init(path: path, reason: reason))
    }

    // MARK: - Listening

    /// Finds the speed of every port at the same time.
    ///
    /// - Returns: how many receivers speak.
    mutating func findSpeeds() throws -> Int {
        if !ports.isEmpty {
            let longest = Int64(SpeedSearch.likely.count) * SpeedSearch.patience.nanoseconds / 1_000_000_000
            Console.error(
                "Listening at \(ports.count) port\(ports.count == 1 ? "" : "s"), for \(longest) s at most ...\n")
        }
        while ports.contains(where: \.isSearching) { try round() }
        for port in ports {
            if case .refused(let reason) = port.state { refuse(port.names.path, reason) }
        }
        ports.removeAll { !$0.hasReceiver }
        return ports.count
    }

    /// Opens the pulse devices, those of the receivers' own lines among them.
    mutating func openPulses() {
        if wishes.pulses.isEmpty {
            let errors = ports.compactMap { $0.attachPulses() }
            if !ports.isEmpty, errors.count == ports.count { remarks.append(SetupAdvice.noPulseDiscipline) }
        }
        let wanted = wishes.pulses.isEmpty ? list.pulses() : wishes.pulses.map { list.pulses($0) }
        for device in wanted {
            do throws(SystemError) {
                pulses.append(try SetupPulses(device))
            } catch {
                refuse(device.path, SetupAdvice.text(error))
            }
        }
    }

    /// Listens for the time that is wanted.
    mutating func measure() throws {
        if wishes.mayAsk { for port in ports { port.askVersion() } }
        for port in ports { port.beginMeasuring() }
        let start = KernelClock.monotonic()
        let devices =
            "\(ports.count) receiver\(ports.count == 1 ? "" : "s"), \(pulses.count) pulse device\(pulses.count == 1 ? "" : "s")"
        Console.error("Measuring for \(wishes.duration.nanoseconds / 1_000_000_000) s: \(devices) ...\n")
        // Without a port that is still there nothing names seconds.
        while KernelClock.monotonic() - start < wishes.duration, ports.contains(where: \.hasReceiver) {
            try round()
            for device in pulses { device.attend() }
        }
        measured = Int((KernelClock.monotonic() - start).seconds)
    }

    private mutating func round() throws {
        poll.removeAll()
        let indices = ports.map { $0.register(in: &poll) }
        // A pulse waits in the kernel, with its stamp, until the next comes: ten looks a second miss none.
        let isUninterrupted = try poll.wait(timeout: Interrupted.lookInterval)
        try Interrupted.check()
        guard isUninterrupted else { return }
        for (port, index) in zip(ports, indices) {
            port.attend(isReady: index.map { poll.needsAttention($0) } ?? false, buffer: &buffer)
        }
    }

    // MARK: - Concluding

    /// What follows; the ports are free after this.
    mutating func conclude() -> SetupVerdict {
        let own = ports.compactMap(\.linePulses)
        let measured = pulses.map(\.measured).filter { pulses in
            // The line of a receiver that has no wire for pulses is nothing to be told.
            !(own.contains(pulses.path) && pulses.asserts.isEmpty && pulses.clears.isEmpty)
        }
        for port in ports {
            if case .refused(let reason) = port.state { refuse(port.names.path, reason) }
        }
        let verdict = SetupVerdict(
            receivers: ports.compactMap { $0.conclude() }, pulses: measured,
            isClockSynchronised: Self.isClockSynchronised)
        (pulses, ports) = ([], [])
        return verdict
    }

    private static var isClockSynchronised: Bool {
        guard let clock = try? SystemClock(), let error = clock.inheritedMaximumError else { return false }
        return error < largestClockError
    }
}

extension SetupPort {
    fileprivate var isSearching: Bool { if case .searching = state { true } else { false } }
    fileprivate var hasReceiver: Bool { if case .found = state { true } else { false } }
}
