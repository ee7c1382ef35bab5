import CLinux
import Glibc

/// A thread that runs a body of its own until that returns; no signal interrupts it.
public final class WorkerThread {
    private let thread: pthread_t

    /// What a thread is given.
    private final class Task {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: as top(1) shows it, 15 bytes at most.
    ///   - body: what it does.
    /// - Throws: `SystemError`; EAGAIN where there are too many.
    public init(name: String, body: @escaping @Sendable () -> Void) throws(SystemError) {
        let task = unsafe Unmanaged.passRetained(Task(body))
        var thread = pthread_t()
        // SAFETY: the task is kept for the thread, which gives it up.
        let answer = unsafe clx_thread_start(&thread, name, Self.run, task.toOpaque())
        // SAFETY: where no thread was started, nobody else gives the task up.
        if answer < 0 { unsafe task.release() }
        try SystemError.check(answer, "pthread_create", name)
        self.thread = thread
    }

    /// Waits until the body has returned; to be called once.
    public func join() { _ = clx_thread_join(thread) }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context = unsafe context else { return nil }
        // SAFETY: it is the task that `init` has kept for this thread.
        unsafe Unmanaged<Task>.fromOpaque(context).takeRetainedValue().body()
        return nil
    }
}
