import CLoad
import LinuxSystem
import TimeScale

/// Replies per second and CPU time per reply of every server, beside the echoes.
struct Throughput {
    /// One server in one situation.
    private struct Figures {
        var rates: [Double] = []
        var costs: [Double] = []
        var busy: [Double] = []
        var (sent, lost, wrong) = (0, 0, 0)
    }

    private struct Situation: Hashable {
        let server: Int
        let signature: Signature
        let addresses: Int
    }

    private static let addressCounts = [1, 100_000]

    private let servers: [Server]
    private let rounds: Int
    private let seconds: Double
    private var figures: [Situation: Figures] = [:]
    /// Clock ticks without authentication.
    private var ticks: [(user: Double, system: Double)]

    /// - Parameters:
    ///   - servers: all running.
    ///   - rounds: how often each situation is measured.
    ///   - seconds: for how long each time.
    init(_ servers: [Server], rounds: Int, seconds: Double) {
        (self.servers, self.rounds, self.seconds) = (servers, rounds, seconds)
        ticks = servers.map { _ in (0, 0) }
    }

    /// Measures all servers in turn, round after round, and prints the tables.
    mutating func measure() throws {
        let pools = Signature.allCases.map { Requests($0) }
        for server in servers { try warmUp(server, pools) }
        for _ in 0..<rounds {
            for pool in pools {
                for addresses in Self.addressCounts {
                    for index in servers.indices { try measure(index, pool, addresses) }
                }
            }
        }
        Console.write(
            "\n## Replies per second and CPU per reply\n\n"
                + "128 requests outstanding from 16 ports of one address or of 100 000 in turn; \(rounds) rounds of "
                + "\(decimal(seconds)) s each, all servers in turn in each round; medians. CPU is user and system time "
                + "of all threads of the server (/proc/PID/task/*/schedstat), sending to loopback delivers included. "
                + "*busy* is that CPU over elapsed time: well below 100 % the generator, or another process on this "
                + "machine, was the limit, and the server's own is replies/s over *busy*.\n")
        for signature in Signature.allCases { printTable(signature) }
        printShares()
    }

    /// Every client once, so that tables are filled, and every signature checked.
    private func warmUp(_ server: Server, _ pools: [Requests]) throws {
        let program = server.program
        _ = try pools[0].send(
            to: program.port, isEcho: program.isEcho, addresses: 100_000, count: 100_000, seconds: 2, spins: false)
        for pool in pools where !program.isEcho {
            let client = try Client(port: program.port, pool)
            guard let answer = client.ask(timeout: .seconds(1)), client.isProven(answer) else {
                throw BenchError.silent(program.name, "no right reply to \(pool.signature)")
            }
        }
    }

    private mutating func measure(_ index: Int, _ pool: Requests, _ addresses: Int) throws {
        let server = servers[index]
        let (begun, before) = (server.cpuTime, try server.ticks())
        let result = try pool.send(
            to: server.program.port, isEcho: server.program.isEcho, addresses: addresses, seconds: seconds,
            spins: Machine.isApart(server.program.cores))
        // The scheduler counts a thread's time when it goes to sleep.
        Pause.sleep(.milliseconds(2))
        let spent = Double(server.cpuTime - begun)
        if pool.signature == .none {
            let after = try server.ticks()
            ticks[index].user += after.user - before.user
            ticks[index].system += after.system - before.system
        }
        let key = Situation(server: index, signature: pool.signature, addresses: addresses)
        var sums = figures[key] ?? Figures()
        sums.rates.append(Double(result.replies) / Double(result.nanoseconds) * 1e9)
        sums.costs.append(spent / Double(result.replies) / 1000)
        sums.busy.append(spent / Double(result.nanoseconds))
        sums.sent += Int(result.sent)
        sums.lost += Int(result.lost)
        sums.wrong += Int(result.wrong)
        figures[key] = sums
    }

    private func printTable(_ signature: Signature) {
        let name = signature == .none ? "No authentication (48 bytes)" : "\(signature.rawValue) (68 bytes)"
        Console.write("\n\(name)\n\n")
        var table = Table(["server", "clients", "replies/s", "busy %", "CPU µs", "× echo", "× batched echo"])
        for addresses in Self.addressCounts {
            for (index, server) in servers.enumerated() {
                table.add([server.program.name, "\(addresses)"] + cells(index, signature, addresses))
            }
        }
        table.print()
        for (key, sums) in figures where key.signature == signature && sums.lost + sums.wrong > 0 {
            Console.write(
                "\(servers[key.server].program.name), \(key.addresses) addresses: of \(sums.sent) requests "
                    + "\(sums.lost) were not answered and \(sums.wrong) wrongly.\n")
        }
    }

    private func cells(_ index: Int, _ signature: Signature, _ addresses: Int) -> [String] {
        func sums(_ server: Int?) -> Figures? {
            server.flatMap { figures[Situation(server: $0, signature: signature, addresses: addresses)] }
        }
        func echo(_ name: String) -> Double {
            median(sums(servers.firstIndex { $0.program.name == name })?.costs ?? [])
        }
        guard let own = sums(index) else { return [String](repeating: "–", count: 5) }
        let cost = median(own.costs)
        return [
            decimal(median(own.rates), 0), decimal(median(own.busy) * 100, 0), decimal(cost),
            decimal(cost / echo(Programs.plainEcho)), decimal(cost / echo(Programs.batchedEcho)),
        ]
    }

    /// What part of the time is not the kernel's.
    private func printShares() {
        let shares = servers.indices.map { index in
            let (user, system) = ticks[index]
            return "\(servers[index].program.name) \(decimal(user / (user + system) * 100, 0)) %"
        }
        Console.write(
            "\nUser time as part of CPU time without authentication, by the kernel's ticks: "
                + shares.joined(separator: ", ") + ".\n")
    }
}
