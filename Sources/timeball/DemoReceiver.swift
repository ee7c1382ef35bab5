import LinuxSystem
import SimulatedWorld
import TimeScale

/// An imagined receiver in real time: sentences at 9600 baud into a pseudo-terminal, pulses into a SOCK socket.
struct DemoReceiver: ~Copyable {
    /// Terminal that the daemon reads.
    var path: String { terminal.path }
    /// Whether it writes and pulses at all.
    var hasSignal = true

    private let terminal: PseudoTerminal
    private let socketPath: String
    private let receiver = ImaginedReceiver()
    private var random: RandomSource

    /// Delay from the second to the first character, and its jitter: a usual receiver (reference nmea-ubx.md §2).
    private static let delay = 0.12
    private static let delayJitter = 0.004
    /// Jitter of the pulses' stamps, standard deviation in seconds: an interrupt on a quiet machine.
    private static let pulseJitter = 1e-6
    /// One character of ten bits at 9600 baud.
    private static let characterTime = Interval(nanoseconds: 1_041_667)
    /// Characters written at a time.
    private static let chunk = 4

    init(socketPath: String, seed: UInt64) throws(SystemError) {
        let terminal = try PseudoTerminal()
        self.socketPath = socketPath
        random = RandomSource(seed: seed)
        self.terminal = terminal
    }

    /// Plays one second: the pulse at its start, then the sentences; returns at `end`.
    mutating func play(second: Instant, until end: Instant) throws(SystemError) {
        wait(until: second)
        if hasSignal {
            pulse(second)
            let delay = Self.delay + Self.delayJitter * random.nextGaussian()
            try sentences(for: second, from: second + Interval(seconds: delay))
        }
        wait(until: end)
    }

    /// A pulse whose stamp is off by the jitter; nobody listens before the daemon has made its socket.
    private mutating func pulse(_ second: Instant) {
        let jitter = Self.pulseJitter * random.nextGaussian()
        guard let sender = try? SampleSocketSender(path: socketPath) else { return }
        try? sender.send(SocketSample(local: second, offset: jitter, isPulse: true, leapIndicator: .none))
    }

    private func sentences(for second: Instant, from start: Instant) throws(SystemError) {
        let bytes = receiver.burst(for: second)
        for first in stride(from: 0, to: bytes.count, by: Self.chunk) {
            let last = min(first + Self.chunk, bytes.count)
            // A character has arrived when its last bit has.
            wait(until: start + Interval(nanoseconds: Int64(last) * Self.characterTime.nanoseconds))
            do throws(SystemError) {
                try terminal.write(bytes.span.extracting(first..<last))
            } catch  where error.isTryAgain {
                return
            }
        }
    }

    private func wait(until moment: Instant) {
        Pause.sleep(moment - KernelClock.realTime())
    }
}
