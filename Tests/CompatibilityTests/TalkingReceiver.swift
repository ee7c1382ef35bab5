import Foundation
import LinuxSystem
import SimulatedWorld
import Synchronization
import TimeScale

/// A receiver that writes to a terminal at one speed, on a thread of its own: while the terminal is set to another, random
/// bytes come out of it, as they do on a serial line.
final class TalkingReceiver: Sendable {
    /// What it says in a second.
    typealias Speech = @Sendable (_ second: Instant) -> [UInt8]

    /// The longest a test may take; the thread ends by itself then.
    private static let patience = Interval.seconds(120)
    /// Bytes written at a time, and the pause between: about what 9600 baud has.
    private static let chunk = 48
    private static let pause = Interval.milliseconds(50)

    /// The terminal that it writes to.
    let path: String
    /// What the terminal is set to.
    var terminalSpeed: Int? { terminal.withLock { $0?.baudRate } }

    /// `nil` once it is unplugged.
    private let terminal: Mutex<PseudoTerminal?>
    private let baudRate: Int
    private let speech: Speech
    private let isStopped = Atomic(false)
    private let hasHeard = Atomic(false)

    /// Whether anything was sent to it.
    var wasAsked: Bool { hasHeard.load(ordering: .acquiring) }

    /// Starts a receiver.
    init(baudRate: Int, speech: @escaping Speech) throws {
        let pair = try PseudoTerminal()
        path = pair.path
        terminal = Mutex(consume pair)
        (self.baudRate, self.speech) = (baudRate, speech)
        Thread { [weak self] in
            let end = KernelClock.monotonic() + Self.patience
            while let self, !self.isStopped.load(ordering: .acquiring), KernelClock.monotonic() < end { self.speak() }
        }.start()
    }

    /// Takes the terminal away, as a cable that is pulled.
    func unplug() { terminal.withLock { $0 = nil } }

    /// Ends the thread within a second.
    func stop() { isStopped.store(true, ordering: .releasing) }

    /// A binary stream of the corpus, cut into so many seconds.
    ///
    /// - Returns: `nil` where the corpus is not there.
    static func stream(_ name: String, seconds: Int) -> Speech? {
        guard let bytes = RealStream.file(name) else { return nil }
        let start = KernelClock.realTime().wholeSeconds
        return { second in
            let index = Int(second.wholeSeconds - start) % seconds
            return Array(bytes[bytes.count * index / seconds..<bytes.count * (index + 1) / seconds])
        }
    }

    /// Its model and firmware, as a u-blox receiver tells them (UBX-MON-VER), where anything was sent to it.
    private func answer() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        var span = bytes.mutableSpan
        guard let count = try? terminal.withLock({ try $0?.read(into: &span) }), count > 0 else { return [] }
        hasHeard.store(true, ordering: .releasing)
        let fields = [("EXT CORE 1.00", 30), ("00190000", 10), ("MOD=ZED-F9T", 30), ("FWVER=TIM 2.20", 30)]
        let payload = fields.flatMap { text, length in
            Array(text.utf8) + Array(repeating: 0, count: length - text.count)
        }
        let body = [0x0a, 0x04, UInt8(payload.count), 0] + payload
        var sum = (first: UInt8(0), second: UInt8(0))
        for byte in body {
            sum.first &+= byte
            sum.second &+= sum.first
        }
        return [0xb5, 0x62] + body + [sum.first, sum.second]
    }

    private func speak() {
        let second = KernelClock.realTime().startOfSecond + .second
        Pause.sleep(second + .milliseconds(120) - KernelClock.realTime())
        var random = RandomSource(seed: UInt64(second.wholeSeconds))
        let bytes = answer() + speech(second)
        for first in stride(from: 0, to: bytes.count, by: Self.chunk) {
            let sent = Array(bytes[first..<min(first + Self.chunk, bytes.count)])
            let isRight = terminalSpeed == baudRate
            // A terminal that nobody reads fills up; what does not fit is lost, as on a serial line.
            let bytes = isRight ? sent : sent.map { _ in UInt8(truncatingIfNeeded: random.next()) }
            terminal.withLock { try? $0?.write(bytes.span) }
            Pause.sleep(Self.pause)
        }
    }
}
