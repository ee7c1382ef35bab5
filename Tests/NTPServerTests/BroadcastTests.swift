import Authentication
import ConfigurationLanguage
import NTPServer
import NTPWire
import Testing
import TimeScale

@Suite("Broadcast packets")
struct BroadcastTests {
    private static let keysFile = Array(
        """
        1 MD5 secretmd5key
        3 AES128CMAC HEX:000102030405060708090a0b0c0d0e0f
        4 SHA512 secret-of-many-characters

        """.utf8)

    private static func keys() -> SymmetricKeys {
        SymmetricKeys(KeysFile.parse(keysFile.span, file: "keys").0, text: keysFile.span)
    }

    private static func state() -> ServerState {
        var state = Requests.state()
        state.rootDispersion = 0.25
        return state
    }

    /// A packet, and what is behind it in a buffer of 72 bytes.
    private static func broadcast(
        state: ServerState = state(), version: UInt8 = 4, previous: NTPTimestamp? = nil, key: UInt32? = nil
    ) -> (length: Int?, buffer: [UInt8]) {
        var buffer = [UInt8](repeating: 0xaa, count: 72)
        var span = buffer.mutableSpan
        let length = NTPServer.broadcast(
            into: &span, state: state, at: Requests.arrival, version: version, poll: 6, previous: previous, key: key,
            keys: keys())
        return (length, buffer)
    }

    /// The fields of `ReplyTests.bytes`, with mode 5 and no origin and receive timestamps (ntpd 4.2.8, peer_xmit).
    private static func header(version: UInt8) -> [UInt8] {
        [version << 3 | 5, 0x01, 0x06, 0xe8]
            + [0, 0, 0, 0] + [0, 0, 0x40, 0] + [0x47, 0x50, 0x53, 0x00]
            + [0xee, 0xab, 0xa5, 0x3e, 0, 0, 0, 0]
            + [UInt8](repeating: 0, count: 16)
            + [0xee, 0xab, 0xa5, 0x3f, 0, 0, 0, 0]
    }

    @Test("a packet is the state and the time, byte for byte", arguments: [3, 4] as [UInt8])
    func bytes(version: UInt8) {
        let (length, buffer) = Self.broadcast(version: version)
        #expect(length == 48)
        #expect(Array(buffer[..<48]) == Self.header(version: version))
        #expect(buffer[48...].allSatisfy { $0 == 0xaa })
    }

    @Test("an interleaved packet tells in its origin timestamp when the one before left (RFC 9769 §4)")
    func interleaved() throws {
        let previous = NTPTimestamp(Requests.arrival - .seconds(64))
        let (_, buffer) = Self.broadcast(previous: previous)
        let header = try NTPHeader(buffer.span)
        #expect(header.originTimestamp == previous)
        #expect(header.receiveTimestamp == .unknown)
        #expect(header.transmitTimestamp == NTPTimestamp(Requests.arrival))
    }

    @Test("the correction still being slewed is in the transmit timestamp, and the announced leap second is told")
    func state() throws {
        var state = Self.state()
        (state.pendingCorrection, state.leapIndicator) = (0.25, .insertSecond)
        let buffer = Self.broadcast(state: state).buffer
        let header = try NTPHeader(buffer.span)
        #expect(header.transmitTimestamp == NTPTimestamp(Requests.arrival + .milliseconds(250)))
        #expect(header.leapIndicator == .insertSecond)
    }

    @Test("nothing is sent while the clock is not synchronised")
    func silence() {
        #expect(Self.broadcast(state: .unsynchronised(precision: -20, asOf: Requests.arrival)).length == nil)
        var state = Self.state()
        state.leapIndicator = .unsynchronised
        #expect(Self.broadcast(state: state).length == nil)
        state = Self.state()
        state.stratum = 16
        #expect(Self.broadcast(state: state).length == nil)
        state.stratum = 15
        #expect(Self.broadcast(state: state).length == 48)
    }

    /// Python: hashlib.md5(b"secretmd5key" + header), and the first 20 bytes of
    /// hashlib.sha512(b"secret-of-many-characters" + header), of the packet of version 3.
    @Test("a signed packet is that of an independent program")
    func signed() {
        let md5: [UInt8] = [
            0x62, 0x46, 0x1a, 0x6c, 0xa9, 0xa9, 0x3c, 0x03, 0x7e, 0x12, 0x36, 0xef, 0x91, 0x83, 0x88, 0x33,
        ]
        let sha512: [UInt8] = [
            0xe1, 0x3a, 0xfc, 0x69, 0xd0, 0x87, 0x11, 0xf1, 0x05, 0xda, 0x05, 0x24, 0x9d, 0x4a, 0x34, 0xfc,
            0x1f, 0x97, 0xf2, 0x3d,
        ]
        for (key, digest) in [(1, md5), (4, sha512)] as [(UInt32, [UInt8])] {
            let (length, buffer) = Self.broadcast(version: 3, key: key)
            #expect(length == 52 + digest.count)
            #expect(Array(buffer[..<52]) == Self.header(version: 3) + [0, 0, 0, UInt8(key)])
            #expect(Array(buffer[52..<52 + digest.count]) == digest)
        }
    }

