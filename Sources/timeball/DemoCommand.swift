import ArgumentParser
import LinuxSystem
import TimeScale

/// `timeball demo`: a whole appliance without hardware, live.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Runs an appliance with an imagined receiver and an imagined oscillator; needs no hardware and no root.",
        discussion: """
            A real timeballd reads NMEA sentences, or UBX packets, from a real pseudo-terminal at 9600 baud and pulses from \
            a SOCK socket, and steers a virtual clock that begins 0.3 s wrong. It serves NTP on 127.0.0.1 and [::1]. Each line \
            shows how far the served time is from the truth, which is this machine's own clock: nothing here adjusts it. A \
            client over loopback sees that, so microseconds of it are the path's.

            Exits with 0, after Ctrl-C too, and with 1 where the daemon cannot be started or ends by itself.
            """)

    @Option(help: "nmea: a usual receiver; ubx: a timing receiver that tells how far each pulse will be off (qErr).")
    var receiver = DemoReceiver.Kind.nmea

    @Option(name: .shortAndLong, help: "UDP port on which time is served.")
    var port: UInt16 = 11123

    @Option(help: "Cut sentences and pulses after so many seconds.")
    var loseSignalAfter: Int?

    @Option(help: "Bring them back after so many seconds.")
    var returnSignalAfter: Int?

    @Option(name: .customLong("for"), help: "End after so many seconds; runs until Ctrl-C without.")
    var duration: Int?

    @Option(help: "Seed of the imagined oscillator and of all jitter.")
    var seed: UInt64 = 1

    @Flag(help: "Show the daemon's own log between the lines.")
    var log = false

    func run() throws {
        do {
            try Signals.install()
            var appliance = try DemoAppliance(receiver, port: port, seed: seed, showsLog: log)
            defer { appliance.stop() }
            Console.write(appliance.introduction)
            try appliance.run(
                loseSignalAfter: loseSignalAfter, returnSignalAfter: returnSignalAfter, duration: duration)
        } catch let error as SystemError {
            Console.error("timeball demo: \(error)\n")
            throw ExitCode(1)
        } catch let error as DemoError {
            Console.error("timeball demo: \(error)\n")
            throw ExitCode(1)
        }
    }
}

extension DemoReceiver.Kind: ExpressibleByArgument {}

/// Why a demo cannot go on.
enum DemoError: Error, CustomStringConvertible {
    /// The daemon has ended by itself.
    case daemonEnded

    var description: String {
        switch self {
        case .daemonEnded: "timeballd ended by itself; see its messages above (is another demo running? try --port)"
        }
    }
}
