import CLoad
import LinuxSystem
import TimeScale

/// Round-trip times of single requests to servers that have nothing else to do.
enum Latency {
    /// Between two requests to the same server: long enough for it, and its core, to sleep.
    private static let pause = 0.010

    /// Asks all servers in turn and prints the table.
    static func measure(_ servers: [Server], requests count: Int) throws {
        let requests = Requests(.none)
        var times = [[Double]](repeating: [], count: servers.count)
        var lost = 0
        let clients = try servers.map { try Client(port: $0.program.port, requests) }
        for _ in 0..<count {
            for index in servers.indices {
                if let answer = clients[index].ask(timeout: .milliseconds(200)) {
                    times[index].append(Double(answer.round_trip) / 1000)
                } else {
                    lost += 1
                }
                Pause.sleep(Interval(seconds: pause / Double(servers.count)))
            }
        }
        Console.write(
            "\n## Round trip of one request to an idle server\n\n"
                + "\(count) requests to each, every 10 ms, all servers in turn; the client waits without sleeping, so that "
                + "the time is the server's waking, its work and the loopback; µs. \(lost) were not answered.\n\n")
        var table = Table(["server", "median", "99 %", "99.9 %", "worst"])
        for (index, server) in servers.enumerated() {
            let sorted = times[index].sorted()
            func quantile(_ share: Double) -> String {
                sorted.isEmpty ? "–" : decimal(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))], 1)
            }
            table.add([server.program.name, quantile(0.5), quantile(0.99), quantile(0.999), quantile(1)])
        }
        table.print()
    }
}
