import Authentication
import ConfigurationLanguage
import LinuxSystem
import NTPServer
import Reports
import Synchronization
import TimeScale

/// The server as the daemon's loop sees it: its addresses, and the desks that answer there, each by a thread of its own
/// or, without workers, by the loop.
struct TimeServer {
    /// Between two looks for addresses that are not bound yet: an interface may get its address long after the start.
    private static let bindInterval = Interval.seconds(10)
    /// Half of the time between two calls of `tick`.
    private static let halfTick = Interval.milliseconds(500)

    private let workers: [Worker]
    private let isThreaded: Bool
    private let published: PublishedService
    private var service: Service
    /// The state published last, as its maker gave it.
    private var lastState: ServerState?
    private let configuration: Configuration
    private let steeringSecret: UInt32
    /// Addresses that are bound.
    private var bound: [String] = []
    /// Addresses that could not be bound and have been reported.
    private var failed: [String] = []
    private var nextBind: MonotonicInstant
    private var threads: [WorkerThread] = []
    /// Where the sockets are registered, where the loop itself answers.
    private var places = 0..<0
    /// A socket of each family to broadcast by.
    private var senders: [(family: IPAddress.Family, socket: ServiceSocket)] = []
    private var nextBroadcast: [MonotonicInstant]
    private var cards: StampingCards

    /// A server on the addresses that a configuration chooses.
    ///
    /// - Parameters:
    ///   - configuration: port, listen rules, access rules, rate limit, client table and workers.
    ///   - count: threads to answer by; 0 = the loop.
    ///   - keys: the symmetric keys.
    ///   - secret: random bits that nobody else knows, for the client tables.
    ///   - log: is told what is bound and what could not be.
    /// - Throws: `SystemError` of the last address where not one could be bound, but not where it may yet come up.
    init(
        _ configuration: Configuration, workers count: Int, keys: borrowing SymmetricKeys, secret: (UInt64, UInt64),
        log: Log
    ) throws(SystemError) {
        self.configuration = configuration
        let (now, monotonic) = KernelClock.pair()
        service = Service(
            state: .unsynchronised(precision: 0, asOf: now), lead: Self.lead(now, monotonic), ledSince: now)
        published = PublishedService(service)
        cards = StampingCards(configuration.hardwareTimestamps, now: KernelClock.monotonic(), log: log)
        isThreaded = count > 0
        steeringSecret = UInt32(truncatingIfNeeded: secret.0 ^ secret.1)
        let accessList = AccessList(configuration.accessRules, serviceRules: configuration.serviceRules)
        let limit = RateLimit(configuration.rateLimit)
        var workers: [Worker] = []
        for number in 0..<max(1, count) {
            let desk = ServiceDesk(
                accessList: accessList,
                clients: ClientTable(configuration.clientTable.share(of: max(1, count)), limit: limit, key: secret),
                exchanges: InterleavedExchanges(key: secret), keys: keys.copy(), answersGroups: number == 0,
                broadcastRules: configuration.broadcasts.count, published: published, cards: cards.published)
            workers.append(try Worker(desk))
        }
        self.workers = workers
        nextBind = KernelClock.monotonic() + Self.bindInterval
        nextBroadcast = Array(repeating: KernelClock.monotonic(), count: configuration.broadcasts.count)
        if let error = bind(log), bound.isEmpty, !error.isAddressAbsent { throw error }
    }

    /// What was received, sent and refused, by all together.
    var report: ServerReport {
        var sum = ServerReport()
        for worker in workers { sum.add(worker.desk.withLock { $0.report }) }
        return sum
    }

    /// When it has something to do without being asked.
    var due: MonotonicInstant { cards.due }

    /// Reads the network cards' clocks whose time has come.
    mutating func readCards(now: MonotonicInstant, log: Log) { cards.attend(now: now, log: log) }

    /// Starts the threads; privileges must have been dropped, because threads have their own.
    ///
    /// - Throws: `SystemError` where the system will have no more threads.
    mutating func start() throws(SystemError) {
        guard isThreaded, threads.isEmpty else { return }
        for (index, worker) in workers.enumerated() {
            threads.append(try worker.start(number: index + 1, cores: configuration.affinity.workers))
        }
    }

    /// Ends the threads.
    mutating func stop() {
        for worker in workers { worker.stop() }
        for thread in threads { thread.join() }
        threads = []
    }

    /// Makes the state known that is served from now on (`Service.following`).
    ///
    /// - Parameters:
    ///   - state: on the clock that is steered.
    ///   - knownLead: CLOCK_REALTIME less CLOCK_MONOTONIC as the state's maker has seen it, ns; `nil` where it does not
    ///     matter to him, or has just been changed by himself.
    ///   - difference: the clock that is steered less the kernel's, from which requests are stamped, seconds, and its rate.
    mutating func publish(
        _ state: ServerState, knownLead: Int64?, difference: (Instant) -> (offset: Double, rate: Double)
    ) {
        let (realTime, monotonic) = KernelClock.pair()
        let (offset, rate) = difference(realTime)
        let seen = offset == 0 && rate == 0 ? state : state.seen(at: realTime, offset: offset, rate: rate)
        let isNew = state != lastState
        lastState = state
        let next = service.following(
            seen, isNew: isNew, lead: Self.lead(realTime, monotonic), at: realTime, knownLead: knownLead)
        guard let next, next != service else { return }
        service = next
        published.publish(next)
    }

