import CLinux
import Glibc
import TimeScale

/// A reader of the observe socket.
public struct ObserveClient: ~Copyable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor

    private let path: String
    /// Bytes received that are not yet a whole frame.
    private var pending: [UInt8] = []

    /// Connects to a daemon.
    ///
    /// - Throws: `SystemError`; ENOENT or ECONNREFUSED where no daemon runs.
    public init(path: String) throws(SystemError) {
        // SAFETY: the function reads the string.
        let number = unsafe clx_unix_connect(Int32(SOCK_STREAM.rawValue), path)
        try SystemError.check(number, "connect", path)
        self.path = path
        descriptor = FileDescriptor(owning: number)
    }

    /// Waits for the next frame.
    ///
    /// - Parameter timeout: how long to wait for its end.
    /// - Returns: the frame's bytes, or `nil` where none came in time.
    /// - Throws: `SystemError`: `endOfFile` where the daemon has gone, EMSGSIZE for a length beyond 1 MiB.
    public mutating func frame(timeout: Interval) throws(SystemError) -> [UInt8]? {
        let deadline = KernelClock.monotonic() + timeout
        var poll = PollSet()
        while true {
            if let frame = try takeFrame() { return frame }
            if try receive() { continue }
            let rest = deadline - KernelClock.monotonic()
            guard rest > .zero else { return nil }
            poll.removeAll()
            poll.add(descriptor)
            _ = try poll.wait(timeout: rest)
        }
    }

    /// Takes what has arrived; false where nothing has.
    private mutating func receive() throws(SystemError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var span = chunk.mutableSpan
        guard let count = try descriptor.read(into: &span, subject: path) else { return false }
        guard count > 0 else { throw SystemError("read", code: SystemError.endOfFile, subject: path) }
        pending += chunk[..<count]
        return true
    }

    private mutating func takeFrame() throws(SystemError) -> [UInt8]? {
        guard pending.count >= 4 else { return nil }
        let length = pending[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length <= ObserveListener.longestFrame else { throw SystemError("read", code: EMSGSIZE, subject: path) }
        guard pending.count >= 4 + length else { return nil }
        let frame = Array(pending[4..<(4 + length)])
        pending.removeFirst(4 + length)
        return frame
    }
}
