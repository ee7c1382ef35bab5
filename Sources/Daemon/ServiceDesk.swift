// HOT PATH
import Authentication
import ConfigurationLanguage
import LinuxSystem
import NTPServer
import NTPWire
import Reports
import TimeScale

/// A bound socket of a desk. A class, because descriptors cannot be copied and an array holds these.
final class ServiceSocket: Sendable {
    /// The address it is bound to, as text.
    let address: String
    let socket: NTPSocket

    init(address: String, socket: consuming NTPSocket) {
        self.address = address
        self.socket = socket
    }
}

/// What every desk goes by, until it is replaced: the access rules and the keys.
final class ServiceRules: Sendable {
    let accessList: AccessList
    let keys: SymmetricKeys

    init(accessList: AccessList, keys: consuming SymmetricKeys) {
        self.accessList = accessList
        self.keys = keys
    }
}

/// One server: its own sockets, client table and counters. Several of them share an address, and no client has two.
struct ServiceDesk: ~Copyable {
    /// Requests that are received and answered together.
    static let batchSize = 32
    /// Batches in a row from one socket before the others are looked at again.
    private static let burst = 4
    /// Replies stamped together: more would be stamped too early, fewer would cost more.
    private static let groupSize = 8
    /// Older stamps are those of a clock that has been set since.
    private static let oldestStamp = Interval.second

    /// What was received, sent and refused.
    private(set) var report = ServerReport()
    /// Who asked, and how often.
    private(set) var clients: ClientTable
    /// What to go by.
    var rules: ServiceRules
    private(set) var sockets: [ServiceSocket] = []
    private let published: PublishedService
    private var departures = DepartureEstimate()
    /// What becomes of the datagrams of a batch, and which of them is a probe.
    private var verdicts = InlineArray<32, NTPServer.Verdict>(repeating: .refuse(.truncated))
    private var probedIndex: Int?
    /// Room for a reply that has left, with its headers: as much as its end needs.
    private var frame = InlineArray<256, UInt8>(repeating: 0)

    /// A desk without sockets.
    init(rules: ServiceRules, clients: ClientTable, published: PublishedService) {
        (self.rules, self.clients, self.published) = (rules, clients, published)
    }

    /// Takes over a socket, bound.
    mutating func add(_ socket: ServiceSocket) { sockets.append(socket) }

    /// Adds the sockets to what is waited for, one after the other.
    ///
    /// - Returns: the place of the first.
    func register(in set: inout PollSet) -> Int {
        var first: Int?
        for socket in sockets {
            let place = set.add(socket.socket.descriptor)
            first = first ?? place
        }
        return first ?? 0
    }

    /// Answers what is waiting.
    ///
    /// - Parameters:
    ///   - ready: what is readable.
    ///   - first: the place of the first socket in it.
    ///   - count: sockets registered.
    ///   - batch: room for requests.
    mutating func attend(_ ready: borrowing PollSet, first: Int, count: Int, batch: DatagramBatch) {
        for index in 0..<count where ready.needsAttention(first + index) {
            let socket = sockets[index]
            if ready.hasFailed(first + index) { takeDepartures(socket) }
            let rounds = Self.burst * Self.batchSize / batch.capacity
            var round = 0
            while round < rounds, answerBatch(socket, batch) { round += 1 }
        }
        clients.growIfCrowded()
        (report.clients, report.clientsForgotten) = (clients.count, clients.counters.forgotten)
        report.clientsUnrecorded = clients.counters.unrecorded
    }

    /// Answers one batch.
    ///
    /// - Returns: whether more may be waiting.
    private mutating func answerBatch(_ socket: ServiceSocket, _ batch: DatagramBatch) -> Bool {
        do throws(SystemError) {
            guard try batch.receive(from: socket.socket) else { return false }
        } catch {
            // An ICMP error of an earlier reply, or an address that is gone: the next request is not concerned.
            report.failed += 1
            return true
        }
        report.received += batch.count
        let service = published.read()
        let (realTime, now) = (KernelClock.realTime(), KernelClock.monotonic())
        guard service.isOf(realTime, now) else {
            report.withheld += batch.count
            return batch.count == batch.capacity
        }
        var index = 0
        probedIndex = nil
        batch.answerEach { bytes, arrival in
            let received = Self.arrivalTime(arrival.stamp, now: realTime, service)
            let verdict = decide(&bytes, arrival, received: received, state: service.state, now: now)
            (verdicts[index], index) = (verdict, index + 1)
            count(verdict)
            guard let length = verdict.length else { return .none }
            return .init(length: length, wantsDeparture: isProbe(verdict, index - 1, now: now))
        }
        send(batch, to: socket, service)
        return batch.count == batch.capacity
    }