    /// From now on these keys prove requests and sign replies.
    func replaceKeys(_ keys: borrowing SymmetricKeys) {
        for worker in workers { worker.desk.withLock { $0.keys = keys.copy() } }
    }

    /// Adds the sockets to what the loop waits for, where it answers.
    mutating func register(in set: inout PollSet) {
        guard !isThreaded else { return }
        workers[0].desk.withLock { desk in
            let first = set.count
            desk.register(in: &set)
            places = first..<set.count
        }
    }

    /// Answers what is waiting, where the loop answers.
    ///
    /// - Parameters:
    ///   - ready: what is readable.
    ///   - batch: room for requests.
    func answer(_ ready: borrowing PollSet, batch: inout DatagramBatch) {
        guard !isThreaded else { return }
        workers[0].desk.withLock { $0.attend(ready, places: places, batch: &batch) }
    }

    /// Binds the addresses that have come up, where it is time to look, and broadcasts what is due.
    mutating func tick(now: MonotonicInstant, log: Log) {
        if now >= nextBind {
            nextBind = now + Self.bindInterval
            _ = bind(log)
        }
        // The nearest tick, since none comes to the microsecond.
        for (index, rule) in configuration.broadcasts.enumerated() where now + Self.halfTick >= nextBroadcast[index] {
            // Before there is time to tell, it is due again at once.
            guard broadcast(rule, index, log) else { continue }
            let isOnTime = (now - nextBroadcast[index]).magnitude <= .second
            nextBroadcast[index] = (isOnTime ? nextBroadcast[index] : now) + .seconds(Int64(rule.interval))
        }
    }

    /// Sends to a group, and says why where it begins to fail.
    ///
    /// - Returns: whether it was tried.
    private mutating func broadcast(_ rule: BroadcastRule, _ index: Int, _ log: Log) -> Bool {
        guard let sender = senders.first(where: { $0.family == rule.group.address.family }) else { return false }
        let text = "broadcast to \(rule.group)"
        do throws(SystemError) {
            let isSent = try workers[0].desk.withLock { desk throws(SystemError) in
                try desk.broadcast(rule, index: index, by: sender.socket)
            }
            if isSent { failed.removeAll { $0 == text } }
            return isSent
        } catch {
            guard !failed.contains(text) else { return true }
            failed.append(text)
            log.warning("\(text): \(error), will try again")
            return true
        }
    }

    /// Hears the groups whose requests are answered.
    private func joinGroups(_ socket: ServiceSocket, _ family: IPAddress.Family, _ log: Log) {
        for group in configuration.manycastGroups where group.address.family == family {
            do throws(SystemError) {
                try socket.socket.join(group: group.address.description, interface: group.interface)
                log.info("answering requests to \(group)")
            } catch {
                log.warning("\(error); requests to this group are not heard")
            }
        }
    }

    /// Binds what is not bound yet, and reports each address that fails once.
    ///
    /// - Returns: the last error.
    private mutating func bind(_ log: Log) -> SystemError? {
        var last: SystemError?
        let local = (try? NetworkInterfaces.addresses()) ?? []
        for address in ListenAddresses.select(configuration.listenRules, local: local) where !bound.contains(address) {
            do throws(SystemError) {
                let sockets = try openSockets(address, local: local, log)
                let family: IPAddress.Family = address.contains(":") ? .v6 : .v4
                if !senders.contains(where: { $0.family == family }) {
                    senders.append((family, sockets[0]))
                    joinGroups(sockets[0], family, log)
                }
                for (worker, socket) in zip(workers, sockets) { worker.add(socket) }
                bound.append(address)
                failed.removeAll { $0 == address }
                log.info("serving NTP on \(address) port \(configuration.port)")
            } catch {
                last = error
                guard !failed.contains(address) else { continue }
                failed.append(address)
                log.warning("\(error), will try again")
            }
        }
        return last
    }

    /// A socket for each worker at one address.
    private func openSockets(
        _ address: String, local: [LocalAddress], _ log: Log
    ) throws(SystemError) -> [ServiceSocket] {
        // Sockets that share a port share it with any program of the same user: nobody else may have it before.
        let isShared = workers.count > 1
        if isShared { _ = try NTPSocket(address: address, port: configuration.port) }
        var sockets: [ServiceSocket] = []
        for _ in workers {
            sockets.append(
                ServiceSocket(
                    try NTPSocket(
                        address: address, port: configuration.port, sharesPort: isShared,
                        differentiatedServices: configuration.differentiatedServices,
                        usesHardwareStamps: StampingCards.serve(
                            address, rules: configuration.hardwareTimestamps, local: local))))
        }
        guard isShared, let any = sockets.first else { return sockets }
        do throws(SystemError) {
            try any.socket.steerClients(
                over: workers.count, ipv4Prefix: configuration.clientTable.ipv4Prefix,
                ipv6Prefix: configuration.clientTable.ipv6Prefix, secret: steeringSecret)
        } catch {
            log.info("\(error); a client may be counted by more than one worker")
        }
        return sockets
    }

    private static func lead(_ realTime: Instant, _ monotonic: MonotonicInstant) -> Int64 {
        realTime.nanoseconds - monotonic.nanoseconds
    }
}
