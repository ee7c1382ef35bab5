import LinuxSystem
import ReceiverSetup
import Receivers
import ReferenceClocks
import TimeScale

/// A serial port while setup listens to it; its settings are put back at the end.
final class SetupPort {
    /// How far the search has come.
    enum State {
        /// Speeds are being tried.
        case searching
        /// A receiver speaks.
        case found(SpeedSearch.Finding)
        /// It cannot be used, and why.
        case refused(String)
    }

    let names: DeviceList.Port
    private(set) var state = State.searching
    /// What was heard since `beginMeasuring`.
    private(set) var receiver: MeasuredReceiver
    /// Where its receiver's pulses come out, once they are asked for.
    private(set) var linePulses: String?

    private let hold: SerialPortHold
    private var port: SerialPort?
    private var decoder: ReceiverDecoder
    private var search: SpeedSearch
    private var isMeasuring = false
    private var pollIndex: Int?

    /// Opens a port at its first speed.
    init(_ names: DeviceList.Port, notBefore pivot: Instant) throws(SystemError) {
        self.names = names
        let hold = try SerialPortHold(path: names.path)
        let speeds = try SerialPort.likelySpeeds(takenBy: names.path, isHeld: true)
        search = SpeedSearch(first: hold.baudRate, speeds: speeds, now: KernelClock.monotonic())
        receiver = MeasuredReceiver(
            path: names.path, device: names.device, baudRate: search.baudRate, languages: [])
        decoder = ReceiverDecoder(notBefore: pivot)
        decoder.reportsFrames = true
        self.hold = hold
        try open()
    }

    private func open() throws(SystemError) {
        port = nil
        port = try SerialPort(path: names.path, baudRate: search.baudRate, isHeld: true)
        decoder.reset()
        decoder.characterTime = Interval(nanoseconds: 10_000_000_000 / Int64(search.baudRate))
    }

    // MARK: - Listening

    /// Adds what can be waited for.
    func register(in set: inout PollSet) {
        let number = port?.descriptor.rawValue
        pollIndex = number.map { set.add(number: $0) }
    }

    /// Reads what has come, and goes on with the search.
    func attend(_ set: borrowing PollSet, buffer: inout [UInt8]) {
        do throws(SystemError) {
            if let pollIndex, set.needsAttention(pollIndex) { try read(&buffer) }
            guard case .searching = state else { return }
            switch search.observe(decoder.statistics, now: KernelClock.monotonic()) {
            case .listen: break
            case .change: try open()
            case .found(let finding): found(finding)
            case .failed(let failure): refuse(SetupAdvice.text(failure))
            }
        } catch {
            refuse(SetupAdvice.text(error))
        }
    }

    private func read(_ buffer: inout [UInt8]) throws(SystemError) {
        var bytes = buffer.mutableSpan
        guard let count = try port?.read(into: &bytes) else { return }
        decoder.consume(buffer.span.extracting(first: count), arrived: KernelClock.realTime()) { event in
            guard isMeasuring else { return }
            switch event {
            case .label(let label): receiver.labels.append(label)
            case .frame(let frame): receiver.messages.insert(frame.name)
            default: break
            }
        }
        (receiver.status, receiver.hasFix) = (decoder.status, decoder.hasFix)
    }

    private func found(_ finding: SpeedSearch.Finding) {
        (receiver.baudRate, receiver.languages) = (finding.baudRate, finding.languages)
        if finding.languages.contains(where: \.isDecoded) {
            state = .found(finding)
        } else {
            refuse(SetupAdvice.text(undecoded: finding, names.path))
        }
    }

    private func refuse(_ reason: String) {
        state = .refused(reason)
        port = nil
    }

    // MARK: - Measuring

    /// Asks what may be a u-blox receiver for its model and firmware (UBX-MON-VER without payload).
    func askVersion() {
        guard receiver.languages.contains(.ubx) || receiver.languages == [.nmea] else { return }
        let question: [UInt8] = [0xb5, 0x62, 0x0a, 0x04, 0, 0, 0x0e, 0x34]
        try? port?.write(question.span)
    }

    /// Has the kernel stamp the carrier detect line, where it can.
    ///
    /// - Returns: why it cannot.
    func attachPulses() -> SystemError? {
        do throws(SystemError) {
            linePulses = try port?.attachPulseLineDiscipline()
            return nil
        } catch {
            return error
        }
    }

    /// From now on labels are collected.
    func beginMeasuring() { isMeasuring = true }
}
