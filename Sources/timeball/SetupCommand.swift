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
            sent to a receiver without --ask.

            Exits with 0 where a configuration was written, 1 where nothing was found, 2 after an error, 3 where it was \
            not written because nobody could say yes, or nobody did.
            """)

    @Option(name: .shortAndLong, help: "Look at this serial port only; may be given several times.")
    var device: [String] = []

    @Option(name: .shortAndLong, help: "Look at this pulse device only; may be given several times.")
    var pulse: [String] = []

    @Option(name: .shortAndLong, help: "How long to measure, seconds.")
    var seconds = 60

    @Option(name: .shortAndLong, help: "The configuration that is written.")
    var output = "/etc/timeball.conf"

    @Flag(name: .shortAndLong, help: "Write without asking; a configuration that stands there is kept as FILE.old.")
    var yes = false

    @Flag(help: "Ask u-blox receivers for their model and firmware, which writes to the port.")
    var ask = false

    /// Two more than it takes to judge labels.
    private static let fewestSeconds = 8

    func validate() throws {
        guard (Self.fewestSeconds...86_400).contains(seconds) else {
            throw ValidationError("--seconds takes \(Self.fewestSeconds) to 86400")
        }
    }

    func run() throws {
        do {
            try Signals.install()
            try setUp()
        } catch let error as SystemError {
            Console.error("timeball setup: \(error)\n")
            throw ExitCode(2)
        } catch is SetupSession.Interrupted {
            Console.error("\ntimeball setup: interrupted; ports are as they were, and nothing was written\n")
            throw ExitCode(130)
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
        let configuration = SetupConfiguration(
            verdict, date: KernelClock.realTime(), duration: seconds, usesGPSD: session.hasGPSD)
        let refused = session.refused + (configuration.isUseful ? [] : session.absent)
        Console.write(SetupReport(verdict, refused: refused).text)
        if session.hasGPSD { Console.write("\n" + SetupAdvice.gpsd(isKnown: SetupConfiguration.knowsGPSD)) }
        for remark in session.remarks { Console.write("\n" + remark) }
        guard configuration.isUseful else {
            Console.write(SetupAdvice.nothing(isEmpty: refused.isEmpty && verdict.pulses.isEmpty))
            throw ExitCode(1)
        }
        try write(configuration.text)
    }

    // MARK: - Writing

    private func write(_ text: String) throws {
        let isReplaced = Files.exists(output)
        guard yes || Console.isInteractive else {
            Console.write("\n\(text)\n")
            return try refuse("this is no terminal where somebody could agree; --yes agrees")
        }
        if isReplaced, !yes {
            Console.write("\n\(text)\n\(output) is there already. Replace it, and keep it as \(output).old? [y/N] ")
            guard let answer = readLine(), answer.lowercased().hasPrefix("y") else { return try refuse("as you wish") }
        }
        // 1 MiB: a hundred times what anybody writes.
        if isReplaced { try Files.writeAtomically("\(output).old", try Files.read(output, limit: 1 << 20)) }
        try Files.writeAtomically(output, Array(text.utf8))
        Console.write("\nWritten: \(output)\(isReplaced ? ", and what stood there to \(output).old" : "").\n")
        Console.write("Next: `systemctl restart timeballd`, and `timeball status` shows how it gets on.\n")
    }

    private func refuse(_ reason: String) throws {
        Console.write("Not written: \(reason).\n")
        throw ExitCode(3)
    }
}
