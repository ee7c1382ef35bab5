// HOT PATH
import Authentication
import ConfigurationLanguage
import Discipline
import LinuxSystem
import NTPServer
import Reports
import TimeScale

/// The server's sockets, and the way of a request through them.
struct TimeServer: ~Copyable {
    /// A bound socket. A class, because descriptors cannot be copied and an array holds these.
    private final class Socket {
        let address: String
        let socket: NTPSocket
        var pollIndex: Int?

        init(address: String, port: UInt16) throws(SystemError) {
            let socket = try NTPSocket(address: address, port: port)
            self.address = address
            self.socket = socket
        }
    }

    /// Requests answered in a row before devices are looked at again.
    private static let burst = 64
    /// Between two looks for addresses that are not bound yet: an interface may get its address long after the start.
    private static let bindInterval = Interval.seconds(10)

    /// What was received, sent and refused.
    private(set) var report = ServerReport()
    /// Prove requests and sign replies.
    var keys: SymmetricKeys
    private let accessList: AccessList
    /// Who asked, and how often.
    private(set) var clients: ClientTable
    /// When replies really left.
    private var exchanges: InterleavedExchanges
    private let port: UInt16
    private let listenRules: [ListenRule]
    private var sockets: [Socket] = []
    /// Addresses that could not be bound and have been reported.
    private var failed: [String] = []
    private var nextBind: MonotonicInstant
    private var datagram = DatagramBuffer()

    /// A server on the addresses that a configuration chooses.
    ///
    /// - Parameters:
    ///   - configuration: port, listen rules, access rules, rate limit and client table.
    ///   - keys: the symmetric keys.
    ///   - hashKey: random bits that nobody else knows, for the client table.
    ///   - log: is told what is bound and what could not be.
    /// - Throws: `SystemError` of the last address where not one could be bound, but not where it may yet come up.
    init(
        _ configuration: Configuration, keys: consuming SymmetricKeys, hashKey: (UInt64, UInt64), log: Log
    ) throws(SystemError) {
        self.keys = keys
        accessList = AccessList(configuration.accessRules, serviceRules: configuration.serviceRules)
        clients = ClientTable(
            configuration.clientTable, limit: RateLimit(configuration.rateLimit), key: hashKey)
        exchanges = InterleavedExchanges(key: hashKey)
        (port, listenRules) = (configuration.port, configuration.listenRules)
        nextBind = KernelClock.monotonic() + Self.bindInterval
        if let error = bind(log), sockets.isEmpty, !error.isAddressAbsent { throw error }
    }

    /// Adds the sockets to what is waited for.
    func register(in set: inout PollSet) {
        for socket in sockets { socket.pollIndex = set.add(socket.socket.descriptor) }
    }

    /// Binds the addresses that have come up, where it is time to look.
    mutating func tick(now: MonotonicInstant, log: Log) {
        guard now >= nextBind else { return }
        nextBind = now + Self.bindInterval
        _ = bind(log)
    }

    /// Answers what is waiting, a burst from each socket at most.
    ///
    /// - Parameters:
    ///   - ready: what is readable.
    ///   - clock: stamps requests and replies.
    ///   - state: what is served.
    mutating func answer(_ ready: borrowing PollSet, clock: some ClockControl, state: ServerState) {
        let now = KernelClock.monotonic()
        for socket in sockets where socket.pollIndex.map({ ready.needsAttention($0) }) ?? false {
            var answered = 0
            while answered < Self.burst, answerOne(socket, clock: clock, state: state, now: now) { answered += 1 }
        }
        clients.growIfCrowded()
        exchanges.growIfCrowded()
        (report.clients, report.clientsForgotten) = (clients.count, clients.counters.forgotten)
        report.clientsUnrecorded = clients.counters.unrecorded
    }

    /// Answers one request.
    ///
    /// - Returns: `false` where none was waiting.
    private mutating func answerOne(
        _ socket: Socket, clock: some ClockControl, state: ServerState, now: MonotonicInstant
    ) -> Bool {
        do throws(SystemError) {
            guard try socket.socket.receive(into: &datagram) else { return false }
            report.received += 1
            let received = clock.reading(atKernelTime: datagram.received)
            let (address, port) = (datagram.peerAddress, datagram.peerPort)
            let flags = accessList.flags(for: address, port: port)
            let access = clients.admit(
                datagram.bytes.span.extracting(first: datagram.length), from: address, port: port, flags: flags,
                now: now)
            var verdict = respond(access: access, received: received, state: state)
            if verdict.isSigned { clients.noteAuthentication() }
            if verdict == .refuse(.authentication), clients.noteMissingProof(flags: flags, now: now) {
                verdict = respond(access: .kiss(.restricted), received: received, state: state)
            }
            guard let length = verdict.length else {
                count(verdict)
                return true
            }
            if case .reply(_, let kind) = verdict {
                var bytes = datagram.bytes.mutableSpan
                NTPServer.stamp(
                    &bytes, length: length, kind: kind, transmitted: clock.now(), state: state, keys: keys,
                    exchanges: &exchanges, client: address)
            }
            if try socket.socket.reply(from: datagram, length: length) {
                count(verdict)
            } else {
                report.failed += 1
            }
        } catch {
            // An ICMP error of an earlier reply, or an address that is gone: the next request is not concerned.
            report.failed += 1
        }
        return true
    }

    private mutating func respond(access: AccessDecision, received: Instant, state: ServerState) -> NTPServer.Verdict {
        let (length, client) = (datagram.length, datagram.peerAddress)
        var bytes = datagram.bytes.mutableSpan
        return NTPServer.respond(
            to: &bytes, length: length, received: received, state: state, access: access, keys: keys,
            shortestPoll: max(NTPServer.shortestPoll, clients.limit.suggestedPoll), exchanges: &exchanges,
            client: client)
    }

    private mutating func count(_ verdict: NTPServer.Verdict) {
        switch verdict {
        case .refuse(let refusal): count(refusal)
        case .kiss: report.kissed += 1
        case .reply:
            report.replied += 1
            if verdict.isSigned { report.authenticated += 1 }
            if verdict.isCryptoNAK { report.cryptoNAKs += 1 }
        }
    }

    private mutating func count(_ refusal: NTPServer.Refusal) {
        switch refusal {
        case .truncated: report.truncated += 1
        case .version: report.badVersion += 1
        case .mode: report.badMode += 1
        case .tail: report.badTail += 1
        case .access: report.denied += 1
        case .limit: report.limited += 1
        case .flake: report.flaked += 1
        case .group: report.declined += 1
        case .authentication: report.badAuthentication += 1
        }
    }

    /// Binds what is not bound yet, and reports each address that fails once.
    ///
    /// - Returns: the last error.
    private mutating func bind(_ log: Log) -> SystemError? {
        var last: SystemError?
        let local = (try? NetworkInterfaces.addresses()) ?? []
        for address in ListenAddresses.select(listenRules, local: local)
        where !sockets.contains(where: { $0.address == address }) {
            do throws(SystemError) {
                sockets.append(try Socket(address: address, port: port))
                failed.removeAll { $0 == address }
                log.info("serving NTP on \(address) port \(port)")
            } catch {
                last = error
                guard !failed.contains(address) else { continue }
                failed.append(address)
                log.warning("\(error), will try again")
            }
        }
        return last
    }
}
