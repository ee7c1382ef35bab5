import Authentication
import ConfigurationLanguage
import NTPServer
import NTPWire
import SimulatedWorld
import Testing
import TimeScale

@Suite("Authenticated requests")
struct AuthenticationTests {
    /// Keys of the server; the digests themselves are proven in AuthenticationTests.
    private static let keysFile = Array(
        """
        1 MD5 secretmd5key
        2 SHA1 0123456789abcdef0123456789abcdef01234567
        3 AES128CMAC HEX:000102030405060708090a0b0c0d0e0f
        4 SHA512 secret-of-many-characters

        """.utf8)

    private static func serverKeys() -> SymmetricKeys {
        SymmetricKeys(KeysFile.parse(keysFile.span, file: "keys").0, text: keysFile.span)
    }

    /// What stands behind the header of a request.
    enum Tail: String, CaseIterable {
        case nothing, field
        case md5, sha1, cmac, sha512Cut, sha512Whole
        case fieldAndMD5
        case wrongDigest, unknownKey, unknownKeyAndField, keyZero
        case cryptoNAK
        /// A member of a Windows domain: a relative identifier, little-endian, and no digest (MS-SNTP §2.2.1).
        case microsoft
        /// MS-SNTP §2.2.2.
        case microsoftLong
        case twelveBytes, thirtyTwoBytes

        /// A key, and how many bytes of its digest are sent.
        private var key: (identifier: UInt8, digest: Int)? {
            switch self {
            case .md5, .fieldAndMD5, .wrongDigest: (1, 16)
            case .sha1: (2, 20)
            case .cmac: (3, 16)
            case .sha512Cut: (4, 20)
            case .sha512Whole: (4, 64)
            default: nil
            }
        }

        private var bytesBeforeAuthenticator: [UInt8] {
            switch self {
            case .field: Requests.field(28)
            case .fieldAndMD5, .unknownKeyAndField: Requests.field(16)
            default: []
            }
        }

        func request(version: UInt8, mode: UInt8) -> [UInt8] {
            var request = Requests.request(version: version, mode: mode, tail: bytesBeforeAuthenticator)
            let nothing = [UInt8](repeating: 0, count: 16)
            switch self {
            case .unknownKey, .unknownKeyAndField: request += [0, 0, 0, 9] + nothing.map { _ in 0x5a }
            case .keyZero: request += [0, 0, 0, 0] + nothing.map { _ in 0x5a }
            case .cryptoNAK: request += [0, 0, 0, 0]
            case .microsoft: request += [0x50, 4, 0, 0] + nothing
            case .microsoftLong: request += [0x50, 4, 0, 0] + [UInt8](repeating: 0, count: 68)
            case .twelveBytes: request += [UInt8](repeating: 0x5a, count: 12)
            case .thirtyTwoBytes: request += [UInt8](repeating: 0x5a, count: 28)
            default: break
            }
            guard let key else { return request }
            let signed = request.count
            request += [0, 0, 0, key.identifier] + [UInt8](repeating: 0, count: key.digest)
            var span = request.mutableSpan
            let keys = AuthenticationTests.serverKeys()
            keys.sign(&span, authenticator: signed..<signed + 4 + key.digest)
            if self == .wrongDigest { request[request.count - 1] ^= 1 }
            return request
        }
    }

    @Test(
        "a reply is signed with the key of its request, over its transmit timestamp",
        arguments: [Tail.md5, .sha1, .cmac, .sha512Cut, .fieldAndMD5, .sha512Whole])
    func signature(tail: Tail) throws {
        let request = tail.request(version: tail == .sha512Whole ? 3 : 4, mode: 3)
        let keys = Self.serverKeys()
        let (first, length) = try Self.reply(to: request, transmitted: Requests.arrival, keys: keys)
        #expect(first[48..<52] == request[(request.count - length + 48)..<(request.count - length + 52)])
        let isProven = keys.verify(first.span, authenticator: 48..<length)
        #expect(isProven)
        let (second, _) = try Self.reply(to: request, transmitted: Requests.arrival + .second, keys: keys)
        let isAlsoProven = keys.verify(second.span, authenticator: 48..<length)
        #expect(isAlsoProven)
        #expect(first[52..<length] != second[52..<length])
    }

