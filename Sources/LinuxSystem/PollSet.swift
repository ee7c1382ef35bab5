import Glibc
import TimeScale

/// The descriptors that one round of the loop waits for (poll(2)).
///
/// Filled anew each round; the memory stays, so that a round allocates nothing once the set has had its full size.
/// poll, not epoll: it is what simulators know (architecture §6).
public struct PollSet: ~Copyable {
    private var entries: [pollfd] = []

    /// An empty set.
    public init() {}

    /// Descriptors in the set.
    public var count: Int { entries.count }

    /// Forgets all descriptors, for the next round.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
    }

    /// Adds a descriptor to be waited for until it can be read.
    ///
    /// - Parameter descriptor: must stay open until after `wait`.
    /// - Returns: its index in the set.
    @discardableResult
    public mutating func add(_ descriptor: borrowing FileDescriptor) -> Int { add(number: descriptor.rawValue) }

    /// Adds a descriptor by the kernel's number, where its owner cannot be borrowed.
    ///
    /// - Parameters:
    ///   - number: of a descriptor that stays open until after `wait`.
    ///   - wantsWriting: whether to wait also until it can be written to.
    /// - Returns: its index in the set.
    public mutating func add(number: Int32, wantsWriting: Bool = false) -> Int {
        let events = POLLIN | (wantsWriting ? POLLOUT : 0)
        entries.append(pollfd(fd: number, events: Int16(events), revents: 0))
        return entries.count - 1
    }

    /// Waits until a descriptor is ready or the time is up.
    ///
    /// - Parameter timeout: rounded up to milliseconds; nothing or less does not wait.
    /// - Returns: `false` where a signal ended the wait; no flag is set then.
    /// - Throws: `SystemError`.
    public mutating func wait(timeout: Interval) throws(SystemError) -> Bool {
        let whole = timeout.nanoseconds / 1_000_000
        let milliseconds = timeout.nanoseconds % 1_000_000 > 0 ? whole + 1 : whole
        // SAFETY: pointer and count are those of one array, which the kernel does not keep.
        let answer = unsafe entries.withUnsafeMutableBufferPointer {
            unsafe poll($0.baseAddress, nfds_t($0.count), Int32(clamping: max(milliseconds, 0)))
        }
        guard answer < 0 else { return true }
        guard errno == EINTR else { throw .last("poll") }
        for index in entries.indices { entries[index].revents = 0 }
        return false
    }

    /// Whether a descriptor can be read without waiting; true also at the end of a file.
    public func isReadable(_ index: Int) -> Bool { has(POLLIN, index) }

    /// Whether a descriptor can be written to without waiting; only where that was asked for.
    public func isWritable(_ index: Int) -> Bool { has(POLLOUT, index) }

    /// Whether the other end of a descriptor is gone.
    public func hasHungUp(_ index: Int) -> Bool { has(POLLHUP, index) }

    /// Whether a descriptor has an error pending, or is not open.
    public func hasFailed(_ index: Int) -> Bool { has(POLLERR | POLLNVAL, index) }

    /// Whether there is something to do or to find out: input, an end, an error, room to write where that was asked for.
    public func needsAttention(_ index: Int) -> Bool {
        isReadable(index) || isWritable(index) || hasHungUp(index) || hasFailed(index)
    }

    private func has(_ flags: Int32, _ index: Int) -> Bool { Int32(entries[index].revents) & flags != 0 }
}
