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
    let socket: NTPSocket

    init(_ socket: consuming NTPSocket) { self.socket = socket }
}

/// Where a desk's sockets stand in a set, as long as the desk has no others.
struct ServicePlaces {
    fileprivate let places: Range<Int>
    fileprivate let version: Int
}

/// One server: its own sockets, client table, exchanges and counters. Several share an address; no client has two.
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
    var report = ServerReport()
    /// Who asked, and how often.
    private(set) var clients: ClientTable
    /// Prove requests and sign replies.
    var keys: SymmetricKeys
    private var sockets: [ServiceSocket] = []
    /// How many datagrams each has had to drop.
    private var dropped: [UInt32] = []
    /// Counts the changes of the sockets.
    private var version = 0
    /// What was broadcast last.
    var broadcasts: SentBroadcasts
    private let accessList: AccessList
    private var exchanges: InterleavedExchanges
    private let groups: [(high: UInt64, low: UInt64)]
    let published: PublishedService
    private var departures = DepartureEstimate()
    private var stamps: PacketStamps
    private var outcomes = InlineArray<32, Outcome>(repeating: Outcome())
    /// Which datagram of the batch is a probe.
    private var probe: Int?
    /// Since when the exchanges are of the clock as it is set now.
    private var ledSince = Instant.unixEpoch
    /// Room for a reply that has left, with its headers.
    private var frame = InlineArray<512, UInt8>(repeating: 0)

    /// What becomes of a datagram of a batch.
    private struct Outcome {
        var verdict = NTPServer.Verdict.refuse(.truncated)
        var client: (high: UInt64, low: UInt64) = (0, 0)
    }

    /// A desk without sockets.
    ///
    /// - Parameters:
    ///   - accessList: whom to serve.
    ///   - clients: an empty table.
    ///   - exchanges: none yet.
    ///   - keys: the symmetric keys.
    ///   - groups: broadcast and multicast addresses whose requests it answers, 16 bytes in two words; every socket of a
    ///     port may hear them, so one desk at most is given any.
    ///   - broadcastRules: how many destinations it broadcasts to.
    ///   - published: what is served.
    ///   - cards: network cards whose stamps the sockets ask for; `nil` = none.
    init(
        accessList: AccessList, clients: ClientTable, exchanges: InterleavedExchanges, keys: consuming SymmetricKeys,
        groups: [(high: UInt64, low: UInt64)], broadcastRules: Int, published: PublishedService, cards: PublishedCards?
    ) {
        (self.accessList, self.clients, self.exchanges) = (accessList, clients, exchanges)
        (self.groups, self.published) = (groups, published)
        broadcasts = SentBroadcasts(rules: broadcastRules)
        stamps = PacketStamps(cards: cards)
        self.keys = keys
    }

    /// Takes over a socket, bound.
    mutating func add(_ socket: ServiceSocket) {
        sockets.append(socket)
        dropped.append(0)
        version += 1
    }

    /// Closes a socket, once nobody else holds it.
    mutating func remove(_ socket: ServiceSocket) {
        guard let index = sockets.firstIndex(where: { $0 === socket }) else { return }
        sockets.remove(at: index)
        dropped.remove(at: index)
        version += 1
    }

    /// Adds the sockets to what is waited for.
    func register(in set: inout PollSet) -> ServicePlaces {
        let first = set.count
        for socket in sockets { set.add(socket.socket.descriptor) }
        return ServicePlaces(places: first..<set.count, version: version)
    }

    /// Answers what is waiting.
    ///
    /// - Parameters:
    ///   - ready: what is readable.
    ///   - registered: as `register` answered; nothing is done where the sockets have changed since.
    ///   - batch: room for requests.
    mutating func attend(_ ready: borrowing PollSet, _ registered: ServicePlaces, batch: inout DatagramBatch) {
        guard registered.version == version else { return }
        for (index, place) in registered.places.enumerated() where ready.needsAttention(place) {
            if ready.hasFailed(place) { takeDepartures(sockets[index]) }
            var left = Self.burst * Self.batchSize / batch.capacity
            while left > 0, answerBatch(index, &batch) { left -= 1 }
        }
        clients.growIfCrowded()
        exchanges.growIfCrowded()
        (report.clients, report.clientsForgotten) = (clients.count, clients.counters.forgotten)
        report.clientsUnrecorded = clients.counters.unrecorded
        (report.hardwareStamps, report.badHardwareStamps) = (stamps.used, stamps.refused)
    }

    /// Answers one batch.
    ///
    /// - Returns: whether more may be waiting.
    private mutating func answerBatch(_ socket: Int, _ batch: inout DatagramBatch) -> Bool {
        do throws(SystemError) {
            guard try batch.receive(from: sockets[socket].socket) else { return false }
        } catch {
            // Want of memory, or an interface that is gone: the next request is not concerned.
            report.unreadable += 1
            return true
        }
        let service = published.read()
        let (realTime, now, isOfNow) = Self.readClocks(service)
        let state = service.state(at: realTime)
        forgetExchanges(before: service.ledSince)
        var index = 0
        probe = nil
        batch.answerEach { bytes, arrival in
            outcomes[index].verdict = .refuse(.truncated)
            countDropped(arrival.dropped, by: socket)
            let stamp = stamps.arrival(kernel: arrival.stamp, hardware: arrival.hardwareStamp)
            let received = Self.arrivalTime(stamp, now: realTime, service)
            let answer =
                isOfNow
                ? answer(&bytes, arrival, index, received: received, state, now: now) : withhold(arrival)
            index += 1
            return answer
        }
        send(&batch, to: sockets[socket], service)
        return batch.count == batch.capacity
    }

    /// Decides on a request and writes its reply, not yet stamped.
    private mutating func answer(
        _ bytes: inout MutableSpan<UInt8>, _ arrival: DatagramBatch.Arrival, _ index: Int, received: Instant,
        _ state: ServerState, now: MonotonicInstant
    ) -> DatagramBatch.Answer {
        guard isConcerned(by: arrival) else { return .none }
        report.received += 1
        let flags = accessList.flags(for: arrival.address, port: arrival.port)
        let access = clients.admit(
            bytes.span.extracting(first: arrival.length), from: arrival.address, port: arrival.port, flags: flags,
            now: now)
        var verdict = respond(&bytes, arrival, access: access, received: received, state)
        if verdict.isSigned { clients.noteAuthentication() }
        if verdict == .refuse(.authentication), clients.noteMissingProof(flags: flags, now: now) {
            verdict = respond(&bytes, arrival, access: .kiss(.restricted), received: received, state)
        }
        outcomes[index] = Outcome(verdict: verdict, client: arrival.address)
        guard let length = verdict.length else {
            report.count(verdict)
            return .none
        }
        return .init(length: length, wantsDeparture: wantsDeparture(verdict, index, now: now))
    }

    private mutating func respond(
        _ bytes: inout MutableSpan<UInt8>, _ arrival: DatagramBatch.Arrival, access: AccessDecision, received: Instant,
        _ state: ServerState
    ) -> NTPServer.Verdict {
        // Longer than its room: what is cut off cannot be read, and cannot be right.
        NTPServer.respond(
            to: &bytes, length: arrival.length + (arrival.isTruncated ? 1 : 0), received: received, state: state,
            access: access, keys: keys,
            shortestPoll: max(NTPServer.shortestPoll, clients.limit.suggestedPoll), exchanges: &exchanges,
            client: arrival.address, isGroupAddressed: arrival.group != nil)
    }

    /// A request that came just as the clock was set, or whose clock has been set by others: no answer is better than a
    /// wrong one.
    private mutating func withhold(_ arrival: DatagramBatch.Arrival) -> DatagramBatch.Answer {
        guard isConcerned(by: arrival) else { return .none }
        (report.received, report.withheld) = (report.received + 1, report.withheld + 1)
        return .none
    }

    /// Stamps the answers and sends them, group by group.
    private mutating func send(_ batch: inout DatagramBatch, to socket: ServiceSocket, _ service: Service) {
        var next = 0
        while next < batch.count {
            let group = batch.group(from: next, size: Self.groupSize)
            next = group.upperBound
            let (begun, _, isOfNow) = Self.readClocks(service)
            let state = service.state(at: begun)
            var place = 0
            batch.forAnswers(of: group) { bytes, index, length in
                if isOfNow { stamp(&bytes, length, index, place: place, begun: begun, state) }
                place += 1
            }
            guard place > 0 else { continue }
            guard isOfNow else {
                report.withheld += place
                continue
            }
            batch.send(group, to: socket.socket)
            departures.learnSpacing(elapsed: KernelClock.realTime() - begun, count: place)
            countSent(group, batch)
        }
    }

    /// Counts the answers of a group as what they are, or as failed.
    private mutating func countSent(_ group: Range<Int>, _ batch: borrowing DatagramBatch) {
        for index in group where outcomes[index].verdict.length != nil {
            if batch.hasAnswer(index) { report.count(outcomes[index].verdict) } else { report.failed += 1 }
        }
    }

    /// Whether a datagram is for this desk: all hear what is sent to a group, and one answers, where it is told to.
    private func isConcerned(by arrival: DatagramBatch.Arrival) -> Bool {
        guard let group = arrival.group else { return true }
        return groups.contains { $0 == group }
    }

    /// Counts what the kernel had to drop at a socket because nobody took it in time.
    private mutating func countDropped(_ count: UInt32, by socket: Int) {
        guard count != 0, count != dropped[socket] else { return }
        report.overflowed += Int(count &- dropped[socket])
        dropped[socket] = count
    }

    private mutating func stamp(
        _ bytes: inout MutableSpan<UInt8>, _ length: Int, _ index: Int, place: Int, begun: Instant, _ state: ServerState
    ) {
        guard case .reply(_, let kind) = outcomes[index].verdict else { return }
        NTPServer.stamp(
            &bytes, length: length, kind: kind, transmitted: departures.departure(of: place, begun: begun),
            state: state, keys: keys, exchanges: &exchanges, client: outcomes[index].client)
        if probe == index {
            departures.expect(NTPHeader.loadTransmitTimestamp(bytes.span), place: place, begun: begun)
        }
    }

    /// What the kernel's clocks read, and whether they are still set as the service has them.
    ///
    /// A thread that is interrupted between the two sees them apart; hardly so three times in a row.
    static func readClocks(
        _ service: Service
    ) -> (realTime: Instant, monotonic: MonotonicInstant, isOfService: Bool) {
        var triesLeft = 3
        while true {
            let (realTime, monotonic) = (KernelClock.realTime(), KernelClock.monotonic())
            let isOfService = service.isOf(realTime, monotonic)
            triesLeft -= 1
            if isOfService || triesLeft == 0 { return (realTime, monotonic, isOfService) }
        }
    }

    /// When a request arrived, on the clock as it is set now.
    private static func arrivalTime(_ stamp: Instant?, now: Instant, _ service: Service) -> Instant {
        guard let stamp, stamp <= now, stamp >= service.ledSince, now - stamp < oldestStamp else { return now }
        return stamp
    }

    /// Timestamps from before the clock was set are of another time.
    private mutating func forgetExchanges(before moment: Instant) {
        guard moment != ledSince else { return }
        ledSince = moment
        exchanges.removeAll()
        broadcasts.forgetDepartures()
    }

    /// Whether the kernel shall tell when this reply leaves: its client will ask for it, or it is a probe, which a reply
    /// is now and then; without a signature, which would take its own time.
    private mutating func wantsDeparture(_ verdict: NTPServer.Verdict, _ index: Int, now: MonotonicInstant) -> Bool {
        guard case .reply(_, let kind) = verdict else { return false }
        guard kind == .basic else { return true }
        guard !verdict.isSigned, departures.isProbeDue(at: now) else { return false }
        probe = index
        return true
    }

    /// Learns when replies and broadcasts left.
    private mutating func takeDepartures(_ socket: ServiceSocket) {
        let service = published.read()
        for _ in 0..<Self.burst * Self.batchSize {
            var room = frame.mutableSpan
            guard let departure = socket.socket.takeDeparture(into: &room) else { return }
            let bytes = frame.span.extracting(first: departure.length)
            guard let offset = Frame.packetOffset(in: bytes) else { continue }
            let packet = bytes.extracting(droppingFirst: offset)
            let (transmitted, received) = (
                NTPHeader.loadTransmitTimestamp(packet), NTPHeader.loadReceiveTimestamp(packet)
            )
            let choice = stamps.departure(
                transmitted: transmitted, received: received, kernel: departure.stamp, hardware: departure.hardwareStamp
            )
            guard let choice, choice.stamp >= service.ledSince else { continue }
            let left = NTPTimestamp(service.state.servedTime(at: choice.stamp))
            departures.learn(transmitted, departed: choice.stamp, isProvisional: choice.isProvisional)
            exchanges.correct(received: received, transmitted: left)
            broadcasts.note(transmitted, left: left)
        }
    }
}
