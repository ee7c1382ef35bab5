import Glibc
import LinuxSystem
import Testing
import TimeScale

@Suite("Observe socket")
struct ObserveTests {
    private let directory = TemporaryDirectory()
    private var path: String { directory.file("observe.sock") }

    @Test("every client gets every frame from when it came, whole")
    func frames() throws {
        var listener = try ObserveListener(path: path)
        listener.publish([9])
        var first = try ObserveClient(path: path)
        listener.accept()
        listener.publish(Array("one".utf8))
        var second = try ObserveClient(path: path)
        listener.accept()
        let large = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        listener.publish(large)
        listener.publish([])
        #expect(try first.frame(timeout: .second) == Array("one".utf8))
        #expect(try first.frame(timeout: .second) == large)
        #expect(try first.frame(timeout: .second) == [])
        #expect(try second.frame(timeout: .second) == large)
        #expect(try second.frame(timeout: .second) == [])
        #expect(try second.frame(timeout: .zero) == nil)
        let count = listener.clientCount
        #expect(count == 2)
    }

    @Test("a client that does not read is dropped, and hears so after what it has")
    func slowClient() throws {
        var listener = try ObserveListener(path: path)
        var client = try ObserveClient(path: path)
        listener.accept()
        for _ in 0..<20 { listener.publish([UInt8](repeating: 1, count: 100_000)) }
        let (count, dropped) = (listener.clientCount, listener.clientsDropped)
        #expect(count == 0 && dropped == 1)
        let error = failure { () throws(SystemError) in
            while try client.frame(timeout: .second) != nil {}
        }
        #expect(error?.code == SystemError.endOfFile)
    }

    @Test("a client that has gone is forgotten")
    func goneClient() throws {
        var listener = try ObserveListener(path: path)
        do {
            let client = try ObserveClient(path: path)
            #expect(client.descriptor.rawValue >= 0)
        }
        listener.accept()
        listener.publish([1])
        let count = listener.clientCount
        #expect(count == 0)
    }

    @Test("the thirty-third client finds the door shut")
    func manyClients() throws {
        var listener = try ObserveListener(path: path)
        var clients: [Int32] = []
        defer { for client in clients { close(client) } }
        for _ in 0..<ObserveListener.mostClients {
            let client = try ObserveClient(path: path)
            clients.append(dup(client.descriptor.rawValue))
        }
        var last = try ObserveClient(path: path)
        listener.accept()
        listener.publish([1])
        let count = listener.clientCount
        #expect(count == 32)
        #expect(failure { () throws(SystemError) in try last.frame(timeout: .second) }?.code == SystemError.endOfFile)
    }

    @Test("another user gets eight places, several get all but eight, and root still gets in")
    func greedyUsers() throws {
        guard geteuid() == 0, Files.exists("/usr/bin/setpriv"), Files.exists("/usr/bin/perl") else {
            return print("*** OBSERVERS OF OTHER USERS NOT TESTED: needs root, setpriv and perl ***")
        }
        var listener = try ObserveListener(path: path)
        // The numbers need no names.
        try crowd(&listener, users: [(65_534, 8), (65_533, 16), (65_532, 24), (65_531, 24)])
    }

    /// Has a user after the other ask for twelve places and keep them, and looks how many are taken; then asks for one.
    private func crowd(_ listener: inout ObserveListener, users: ArraySlice<(user: Int, expected: Int)>) throws {
        guard let (user, expected) = users.first else {
            let before = listener.clientCount
            let own = try ObserveClient(path: path)
            listener.accept()
            let after = listener.clientCount
            #expect(after == before + 1 && own.descriptor.rawValue >= 0)
            return
        }
        let script = "use IO::Socket::UNIX; @s = map { IO::Socket::UNIX->new(Peer => $ARGV[0]) } 1..12; sleep 60"
        let child = try ChildProcess(
            program: "/usr/bin/setpriv",
            arguments: ["--reuid=\(user)", "--clear-groups", "/usr/bin/perl", "-e", script, path], environment: [])
        let deadline = KernelClock.monotonic() + .seconds(10)
        var isMissing = true
        // A while longer than it takes until nobody comes any more.
        while isMissing, KernelClock.monotonic() < deadline {
            var listening = PollSet()
            listening.add(listener.descriptor)
            _ = try listening.wait(timeout: .milliseconds(300))
            isMissing = listening.isReadable(0) || listener.clientCount < expected
            listener.accept()
        }
        let count = listener.clientCount
        #expect(count == expected)
        try crowd(&listener, users: users.dropFirst())
        #expect(child.processID > 0)
    }

    @Test("a path that does not fit a Unix socket is refused by name")
    func longPath() {
        let long = directory.file(String(repeating: "x", count: 108))
        #expect(failure { () throws(SystemError) in try ObserveListener(path: long) }?.code == ENAMETOOLONG)
        #expect(failure { () throws(SystemError) in try ObserveClient(path: path) }?.code == ENOENT)
    }
}
