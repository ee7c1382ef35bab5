import Authentication
import ConfigurationLanguage
import NTPServer
import NTPWire
import Testing
import TimeScale

/// The truth: 7 ms of offset, 600 µs of delay. A basic reply leaves 40 µs after its stamp, so that its offset is wrong by
/// half of that and its delay by all. Timestamps are cut to 2⁻³² s and instants to 1 ns: 2 ns for four of them.
@Suite("Interleaved mode over an imagined network (RFC 9769 §2)")
struct InterleavedTests {
    private static let tolerance = 2e-9
    private static let truth = Requests.arrival

    private let server = ImaginedServer()
    private let client = ImaginedClient(offset: .milliseconds(7))

    /// The n-th exchange, 16 s apart.
    private func ask(_ number: Int64) -> ImaginedClient.Measurement? {
        client.ask(server, at: Self.truth + .seconds(16 * number))
    }

    /// Exchanges until the first interleaved reply: the first client of all makes the server get memory.
    private func settle() throws {
        let kinds = (0..<4).map { ask($0)?.isInterleaved }
        try #require(kinds == [false, false, false, true])
    }

    @Test("offset and delay by interleaved replies are the truth, by basic ones they are not")
    func truth() throws {
        for number in 0..<12 as Range<Int64> {
            let measurement = try #require(ask(number))
            #expect(measurement.isInterleaved == (number >= 3))
            let error = measurement.isInterleaved ? 0 : 40e-6
            #expect(abs(measurement.offset - (7e-3 - error / 2)) < Self.tolerance, "\(number)")
            #expect(abs(measurement.delay - (600e-6 + error)) < Self.tolerance, "\(number)")
        }
        #expect(server.exchanges.count == 1)
    }

    @Test("a second client is answered interleaved from its third request on")
    func second() throws {
        try settle()
        let other = ImaginedClient(offset: .milliseconds(-3), address: (0, 0xffff_c000_0202))
        let answers = (0..<4).map { other.ask(server, at: Self.truth + .seconds(100 + 16 * $0))?.isInterleaved }
        #expect(answers == [false, false, true, true])
    }

    @Test("after lost requests the next reply is interleaved all the same")
    func lostRequests() throws {
        try settle()
        _ = client.request(at: Self.truth + .seconds(64))
        _ = client.request(at: Self.truth + .seconds(80))
        let measurement = try #require(ask(6))
        #expect(measurement.isInterleaved)
        #expect(abs(measurement.offset - 7e-3) < Self.tolerance)
    }

    @Test("after a lost reply the next is basic, and the one behind it interleaved again")
    func lostReply() throws {
        try settle()
        let request = client.request(at: Self.truth + .seconds(64))
        let lost = try #require(server.answer(request, at: Self.truth + .seconds(64)))
        #expect(lost.kind == .interleaved)
        #expect(ask(5)?.isInterleaved == false)
        let measurement = try #require(ask(6))
        #expect(measurement.isInterleaved)
        #expect(abs(measurement.offset - 7e-3) < Self.tolerance)
    }

    @Test(
        "a duplicate of a request is answered basic, and whichever reply comes first, the next is interleaved",
        arguments: [false, true])
    func duplicates(takesSecond: Bool) throws {
        try settle()
        let sent = Self.truth + .seconds(64)
        let request = client.request(at: sent)
        let first = try #require(server.answer(request, at: sent + ImaginedClient.path))
        let second = try #require(server.answer(request, at: sent + ImaginedClient.path + .milliseconds(1)))
        #expect((first.kind, second.kind) == (.interleaved, .remembered))
        let back = ImaginedServer.work + ImaginedServer.queueing + ImaginedClient.path
        let arrival = sent + ImaginedClient.path + back + (takesSecond ? .milliseconds(1) : .zero)
        #expect(client.accept(takesSecond ? second.reply : first.reply, at: arrival) != nil)
        #expect(client.accept(takesSecond ? first.reply : second.reply, at: arrival + .second) == nil)
        let next = try #require(ask(5))
        #expect(next.isInterleaved)
        // The second copy was 1 ms longer on its way there, of which the offset takes half and the delay all.
        let excess = takesSecond ? 1e-3 : 0
        #expect(abs(next.offset - (7e-3 + excess / 2)) < Self.tolerance)
        #expect(abs(next.delay - (600e-6 + excess)) < Self.tolerance)
    }

    @Test("a request replayed by somebody else takes nothing from the client it was stolen from")
    func replay() throws {
        try settle()
        let request = client.request(at: Self.truth + .seconds(64))
        for thief in 0..<100 as Range<UInt64> {
            let stolen = server.answer(request, from: (0, 0xffff_0a00_0000 | thief), at: Self.truth + .seconds(64))
            #expect(stolen?.kind == .remembered)
        }
        #expect(ask(5)?.isInterleaved == true)
    }

