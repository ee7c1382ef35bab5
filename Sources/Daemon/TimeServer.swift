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

    let workers: [Worker]
    private let published: PublishedService
    private var service: Service
    /// The state published last, as its maker gave it.
    private var lastState: ServerState?
    let configuration: Configuration
    let steeringSecret: UInt32
    /// What is bound.
    var bindings: [Binding] = []
    /// Groups that are heard, by the numbers of their interfaces.
    var joined: [GroupAddress: UInt32] = [:]
    /// What could not be done and has been reported.
    var failed: [String] = []
    private var nextBind: MonotonicInstant
    private var threads: [WorkerThread] = []
    /// The desks that the loop attends, and where their sockets are registered.
    private var attended: [(worker: Worker, places: ServicePlaces?)]
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
        steeringSecret = UInt32(truncatingIfNeeded: secret.0 ^ secret.1)
        let accessList = AccessList(configuration.accessRules, serviceRules: configuration.serviceRules)
        let limit = RateLimit(configuration.rateLimit)
        var workers: [Worker] = []
        for number in 0..<max(1, count) {
            let desk = ServiceDesk(
                accessList: accessList,
                clients: ClientTable(
                    configuration.clientTable.share(of: max(1, count)), limit: limit, key: secret,
                    tables: max(1, count)),
                exchanges: InterleavedExchanges(key: secret), keys: keys.copy(),
                groups: number == 0 ? configuration.manycastGroups.map(\.address.wire) : [],
                broadcastRules: configuration.broadcasts.count, published: published, cards: cards.published)
            workers.append(try Worker(desk))
        }
        self.workers = workers
        attended = count > 0 ? [] : [(workers[0], nil)]
        nextBind = KernelClock.monotonic() + Self.bindInterval
        nextBroadcast = Array(repeating: KernelClock.monotonic(), count: configuration.broadcasts.count)
        if let error = bind(log), bindings.isEmpty, !error.isAddressAbsent { throw error }
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

    /// How often each worker with a thread of its own has come round.
    var rounds: [UInt32] { threaded.map(\.rounds) }

    /// Has every worker with a thread of its own come round.
    func wakeWorkers() { for worker in threaded { worker.wake() } }

    private var threaded: [Worker] { workers.filter { worker in !attended.contains { $0.worker === worker } } }

    /// Starts the threads; privileges must have been dropped, because threads have their own.
    ///
    /// What the system will give no thread for, the loop attends.
    mutating func start(log: Log) {
        guard attended.isEmpty, threads.isEmpty else { return }
        let cores = configuration.affinity.workers
        let absent = cores.filter { !Scheduling.isAllowed(core: $0) }
        if !absent.isEmpty {
            log.warning("affinity: there is no core \(absent.map(String.init).joined(separator: ",")) for the workers")
        }
        for (index, worker) in workers.enumerated() {
            do throws(SystemError) {
                threads.append(
                    try worker.start(number: index + 1, cores: cores.filter { Scheduling.isAllowed(core: $0) }))
            } catch {
                log.warning("\(error); the discipline's thread answers in its place")
                attended.append((worker, nil))
            }
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
        let isKernels = offset == 0 && rate == 0
        let seen = isKernels ? state : state.seen(at: realTime, offset: offset, rate: rate)
        let until = isKernels ? nil : state.leapSecond(seenAt: realTime, offset: offset)
        let isNew = state != lastState
        lastState = state
        let next = service.following(
            seen, isNew: isNew, lead: Self.lead(realTime, monotonic), at: realTime, knownLead: knownLead,
            until: until ?? Service.noEnd)
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
        for index in attended.indices {
            attended[index].places = attended[index].worker.desk.withLock { $0.register(in: &set) }
        }
    }

    /// Answers what is waiting, where the loop answers.
    ///
    /// - Parameters:
    ///   - ready: what is readable.
    ///   - batch: room for requests.
    func answer(_ ready: borrowing PollSet, batch: inout DatagramBatch) {
        for (worker, places) in attended {
            guard let places else { continue }
            worker.desk.withLock { $0.attend(ready, places, batch: &batch) }
        }
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
        guard let sender = sender(for: rule.group) else { return false }
        let text = "broadcast to \(rule.group)"
        do throws(SystemError) {
            let isSent = try workers[0].desk.withLock { desk throws(SystemError) in
                try desk.broadcast(rule, index: index, by: sender)
            }
            if isSent { failed.removeAll { $0 == text } }
            return isSent
        } catch {
            report(text, "\(text): \(error), will try again", log)
            return true
        }
    }

    private static func lead(_ realTime: Instant, _ monotonic: MonotonicInstant) -> Int64 {
        realTime.nanoseconds - monotonic.nanoseconds
    }
}
