import CLinux
import Glibc
import Testing
import TimeScale

@testable import LinuxSystem

/// sd_notify(3) and sd_watchdog_enabled(3).
@Suite("Service notification")
struct ServiceNotificationTests {
    private let directory = TemporaryDirectory()

    private func notification(_ variables: [String: String]) -> ServiceNotification? {
        ServiceNotification { variables[$0] }
    }

    /// A socket as systemd's, and what has come to it.
    private func received(_ socket: borrowing FileDescriptor) throws -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var span = bytes.mutableSpan
        return try socket.read(into: &span).map { String(decoding: bytes[..<$0], as: UTF8.self) }
    }

    @Test("what is said arrives, as one datagram, at a path")
    func path() throws {
        let path = directory.file("notify")
        // SAFETY: the string lives through the call.
        let socket = FileDescriptor(owning: unsafe clx_unix_bind(Int32(SOCK_DGRAM.rawValue), path, 0o600))
        try #require(notification(["NOTIFY_SOCKET": path])).send("READY=1\nSTATUS=µs")
        #expect(try received(socket) == "READY=1\nSTATUS=µs")
        #expect(try received(socket) == nil)
    }

    @Test("what is said arrives at an abstract name")
    func abstractName() throws {
        let name = "timeball-test-\(UInt32.random(in: 0 ... .max))"
        let socket = FileDescriptor(
            owning: Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
        // SAFETY: an abstract name begins with a zero and has no end but its length.
        let outcome = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe bytes[3...].copyBytes(from: name.utf8)
            return unsafe bind(
                socket.rawValue, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
        }
        #expect(outcome == 0)
        try #require(notification(["NOTIFY_SOCKET": "@\(name)"])).send("WATCHDOG=1")
        #expect(try received(socket) == "WATCHDOG=1")
    }

    @Test("nobody is told where nobody asks", arguments: [[:], ["NOTIFY_SOCKET": ""], ["WATCHDOG_USEC": "1000000"]])
    func nobody(variables: [String: String]) {
        #expect(notification(variables) == nil)
    }

    @Test(
        "a name that is none is an error and nothing more",
        arguments: [
            ("relative", EAFNOSUPPORT), ("vsock:2:1234", EAFNOSUPPORT), ("/", EAFNOSUPPORT), ("@", EAFNOSUPPORT),
            ("/nonexistent/notify", ENOENT), ("@timeball-nobody-there", ECONNREFUSED), ("/etc", EACCES),
            ("/" + String(repeating: "x", count: 107), ENAMETOOLONG),
            ("@" + String(repeating: "x", count: 5000), ENAMETOOLONG),
        ])
    func hostile(name: String, code: Int32) throws {
        let manager = try #require(notification(["NOTIFY_SOCKET": name]))
        let error = failure { () throws(SystemError) in try manager.send("READY=1") }
        // A folder answers as the system likes: what matters is that it is no success.
        #expect(name == "/etc" ? error != nil : error?.code == code)
    }

    @Test("a manager that does not read is not waited for")
    func full() throws {
        let path = directory.file("notify")
        // SAFETY: the string lives through the call.
        let socket = FileDescriptor(owning: unsafe clx_unix_bind(Int32(SOCK_DGRAM.rawValue), path, 0o600))
        let manager = try #require(notification(["NOTIFY_SOCKET": path]))
        let error = failure { () throws(SystemError) in
            for _ in 0..<100_000 { try manager.send(String(repeating: "x", count: 1000)) }
        }
        #expect(error?.isTryAgain == true)
        #expect(socket.rawValue >= 0)
    }

    @Test(
        "the watchdog's time is read where it is meant for this process",
        arguments: [
            (["WATCHDOG_USEC": "30000000"], 30.0), (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "OWN"], 30),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"], nil), (["WATCHDOG_USEC": "1"], 1e-6),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": ""], nil), ([:], nil), (["WATCHDOG_USEC": ""], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-5"], nil), (["WATCHDOG_USEC": "30s"], nil),
            (["WATCHDOG_USEC": "99999999999999999999999"], nil), (["WATCHDOG_USEC": "9223372036854775807"], nil),
        ] as [([String: String], Double?)])
    func watchdog(variables: [String: String], expected: Double?) throws {
        var variables = variables.mapValues { $0 == "OWN" ? String(getpid()) : $0 }
        variables["NOTIFY_SOCKET"] = "/run/systemd/notify"
        #expect(try #require(notification(variables)).watchdogTimeout?.seconds == expected)
    }
}
