import Glibc
import LinuxSystem
import TimeScale

/// A client that asks from an address of its choice, as access rules see it.
enum BoundClient {
    /// Asks 127.0.0.1 once.
    ///
    /// - Parameters:
    ///   - request: the datagram.
    ///   - client: the address it comes from, of 127/8.
    ///   - port: UDP port of the server.
    ///   - timeout: how long to wait.
    /// - Returns: the reply; `nil` where nothing came.
    /// - Throws: `SystemError`.
    static func ask(_ request: [UInt8], from client: String, port: UInt16, timeout: Interval) throws -> [UInt8]? {
        let socket = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(O_NONBLOCK), 0))
        var (here, there) = (address(client, port: 0), address("127.0.0.1", port: port))
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: each call reads one sockaddr_in of the length given.
        let isBound = unsafe withUnsafePointer(to: &here) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(socket.rawValue, $0, length) }
        }
        let isConnected = unsafe withUnsafePointer(to: &there) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(socket.rawValue, $0, length) }
        }
        guard isBound == 0, isConnected == 0 else { throw SystemError("connect", code: errno, subject: client) }
        try socket.write(request.span)
        var poll = PollSet()
        poll.add(socket)
        _ = try poll.wait(timeout: timeout)
        var room = [UInt8](repeating: 0, count: 2048)
        var span = room.mutableSpan
        guard let count = try socket.read(into: &span) else { return nil }
        return Array(room[..<count])
    }

    private static func address(_ text: String, port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        // SAFETY: the function reads the string and fills one in_addr.
        unsafe inet_pton(AF_INET, text, &address.sin_addr)
        return address
    }
}
