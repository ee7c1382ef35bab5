import ArgumentParser
import LinuxSystem
import NTPWire
import TimeScale

/// `timeball query HOST`: an SNTP probe.
struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Asks an NTP server for the time; adjusts nothing.",
        discussion: "Exits with 0 where the server is synchronised, 1 where it answers but is not, 2 without an answer."
    )

    @Argument(help: "Host name or address.")
    var host: String

    @Option(name: .shortAndLong, help: "UDP port.")
    var port: UInt16 = 123

    @Option(name: .shortAndLong, help: "Number of requests, a second apart; the one with the least delay counts.")
    var count = 1

    func validate() throws {
        guard (1...60).contains(count) else { throw ValidationError("--count takes 1 to 60") }
    }

    func run() throws {
        let queries = try ask()
        guard let best = queries.min(by: { $0.delay < $1.delay }) else { throw ExitCode(2) }
        Console.write(
            """
            server           \(host) port \(port)
            offset           \(Format.time(best.offset)) (server − this machine)
            delay            \(Format.duration(best.delay))
            stratum          \(best.reply.stratum)
            reference        \(best.reference)
            leap             \(best.reply.leapIndicator.rawValue)
            root delay       \(Format.duration(best.reply.rootDelay.seconds))
            root dispersion  \(Format.duration(best.reply.rootDispersion.seconds))
            precision        2^\(best.reply.precision) s

            """)
        guard best.isSynchronised else {
            Console.error("\(host): answers, but is not synchronised\n")
            throw ExitCode(1)
        }
    }

    private func ask() throws -> [TimeQuery] {
        var queries: [TimeQuery] = []
        do {
            let socket = try QuerySocket(host: host, port: port)
            for round in 0..<count {
                if round > 0 { Pause.sleep(.second) }
                do {
                    queries.append(try TimeQuery(socket))
                } catch let error as TimeQueryError {
                    Console.error("\(host): \(error)\n")
                }
            }
        } catch let error as SystemError {
            Console.error("\(error)\n")
        }
        return queries
    }
}
