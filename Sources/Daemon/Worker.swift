import LinuxSystem
import Synchronization
import TimeScale

/// A desk with a thread of its own.
///
/// The thread holds the desk's lock while it answers, not while it waits, and takes it once for each time that it was
/// woken; the loop takes it to look into the desk, which is seldom.
final class Worker: Sendable {
    /// Served by the thread, looked at by the loop.
    let desk: Mutex<ServiceDesk>
    private let doorbell: Doorbell
    private let isStopped = Atomic(false)
    private let roundCount = Atomic<UInt32>(0)

    /// A worker that waits to be started.
    ///
    /// - Throws: `SystemError`.
    init(_ desk: consuming ServiceDesk) throws(SystemError) {
        self.desk = Mutex(desk)
        doorbell = try Doorbell()
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - number: tells it from others, for top(1).
    ///   - cores: those it may run on; empty = all.
    /// - Returns: the thread, to be waited for at the end.
    /// - Throws: `SystemError`.
    func start(number: Int, cores: [Int]) throws(SystemError) -> WorkerThread {
        try WorkerThread(name: "worker \(number)") { [self] in
            if !cores.isEmpty { try? Scheduling.pin(to: cores) }
            run()
        }
    }

    /// Adds a socket.
    func add(_ socket: ServiceSocket) {
        desk.withLock { $0.add(socket) }
        doorbell.ring()
    }

    /// Takes a socket away.
    func remove(_ socket: ServiceSocket) {
        desk.withLock { $0.remove(socket) }
        doorbell.ring()
    }

    /// How often the thread has come round, wrapping: it neither hangs nor is held up.
    var rounds: UInt32 { roundCount.load(ordering: .relaxed) }

    /// Has the thread come round.
    func wake() { doorbell.ring() }

    /// Makes the thread end.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        doorbell.ring()
    }

    private func run() {
        var set = PollSet()
        var batch = DatagramBatch(capacity: ServiceDesk.batchSize)
        while !isStopped.load(ordering: .relaxed) {
            set.removeAll()
            let bell = set.add(doorbell.descriptor)
            let places = desk.withLock { $0.register(in: &set) }
            // It fails for want of memory only, and may go better the next time.
            guard (try? set.wait(timeout: .seconds(3600))) ?? false else { continue }
            if set.isReadable(bell) { doorbell.answer() }
            desk.withLock { $0.attend(set, places, batch: &batch) }
            // Relaxed, and no addition of the processor's: nobody else writes it, and it carries no other data.
            roundCount.store(roundCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        }
    }
}
