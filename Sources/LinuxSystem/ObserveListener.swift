import CLinux
import Glibc

/// The observe socket: whoever connects gets every frame that is published from then on.
///
/// A frame is its length in four bytes, big-endian, and that many bytes. Publishing never waits: a client whose queue
/// has no room for a whole frame is dropped, so that no consumer can stop the daemon.
public struct ObserveListener: ~Copyable {
    /// For `PollSet`: readable when a client wants in.
    public let descriptor: FileDescriptor

    /// Clients dropped because they did not read, since the start.
    public private(set) var clientsDropped = 0

    private let path: String
    private var clients: [Client] = []

    private struct Client {
        let descriptor: Int32
        let user: uid_t
    }

    /// Most clients at a time: the web process, a few terminals and room.
    public static let mostClients = 32

    /// Most of one user, so that nobody can lock the others out; root and the daemon's own user may have all places.
    public static let mostClientsOfUser = 8

    /// Places that only root and the daemon's own user can have, so that no number of users locks them out.
    private static let reserved = 8

    /// Longest frame, 1 MiB: hundreds of sources.
    public static let longestFrame = 1 << 20

    /// Binds the socket, open to every user of the machine; one left behind by a dead process is replaced.
    ///
    /// - Parameter path: 107 bytes at most.
    /// - Throws: `SystemError`; EADDRINUSE where another process listens or something else lies there.
    public init(path: String) throws(SystemError) {
        // SAFETY: the function reads the string.
        let number = unsafe clx_unix_bind(Int32(SOCK_STREAM.rawValue), path, 0o666)
        try SystemError.check(number, "bind", path)
        let socket = FileDescriptor(owning: number)
        guard listen(number, SOMAXCONN) == 0 else { throw .last("listen", path) }
        self.path = path
        descriptor = socket
    }

    deinit {
        for client in clients { close(client.descriptor) }
        // SAFETY: the string lives through the call; a path already removed is no matter.
        unsafe unlink(path)
    }

    /// Clients connected, those that have left since the last frame included.
    public var clientCount: Int { clients.count }

    /// Lets in whoever waits; where there is no place for its user, the door is shut at once.
    public mutating func accept() {
        while true {
            let client = clx_accept(descriptor.rawValue)
            guard client >= 0 else { return }
            var user: uid_t = 0
            // SAFETY: the function writes one number.
            if unsafe clx_unix_user(client, &user) == 0, hasPlace(for: user) {
                clients.append(Client(descriptor: client, user: user))
            } else {
                close(client)
            }
        }
    }

    private func hasPlace(for user: uid_t) -> Bool {
        if user == 0 || user == geteuid() { return clients.count < Self.mostClients }
        return clients.count < Self.mostClients - Self.reserved
            && clients.count { $0.user == user } < Self.mostClientsOfUser
    }

    /// Sends a frame to every client.
    ///
    /// - Parameter body: `longestFrame` bytes at most.
    public mutating func publish(_ body: [UInt8]) {
        precondition(body.count <= Self.longestFrame, "a frame has 1 MiB at most")
        guard !clients.isEmpty else { return }
        let header = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (24 - 8 * $0)) }
        let frame = header + body
        let before = clients.count
        clients.removeAll { !Self.send(frame, to: $0.descriptor) }
        clientsDropped += before - clients.count
    }

    /// Sends a whole frame or closes the client: half a frame would spoil all that follow.
    private static func send(_ frame: [UInt8], to client: Int32) -> Bool {
        var count: Int
        repeat {
            // SAFETY: pointer and length are those of one array; the kernel copies the bytes.
            count = unsafe frame.withUnsafeBytes {
                unsafe Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
        } while count < 0 && errno == EINTR
        if count == frame.count { return true }
        close(client)
        return false
    }
}
