import ArgumentParser
import FoundationEssentials
import LinuxSystem
import Reports
import TimeScale

/// `timeball status`: one screen about the running daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the daemon does: state, stratum, offset, and each source with the reason for its use.")

    @Option(name: .shortAndLong, help: "The daemon's observe socket.")
    var socket = "/run/timeball/observe"

    @Flag(help: "Print the snapshot as JSON.")
    var json = false

    @Flag(help: "Show each satellite as well: its number, C/N0 in dBHz, and * where it is in the solution.")
    var satellites = false

    @Flag(help: "Go on, once a second.")
    var watch = false

    func run() throws {
        do {
            try show()
        } catch let error as SystemError {
            Console.error("\(error); is timeballd running, and is --socket its observe path?\n")
            throw ExitCode(1)
        }
    }

    private func show() throws {
        var client = try ObserveClient(path: socket)
        repeat {
            guard let frame = try client.frame(timeout: .seconds(5)) else {
                Console.error("\(socket): the daemon does not answer\n")
                throw ExitCode(1)
            }
            if json {
                Console.write(String(decoding: frame, as: UTF8.self) + "\n")
            } else {
                let snapshot = try JSONDecoder().decode(Snapshot.self, from: Data(frame))
                Console.write(
                    (watch ? "\u{1b}[H\u{1b}[2J" : "") + StatusScreen.text(snapshot, showsSatellites: satellites))
            }
        } while watch
    }
}
