import Authentication
import ConfigurationLanguage
import LinuxSystem
import NTPServer
import NTPWire
import Reports
import Synchronization
import Testing
import TimeScale

@testable import Daemon

/// The server with its threads, asked over loopback.
@Suite("The server of the daemon")
struct TimeServerTests {
    /// A running server.
    private final class Running {
        let port: UInt16
        var server: TimeServer
        private let book: LogBook

        init(_ lines: String = "", workers: Int, listen: String = "listen 127.0.0.1") throws {
            book = try LogBook()
            port = try NTPSocket(address: "127.0.0.1", port: 0).localPort()
            let text = "\(listen)\nport \(port)\n\(lines)\n"
            let (configuration, diagnostics) = NTPConfiguration.parse(text: Array(text.utf8), file: "test") { _ in nil }
            #expect(diagnostics.isEmpty)
            server = try TimeServer(
                configuration, workers: workers, keys: SymmetricKeys(), secret: (1, 2), log: book.log)
            publish()
            server.start(log: book.log)
        }

        deinit { server.stop() }

        /// Serves stratum 1, right to the nanosecond.
        func publish() {
            server.publish(TimeServerTests.state(KernelClock.realTime()), knownLead: nil) { _ in (0, 0) }
        }

        /// Wakes the workers; whether some have come round in time.
        func comeRound(_ workers: [Int], from before: [UInt32]) -> Bool {
            server.wakeWorkers()
            let deadline = KernelClock.monotonic() + .seconds(5)
            while KernelClock.monotonic() < deadline {
                let rounds = server.rounds
                if workers.allSatisfy({ rounds[$0] != before[$0] }) { return true }
                Pause.sleep(.milliseconds(1))
            }
            return false
        }

        func ask(from address: String = "127.0.0.1", count: Int = 1, to destination: String = "127.0.0.1")
            throws -> [NTPHeader]
        { try TimeServerTests.ask(port: port, from: address, count: count, to: destination) }
    }

    /// Stratum 1, right to the nanosecond.
    private static func state(_ now: Instant) -> ServerState {
        ServerState(
            leapIndicator: .none, stratum: 1, precision: -24, referenceID: ReferenceID(bits: 0x5050_5300),
            referenceTime: now - .second, rootDelay: 0, rootDispersion: 1e-6, rootDispersionRate: 0,
            pendingCorrection: 0, pendingCorrectionRate: 0, asOf: now)
    }

    /// Sends requests from one address, each with a transmit timestamp of its own; the replies that come.
    private static func ask(
        port: UInt16, from address: String = "127.0.0.1", count: Int = 1, to destination: String = "127.0.0.1"
    ) throws -> [NTPHeader] {
        let socket = try NTPSocket(address: address, port: 0)
        var request = [UInt8](repeating: 0, count: NTPHeader.length)
        for number in 1...count {
            var span = request.mutableSpan
            let cookie = NTPTimestamp(bits: UInt64(number) << 8)
            NTPHeader(requestOfVersion: 4, transmitTimestamp: cookie).write(into: &span)
            try socket.send(request.span, to: destination, port: port, interface: nil, timeToLive: 1)
        }
        return try replies(socket, count: count)
    }

    private static func replies(_ socket: borrowing NTPSocket, count: Int) throws -> [NTPHeader] {
        var replies: [NTPHeader] = []
        var batch = DatagramBatch(capacity: 16)
        // The patience is for what comes; what must not come after that is waited for a little longer than usual.
        var deadline = KernelClock.monotonic() + .seconds(2)
        while KernelClock.monotonic() < deadline {
            var poll = PollSet()
            poll.add(socket.descriptor)
            guard try poll.wait(timeout: .milliseconds(20)), try batch.receive(from: socket) else { continue }
            batch.answerEach { bytes, arrival in
                if let reply = try? NTPHeader(bytes.span.extracting(first: arrival.length)) { replies.append(reply) }
                return .none
            }
            if replies.count == count { deadline = KernelClock.monotonic() + .milliseconds(20) }
        }
        return replies
    }

    @Test("every request is answered once, whichever thread gets it", arguments: [1, 2, 3])
    func everyRequest(workers: Int) throws {
        let running = try Running(workers: workers)
        for client in 1...20 {
            let replies = try running.ask(from: "127.0.3.\(client)", count: 5)
            #expect(replies.map(\.originTimestamp.bits).sorted() == (1...5).map { $0 << 8 })
            #expect(replies.allSatisfy { $0.stratum == 1 && $0.mode == .server })
        }
        let report = running.server.report
        #expect((report.received, report.replied, report.failed, report.withheld) == (100, 100, 0, 0))
        // A client is known to one thread only: else the sum would count it more than once.
        #expect(report.clients == 20)
    }

