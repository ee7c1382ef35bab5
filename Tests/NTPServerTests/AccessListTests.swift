import ConfigurationLanguage
import NTPServer
import Testing

@Suite("Access list")
struct AccessListTests {
    @Test("without a rule, time is served")
    func empty() throws {
        #expect(try Self.decision([], "192.0.2.1") == .serve)
        #expect(try Self.decision([], "2001:db8::1") == .serve)
    }

    @Test(
        "each flag has its effect",
        arguments: [
            ("", AccessDecision.serve), ("ignore", .ignore), ("noserve", .refuse),
            ("notrust", .authenticatedOnly), ("version", .currentVersionOnly),
            ("notrust version", .currentVersionAuthenticatedOnly), ("notrust noserve", .refuse),
            ("nomodify noquery nopeer notrap limited kod nomrulist", .serve),
            ("version noserve", .refuse), ("version ignore", .ignore), ("noserve ignore", .ignore),
        ])
    func flags(words: String, expected: AccessDecision) throws {
        #expect(try Self.decision(["restrict 192.0.2.0/24 " + words], "192.0.2.1") == expected)
    }

    private static let nested = [
        "restrict default ignore",
        "restrict 10.0.0.0 mask 255.0.0.0 noserve",
        "restrict 10.1.0.0 mask 255.255.0.0 version",
        "restrict 10.1.2.3",
        "restrict 2001:db8::/32 noserve",
        "restrict 2001:db8:0:1::/64 version",
        "restrict 2001:db8:0:1::1",
    ]

    private static let nestedClients = [
        ("192.0.2.1", AccessDecision.ignore), ("10.2.0.1", .refuse), ("10.1.9.9", .currentVersionOnly),
        ("10.1.2.3", .serve), ("9.255.255.255", .ignore), ("11.0.0.0", .ignore), ("2001:db9::1", .ignore),
        ("2001:db8:1::1", .refuse), ("2001:db8:0:1::2", .currentVersionOnly), ("2001:db8:0:1::1", .serve),
        ("::1", .ignore),
    ]

    @Test("the most specific rule alone counts", arguments: nestedClients)
    func mostSpecific(client: String, expected: AccessDecision) throws {
        #expect(try Self.decision(Self.nested, client) == expected)
        #expect(try Self.decision(Self.nested.reversed(), client) == expected)
    }

    @Test("a default without family is for both, and one with a family for its own")
    func defaults() throws {
        #expect(try Self.decision(["restrict default ignore"], "192.0.2.1") == .ignore)
        #expect(try Self.decision(["restrict default ignore"], "2001:db8::1") == .ignore)
        #expect(try Self.decision(["restrict -4 default ignore"], "192.0.2.1") == .ignore)
        #expect(try Self.decision(["restrict -4 default ignore"], "2001:db8::1") == .serve)
        #expect(try Self.decision(["restrict -6 default ignore"], "2001:db8::1") == .ignore)
    }

    @Test("the IPv4 default is more specific than the IPv6 default for an IPv4 client")
    func bothDefaults() throws {
        let lines = ["restrict -6 default ignore", "restrict -4 default noserve"]
        #expect(try Self.decision(lines, "192.0.2.1") == .refuse)
        #expect(try Self.decision(lines.reversed(), "2001:db8::1") == .ignore)
    }

    @Test("an IPv4-mapped rule is for the IPv4 client")
    func mapped() throws {
        #expect(try Self.decision(["restrict ::ffff:192.0.2.1 ignore"], "192.0.2.1") == .ignore)
        #expect(try Self.decision(["restrict ::ffff:192.0.2.1 ignore"], "192.0.2.2") == .serve)
    }

    @Test("an IPv4 rule is not for an IPv6 client whose address ends alike")
    func endsAlike() throws {
        #expect(try Self.decision(["restrict 192.0.2.1 ignore"], "2001:db8::ffff:192.0.2.1") == .serve)
        #expect(try Self.decision(["restrict 192.0.2.1 ignore"], "::192.0.2.1") == .serve)
    }

    @Test("rules for the same block add up")
    func sum() throws {
        let lines = [
            "restrict 192.0.2.0/24 version", "restrict 192.0.2.0/24 nomodify", "restrict 192.0.2.7/24 noserve",
        ]
        #expect(try Self.decision(lines, "192.0.2.1") == .refuse)
        #expect(try Self.decision(lines.reversed(), "192.0.2.1") == .refuse)
    }

    @Test("a rule with ntpport is for source port 123 only, and before its like without")
    func ntpPort() throws {
        let lines = [
            "restrict 192.0.2.1 ntpport ignore", "restrict 192.0.2.1 version", "restrict 192.0.2.0/24 noserve",
        ]
        for lines in [lines, lines.reversed()] {
            #expect(try Self.decision(lines, "192.0.2.1", port: 123) == .ignore)
            #expect(try Self.decision(lines, "192.0.2.1", port: 40_000) == .currentVersionOnly)
        }
        let alone = ["restrict 192.0.2.1 ntpport ignore", "restrict 192.0.2.0/24 noserve"]
        #expect(try Self.decision(alone, "192.0.2.1", port: 122) == .refuse)
    }

    @Test("rules as specific as each other count in one order, however they are written")
    func order() throws {
        // Both match 10.1.2.3; ntpd keeps its list by address and the last match counts (ntp_restrict.c).
        let lines = ["restrict 10.0.2.0 mask 255.0.255.0 ignore", "restrict 10.1.0.0 mask 255.255.0.0 noserve"]
        #expect(try Self.decision(lines, "10.1.2.3") == .refuse)
        #expect(try Self.decision(lines.reversed(), "10.1.2.3") == .refuse)
    }

    /// What a list of ntp.conf lines allows a client.
    private static func decision(_ lines: [String], _ client: String, port: UInt16 = 40_000) throws -> AccessDecision {
        let text = Array(lines.joined(separator: "\n").utf8)
        let (configuration, diagnostics) = NTPConfiguration.parse(text: text, file: "ntp.conf") { _ in nil }
        try #require(!diagnostics.contains { $0.severity == .error })
        let address = try #require(IPAddress(client))
        let words: (UInt64, UInt64) =
            address.family == .v4 ? (0, 0xffff_0000_0000 | address.low) : (address.high, address.low)
        return AccessList(configuration.accessRules).decision(for: words, port: port)
    }
}
