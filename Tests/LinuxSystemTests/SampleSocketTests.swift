import CLinux
import Glibc
import LinuxSystem
import Testing
import TimeScale

@Suite("Sample socket")
struct SampleSocketTests {
    private let directory = TemporaryDirectory()
    private static let magic: Int32 = 0x534f_434b

    /// A sample of 2026 that is right in every field.
    private static func good() -> clx_sock_sample {
        clx_sock_sample(
            seconds: 1_795_000_000, microseconds: 250_000, offset: -0.001, pulse: 1, leap: 2, padding: 0, magic: magic)
    }

    /// Sends a sample to a socket as C lays it out, and answers what the socket made of it.
    private func pass(_ raw: clx_sock_sample) throws -> SampleSocketDatagram? {
        let socket = try SampleSocket(path: directory.file("sock"))
        // SAFETY: the string lives through the call.
        let client = FileDescriptor(owning: unsafe clx_unix_connect(Int32(SOCK_DGRAM.rawValue), directory.file("sock")))
        var raw = raw
        // SAFETY: one clx_sock_sample is read.
        #expect(unsafe clx_sock_send(client.rawValue, &raw) == 0)
        return try socket.receive()
    }

    @Test("a sample as chrony's clients send it is read")
    func layout() throws {
        let sample = SocketSample(
            local: Instant(nanoseconds: 1_795_000_000_250_000_000), offset: -0.001, isPulse: true,
            leapIndicator: .deleteSecond)
        #expect(try pass(Self.good()) == .sample(sample))
    }

    @Test("our sender keeps the reference where it was although the stamp loses its nanoseconds")
    func sender() throws {
        let socket = try SampleSocket(path: directory.file("sock"))
        let sender = try SampleSocketSender(path: directory.file("sock"))
        #expect(try socket.receive() == nil)
        let local = Instant(nanoseconds: 1_795_000_000_123_456_789)
        try sender.send(SocketSample(local: local, offset: 0.5, isPulse: false, leapIndicator: .none))
        guard case .sample(let sample) = try socket.receive() else {
            Issue.record("no sample came")
            return
        }
        #expect(sample.local == Instant(nanoseconds: 1_795_000_000_123_456_000))
        // A double near 0.5 is good to 1e-16.
        #expect(abs(sample.offset - 0.500_000_789) < 1e-15)
        #expect(!sample.isPulse && sample.leapIndicator == .none)
    }

    /// Changes to a good sample, and what they must be called.
    private static let malformed: [(@Sendable (inout clx_sock_sample) -> Void, SampleSocketDatagram.Reason)] = [
        ({ $0.magic = 0x4b43_4f53 }, .magic),
        ({ $0.seconds = -1 }, .time),
        ({ $0.seconds = .max }, .time),
        ({ $0.microseconds = 1_000_000 }, .time),
        ({ $0.microseconds = .min }, .time),
        ({ $0.offset = .nan }, .offset),
        ({ $0.offset = .infinity }, .offset),
        ({ $0.offset = 1e300 }, .offset),
        ({ $0.offset = -1.8e9 }, .offset),
        ({ $0.leap = 4 }, .leap),
        ({ $0.leap = -1 }, .leap),
    ]

    @Test("a hostile sample is named for what is wrong with it", arguments: 0..<11)
    func hostile(index: Int) throws {
        let (change, reason) = Self.malformed[index]
        var raw = Self.good()
        change(&raw)
        #expect(try pass(raw) == .malformed(reason))
    }

    @Test("datagrams of another length are malformed, empty and long ones too", arguments: [0, 32, 39, 41, 5000])
    func lengths(length: Int) throws {
        let socket = try SampleSocket(path: directory.file("sock"))
        // SAFETY: the string lives through the call.
        let client = FileDescriptor(owning: unsafe clx_unix_connect(Int32(SOCK_DGRAM.rawValue), directory.file("sock")))
        let bytes = [UInt8](repeating: 0, count: length)
        // SAFETY: the array holds that many bytes.
        #expect(unsafe send(client.rawValue, bytes, length, 0) == length)
        #expect(try socket.receive() == .malformed(.length(length)))
        #expect(try socket.receive() == nil)
    }

    @Test("the path belongs to one living socket and is gone after it")
    func path() throws {
        let path = directory.file("sock")
        do {
            let socket = try SampleSocket(path: path)
            #expect(failure { () throws(SystemError) in try SampleSocket(path: path) }?.code == EADDRINUSE)
            #expect(try socket.receive() == nil)
        }
        #expect(try directory.names == [])
        try Files.writeAtomically(path, [1])
        #expect(failure { () throws(SystemError) in try SampleSocket(path: path) }?.code == EADDRINUSE)
        #expect(try Files.read(path, limit: 1) == [1])
        try Files.remove(path)
        // A socket that its process left behind.
        // SAFETY: the string lives through the call.
        close(unsafe clx_unix_bind(Int32(SOCK_DGRAM.rawValue), path, 0o600))
        #expect(try directory.names == ["sock"])
        let socket = try SampleSocket(path: path)
        #expect(try socket.receive() == nil)
    }
}
