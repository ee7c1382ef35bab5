import Foundation
import LinuxSystem
import Synchronization
import TimeScale

/// A receiver in real time, on a thread of its own: sentences at 9600 baud into a pseudo-terminal, pulses into a SOCK
/// socket. This machine's own clock is its truth.
final class Feeder: Sendable {
    /// What the receiver does.
    struct Behaviour: Sendable {
        /// Whether its terminal is there at all.
        var isPlugged = true
        /// Whether it writes.
        var hasSentences = true
        /// Whether it pulses.
        var hasPulses = true
        /// Seconds by which its sentences are wrong.
        var errorSeconds: Int64 = 0
        /// Written before each burst.
        var noise: [UInt8] = []
        /// The speed at which it writes, bit/s: garbage is read where the terminal is not set to it. Any where `nil`.
        var baudRate: Int?
        /// Whether it breaks off in the middle of each burst.
        var breaksOff = false

        /// Everything as it should be.
        init() {}
    }

    /// The longest a test may take; the thread ends by itself then.
    private static let patience = Interval.seconds(180)
    /// Delay from the second to the first character: a usual receiver (reference nmea-ubx.md §2).
    private static let delay = Interval.milliseconds(120)
    /// Eight characters of ten bits at 9600 baud.
    private static let chunk = 8
    private static let chunkTime = Interval(nanoseconds: 8_333_333)
    /// Jitter of the pulses' stamps, seconds, in turn: an interrupt on a quiet machine.
    private static let pulseJitter = [0.0, 0.7e-6, -1.1e-6, 0.4e-6, -0.3e-6, 1.2e-6, -0.9e-6]

    private let link: String
    private let pulses: String
    private let stream: RealStream
    private let behaviour: Mutex<Behaviour>
    private let isStopped = Atomic(false)

    /// Starts a receiver.
    ///
    /// - Parameters:
    ///   - link: a symbolic link to its terminal, there while it is plugged in.
    ///   - pulses: path of the SOCK socket.
    ///   - stream: what it says.
    ///   - behaviour: what it does at first.
    init(link: String, pulses: String, stream: RealStream, behaviour: Behaviour) {
        (self.link, self.pulses, self.stream) = (link, pulses, stream)
        self.behaviour = Mutex(behaviour)
        let thread = Thread { [weak self] in Self.play { self } }
        thread.start()
    }

    /// Has the receiver do something else from its next second on.
    func change(_ body: (inout Behaviour) -> Void) { behaviour.withLock { body(&$0) } }

    /// Ends the thread within a second.
    func stop() { isStopped.store(true, ordering: .releasing) }

    private static func play(_ feeder: () -> Feeder?) {
        let end = KernelClock.monotonic() + patience
        var terminal: PseudoTerminal?
        var second = KernelClock.realTime().startOfSecond + .second
        while let feeder = feeder(), !feeder.isStopped.load(ordering: .acquiring), KernelClock.monotonic() < end {
            let behaviour = feeder.behaviour.withLock { $0 }
            feeder.plug(&terminal, behaviour.isPlugged)
            Pause.sleep(second - KernelClock.realTime())
            if behaviour.hasPulses { feeder.pulse(second) }
            if behaviour.hasSentences { feeder.write(to: &terminal, second, behaviour) }
            second = max(second, KernelClock.realTime().startOfSecond) + .second
        }
        feeder()?.plug(&terminal, false)
    }

    private func plug(_ terminal: inout PseudoTerminal?, _ isPlugged: Bool) {
        if isPlugged, terminal == nil, let made = try? PseudoTerminal() {
            try? FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: made.path)
            terminal = consume made
        } else if !isPlugged, terminal != nil {
            // First, for the number of the terminal goes to the next who wants one, and the daemon would take that.
            try? FileManager.default.removeItem(atPath: link)
            terminal = nil
        }
    }

    /// Nobody listens before the daemon has made its socket.
    private func pulse(_ second: Instant) {
        let jitter = Self.pulseJitter[Int(second.wholeSeconds) % Self.pulseJitter.count]
        guard let sender = try? SampleSocketSender(path: pulses) else { return }
        try? sender.send(SocketSample(local: second, offset: jitter, isPulse: true, leapIndicator: .none))
    }

    /// A terminal that nobody reads fills up; what does not fit is lost, as on a serial line.
    private func write(to terminal: inout PseudoTerminal?, _ second: Instant, _ behaviour: Behaviour) {
        var bytes = stream.bytes(for: second + .seconds(behaviour.errorSeconds))
        if behaviour.breaksOff { bytes.removeLast(bytes.count * 2 / 3) }
        bytes = behaviour.noise + bytes
        if let baudRate = behaviour.baudRate, terminal?.baudRate != baudRate { bytes = bytes.map { $0 ^ 0xd5 } }
        let start = second + Self.delay
        for (index, first) in stride(from: 0, to: bytes.count, by: Self.chunk).enumerated() {
            let last = min(first + Self.chunk, bytes.count)
            Pause.sleep(
                start + Interval(nanoseconds: Int64(index + 1) * Self.chunkTime.nanoseconds) - KernelClock.realTime())
            try? terminal?.write(bytes.span.extracting(first..<last))
        }
    }
}
