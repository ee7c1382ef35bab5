import Foundation
import GPSDWire
import LinuxSystem
import TimeScale

/// A gpsd of paper: a Unix socket that the test writes to and reads from.
final class Server {
    let path = "/tmp/timeball-gpsd-\(UInt32.random(in: 0 ... .max))"
    private let listener: Int32
    private var accepted: Int32 = -1

    init() {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the path is shorter than the array, which is zero behind it.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        // SAFETY: the address is valid within the call.
        let outcome = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(outcome == 0 && listen(listener, 1) == 0, "a test's socket cannot be made")
    }

    deinit {
        close(listener)
        hangUp()
        // SAFETY: the function reads the string.
        _ = unsafe unlink(path)
    }

    /// Takes the client that has connected.
    func accept() {
        accepted = Glibc.accept(listener, nil, nil)
        precondition(accepted >= 0, "nobody has connected")
    }

    /// Sends text to the client.
    func say(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: pointer and length are those of the array.
        let count = unsafe send(accepted, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        precondition(count == bytes.count, "the client does not take everything")
    }

    /// What the client has sent.
    func heard() -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: pointer and length are those of the array.
        let count = unsafe recv(accepted, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    /// Ends the connection.
    func hangUp() {
        if accepted >= 0 { close(accepted) }
        accepted = -1
    }
}

/// A TCP port of this computer.
final class PortListener {
    let port: UInt16
    private let listener: Int32
    private var accepted: Int32 = -1

    /// Listens at ::1 or 127.0.0.1, at a port that is free or at this one.
    init(family: Int32, port wanted: UInt16 = 0) throws {
        let listener = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let outcome = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            // SAFETY: the storage is larger than both structures, and address and length are valid within the calls.
            if family == AF_INET6 {
                unsafe storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe $0.pointee.sin6_family = sa_family_t(AF_INET6)
                    unsafe $0.pointee.sin6_port = wanted.bigEndian
                    unsafe $0.pointee.sin6_addr = in6addr_loopback
                }
            } else {
                unsafe storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    unsafe $0.pointee.sin_family = sa_family_t(AF_INET)
                    unsafe $0.pointee.sin_port = wanted.bigEndian
                    unsafe $0.pointee.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                }
            }
            return unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let size = family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
                let bound = unsafe bind(listener, $0, socklen_t(size))
                _ = unsafe getsockname(listener, $0, &length)
                return bound
            }
        }
        // Both structures have the port at the same place.
        port = unsafe withUnsafePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
        precondition(outcome == 0 && listen(listener, 1) == 0, "a test's port cannot be had")
    }

    deinit {
        close(listener)
        if accepted >= 0 { close(accepted) }
    }

    /// Takes the client that has connected.
    func accept() { accepted = Glibc.accept(listener, nil, nil) }

    /// Sends text to the client.
    func say(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: pointer and length are those of the array.
        _ = unsafe send(accepted, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

/// A time of the loop's clock.
func at(_ seconds: Double) -> MonotonicInstant { MonotonicInstant(nanoseconds: 0) + Interval(seconds: seconds) }

/// A TCP port of this computer that takes no more connections.
final class FullListener {
    let port: UInt16
    private var descriptors: [Int32] = []

    init() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptors = [listener]
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: address and length are valid within the calls.
        unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe bind(listener, $0, length)
                _ = listen(listener, 0)
                _ = unsafe getsockname(listener, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        for _ in 0..<3 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            // SAFETY: as above.
            unsafe withUnsafePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = unsafe connect(client, $0, length)
                }
            }
            descriptors.append(client)
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
