import Glibc
import LinuxSystem
import Synchronization

/// A service manager's socket, and what has been said to it.
final class NotifySocket: Sendable {
    let path: String
    private let socket: FileDescriptor
    private let told = Mutex<[String]>([])

    /// A socket at a path, which must not be there yet.
    init(path: String) throws {
        self.path = path
        socket = FileDescriptor(
            owning: Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the copy ends with the zero of the string, and the path is that of a test's folder, which is short.
        let outcome = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe bytes[MemoryLayout<sa_family_t>.size...].copyBytes(from: path.utf8)
            return unsafe bind(
                socket.rawValue, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard outcome == 0 else { throw RunningDaemon.Failure(description: "\(path): cannot be bound") }
    }

    /// Every line that has been said so far.
    var lines: [String] {
        told.withLock { told in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                var span = buffer.mutableSpan
                guard let count = try? socket.read(into: &span) else { return told }
                told += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
    }

    /// How often a line that begins so has been said.
    func count(_ words: String) -> Int { lines.count { $0.hasPrefix(words) } }
}