    @Test("two clients behind one address do not disturb each other")
    func shared() throws {
        try settle()
        let other = ImaginedClient(offset: .milliseconds(-3))
        for number in 4..<12 as Range<Int64> {
            let mine = try #require(ask(number))
            let theirs = try #require(other.ask(server, at: Self.truth + .seconds(16 * number + 5)))
            #expect(mine.isInterleaved)
            #expect(theirs.isInterleaved == (number >= 6))
            #expect(abs(mine.offset - 7e-3) < Self.tolerance)
            if theirs.isInterleaved { #expect(abs(theirs.offset + 3e-3) < Self.tolerance) }
        }
    }

    @Test("after a step nothing of the time before is told")
    func step() throws {
        try settle()
        server.exchanges.removeAll()
        #expect(server.exchanges.count == 0)
        #expect(ask(4)?.isInterleaved == false)
        #expect(ask(5)?.isInterleaved == true)
    }

    @Test("without a kernel's stamp the daemon's own is told")
    func ownStamp() throws {
        try settle()
        let sent = Self.truth + .seconds(64)
        var buffer = client.request(at: sent)
        var span = buffer.mutableSpan
        let verdict = NTPServer.respond(
            to: &span, length: 48, received: sent, state: Requests.state(), access: .serve, keys: SymmetricKeys(),
            exchanges: &server.exchanges, client: Requests.client)
        #expect(verdict == .reply(length: 48, kind: .interleaved))
        NTPServer.stamp(
            &span, length: 48, kind: .interleaved, transmitted: sent + .milliseconds(2), state: Requests.state(),
            keys: SymmetricKeys(), exchanges: &server.exchanges, client: Requests.client)
        #expect(client.accept(buffer, at: sent + .milliseconds(3)) != nil)
        let next = try #require(server.answer(client.request(at: sent + .second), at: sent + .second))
        let told = try NTPHeader(next.reply.span).transmitTimestamp.instant(near: sent)
        #expect((told - sent).seconds.distance(to: 2e-3).magnitude < Self.tolerance)
    }
}

@Suite("Which requests are of interleaved clients")
struct InterleavedRequestTests {
    /// What becomes of a request with an odd origin timestamp, after a change, where there is memory.
    private static func kind(
        version: UInt8 = 4, mode: UInt8 = 3, _ change: (inout [UInt8]) -> Void = { _ in }
    ) -> NTPServer.ReplyKind? {
        var request = Requests.request(version: version, mode: mode)
        request[31] = 155
        change(&request)
        let server = ImaginedServer()
        return server.answer(request, at: Requests.arrival)?.kind
    }

    @Test("version 4, client mode, an odd origin timestamp, and a receive timestamp that is not the transmit timestamp")
    func conditions() {
        #expect(Self.kind() == .remembered)
        #expect(Self.kind { $0[31] = 154 } == .basic)
        #expect(Self.kind { for index in 24..<32 { $0[index] = 0 } } == .basic)
        #expect(Self.kind { $0.replaceSubrange(32..<40, with: $0[40..<48]) } == .basic)
        #expect(Self.kind { for index in 32..<48 { $0[index] = 0 } } == .basic)
        #expect(Self.kind(version: 3) == .basic)
        #expect(Self.kind(mode: 1) == .basic)
    }

    @Test("a crypto-NAK and a reply to a group are basic")
    func exceptions() {
        let keysFile = Array("1 MD5 secretmd5key\n".utf8)
        let keys = SymmetricKeys(KeysFile.parse(keysFile.span, file: "keys").0, text: keysFile.span)
        var request = Requests.request(version: 4, mode: 3)
        (request[31], request[1]) = (155, 0)
        #expect(Requests.respond(to: request).verdict == .reply(length: 48, kind: .remembered))
        #expect(Requests.respond(to: request, isGroupAddressed: true).verdict == .reply(length: 48))
        let tail = [0, 0, 0, 1] + [UInt8](repeating: 7, count: 16)
        #expect(Requests.respond(to: request + tail, keys: keys).verdict == .reply(length: 52))
    }

    /// 1, because the receive timestamp is odd and the transmit timestamp even; era 1 begins at 2036-02-07T06:28:16Z.
    @Test(
        "a reply leaves after its request came, whatever the clock was read as, and neither timestamp is unknown",
        arguments: [0, -1, -1_000_000, 1_000_000_000] as [Int64])
    func order(work: Int64) throws {
        let eraStart = Instant(nanoseconds: 2_085_978_496_000_000_000)
        for arrival in [Requests.arrival, eraStart, eraStart - Interval(nanoseconds: 1)] {
            let server = ImaginedServer()
            let answer = try #require(
                server.answer(
                    Requests.request(version: 4, mode: 3), at: arrival, work: Interval(nanoseconds: work)))
            let reply = try NTPHeader(answer.reply.span)
            #expect(reply.receiveTimestamp.bits & 1 == 1)
            #expect(reply.transmitTimestamp.bits & 1 == 0)
            #expect(reply.transmitTimestamp != .unknown)
            let spent = Int64(bitPattern: reply.transmitTimestamp.bits &- reply.receiveTimestamp.bits)
            #expect(spent > 0)
            if work <= 0 { #expect(spent <= 3) }
        }
    }
}
