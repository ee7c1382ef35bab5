import Authentication
import ConfigurationLanguage
import NTPServer
import NTPWire
import Testing
import TimeScale

/// Access rules, rate limit and proofs together, in the order in which the daemon asks them.
@Suite("Proofs under access rules and rate limits")
struct ProofAndLimitTests {
    private static let keysFile = Array("1 SHA1 0123456789abcdef0123456789abcdef01234567\n".utf8)

    private static func keys() -> SymmetricKeys {
        SymmetricKeys(KeysFile.parse(keysFile.span, file: "keys").0, text: keysFile.span)
    }

    /// A request of a client with a digest of 20 bytes, 72 in all.
    private static func signed(isRight: Bool = true, mode: UInt8 = 3) -> [UInt8] {
        var request = Requests.request(version: 4, mode: mode) + [0, 0, 0, 1] + [UInt8](repeating: 0, count: 20)
        var span = request.mutableSpan
        Self.keys().sign(&span, authenticator: 48..<72)
        if !isRight { request[71] ^= 1 }
        return request
    }

    private static let plain = Requests.request(version: 4, mode: 3)

    /// What the daemon does with a request.
    private static func answer(
        _ request: [UInt8], _ table: inout ClientTable, flags: AccessFlags, at second: Double
    ) -> NTPServer.Verdict {
        let now = MonotonicInstant(nanoseconds: Int64(second * 1e9))
        let access = table.admit(
            request.span, from: ClientTableTests.client.wire, port: 123, flags: flags, now: now)
        let verdict = Requests.respond(to: request, access: access, keys: keys()).verdict
        if verdict.isSigned { table.noteAuthentication() }
        guard verdict == .refuse(.authentication), table.noteMissingProof(flags: flags, now: now) else {
            return verdict
        }
        return Requests.respond(to: request, access: .kiss(.restricted), keys: keys()).verdict
    }

    @Test("notrust serves who proves a key, and refuses who does not")
    func noTrust() {
        var table = ClientTableTests.table()
        #expect(Self.answer(Self.plain, &table, flags: .noTrust, at: 0) == .refuse(.authentication))
        #expect(table.entries(from: 0, limit: 1).entries.map(\.isAuthenticated) == [false])
        #expect(Self.answer(Self.signed(), &table, flags: .noTrust, at: 1) == .reply(length: 72))
        #expect(Self.answer(Self.signed(isRight: false), &table, flags: .noTrust, at: 2) == .reply(length: 52))
        let entries = table.entries(from: 0, limit: 2).entries
        #expect(entries.map(\.isAuthenticated) == [true])
        #expect(entries.map(\.drops) == [1])
        #expect(entries.map(\.dropReasons) == [.denied])
        #expect(entries.map(\.kisses) == [0])
    }

    /// As clients that are denied: a kiss, then none for 8 s.
    @Test("kod tells a client without proof that it needs one, now and then")
    func restricted() {
        var table = ClientTableTests.table()
        let flags: AccessFlags = [.noTrust, .kissOfDeath]
        let verdicts = [0.0, 1, 7, 8.5].map { Self.answer(Self.plain, &table, flags: flags, at: $0) }
        let silence = NTPServer.Verdict.refuse(.authentication)
        #expect(verdicts == [.kiss(length: 48), silence, silence, .kiss(length: 48)])
        #expect(Self.answer(Self.signed(), &table, flags: flags, at: 8.6) == .reply(length: 72))
        #expect(table.entries(from: 0, limit: 1).entries.map(\.kisses) == [2])
    }

    @Test("who is kissed for want of a proof gets RSTR, and no time")
    func restrictedBytes() throws {
        let (verdict, buffer) = Requests.respond(to: Self.signed(), access: .kiss(.restricted), keys: Self.keys())
        #expect(verdict == .kiss(length: 48))
        #expect(!verdict.isSigned)
        let kiss = try NTPHeader(buffer.span)
        #expect((kiss.stratum, kiss.referenceID) == (0, ReferenceID("RSTR")))
        #expect(kiss.receiveTimestamp.bits == Requests.transmitBits)
    }

    /// ntpd's defaults allow twelve requests a second apart (RateLimitTests).
    @Test(
        "the rate limit counts signed requests, crypto-NAKs and what is refused for want of a proof as it counts others",
        arguments: [(signed(), 72), (signed(isRight: false), 52), (plain, nil)] as [([UInt8], Int?)])
    func limited(request: [UInt8], length: Int?) {
        var table = ClientTableTests.table()
        let flags: AccessFlags = [.noTrust, .limited]
        let verdicts = (0..<14).map { Self.answer(request, &table, flags: flags, at: Double($0)) }
        let within = length.map { NTPServer.Verdict.reply(length: $0) } ?? .refuse(.authentication)
        #expect(verdicts == Array(repeating: within, count: 12) + [.refuse(.limit), .refuse(.limit)])
    }

    @Test("a kiss to a signed request above the rate limit is plain")
    func kissToSigned() {
        var table = ClientTableTests.table()
        let flags: AccessFlags = [.limited, .kissOfDeath]
        let verdicts = (0..<14).map { Self.answer(Self.signed(), &table, flags: flags, at: Double($0)) }
        #expect(verdicts.suffix(2) == [.kiss(length: 48), .refuse(.limit)])
    }

    @Test("noserve refuses whatever is proven")
    func noServe() {
        var table = ClientTableTests.table()
        #expect(Self.answer(Self.signed(), &table, flags: [.noServe, .noTrust], at: 0) == .refuse(.access))
        #expect(table.entries(from: 0, limit: 1).entries.map(\.isAuthenticated) == [false])
    }
}
