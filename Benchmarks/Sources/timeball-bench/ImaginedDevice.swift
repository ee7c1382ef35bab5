import Glibc
import LinuxSystem
import SimulatedWorld
import TimeScale

/// An imagined receiver in a process of its own: sentences at 9600 baud into a terminal, pulses into a SOCK socket.
///
/// This machine's CLOCK_REALTIME is its truth.
enum ImaginedDevice {
    /// Jitter of the pulses' stamps, standard deviation in seconds: an interrupt on a quiet machine.
    private static let pulseJitter = 1e-6
    /// Ten bits at 9600 baud.
    private static let characterTime = Interval(nanoseconds: 1_041_667)
    /// Characters written at a time.
    private static let chunk = 4

    /// Plays until it is ended; writes the terminal's path to `folder/terminal`, pulses to `folder/pulses`.
    static func play(folder: String) throws {
        let terminal = try PseudoTerminal()
        try Files.writeAtomically("\(folder)/terminal", Array(terminal.path.utf8))
        let receiver = ImaginedReceiver()
        var random = RandomSource(seed: 1)
        var second = KernelClock.realTime().startOfSecond + .second
        while true {
            wait(until: second)
            let jitter = pulseJitter * random.nextGaussian()
            // Nobody listens before the daemon has made its socket.
            if let sender = try? SampleSocketSender(path: "\(folder)/pulses") {
                try? sender.send(SocketSample(local: second, offset: jitter, isPulse: true, leapIndicator: .none))
            }
            let start = second + Interval(seconds: receiver.delay(&random))
            let bytes = receiver.burst(for: second)
            for first in stride(from: 0, to: bytes.count, by: chunk) {
                let last = min(first + chunk, bytes.count)
                wait(until: start + Interval(nanoseconds: Int64(last) * characterTime.nanoseconds))
                try? terminal.write(bytes.span.extracting(first..<last))
            }
            second = max(second + .second, KernelClock.realTime().startOfSecond)
        }
    }

    private static func wait(until moment: Instant) { Pause.sleep(moment - KernelClock.realTime()) }
}
