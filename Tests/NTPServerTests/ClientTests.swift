import Authentication
import ConfigurationLanguage
import NTPServer
import Testing
import TimeScale

@Suite("Clients that exist")
struct ClientTests {
    /// What the server sends to a request.
    private static func reply(
        to request: [UInt8], _ condition: ClockCondition = .locked, rule: ServerRule = .none,
        change: (inout ServerState) -> Void = { _ in }, keys: borrowing SymmetricKeys = SymmetricKeys()
    ) -> (fate: RequestFate, reply: ReceivedReply) {
        var state = condition.state
        change(&state)
        var table = rule.table()
        let answer = ConformanceTests.answer(request, &table, rule: rule, state: state, keys: keys)
        return (answer.fate, ReceivedReply(request: request, bytes: answer.bytes))
    }

    /// Every client of `ClientRequest`, by what it accepts and not by name.
    private static let kinds: [ClientAcceptance] = [
        .windows, .cisco, .ntpd, .chrony, .timesyncd, .openNTPD, .busybox, .android, .lwIP, .simple,
    ]

    @Test("every client accepts the time, locked, in holdover and as local clock", arguments: ClientRequest.all.indices)
    func accepted(index: Int) {
        let client = ClientRequest.all[index]
        for condition in ClockCondition.allCases where condition != .unsynchronised {
            let (fate, reply) = Self.reply(to: client.bytes, condition)
            #expect(fate == .answered && reply.bytes.count == 48, "\(client.client)")
            #expect(client.accept.refusal(of: reply) == nil, "\(client.client), \(condition)")
            #expect(reply.mode == client.mode, "\(client.client)")
        }
    }

    @Test("no client takes the time of a server that is not synchronised", arguments: ClientRequest.all.indices)
    func refused(index: Int) {
        let client = ClientRequest.all[index]
        let (fate, reply) = Self.reply(to: client.bytes, .unsynchronised)
        #expect(fate == .answered && reply.bytes.count == 48, "\(client.client)")
        #expect(client.accept.refusal(of: reply) != nil, "\(client.client)")
    }

    /// A bound of 15 ppm · 19 h is a second (`ntp-windows-cisco.md` §3); the others by the limits in `ClientAcceptance`.
    @Test(
        "a bound that grows loses one client after the other",
        arguments: [
            (0.99, []), (1.01, [.cisco, .simple]), (1.51, [.cisco, .simple, .ntpd]),
            (5.01, [.cisco, .simple, .ntpd, .timesyncd]),
            (17, [.cisco, .simple, .ntpd, .timesyncd, .windows, .chrony]),
            (40_000, [.cisco, .simple, .ntpd, .timesyncd, .windows, .chrony]),
        ] as [(Double, Set<ClientAcceptance>)])
    func bounds(seconds: Double, refusing: Set<ClientAcceptance>) {
        let (_, reply) = Self.reply(to: Self.request, .holdover) {
            ($0.rootDispersion, $0.rootDispersionRate) = (seconds, 0)
        }
        #expect(Set(Self.kinds.filter { $0.refusal(of: reply) != nil }) == refusing)
    }

    /// The rules themselves, on a good reply in which a field is changed: offset, bytes, and who refuses it.
    @Test(
        "each rule refuses what its client refuses",
        arguments: [
            ("nothing", 0, [], []),
            ("leap 3", 0, [0xe4], Set(kinds).subtracting([.lwIP])),
            ("mode 5", 0, [0x25], Set(kinds).subtracting([.android, .lwIP, .openNTPD, .busybox])),
            ("version 2", 0, [0x14], [.cisco, .chrony, .timesyncd, .simple]),
            ("stratum 0", 1, [0], Set(kinds)),
            ("stratum 16", 1, [16], Set(kinds).subtracting([.lwIP])),
            ("precision −31", 3, [0xe1], [.windows]),
            ("precision −2", 3, [0xfe], [.windows]),
            ("a negative root delay", 4, [0xff, 0xff], [.windows, .cisco, .ntpd, .chrony, .timesyncd, .simple]),
            ("192.0.2.99, the client, as reference of stratum 1", 12, [192, 0, 2, 0x63], []),
            (
                "and of stratum 2", 1, [2, 3, 0xe8, 0, 0, 0, 0, 0, 0, 0, 66, 192, 0, 2, 0x63], [.ntpd, .chrony]
            ),
            ("no reference timestamp", 16, [0, 0, 0, 0, 0, 0, 0, 0], [.android]),
            ("a reference timestamp in the future", 16, [0xee, 0xab, 0xa5, 0x40], [.windows, .cisco, .ntpd]),
            ("another origin", 31, [0xff], Set(kinds)),
            (
                "no receive timestamp", 32, [0, 0, 0, 0, 0, 0, 0, 0],
                [.windows, .cisco, .ntpd, .chrony, .timesyncd, .openNTPD, .simple]
            ),
            ("no transmit timestamp", 40, [0, 0, 0, 0, 0, 0, 0, 0], Set(kinds).subtracting([.busybox, .lwIP])),
        ] as [(String, Int, [UInt8], Set<ClientAcceptance>)])
    func rules(what: String, offset: Int, bytes: [UInt8], refusing: Set<ClientAcceptance>) {
        let (_, good) = Self.reply(to: Self.request)
        var changed = good.bytes
        changed.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        let reply = ReceivedReply(request: Self.request, bytes: changed)
        #expect(Set(Self.kinds.filter { $0.refusal(of: reply) != nil }) == refusing, "\(what)")
    }

