import ConfigurationLanguage
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
        case found
        /// It cannot be used, and why.
        case refused(String)
    }

    let names: DeviceList.Port
    private(set) var state = State.searching
    /// Where its receiver's pulses come out, once they are asked for.
    private(set) var linePulses: String?

    /// What was heard since `beginMeasuring`.
    private var receiver: MeasuredReceiver
    private var port: ListeningPort?
    /// When measuring began; `nil` before.
    private var began: MonotonicInstant?
    /// When the last byte came, and the last message.
    private var last: (byte: MonotonicInstant, message: MonotonicInstant)

    /// A receiver that writes nothing for so long has fallen silent: they write once a second, some every two.
    private static let silence = Interval.seconds(5)

    /// Opens a port with its first settings.
    init(_ names: DeviceList.Port, notBefore pivot: Instant) throws(SystemError) {
        self.names = names
        var decoder = ReceiverDecoder(notBefore: pivot)
        decoder.reportsFrames = true
        let port = try ListeningPort(path: names.path, by: decoder)
        receiver = MeasuredReceiver(path: names.path, device: names.device, settings: port.settings, languages: [])
        self.port = port
        last = (KernelClock.monotonic(), KernelClock.monotonic())
    }

    // MARK: - Listening

    /// Adds what can be waited for.
    ///
    /// - Returns: its index; `nil` where there is nothing to wait for.
    func register(in set: inout PollSet) -> Int? { port.map { set.add(number: $0.descriptorNumber) } }

    /// Reads what has come, and goes on with the search.
    func attend(isReady: Bool, buffer: inout [UInt8]) {
        guard let port else { return }
        do throws(SystemError) {
            if isReady { try read(port, &buffer) }
            guard case .searching = state else { return }
            switch try port.follow() {
            case .listen, .change: break
            case .found(let finding): found(finding)
            case .failed(let failure): refuse(SetupAdvice.text(failure))
            }
        } catch {
            refuse(
                began.map { SetupAdvice.text(gone: error, after: Self.seconds(since: $0)) } ?? SetupAdvice.text(error))
        }
    }

    private func read(_ port: ListeningPort, _ buffer: inout [UInt8]) throws(SystemError) {
        guard let count = try port.read(into: &buffer) else { return }
        let before = port.decoder.statistics.messages
        port.decoder.consume(buffer.span.extracting(first: count), arrived: KernelClock.realTime()) { event in
            guard began != nil else { return }
            switch event {
            case .label(let label): receiver.labels.append(label)
            case .frame(let frame): receiver.messages.insert(frame.name)
            default: break
            }
        }
        last.byte = KernelClock.monotonic()
        if port.decoder.statistics.messages > before { last.message = last.byte }
        (receiver.status, receiver.hasFix) = (port.decoder.status, port.decoder.hasFix)
    }

    private func found(_ finding: SpeedSearch.Finding) {
        (receiver.settings, receiver.languages) = (finding.settings, finding.languages)
        if finding.languages.contains(where: \.isDecoded) {
            state = .found
        } else {
            refuse(SetupAdvice.text(undecoded: finding, names.path))
        }
    }

    private func refuse(_ reason: String) {
        state = .refused(reason)
        port = nil
    }

    private static func seconds(since start: MonotonicInstant) -> Double { (KernelClock.monotonic() - start).seconds }

    // MARK: - Measuring

    /// Asks what may be a u-blox receiver for its model and firmware; others ignore the question.
    func askVersion() {
        guard receiver.languages.contains(.ubx) || receiver.languages == [.nmea] else { return }
        try? port?.write(UBXFrame.versionQuestion.bytes)
    }

    /// Has the kernel stamp the carrier detect line, where it can.
    ///
    /// - Returns: why it cannot.
    func attachPulses() -> SystemError? {
        do throws(SystemError) {
            linePulses = try port?.attachPulses()
            return nil
        } catch {
            return error
        }
    }

    /// From now on labels are collected.
    func beginMeasuring() {
        let now = KernelClock.monotonic()
        (began, last) = (now, (now, now))
    }

    /// What was heard; `nil` where the port is gone. It is free after this.
    func conclude() -> MeasuredReceiver? {
        guard case .found = state, let began else { return nil }
        if Self.seconds(since: last.message) > Self.silence.seconds {
            let time = (last.message - began).seconds
            receiver.loss = last.byte - last.message > .second ? .unreadable(after: time) : .silent(after: time)
        }
        port = nil
        return receiver
    }
}