    @Test("every worker that is woken comes round, and one whose desk is held does not")
    func rounds() throws {
        let running = try Running(workers: 2)
        #expect(running.comeRound([0, 1], from: running.server.rounds))
        running.server.workers[0].desk.withLock { _ in
            let before = running.server.rounds
            #expect(running.comeRound([1], from: before))
            #expect(running.server.rounds[0] == before[0])
        }
        #expect(running.comeRound([0, 1], from: running.server.rounds))
        let alone = try Running(workers: 0)
        #expect(alone.server.rounds.isEmpty)
    }

    @Test("the times of a reply are between those of its request and its arrival")
    func times() throws {
        let running = try Running(workers: 1)
        for _ in 0..<30 {
            let before = KernelClock.realTime()
            let reply = try #require(try running.ask().first)
            let after = KernelClock.realTime()
            let (received, sent) = (
                reply.receiveTimestamp.instant(near: before), reply.transmitTimestamp.instant(near: before)
            )
            // 50 µs: the most that a departure is foretold by (`DepartureEstimate`).
            #expect(before <= received && received <= sent && sent <= after + Interval(nanoseconds: 50_000))
        }
    }

    @Test("a request to a group is answered by one thread of several, and only where the configuration names the group")
    func broadcastRequest() throws {
        let running = try Running("manycastserver 127.255.255.255", workers: 3, listen: "listen all")
        for _ in 0..<5 {
            let replies = try running.ask(to: "127.255.255.255")
            #expect(replies.count == 1)
        }
        #expect(running.server.report.received == 5)
        let silent = try Running(workers: 3, listen: "listen all")
        #expect(try silent.ask(to: "127.255.255.255").isEmpty)
        #expect(try silent.ask().count == 1)
    }

    @Test("a group is heard also where single addresses are listened on")
    func groupBesideAddress() throws {
        let running = try Running("manycastserver 127.255.255.255", workers: 2)
        #expect(try running.ask(to: "127.255.255.255").count == 1)
        #expect(try running.ask().count == 1)
    }

    @Test("nothing is answered while the clock is not the one that the state was made on, and all is again afterwards")
    func clockSetByOthers() throws {
        let (realTime, monotonic) = (KernelClock.realTime(), KernelClock.monotonic())
        let lead = realTime.nanoseconds - monotonic.nanoseconds
        let state = Self.state(realTime)
        // An hour off: what the thread sees when somebody has set the clock back by that.
        let published = PublishedService(
            Service(state: state, lead: lead + Interval.seconds(3600).nanoseconds, ledSince: realTime))
        let worker = try Worker(
            ServiceDesk(
                accessList: AccessList([]),
                clients: ClientTable(ClientTableRule(), limit: RateLimit(.discard(DiscardRule())), key: (1, 2)),
                exchanges: InterleavedExchanges(key: (1, 2)), keys: SymmetricKeys(), groups: [], broadcastRules: 0,
                published: published, cards: nil))
        let socket = try NTPSocket(address: "127.0.0.1", port: 0)
        let port = try socket.localPort()
        worker.add(ServiceSocket(socket))
        let thread = try worker.start(number: 1, cores: [])
        #expect(try Self.ask(port: port).isEmpty)
        published.publish(Service(state: state, lead: lead, ledSince: realTime))
        #expect(try Self.ask(port: port).count == 1)
        worker.stop()
        thread.join()
        let report = worker.desk.withLock { $0.report }
        #expect((report.received, report.replied, report.withheld) == (2, 1, 1))
    }

    @Test("without workers the loop answers")
    func inLoop() throws {
        let running = try Running(workers: 0)
        let client = try QuerySocket(host: "127.0.0.1", port: running.port)
        var request = [UInt8](repeating: 0, count: NTPHeader.length)
        var span = request.mutableSpan
        NTPHeader(requestOfVersion: 4, transmitTimestamp: NTPTimestamp(bits: 2)).write(into: &span)
        try client.send(request.span)
        var set = PollSet()
        running.server.register(in: &set)
        var batch = DatagramBatch(capacity: 1)
        let isReady = try set.wait(timeout: .second)
        #expect(isReady)
        running.server.answer(set, batch: &batch)
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .second)
        let length = answer.length
        #expect(hasAnswer && length == 48)
    }

    @Test("an address that somebody else has is reported, and a port is not shared with strangers", arguments: [1, 2])
    func taken(workers: Int) throws {
        let running = try Running(workers: workers)
        let book = try LogBook()
        var configuration = Configuration()
        (configuration.port, configuration.listenRules) = (
            running.port,
            [ListenRule(action: .listen, pattern: .addresses(.only(try #require(IPAddress("127.0.0.1")))))]
        )
        let error = #expect(throws: SystemError.self) {
            _ = try TimeServer(configuration, workers: workers, keys: SymmetricKeys(), secret: (1, 2), log: book.log)
        }
        #expect(error?.description == "bind 127.0.0.1 port \(running.port): address already in use")
    }
}
