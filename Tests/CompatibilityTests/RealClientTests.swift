import Foundation
import LinuxSystem
import Reports
import Testing

/// Programs that none of us wrote, asking a daemon that follows a real receiver's stream.
@Suite("Real clients")
struct RealClientTests {
    /// Served time may be off this much: a client's scheduling, not the clock's error, which is microseconds.
    static let tolerance = 0.005

    /// One worker, and as many as there are cores here.
    static let workerCounts: [Int] = {
        if Programs.knows("workers 1") { return [1, 2] }
        Programs.skip("two workers", "the daemon has no workers yet")
        return [1]
    }()

    /// The line that asks for so many workers, where the daemon knows it.
    static func configuration(workers: Int) -> String { workerCounts.count > 1 ? "\nworkers \(workers)" : "" }

    @Test(
        "clients see no time before the proof, stratum 1 with the signal, 10 without it, and 1 again",
        arguments: workerCounts)
    func ladder(workers: Int) async throws {
        let folder = Folder()
        let keys = try folder.write("keys", "1 MD5 secretmd5key\n")
        let setup = RunningDaemon.Setup().with {
            $0.stream = ["mt3339", "quectel-L70"][workers - 1]
            $0.service = "local stratum 10\nkeys \(keys)\ntrustedkey 1"
            $0.service += Self.configuration(workers: workers)
            $0.isIsolated = Programs.isRoot
        }
        let clients = RealClient.all.filter(\.isUsable)
        try await withDaemon(setup) { daemon in
            // Without a signal, because a slow client might take longer than the proof.
            daemon.feeder.change { ($0.hasSentences, $0.hasPulses) = (false, false) }
            #expect(try await daemon.logs("serving NTP"))
            try await ask(clients.filter(\.refusesUnsynchronised), keys, of: daemon, see: nil)
            #expect(try daemon.snapshot().server.replied >= clients.count)
            daemon.feeder.change { $0 = .init() }
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            try await ask(clients, keys, of: daemon, see: 1)
            daemon.feeder.change { ($0.hasSentences, $0.hasPulses) = (false, false) }
            #expect(try await daemon.reaches("local", within: 20), "log:\n\(daemon.log)")
            try await ask(clients, keys, of: daemon, see: 10)
            daemon.feeder.change { $0 = .init() }
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            try await ask(clients.filter { $0.patience < 9 }, keys, of: daemon, see: 1)
        }
    }

    /// All clients at once, by IPv4, by IPv6 and with a key; they must see a stratum, or believe no time where it is
    /// `nil`.
    private func ask(
        _ clients: [RealClient], _ keys: String, of daemon: RunningDaemon, see stratum: Int?
    ) async throws {
        try await withThrowingTaskGroup { group in
            for client in clients {
                group.addTask { try await Self.ask(client, of: daemon, sees: stratum) }
                group.addTask { try await Self.ask(client, isIPv6: true, of: daemon, sees: stratum) }
                guard client.takesKeys else { continue }
                group.addTask { try await Self.ask(client, key: (1, keys), of: daemon, sees: stratum) }
            }
            try await group.waitForAll()
        }
    }

    private static func ask(
        _ client: RealClient, isIPv6: Bool = false, key: (identifier: Int, file: String)? = nil,
        of daemon: RunningDaemon, sees stratum: Int?
    ) async throws {
        guard let stratum else {
            let answer = try await client.ask(daemon, isIPv6: isIPv6, key: key)
            #expect(answer.offset == nil, "believed before anything was proven: \(answer)")
            return
        }
        func isRight(_ answer: RealClient.Answer) -> Bool { abs(answer.offset ?? .infinity) < tolerance }
        var answer = RealClient.Answer()
        // A client that asks once is wrong by half the time that the machine lets it wait for its turn, as long as others
        // are started beside it.
        for attempt in 0..<20 where !isRight(answer) {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(500)) }
            answer = try await client.ask(daemon, isIPv6: isIPv6, key: key, until: isRight)
        }
        #expect(isRight(answer), "\(answer)")
        #expect(answer.stratum == (client.showsStratum ? stratum : nil), "\(answer)")
    }

    @Test("a client that could set this machine's clock is not started")
    func guardsTheClock() async throws {
        guard Programs.isRoot else { return Programs.skip("a client with the right to set the clock", "it needs root") }
        let result = try await run(Programs.script("without-clock") + ["/bin/echo", "started"])
        #expect(result.status == 99)
        #expect(result.output.contains("could set the clock"), "\(result)")
        #expect(!result.output.contains("started"))
        #expect(try await run(Programs.withoutClock(["/bin/echo", "started"])).output == "started\n")
    }

    @Test(
        "the daemon locks on a real receiver's stream",
        arguments: ["quectel-L70", "sirfstarv-nmea", "bu353s4", "skytraq-fix", "mr-350p", "nd-1005"])
    func locks(stream: String) async throws {
        try await withDaemon(.init().with { $0.stream = stream }) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let reply = try daemon.ask()
            #expect(reply.stratum == 1)
            #expect(reply.leap == 0)
            #expect(reply.reference == "PPS")
            #expect(abs(reply.offset) < Self.tolerance)
        }
    }
}
