import LinuxSystem
import Synchronization
import TimeScale
import Timekeeping

/// What is to be written to the drift file and to the state's slots, and what has come of it.
struct StateWriting: Sendable {
    /// The drift file and its new text; `nil` = it is not to be written.
    var drift: (path: String, text: String)?
    /// The state; `nil` = it is not to be written.
    var state: KeptState?
    /// Where the state is kept, and afterwards which slot is next.
    var slots: StateSlots?
    /// Why they could not be written.
    private(set) var driftFailure, stateFailure: SystemError?

    /// Writes; what failed says why.
    mutating func perform() {
        do throws(SystemError) {
            if let state { try slots?.write(state) }
        } catch {
            stateFailure = error
        }
        do throws(SystemError) {
            if let drift { try Files.writeAtomically(drift.path, Array(drift.text.utf8)) }
        } catch {
            driftFailure = error
        }
    }

    /// Notes that it was not even begun.
    mutating func fail(_ error: SystemError) {
        if drift != nil { driftFailure = error }
        if state != nil { stateFailure = error }
    }
}

/// Writes beside the loop, one thing after the other: a dying disk may hold it up for minutes, and nothing else.
struct StateWriter {
    /// Where the thread leaves what has come of a writing.
    private final class Outcome: Sendable {
        let writing = Mutex<StateWriting?>(nil)
    }

    private let isThreaded: Bool
    private var current: (outcome: Outcome, thread: WorkerThread?, started: MonotonicInstant)?

    /// A writer that has nothing to do.
    ///
    /// - Parameter isThreaded: whether to write in a thread of its own.
    init(isThreaded: Bool) { self.isThreaded = isThreaded }

    /// When what is being written was begun; `nil` = nothing is.
    var started: MonotonicInstant? { current?.started }

    /// Begins to write; to be called while nothing is being written.
    mutating func start(_ writing: StateWriting, now: MonotonicInstant) {
        let outcome = Outcome()
        let work: @Sendable () -> Void = {
            var writing = writing
            writing.perform()
            outcome.writing.withLock { $0 = writing }
        }
        var thread: WorkerThread?
        if isThreaded {
            do throws(SystemError) {
                thread = try WorkerThread(name: "writer", body: work)
            } catch {
                var failed = writing
                failed.fail(error)
                outcome.writing.withLock { $0 = failed }
            }
        } else {
            work()
        }
        current = (outcome, thread, now)
    }

    /// What has come of a writing that is done; `nil` while it goes on, and where there is none.
    mutating func collect() -> StateWriting? {
        guard let current, let writing = current.outcome.writing.withLock({ $0 }) else { return nil }
        current.thread?.join()
        self.current = nil
        return writing
    }

    /// Waits for a writing, but not for ever.
    ///
    /// - Parameter patience: how long at most.
    /// - Returns: what has come of it; `nil` where it goes on, and where there is none.
    mutating func wait(_ patience: Interval) -> StateWriting? {
        let end = KernelClock.monotonic() + patience
        while current != nil {
            if let writing = collect() { return writing }
            guard KernelClock.monotonic() < end else { return nil }
            Pause.sleep(.milliseconds(10))
        }
        return nil
    }
}