    @Test("a cipher's digest has 16 bytes, and what cannot be signed is not sent")
    func otherKeys() {
        let (length, buffer) = Self.broadcast(key: 3)
        #expect(length == 68)
        let isProven = Self.keys().verify(buffer.span, authenticator: 48..<68)
        #expect(isProven)
        #expect(Self.broadcast(key: 2).length == nil)
        #expect(Self.broadcast(key: 0).length == nil)
    }
}

@Suite("Requests to a group of servers")
struct GroupRequestTests {
    /// A request to a group, of a client at a stratum.
    private static func ask(
        stratum: UInt8, version: UInt8 = 4, mode: UInt8 = 3, state: ServerState = Requests.state(),
        access: AccessDecision = .serve, tail: [UInt8] = []
    ) -> NTPServer.Verdict {
        var request = Requests.request(version: version, mode: mode, tail: tail)
        request[1] = stratum
        let (verdict, buffer) = Requests.respond(to: request, state: state, access: access, isGroupAddressed: true)
        if case .refuse = verdict { #expect(buffer == request) }
        return verdict
    }

    /// ntpd 4.2.8, AM_FXMIT: silent where our stratum is not below the client's; PKT_TO_STRATUM makes 16 of 0.
    @Test(
        "are answered where our stratum is below the client's, and 0 is that of a client without time",
        arguments: [
            (1, 0, true), (1, 1, false), (1, 2, true), (1, 16, true), (2, 2, false), (2, 3, true), (10, 3, false),
            (10, 0, true), (15, 15, false), (15, 16, true), (15, 0, true), (16, 0, false), (16, 16, false),
        ] as [(UInt8, UInt8, Bool)])
    func strata(ours: UInt8, theirs: UInt8, isAnswered: Bool) {
        var state = Requests.state()
        state.stratum = ours
        #expect(Self.ask(stratum: theirs, state: state) == (isAnswered ? .reply(length: 48) : .refuse(.group)))
    }

    @Test("get silence while the clock is not synchronised")
    func unsynchronised() {
        var state = Requests.state()
        state.leapIndicator = .unsynchronised
        #expect(Self.ask(stratum: 0, state: state) == .refuse(.group))
        #expect(Self.ask(stratum: 0, state: .unsynchronised(precision: -20, asOf: Requests.arrival)) == .refuse(.group))
    }

    @Test("are those of clients of any version, and not of peers")
    func modes() {
        for version in 1...4 as ClosedRange<UInt8> {
            #expect(Self.ask(stratum: 0, version: version) == .reply(length: 48))
        }
        #expect(Self.ask(stratum: 0, version: 1, mode: 0) == .reply(length: 48))
        #expect(Self.ask(stratum: 0, mode: 1) == .refuse(.group))
        #expect(Self.ask(stratum: 0, version: 3, mode: 1) == .refuse(.group))
        #expect(Self.ask(stratum: 0, mode: 5) == .refuse(.mode))
    }

    @Test("tell nobody that he is denied or that his authenticator failed")
    func silence() {
        for code in KissCode.allCases { #expect(Self.ask(stratum: 0, access: .kiss(code)) == .refuse(.group)) }
        #expect(Self.ask(stratum: 0, access: .limit) == .refuse(.limit))
        let keysFile = Array("1 MD5 secretmd5key\n".utf8)
        let keys = SymmetricKeys(KeysFile.parse(keysFile.span, file: "keys").0, text: keysFile.span)
        var request = Requests.request(version: 4, mode: 3, tail: [0, 0, 0, 1] + [UInt8](repeating: 7, count: 16))
        request[1] = 0
        let (verdict, buffer) = Requests.respond(to: request, keys: keys, isGroupAddressed: true)
        #expect(verdict == .refuse(.authentication))
        #expect(buffer == request)
        var span = request.mutableSpan
        keys.sign(&span, authenticator: 48..<68)
        #expect(Requests.respond(to: request, keys: keys, isGroupAddressed: true).verdict == .reply(length: 68))
    }
}
