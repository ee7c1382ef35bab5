import NTPServer
import NTPWire
import SimulatedWorld
import Testing
import TimeScale

/// What the conformance table does not say: buffers that are longer or shorter than the packet, and packets by lot.
@Suite("Packets and their buffers")
struct RequestBufferTests {
    @Test("what lies in the buffer behind the request does not matter")
    func buffer() {
        let buffer = Requests.request(version: 4, mode: 3, tail: Requests.field(64))
        #expect(Requests.respond(to: buffer, length: 47).verdict == .refuse(.truncated))
        #expect(Requests.respond(to: buffer, length: 48).verdict == .reply(length: 48))
        #expect(Requests.respond(to: buffer, length: 80).verdict == .refuse(.tail))
        #expect(Requests.respond(to: buffer, length: 112).verdict == .reply(length: 48))
    }

    @Test("a packet that did not fit the buffer is judged by what was kept", arguments: [47, 49, 60, 111])
    func cut(kept: Int) {
        let request = Requests.request(version: 4, mode: 3, tail: Requests.field(64))
        let verdict = Requests.respond(to: Array(request[..<kept]), length: request.count).verdict
        #expect(verdict == .refuse(kept < 48 ? .truncated : .tail))
    }

    @Test("a refused packet is left as it came")
    func untouched() {
        for request in [
            Requests.request(version: 0, mode: 3), Requests.request(version: 4, mode: 4),
            Requests.request(version: 4, mode: 3, tail: [1, 2, 3, 4]),
        ] {
            #expect(Requests.respond(to: request).buffer == request)
        }
        let denied = Requests.request(version: 4, mode: 3)
        #expect(Requests.respond(to: denied, access: .refuse).buffer == denied)
    }

    @Test("no reply is longer than its request, or anything but a reply", arguments: [1, 2, 3] as [UInt64])
    func randomBytes(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var replies = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...160, using: &random)
            let request = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let (verdict, buffer) = Requests.respond(to: request)
            guard case .reply(let length, _) = verdict else { continue }
            replies += 1
            let header = try NTPHeader(buffer.span)
            try #require(length == 48 && length <= count, "seed \(seed)")
            try #require([.server, .symmetricPassive].contains(header.mode), "seed \(seed)")
            try #require(Array(buffer[24..<32]) == Array(request[40..<48]), "seed \(seed)")
        }
        // 1 of 161 packets has 48 bytes, and 9 of the 64 pairs of version and mode are answered: 17 in 20 000.
        #expect(replies > 0)
    }
}
