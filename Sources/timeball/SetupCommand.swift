import ArgumentParser
import LinuxSystem
import ReceiverSetup
import TimeScale

/// `timeball setup`: finds receivers and pulses, and writes a configuration with its reasons.
struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Finds receivers and pulses, measures them for a minute, and writes a configuration.",
        discussion: """
            Listens at every serial port that nobody uses, at one speed after the other, and at every pulse device; finds \
            out which pulses belong to which receiver, which of their edges begins the second, and how good they are. \
            Ports in use are named and left alone, settings are put back, and the clock is never adjusted. Nothing is \
            sent to a receiver without --ask. Where no port has a receiver and a gpsd listens, that is asked for its own.

            A receiver without a fix is configured too, and the remark above its line says what is still to be done. What \
            was lost while it was measured is told.

            Exits with 0 where a configuration was written, 1 where nothing was found, 2 after an error (a file that cannot \
            be written among them, which is tried first), 3 where it was not written because nobody could say yes, or \
            nobody did, and 130 where a signal ended it, with nothing written.
            """)

    @Option(name: .shortAndLong, help: "Look at this serial port only; may be given several times.")
    var device: [String] = []

    @Option(name: .shortAndLong, help: "Look at this pulse device only; may be given several times.")
    var pulse: [String] = []

    @Option(name: .shortAndLong, help: "How long to measure, seconds.")
    var seconds = 60

    @Option(name: .shortAndLong, help: "The configuration that is written.")
    var output = "/etc/timeball.conf"

    @Flag(
        name: .shortAndLong,
        help: "Write without asking; a configuration that stands there is kept as FILE.old, FILE.old2 and so on.")
    var yes = false

    @Flag(
        help: """
            Ask receivers that speak UBX, or nothing but NMEA, for model and firmware with a UBX message, which only those \
            of u-blox understand.
            """)
    var ask = false

    /// Two more than it takes to judge labels.
    private static let fewestSeconds = 8
    /// What the service reads.
    private static let serviceFile = "/etc/timeball.conf"

    /// Where the file ends up, behind links.
    private var target: String { Files.destination(of: output) }
    /// Whether it may come to writing: somebody agrees, or can be asked.
    private var mayWrite: Bool { yes || Console.isInteractive }

    func validate() throws {
        guard (Self.fewestSeconds...86_400).contains(seconds) else {
            throw ValidationError("--seconds takes \(Self.fewestSeconds) to 86400")
        }
    }

    func run() throws {
        do {
            try Signals.install()
            if mayWrite { try Files.checkWritable(target) }
            try setUp()
        } catch let error as SystemError {
            Console.error("timeball setup: \(error)\n")
            throw ExitCode(2)
        } catch is Interrupted {
            Console.error("\ntimeball setup: interrupted; ports are as they were, and nothing was written\n")
            throw ExitCode(Interrupted.exitCode)
        }
    }

    private func setUp() throws {
        var session = SetupSession(
            .init(devices: device, pulses: pulse, duration: .seconds(Int64(seconds)), mayAsk: ask))
        session.open()
        let hasReceivers = try session.findSpeeds() > 0
        session.openPulses()
        // Without a receiver nothing names seconds, and pulses need no minute of anybody's time.
        if hasReceivers { try session.measure() }
        let verdict = session.conclude()
        var gpsd: SetupGPSD?
        if session.hasGPSD, verdict.sources.isEmpty {
            Console.error("Asking the gpsd of this machine, for \(seconds) s at most ...\n")
            gpsd = try SetupGPSD(patience: .seconds(Int64(seconds)))
        }
        let configuration = SetupConfiguration(
            verdict, date: KernelClock.realTime(), duration: gpsd?.duration ?? session.measured,
            gpsd: gpsd?.receivers ?? [])
        let refused = session.refused + (configuration.isUseful ? [] : session.absent)
        Console.write(SetupReport(verdict, refused: refused).text)
        if session.hasGPSD { Console.write("\n" + (gpsd?.remark ?? SetupAdvice.gpsdBeside)) }
        for remark in session.remarks { Console.write("\n" + remark) }
        guard configuration.isUseful else {
            Console.write(SetupAdvice.nothing(isEmpty: refused.isEmpty && verdict.pulses.isEmpty))
            throw ExitCode(1)
        }
        try write(configuration.text)
    }

    // MARK: - Writing

    private func write(_ text: String) throws {
        guard mayWrite else {
            Console.write("\n\(text)\n")
            return try refuse("this is no terminal where somebody could agree; --yes agrees")
        }
        let mode = Files.mode(of: target)
        let kept = mode.map { _ in Self.freeName(for: target) }
        if let kept, !yes {
            Console.write("\n\(text)\n\(output) is there already. Replace it, and keep it as \(kept)? [y/N] ")
            guard try answer().lowercased().hasPrefix("y") else { return try refuse("as you wish") }
        }
        if let kept, let mode {
            // 1 MiB: a hundred times what anybody writes.
            try Files.writeAtomically(kept, try Files.read(target, limit: 1 << 20), mode: mode)
        }
        try Files.writeAtomically(target, Array(text.utf8), mode: mode ?? 0o644)
        Console.write("\nWritten: \(output)\(kept.map { ", and what stood there to \($0)" } ?? "").\n")
        Console.write(
            target == Files.destination(of: Self.serviceFile)
                ? "Next: `systemctl restart timeballd`, and `timeball status` shows how it gets on.\n"
                : "The service reads \(Self.serviceFile), and not this file; `timeballd -c \(output)` does.\n")
    }

    /// A name that nothing has, for what stood there: what was kept before may be the only copy of somebody's own.
    private static func freeName(for path: String) -> String {
        var (name, number) = ("\(path).old", 1)
        while Files.exists(name) {
            number += 1
            name = "\(path).old\(number)"
        }
        return name
    }

    /// A line that somebody types.
    private func answer() throws -> String {
        let input = try InputFile(path: "-")
        var poll = PollSet()
        var buffer = [UInt8](repeating: 0, count: 256)
        var text: [UInt8] = []
        while true {
            try Interrupted.check()
            poll.removeAll()
            let index = poll.add(number: input.descriptorNumber)
            guard try poll.wait(timeout: Interrupted.lookInterval), poll.needsAttention(index) else { continue }
            var bytes = buffer.mutableSpan
            let count = try input.read(into: &bytes)
            text += buffer[..<count]
            if count == 0 || text.last == UInt8(ascii: "\n") { return String(decoding: text, as: UTF8.self) }
        }
    }

    private func refuse(_ reason: String) throws {
        Console.write("Not written: \(reason).\n")
        throw ExitCode(3)
    }
}
