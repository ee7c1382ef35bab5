import NTPServer
import NTPWire
import SimulatedWorld
import Testing
import TimeScale

@Suite("Which packets are answered")
struct RequestMatrixTests {
    /// The mode of the reply for versions 0 ... 7 (rows) and modes 0 ... 7; v: refused for its version, m: its mode.
    /// Rows 2 to 4 as ntpd 4.2.8 answers; in row 1 modes 0 and 1 get 4, because version 1 had no modes (RFC 1059).
    private static let replyModes = [
        "vvvvvvvv",
        "44m4mmmm",
        "m2m4mmmm",
        "m2m4mmmm",
        "m2m4mmmm",
        "vvvvvvvv",
        "vvvvvvvv",
        "vvvvvvvv",
    ]

    @Test("48 bytes are answered by version and mode", arguments: 0...7 as ClosedRange<UInt8>)
    func headers(version: UInt8) throws {
        for (mode, expected) in Self.replyModes[Int(version)].enumerated() {
            let (verdict, buffer) = Requests.respond(to: Requests.request(version: version, mode: UInt8(mode)))
            switch expected {
            case "v": #expect(verdict == .refuse(.version), "mode \(mode)")
            case "m": #expect(verdict == .refuse(.mode), "mode \(mode)")
            default:
                #expect(verdict == .reply(length: 48), "mode \(mode)")
                #expect(buffer[0] == version << 3 | UInt8(expected.wholeNumberValue ?? 0), "mode \(mode)")
            }
        }
    }

    /// Tails by what they are, and what becomes of them in a version 4 request and in one of version 2 or 3.
    static let tails: [(what: String, bytes: [UInt8], current: NTPServer.Verdict, old: NTPServer.Verdict)] = [
        ("one byte", [0], .refuse(.tail), .refuse(.tail)),
        ("a crypto-NAK", [0, 0, 0, 0], .refuse(.tail), .refuse(.tail)),
        ("12 bytes of nothing", [UInt8](repeating: 0, count: 12), .refuse(.tail), .refuse(.tail)),
        (
            "12 bytes that say they are a field", [0x7f, 1, 0, 12] + [UInt8](repeating: 0, count: 8), .refuse(.tail),
            .refuse(.tail)
        ),
        (
            "an MD5 authenticator without digest", [0, 0, 0, 1] + [UInt8](repeating: 0, count: 16),
            .refuse(.authentication), .refuse(.authentication)
        ),
        (
            "a SHA-1 authenticator", [0, 0, 0, 24] + [UInt8](repeating: 7, count: 20), .refuse(.authentication),
            .refuse(.authentication)
        ),
        ("the shortest field", Requests.field(28), .reply(length: 48), .refuse(.tail)),
        ("two fields", Requests.field(16) + Requests.field(60), .reply(length: 48), .refuse(.tail)),
        ("80 bytes of one field", Requests.field(80), .reply(length: 48), .refuse(.tail)),
        // MS-SNTP ExtendedAuthenticator: key identifier 0x00000450, little-endian.
        (
            "Microsoft's long authenticator", [0x50, 4, 0, 0] + [UInt8](repeating: 0, count: 68), .reply(length: 48),
            .reply(length: 48)
        ),
        ("2000 bytes of one field", Requests.field(2000), .reply(length: 48), .refuse(.tail)),
        ("2000 bytes of nothing", [UInt8](repeating: 0, count: 2000), .refuse(.tail), .refuse(.tail)),
        (
            "a field and an authenticator", Requests.field(28) + [0, 0, 0, 1] + Requests.field(16),
            .refuse(.authentication), .refuse(.tail)
        ),
    ]

    /// Extension fields came with version 4 (RFC 5905 §7.5), authenticators with version 2 (RFC 1119).
    @Test("what stands behind the header is judged by the version", arguments: RequestMatrixTests.tails.indices)
    func tailsByVersion(row: Int) {
        let (what, bytes, current, old) = Self.tails[row]
        let requests: [(UInt8, UInt8, NTPServer.Verdict)] = [
            (4, 1, current), (4, 3, current), (2, 3, old), (3, 1, old), (3, 3, old), (1, 0, .refuse(.tail)),
            (1, 3, .refuse(.tail)),
        ]
        for (version, mode, expected) in requests {
            let request = Requests.request(version: version, mode: mode, tail: bytes)
            #expect(Requests.respond(to: request).verdict == expected, "\(what), version \(version), mode \(mode)")
        }
    }

    /// Lengths of the table in ntp-windows-cisco.md §0, filled with zeros behind the header.
    @Test(
        "lengths that clients are known to send get their answer",
        arguments: [
            (0, NTPServer.Verdict.refuse(.truncated)), (1, .refuse(.truncated)), (47, .refuse(.truncated)),
            (48, .reply(length: 48)), (49, .refuse(.tail)), (52, .refuse(.tail)), (60, .refuse(.tail)),
            (68, .refuse(.authentication)), (72, .refuse(.authentication)), (120, .reply(length: 48)),
            (2048, .refuse(.tail)),
        ])
    func lengths(length: Int, expected: NTPServer.Verdict) {
        let whole = Requests.request(version: 4, mode: 3, tail: [UInt8](repeating: 0, count: 2000))
        #expect(Requests.respond(to: Array(whole[..<length])).verdict == expected)
    }

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

    @Test(
        "access rules come first, and narrow the versions",
        arguments: [
            (AccessDecision.serve, 3, NTPServer.Verdict.reply(length: 48)),
            (.serve, 7, .refuse(.version)),
            (.currentVersionOnly, 4, .reply(length: 48)),
            (.currentVersionOnly, 3, .refuse(.version)),
            (.currentVersionOnly, 1, .refuse(.version)),
            (.currentVersionOnly, 5, .refuse(.version)),
            (.refuse, 4, .refuse(.access)),
            (.refuse, 0, .refuse(.access)),
            (.ignore, 4, .refuse(.access)),
        ] as [(AccessDecision, UInt8, NTPServer.Verdict)])
    func access(decision: AccessDecision, version: UInt8, expected: NTPServer.Verdict) {
        let request = Requests.request(version: version, mode: 3)
        #expect(Requests.respond(to: request, access: decision).verdict == expected)
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
