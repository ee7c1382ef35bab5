import CLinux
import Glibc

/// Wakes a thread that waits in poll(2) (eventfd(2)).
public struct Doorbell: ~Copyable, Sendable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor

    /// A doorbell that nobody has rung.
    ///
    /// - Throws: `SystemError`.
    public init() throws(SystemError) {
        descriptor = FileDescriptor(owning: try SystemError.check(clx_event_open(), "eventfd"))
    }

    /// Wakes whoever waits, or will.
    public func ring() {
        let one: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        // A counter that is full wakes as well.
        try? descriptor.write(one.span)
    }

    /// Takes the rings so far.
    public func answer() {
        var rings = InlineArray<8, UInt8>(repeating: 0)
        var span = rings.mutableSpan
        _ = try? descriptor.read(into: &span)
    }
}