    /// Python: the reply is 2401 0a e8 … with origin, receive and transmit timestamps as in `ReplyTests.bytes`, and the digest
    /// hashlib.md5(b"secretmd5key" + reply).
    @Test("a signed reply is that of an independent program, byte for byte")
    func bytes() throws {
        var state = Requests.state()
        state.rootDispersion = 0.25
        let request = Tail.md5.request(version: 4, mode: 3)
        let (reply, length) = try Self.reply(
            to: request, transmitted: Requests.arrival + .milliseconds(500), state: state, keys: Self.serverKeys())
        let header: [UInt8] =
            [0x24, 0x01, 0x0a, 0xe8]
            + [0, 0, 0, 0] + [0, 0, 0x40, 0] + [0x47, 0x50, 0x53, 0x00]
            + [0xee, 0xab, 0xa5, 0x3e, 0, 0, 0, 0]
            + [200, 205, 210, 215, 220, 225, 230, 235]
            + [0xee, 0xab, 0xa5, 0x3f, 0, 0, 0, 1]
            + [0xee, 0xab, 0xa5, 0x3f, 0x80, 0, 0, 0]
        let digest: [UInt8] = [
            0x92, 0xb1, 0xbc, 0x94, 0xbc, 0x00, 0x65, 0x4b, 0x2d, 0x4d, 0x6b, 0x55, 0x75, 0x85, 0x4b, 0xd4,
        ]
        #expect(Array(reply[..<length]) == header + [0, 0, 0, 1] + digest)
    }

    @Test("a crypto-NAK is four zero bytes behind a whole header, and is not signed")
    func cryptoNAK() throws {
        let request = Tail.wrongDigest.request(version: 4, mode: 3)
        let (reply, length) = try Self.reply(to: request, transmitted: Requests.arrival, keys: Self.serverKeys())
        #expect(length == 52)
        #expect(Array(reply[48..<52]) == [0, 0, 0, 0])
        #expect(reply[52...] == request[52...])
        let header = try NTPHeader(reply.span)
        #expect(header.mode == .server)
        #expect(header.stratum == 1)
        #expect(header.originTimestamp.bits == Requests.transmitBits)
        #expect(NTPServer.Verdict.reply(length: 52).isCryptoNAK)
        #expect(!NTPServer.Verdict.reply(length: 52).isSigned)
        #expect(NTPServer.Verdict.reply(length: 68).isSigned)
        #expect(!NTPServer.Verdict.reply(length: 48).isSigned)
    }

    @Test("no reply is longer than its request, whatever follows the header", arguments: [1, 2, 3] as [UInt64])
    func randomTails(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let keys = Self.serverKeys()
        var replies: Set<Int> = []
        for _ in 0..<5000 {
            let tail = Tail.allCases[Int.random(in: 0..<Tail.allCases.count, using: &random)]
            let version = UInt8.random(in: 1...4, using: &random)
            var request = tail.request(version: version, mode: [1, 3][Int.random(in: 0...1, using: &random)])
            let change = Int.random(in: 0..<request.count * 2, using: &random)
            if change < request.count { request[change] = UInt8.random(in: 0...255, using: &random) }
            request.removeLast(Int.random(in: 0...1, using: &random) * Int.random(in: 0...8, using: &random))
            guard case .reply(let length, _) = Requests.respond(to: request, keys: keys).verdict else { continue }
            replies.insert(length)
            try #require(length <= request.count, "seed \(seed)")
        }
        #expect(replies.isSuperset(of: [48, 52, 68, 72]))
    }

    /// The stamped and signed reply to a request.
    private static func reply(
        to request: [UInt8], transmitted: Instant, state: ServerState = Requests.state(),
        keys: borrowing SymmetricKeys
    ) throws -> (buffer: [UInt8], length: Int) {
        var (verdict, buffer) = Requests.respond(to: request, state: state, keys: keys)
        guard case .reply(let length, _) = verdict else { throw NoReply() }
        Requests.stamp(&buffer, length: length, transmitted: transmitted, state: state, keys: keys)
        return (buffer, length)
    }

    private struct NoReply: Error {}
}
