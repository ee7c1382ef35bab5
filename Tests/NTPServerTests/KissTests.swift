import Authentication
import ConfigurationLanguage
import NTPServer
import NTPWire
import SimulatedWorld
import Testing
import TimeScale

@Suite("Kisses o'death")
struct KissTests {
    /// RFC 5905 §7.4: leap 3, stratum 0, the code as reference identifier. Times as ntpd's fast_xmit fills them.
    @Test(
        "a kiss has its code, tells no time and shows the client its own request",
        arguments: [(KissCode.denied, "DENY"), (.restricted, "RSTR"), (.rateExceeded, "RATE")])
    func fields(code: KissCode, text: String) throws {
        var request = Requests.request(version: 4, mode: 3)
        request[2] = 2
        let (verdict, buffer) = Requests.respond(to: request, access: .kiss(code))
        #expect(verdict == .kiss(length: 48))
        let kiss = try NTPHeader(buffer.span)
        #expect((kiss.leapIndicator, kiss.version, kiss.mode) == (.unsynchronised, 4, .server))
        #expect((kiss.stratum, kiss.poll, kiss.referenceID) == (0, 3, ReferenceID(text)))
        for start in [24, 32, 40] { #expect(buffer[start..<start + 8].elementsEqual(request[40..<48])) }
    }

    @Test("a kiss suggests the poll interval of the limit")
    func poll() throws {
        var buffer = Requests.request(version: 4, mode: 3)
        buffer[2] = 4
        buffer = Requests.respond(to: buffer, access: .kiss(.rateExceeded), shortestPoll: 6).buffer
        #expect(try NTPHeader(buffer.span).poll == 6)
    }

    @Test("whatever comes and whatever the rules are, nothing longer goes out", arguments: [1, 2] as [UInt64])
    func amplification(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let limits: [RateLimitRule] = [.discard(DiscardRule()), .score(ScoreRule()), .tokenBucket(TokenBucketRule())]
        for limit in limits {
            var rule = ClientTableRule()
            rule.size = .clients(64)
            var table = ClientTable(rule, limit: RateLimit(limit), key: (random.next(), random.next()))
            var (replies, kisses) = (0, 0)
            for number in 0..<6_000 {
                let count = [Int.random(in: 0...120, using: &random), 48][Int(random.next() & 1)]
                var datagram = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                if count > 0, random.next() & 1 == 0 { datagram[0] = 0x23 }
                let flags = AccessFlags(rawValue: UInt32(random.next() & random.next() & 0x3fff))
                let access = table.admit(
                    datagram.span, from: (0, 0xffff_0000_0000 | random.next() & 0x1f), port: 123, flags: flags,
                    now: MonotonicInstant(nanoseconds: Int64(number) * 10_000_000))
                let (verdict, buffer) = Requests.respond(to: datagram, access: access)
                switch verdict {
                case .reply(let length, _), .kiss(let length):
                    #expect(length <= datagram.count && buffer.count == datagram.count, "seed \(seed)")
                    if verdict == .kiss(length: length) { kisses += 1 } else { replies += 1 }
                case .refuse: #expect(buffer == datagram, "seed \(seed)")
                }
            }
            #expect(replies > 100)
            #expect(kisses > 0)
        }
    }
}
