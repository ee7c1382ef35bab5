import LinuxSystem
import Synchronization
import Testing
import TimeScale

@Suite("Threads")
struct WorkerThreadTests {
    @Test("a thread runs its body once and is waited for")
    func runs() throws {
        let count = Counter()
        let thread = try WorkerThread(name: "test") {
            Pause.sleep(.milliseconds(20))
            count.add()
        }
        thread.join()
        #expect(count.value == 1)
    }

    @Test("a doorbell wakes whoever waits, and is silent once it is answered")
    func doorbell() throws {
        let bell = Bell()
        #expect(try !bell.isRung(within: .milliseconds(1)))
        let thread = try WorkerThread(name: "ringer") {
            bell.doorbell.ring()
            bell.doorbell.ring()
        }
        #expect(try bell.isRung(within: .seconds(5)))
        thread.join()
        bell.doorbell.answer()
        #expect(try !bell.isRung(within: .milliseconds(1)))
    }

    @Test("a thread can be kept on a core, and on none that is not there")
    func pinning() throws {
        let counts = Counter()
        let thread = try WorkerThread(name: "pinned") {
            // In a thread of its own: the test's stays where it is.
            guard (try? Scheduling.pin(to: [0])) != nil else { return }
            if Scheduling.coreCount == 1 { counts.add() }
        }
        thread.join()
        #expect(counts.value == 1)
        #expect(Scheduling.coreCount >= 1)
        let error = failure { () throws(SystemError) in try Scheduling.pin(to: [1000]) }
        #expect(error?.description == "sched_setaffinity 1000: invalid argument")
    }
}

/// A count that threads share.
private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func add() { count.add(1, ordering: .sequentiallyConsistent) }
}

/// A doorbell that threads share.
private final class Bell: Sendable {
    let doorbell: Doorbell

    init() {
        do {
            doorbell = try Doorbell()
        } catch {
            fatalError("\(error)")
        }
    }

    func isRung(within timeout: Interval) throws -> Bool {
        var set = PollSet()
        set.add(doorbell.descriptor)
        return try set.wait(timeout: timeout) && set.isReadable(0)
    }
}
