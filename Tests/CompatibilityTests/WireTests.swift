import Foundation
import LinuxSystem
import Reports
import Testing
import TimeScale

/// What clients see on the wire of a locked daemon that listens everywhere.
@Suite(
    "The wire",
    LockedDaemon(
        setup: .init().with {
            $0.service = """
                local stratum 10
                restrict 127.0.0.3 ignore
                restrict 127.0.0.4 noserve
                restrict 127.0.0.5 version
                restrict 127.0.0.6 notrust
                restrict 127.0.0.7 notrust kod
                """
        }))
struct WireTests {
    /// How long to wait for a reply that must not come; a reply that comes takes less than a millisecond.
    private static let silence = Interval.milliseconds(150)

    private func daemon() throws -> RunningDaemon { try #require(LockedDaemon.current) }

    @Test("a request of every version gets its reply", arguments: 1...4 as ClosedRange<UInt8>)
    func versions(version: UInt8) throws {
        let daemon = try daemon()
        let cookie: [UInt8] = [0xff, 0, 0x80, 1, 0x7f, 0xfe, version, 0xaa]
        let request = WireReply.request(version: version, transmit: cookie)
        let reply = try #require(try WireReply.ask(request, port: daemon.port))
        #expect(reply.bytes.count == 48)
        #expect(reply.version == version)
        #expect(reply.mode == 4)
        #expect(reply.leap == 0)
        #expect(reply.stratum == 1)
        #expect(reply.reference == "PPS")
        #expect(reply.origin == cookie)
        #expect(reply.poll >= 3)
        #expect((-30 ... -6).contains(reply.precision))
        #expect(reply.received <= reply.transmitted)
        #expect(reply.referenceTime <= reply.received)
        #expect(reply.received - reply.referenceTime < .seconds(5))
        #expect(reply.rootDispersion > 0 && reply.rootDispersion < 0.001)
        #expect(abs(reply.offset) < 0.005)
    }

    @Test("a client of version 1 that knows no modes gets a reply")
    func versionOneWithoutMode() throws {
        let reply = try WireReply.ask(WireReply.request(version: 1, mode: 0), port: try daemon().port)
        #expect(reply?.mode == 4)
        #expect(reply?.version == 1)
    }

    @Test("symmetric active is answered as symmetric passive, as Windows expects")
    func symmetric() throws {
        let reply = try WireReply.ask(WireReply.request(mode: 1), port: try daemon().port)
        #expect(reply?.mode == 2)
    }

    @Test(
        "the poll interval of a request is kept, from 8 s on", arguments: zip([-6, 0, 3, 10, 17], [3, 3, 3, 10, 17]))
    func poll(asked: Int8, told: Int8) throws {
        #expect(try WireReply.ask(WireReply.request(poll: asked), port: try daemon().port)?.poll == told)
    }

    @Test(
        "the reply comes from the address that was asked",
        arguments: ["127.0.0.1", "127.0.0.2", "127.200.3.4", "::1"])
    func address(host: String) throws {
        // The socket is connected: it would not hear a reply from elsewhere.
        let reply = try #require(try WireReply.ask(host: host, port: try daemon().port))
        #expect(reply.stratum == 1)
        #expect(abs(reply.offset) < 0.005)
    }

    @Test("what is no request stays unanswered", arguments: [2, 4, 5, 6, 7] as [UInt8])
    func modes(mode: UInt8) throws {
        let request = WireReply.request(mode: mode)
        #expect(try WireReply.ask(request, port: try daemon().port, timeout: Self.silence)?.bytes == nil)
    }

    @Test("unknown versions stay unanswered", arguments: [0, 5, 6, 7] as [UInt8])
    func unknownVersions(version: UInt8) throws {
        let request = WireReply.request(version: version)
        #expect(try WireReply.ask(request, port: try daemon().port, timeout: Self.silence)?.bytes == nil)
    }

    @Test("requests of a wrong length stay unanswered", arguments: [0, 1, 4, 12, 47, 49, 51, 60, 68, 72, 1400, 4000])
    func lengths(length: Int) throws {
        var request = WireReply.request()
        request = Array(request.prefix(length)) + [UInt8](repeating: 0x55, count: max(0, length - 48))
        #expect(try WireReply.ask(request, port: try daemon().port, timeout: Self.silence)?.bytes == nil)
    }

    @Test("extension fields are passed over, and the reply is no longer than the request")
    func extensionField() throws {
        // RFC 7822: type 0x0104 is unassigned; 28 bytes at least where it is the last field.
        let field: [UInt8] = [1, 4, 0, 28] + [UInt8](repeating: 0, count: 24)
        let reply = try WireReply.ask(WireReply.request() + field, port: try daemon().port)
        #expect(reply?.bytes.count == 48)
    }

    @Test(
        "access rules are in force",
        arguments: [
            ("127.0.0.1", 3, true), ("127.0.0.2", 4, true), ("127.0.0.3", 4, false), ("127.0.0.4", 4, false),
            ("127.0.0.5", 3, false), ("127.0.0.5", 4, true), ("127.0.0.6", 4, false),
        ])
    func restrictions(client: String, version: UInt8, isAnswered: Bool) throws {
        let request = WireReply.request(version: version)
        let reply = try BoundClient.ask(request, from: client, port: try daemon().port, timeout: Self.silence)
        #expect((reply != nil) == isAnswered)
    }

    /// RFC 5905 §7.4: stratum 0 and the code in place of the reference identifier.
    @Test("notrust with kod tells a client without key RSTR once, and no time")
    func kiss() throws {
        let (port, cookie) = (try daemon().port, [UInt8](0x81...0x88))
        let request = WireReply.request(transmit: cookie)
        let kiss = try #require(
            try BoundClient.ask(request, from: "127.0.0.7", port: port, timeout: .milliseconds(300)))
        #expect(kiss.count == 48)
        #expect((kiss[0] >> 6, kiss[1]) == (3, 0))
        #expect(Array(kiss[12..<16]) == Array("RSTR".utf8))
        for start in [24, 32, 40] { #expect(Array(kiss[start..<start + 8]) == cookie) }
        #expect(try BoundClient.ask(request, from: "127.0.0.7", port: port, timeout: Self.silence) == nil)
    }

    @Test("random datagrams are counted and do no harm")
    func noise() throws {
        let daemon = try daemon()
        let before = try daemon.snapshot().server
        let socket = try QuerySocket(host: "127.0.0.1", port: daemon.port)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let length = Int.random(in: 0...200, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
            try socket.send(bytes.span)
        }
        #expect(try WireReply.ask(port: daemon.port)?.stratum == 1)
        let after = try daemon.snapshot().server
        #expect(after.received - before.received >= 501)
        #expect(Self.accounted(after) - Self.accounted(before) == after.received - before.received)
    }

    /// Datagrams that were answered, or refused for a reason.
    private static func accounted(_ report: ServerReport) -> Int {
        report.replied + report.failed + report.truncated + report.badVersion + report.badMode + report.badTail
            + report.denied + report.limited + report.flaked + report.kissed + report.badAuthentication
    }
}
