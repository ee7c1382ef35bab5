import LinuxSystem
import SimulatedWorld
import TimeScale

/// An imagined receiver in real time: its messages at 9600 baud into a pseudo-terminal, pulses into a SOCK socket.
struct DemoReceiver: ~Copyable {
    /// What it is.
    enum Kind: String, CaseIterable {
        /// A navigation receiver that speaks NMEA; pulses are stamped by an interrupt.
        case nmea
        /// A timing receiver that speaks UBX and tells how far each pulse will be off; pulses are stamped by a card.
        case ubx

        /// Jitter of the pulses' stamps, standard deviation in seconds: an interrupt on a quiet machine, or a card's clock.
        fileprivate var pulseJitter: Double { self == .nmea ? 1e-6 : 2e-9 }
        /// Largest error of a pulse that can only come with an edge of the receiver's oscillator, seconds: ±11 ns are a
        /// NEO-M8T's (48 MHz; reference nmea-ubx.md §5.1).
        fileprivate var largestSawtooth: Double { self == .nmea ? 0 : 11e-9 }
    }

    /// Terminal that the daemon reads.
    var path: String { terminal.path }
    /// Whether it writes and pulses at all.
    var hasSignal = true

    private let terminal: PseudoTerminal
    private let socketPath: String
    private let receiver = ImaginedReceiver()
    private let kind: Kind
    private var random: RandomSource
    /// By how much the next pulse will be late, seconds, as the receiver tells before (qErr, with the opposite sign).
    private var sawtooth = 0.0
    /// By how much the last pulses were late, and what the receiver had told of each, seconds.
    private var recent: [(late: Double, told: Double)] = []

    /// Pulses that a scatter is taken of: enough for a fifth of it.
    private static let scattered = 16

    /// Delay from the second to the first character, and its jitter: a usual receiver (reference nmea-ubx.md §2).
    private static let delay = 0.12
    private static let delayJitter = 0.004
    /// One character of ten bits at 9600 baud.
    private static let characterTime = Interval(nanoseconds: 1_041_667)
    /// Characters written at a time.
    private static let chunk = 4

    init(_ kind: Kind, socketPath: String, seed: UInt64) throws(SystemError) {
        self.kind = kind
        let terminal = try PseudoTerminal()
        self.socketPath = socketPath
        random = RandomSource(seed: seed)
        self.terminal = terminal
    }

    /// What the receiver had told of the last pulse, seconds to be added to its stamp; `nil` before the first.
    var lastCorrection: Double? { recent.last.map { -$0.told } }

    /// Standard deviation of the last pulses as they were stamped, and of what is left of them less what the receiver told
    /// of each, seconds; `nil` before the second.
    var scatter: (raw: Double, corrected: Double)? {
        guard recent.count > 1 else { return nil }
        return (Self.deviation(recent.map(\.late)), Self.deviation(recent.map { $0.late - $0.told }))
    }

    private static func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count - 1)).squareRoot()
    }

    /// Plays one second: the pulse at its start, then the sentences; returns at `end`.
    mutating func play(second: Instant, until end: Instant) throws(SystemError) {
        wait(until: second)
        if hasSignal {
            pulse(second)
            let delay = Self.delay + Self.delayJitter * random.nextGaussian()
            try messages(for: second, from: second + Interval(seconds: delay))
        }
        wait(until: end)
    }

    /// A pulse whose stamp is off by jitter and sawtooth; nobody listens before the daemon has made its socket.
    private mutating func pulse(_ second: Instant) {
        let late = kind.pulseJitter * random.nextGaussian() + sawtooth
        recent = recent.suffix(Self.scattered - 1) + [(late, sawtooth)]
        sawtooth = (2 * random.nextUnit() - 1) * kind.largestSawtooth
        guard let sender = try? SampleSocketSender(path: socketPath) else { return }
        try? sender.send(SocketSample(local: second, offset: -late, isPulse: true, leapIndicator: .none))
    }

    private func messages(for second: Instant, from start: Instant) throws(SystemError) {
        let bytes = kind == .nmea ? receiver.burst(for: second) : receiver.ubxBurst(for: second, sawtooth: sawtooth)
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