    /// Stamps the answers and sends them, group by group.
    private mutating func send(_ batch: DatagramBatch, to socket: ServiceSocket, _ service: Service) {
        var next = 0
        while next < batch.count {
            let group = batch.group(from: next, size: Self.groupSize)
            next = group.upperBound
            let begun = KernelClock.realTime()
            guard service.isOf(begun, KernelClock.monotonic()) else {
                // Set since the requests were looked at: no answer is better than a wrong one.
                report.withheld += group.count
                continue
            }
            var place = 0
            batch.forAnswers(of: group) { bytes, index, length in
                guard case .reply = verdicts[index] else { return }
                let transmitted = departures.departure(of: place, begun: begun)
                NTPServer.stamp(
                    &bytes, length: length, transmitted: transmitted, state: service.state, keys: rules.keys)
                if probedIndex == index {
                    departures.expect(NTPHeader.transmitTimestamp(of: bytes.span), place: place, begun: begun)
                }
                place += 1
            }
            guard place > 0 else { continue }
            let failed = batch.send(group, to: socket.socket)
            (report.failed, report.replied) = (report.failed + failed, report.replied - failed)
            departures.learnSpacing(elapsed: KernelClock.realTime() - begun, count: place)
        }
    }

    private mutating func decide(
        _ bytes: inout MutableSpan<UInt8>, _ arrival: DatagramBatch.Arrival, received: Instant, state: ServerState,
        now: MonotonicInstant
    ) -> NTPServer.Verdict {
        let flags = rules.accessList.flags(for: arrival.address, port: arrival.port)
        let access = clients.admit(
            bytes.span.extracting(first: arrival.length), from: arrival.address, port: arrival.port, flags: flags,
            now: now)
        let verdict = respond(&bytes, arrival.length, access: access, received: received, state: state)
        if verdict.isSigned { clients.noteAuthentication() }
        guard verdict == .refuse(.authentication), clients.noteMissingProof(flags: flags, now: now) else {
            return verdict
        }
        return respond(&bytes, arrival.length, access: .kiss(.restricted), received: received, state: state)
    }

    private func respond(
        _ bytes: inout MutableSpan<UInt8>, _ length: Int, access: AccessDecision, received: Instant, state: ServerState
    ) -> NTPServer.Verdict {
        NTPServer.respond(
            to: &bytes, length: length, received: received, state: state, access: access, keys: rules.keys,
            shortestPoll: max(NTPServer.shortestPoll, clients.limit.suggestedPoll))
    }

    /// When a request arrived, on the clock as it is set now.
    private static func arrivalTime(_ stamp: Instant?, now: Instant, _ service: Service) -> Instant {
        guard let stamp, stamp <= now, stamp >= service.ledSince, now - stamp < oldestStamp else { return now }
        return stamp
    }

    /// Whether the kernel shall tell when this reply leaves: now and then one, and one of a batch, without a signature,
    /// which would take its own time.
    private mutating func isProbe(_ verdict: NTPServer.Verdict, _ index: Int, now: MonotonicInstant) -> Bool {
        guard case .reply = verdict, !verdict.isSigned, departures.isProbeDue(at: now) else { return false }
        probedIndex = index
        return true
    }

    /// Learns when probes left.
    private mutating func takeDepartures(_ socket: ServiceSocket) {
        var frame = frame.mutableSpan
        while let departure = socket.socket.takeDeparture(into: &frame) {
            guard let stamp = departure.stamp, departure.length >= NTPHeader.length else { continue }
            let reply = frame.span.extracting(departure.length - NTPHeader.length..<departure.length)
            departures.learn(NTPHeader.transmitTimestamp(of: reply), departed: stamp)
        }
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
        case .authentication: report.badAuthentication += 1
        }
    }
}
