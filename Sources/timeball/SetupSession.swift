import LinuxSystem
import ReceiverSetup
import Receivers
import ReferenceClocks
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

    /// Ended by a signal.
    struct Interrupted: Error {}

    /// Devices that are not used, and why.
    private(set) var refused: [SetupReport.Refused] = []
    /// Names without hardware, told only where nothing else is to be told.
    private(set) var absent: [SetupReport.Refused] = []
    /// What else there is to be said.
    private(set) var remarks: [String] = []

    private let wishes: Wishes
    private let list = DeviceList()
    private var ports: [SetupPort] = []
    private var pulses: [SetupPulses] = []
    private var poll = PollSet()
    private var buffer = [UInt8](repeating: 0, count: 4096)

    /// A pulse waits in the kernel, with its stamp, until the next comes: ten looks a second miss none.
    private static let lookInterval = Interval.milliseconds(100)
    /// 2026-11-20, this release: no receiver can truthfully give an earlier date.
    private static let releaseDate = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)
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
            if let remark = names.remark {
                let refusal = SetupReport.Refused(path: names.path, reason: SetupAdvice.text(remark))
                if remark == .hasNoHardware { absent.append(refusal) } else { refused.append(refusal) }
            } else if let holder = list.holder(of: names.device) {
                refuse(names.path, SetupAdvice.text(holder, names.device))
            } else {
                do throws(SystemError) {
                    ports.append(try SetupPort(names, notBefore: Self.releaseDate))
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
            let longest = Int64(SpeedSearch.likelySpeeds.count) * SpeedSearch.patience.nanoseconds / 1_000_000_000
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
        let end = KernelClock.monotonic() + wishes.duration
        let devices =
            "\(ports.count) receiver\(ports.count == 1 ? "" : "s"), \(pulses.count) pulse device\(pulses.count == 1 ? "" : "s")"
        Console.error("Measuring for \(wishes.duration.nanoseconds / 1_000_000_000) s: \(devices) ...\n")
        while KernelClock.monotonic() < end {
            try round()
            for device in pulses { device.attend() }
        }
    }

    private mutating func round() throws {
        poll.removeAll()
        for port in ports { port.register(in: &poll) }
        let isUninterrupted = try poll.wait(timeout: Self.lookInterval)
        if Signals.take().terminate { throw Interrupted() }
        guard isUninterrupted else { return }
        for port in ports { port.attend(poll, buffer: &buffer) }
    }

    // MARK: - Concluding

    /// What follows; the ports are free after this.
    mutating func conclude() -> SetupVerdict {
        let own = ports.compactMap(\.linePulses)
        let measured = pulses.map(\.measured).filter { pulses in
            // The line of a receiver that has no wire for pulses is nothing to be told.
            !(own.contains(pulses.path) && pulses.asserts.isEmpty && pulses.clears.isEmpty)
        }
        let verdict = SetupVerdict(
            receivers: ports.map(\.receiver), pulses: measured, isClockSynchronised: Self.isClockSynchronised)
        for port in ports where !verdict.sources.contains(where: { $0.receiver.path == port.names.path }) {
            refuse(port.names.path, "\(port.receiver.name): \(SetupAdvice.noLabels)")
        }
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