    /// A request that every client could have sent.
    private static let request: [UInt8] =
        [0x23] + [UInt8](repeating: 0, count: 39) + ClientRequest.transmitted

    // MARK: - Keys

    /// IOS `ntp authentication-key 1 md5 secretmd5key`, `ntp server … key 1`; and its cmac-aes-128 and, as ntpd's, SHA-1.
    @Test("a Cisco with a key gets a reply that its key proves", arguments: [RequestShape.Ending.md5, .cmac, .sha1])
    func ciscoKey(ending: RequestShape.Ending) {
        let keys = RequestShape.serverKeys()
        var request = ClientRequest.ciscoClient + ending.unsigned
        let length = request.count
        var span = request.mutableSpan
        keys.sign(&span, authenticator: 48..<length)
        for condition in ClockCondition.allCases {
            let (fate, reply) = Self.reply(to: request, condition, keys: keys)
            #expect(fate == .answered && reply.bytes.count == length)
            let isProven = keys.verify(reply.bytes.span, authenticator: 48..<length)
            #expect(isProven)
            #expect((ClientAcceptance.cisco.refusal(of: reply) == nil) == (condition != .unsynchronised))
        }
    }

    /// As ntpd answers chrony in the same capture, tcpdump's ntp.pcap 1 and 2: 52 bytes that end in zeros.
    @Test(
        "captured requests with keys that the server does not have get a crypto-NAK, and peers nothing",
        arguments: [
            (ClientRequest.ntpdWithKey, true), (ClientRequest.chronyWithKey, true),
            (ClientRequest.ntpdPeerWithKey, false),
        ])
    func foreignKeys(request: [UInt8], isTold: Bool) {
        let (fate, reply) = Self.reply(to: request, keys: RequestShape.serverKeys())
        #expect(fate == (isTold ? .answered : .refused(.authentication)))
        if isTold { #expect(reply.bytes[48...] == [0, 0, 0, 0]) }
    }

    /// MS-SNTP §3.2.5.1: 68 bytes are for a domain controller; members drop a reply that is not signed by one.
    @Test("a member of a Windows domain is never sent a crypto-NAK", arguments: [ServerRule.none, .noKeys, .noTrust])
    func member(rule: ServerRule) {
        let (fate, _) = Self.reply(to: ClientRequest.windowsMember, rule: rule, keys: RequestShape.serverKeys())
        #expect(fate == .refused(.authentication))
    }

    // MARK: - Bursts

    /// IOS's iburst, 8 requests 2 s apart, under ntpd's limits; and 8 within 2 s where no rule says `limited`, and under
    /// NTPsec's limits (1 per second, 20 at once).
    @Test(
        "a Cisco's iburst of eight is served whole, without a kiss",
        arguments: [
            (2, [.limited, .kissOfDeath], .discard(DiscardRule())), (0.25, [], .discard(DiscardRule())),
            (0.25, [.limited, .kissOfDeath], .score(ScoreRule())),
        ] as [(Double, AccessFlags, RateLimitRule)])
    func burst(interval: Double, flags: AccessFlags, limit: RateLimitRule) {
        let request = ClientRequest.ciscoClient
        var table = ClientTableTests.table({ _ in }, limit)
        for number in 0..<8 {
            let now = MonotonicInstant(nanoseconds: Int64(Double(number) * interval * 1e9))
            let access = table.admit(
                request.span, from: ClientTableTests.client.wire, port: 123, flags: flags, now: now)
            #expect(access == .serve)
        }
    }
}
