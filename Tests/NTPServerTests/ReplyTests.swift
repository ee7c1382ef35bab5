import Authentication
import NTPServer
import NTPWire
import Testing
import TimeScale

@Suite("What a reply says")
struct ReplyTests {
    @Test("a reply is the state, byte for byte")
    func bytes() {
        var state = Requests.state()
        state.leapIndicator = .deleteSecond
        state.rootDelay = 1.5
        state.rootDispersion = 0.25
        var (_, buffer) = Requests.respond(to: Requests.request(version: 3, mode: 3), state: state)
        Requests.stamp(&buffer, transmitted: Requests.arrival + .milliseconds(500), state: state)
        // The lowest bit of a receive timestamp is 1. 2026-11-21T05:06:07Z is 0xeeaba53f (Python); the poll of the request is 10, its transmit bytes 200 ... 235.
        let expected: [UInt8] =
            [0x9c, 0x01, 0x0a, 0xe8]
            + [0x00, 0x01, 0x80, 0x00] + [0x00, 0x00, 0x40, 0x00] + [0x47, 0x50, 0x53, 0x00]
            + [0xee, 0xab, 0xa5, 0x3e, 0, 0, 0, 0]
            + [200, 205, 210, 215, 220, 225, 230, 235]
            + [0xee, 0xab, 0xa5, 0x3f, 0, 0, 0, 1]
            + [0xee, 0xab, 0xa5, 0x3f, 0x80, 0, 0, 0]
        #expect(buffer == expected)
    }

    @Test(
        "the transmit timestamp of the request comes back bit for bit", arguments: [0, 1, .max, 0x8000_0000_0000_0000])
    func origin(bits: UInt64) throws {
        var request = Requests.request(version: 4, mode: 3)
        for index in 0..<8 { request[40 + index] = UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * index)) }
        let (verdict, buffer) = Requests.respond(to: request)
        #expect(verdict == .reply(length: 48))
        let reply = try NTPHeader(buffer.span)
        #expect(reply.originTimestamp.bits == bits)
    }

    @Test(
        "strata up to 15 are told, 16 and more are not",
        arguments: [(1, 1), (15, 15), (16, 0), (255, 0)] as [(UInt8, UInt8)])
    func stratum(served: UInt8, told: UInt8) throws {
        var state = Requests.state()
        state.stratum = served
        #expect(try Requests.reply(state: state).stratum == told)
    }

    /// 10 ms + 15 ppm · 100 s = 11.5 ms = 753.66 units of 2⁻¹⁶ s, rounded up; 10 ms = 655.36 units.
    @Test(
        "the root dispersion grows with time, is rounded up and never falls below its value",
        arguments: [(100, 754), (0, 656), (-50, 656)] as [(Int64, UInt32)])
    func rootDispersion(age: Int64, bits: UInt32) throws {
        var state = Requests.state()
        (state.rootDispersion, state.rootDispersionRate) = (0.010, 15e-6)
        let reply = try Requests.reply(received: Requests.arrival + .seconds(age), state: state)
        #expect(reply.rootDispersion.bits == bits)
    }

    /// Signed in RFC 1305 §3.2.1, so 0x7fff_0000, 32767 s, is the most that old clients read as they should.
    @Test(
        "a root dispersion is never told as 0, and no bound as negative",
        arguments: [(0, 1, 0), (1e9, 0x7fff_0000, 0x7fff_0000), (.infinity, 0x7fff_0000, 0x7fff_0000)]
            as [(Double, UInt32, UInt32)])
    func bounds(seconds: Double, dispersion: UInt32, delay: UInt32) throws {
        var state = Requests.state()
        (state.rootDispersion, state.rootDelay) = (seconds, seconds)
        let reply = try Requests.reply(state: state)
        #expect((reply.rootDispersion.bits, reply.rootDelay.bits) == (dispersion, delay))
        state.rootDispersion = .nan
        #expect(try Requests.reply(state: state).rootDispersion.bits == 0x7fff_0000)
    }

    @Test("the root delay is rounded up")
    func rootDelay() throws {
        var state = Requests.state()
        state.rootDelay = 1e-6
        #expect(try Requests.reply(state: state).rootDelay.bits == 1)
    }

    /// 4 ms − 1 ppm · 1000 s = 3 ms; the transmit stamp is taken 1000 s later, at 2 ms, as only a test would.
    @Test("the correction still being slewed is in the receive and the transmit timestamp")
    func pendingCorrection() throws {
        var state = Requests.state()
        (state.pendingCorrection, state.pendingCorrectionRate) = (0.004, -1e-6)
        let received = Requests.arrival + .seconds(1000)
        var (_, buffer) = Requests.respond(
            to: Requests.request(version: 4, mode: 3), received: received, state: state)
        Requests.stamp(&buffer, transmitted: received + .seconds(1000), state: state)
        let reply = try NTPHeader(buffer.span)
        let receive = reply.receiveTimestamp.instant(near: received)
        let transmit = reply.transmitTimestamp.instant(near: received)
        #expect(receive == received + .milliseconds(3))
        #expect(transmit == received + .seconds(1000) + .milliseconds(2))
    }

    @Test("the reference timestamp is that of the state, and never after the receive timestamp")
    func referenceTime() throws {
        var state = Requests.state()
        let reply = try Requests.reply(state: state)
        #expect(reply.referenceTimestamp == NTPTimestamp(Requests.arrival - .second))
        state.referenceTime = Requests.arrival + .second
        let late = try Requests.reply(state: state)
        #expect(late.referenceTimestamp == NTPTimestamp(Requests.arrival))
        // A clock that is fast by 2 s: served time is before the reading at which it was corrected.
        state = Requests.state()
        state.pendingCorrection = -2
        let fast = try Requests.reply(state: state)
        #expect(fast.receiveTimestamp.bits == NTPTimestamp(Requests.arrival - .seconds(2)).bits | 1)
        #expect(fast.referenceTimestamp == NTPTimestamp(Requests.arrival - .seconds(2)))
    }

    /// ntpd's floor for clients is 3 (8 s); the wire's number is signed.
    @Test(
        "the poll interval is the client's, from 8 s up",
        arguments: [(0, 3), (2, 3), (3, 3), (6, 6), (17, 17), (127, 127), (0x80, 3), (0xff, 3)] as [(UInt8, Int8)])
    func poll(asked: UInt8, told: Int8) throws {
        var request = Requests.request(version: 4, mode: 3)
        request[2] = asked
        let buffer = Requests.respond(to: request).buffer
        let reply = try NTPHeader(buffer.span)
        #expect(reply.poll == told)
    }
}
