import ConfigurationLanguage
import NTPServer
import Testing

@Suite("Access list")
struct AccessListTests {
    @Test("without a rule, nothing is denied")
    func empty() throws {
        #expect(try Self.flags([], "192.0.2.1") == [])
        #expect(try Self.flags([], "2001:db8::1") == [])
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
        ("192.0.2.1", AccessFlags.ignore), ("10.2.0.1", .noServe), ("10.1.9.9", .version),
        ("10.1.2.3", []), ("9.255.255.255", .ignore), ("11.0.0.0", .ignore), ("2001:db9::1", .ignore),
        ("2001:db8:1::1", .noServe), ("2001:db8:0:1::2", .version), ("2001:db8:0:1::1", []),
        ("::1", .ignore),
    ]

    @Test("the most specific rule alone counts", arguments: nestedClients)
    func mostSpecific(client: String, expected: AccessFlags) throws {
        #expect(try Self.flags(Self.nested, client) == expected)
        #expect(try Self.flags(Self.nested.reversed(), client) == expected)
    }

    @Test("a default without family is for both, and one with a family for its own")
    func defaults() throws {
        #expect(try Self.flags(["restrict default ignore"], "192.0.2.1") == .ignore)
        #expect(try Self.flags(["restrict default ignore"], "2001:db8::1") == .ignore)
        #expect(try Self.flags(["restrict -4 default ignore"], "192.0.2.1") == .ignore)
        #expect(try Self.flags(["restrict -4 default ignore"], "2001:db8::1") == [])
        #expect(try Self.flags(["restrict -6 default ignore"], "2001:db8::1") == .ignore)
    }

    @Test("rules of one family are not for clients of the other")
    func families() throws {
        #expect(try Self.flags(["restrict -6 default ignore"], "192.0.2.1") == [])
        #expect(try Self.flags(["restrict ::/64 ignore"], "192.0.2.1") == [])
        let lines = ["restrict -6 default ignore", "restrict -4 default noserve"]
        #expect(try Self.flags(lines, "192.0.2.1") == .noServe)
        #expect(try Self.flags(lines.reversed(), "2001:db8::1") == .ignore)
    }

    @Test("an IPv4-mapped rule is for the IPv4 client")
    func mapped() throws {
        #expect(try Self.flags(["restrict ::ffff:192.0.2.1 ignore"], "192.0.2.1") == .ignore)
        #expect(try Self.flags(["restrict ::ffff:192.0.2.1 ignore"], "192.0.2.2") == [])
    }

    @Test("an IPv4 rule is not for an IPv6 client whose address ends alike")
    func endsAlike() throws {
        #expect(try Self.flags(["restrict 192.0.2.1 ignore"], "2001:db8::ffff:192.0.2.1") == [])
        #expect(try Self.flags(["restrict 192.0.2.1 ignore"], "::192.0.2.1") == [])
    }

    @Test("rules for the same block add up")
    func sum() throws {
        let lines = [
            "restrict 192.0.2.0/24 version", "restrict 192.0.2.0/24 nomodify", "restrict 192.0.2.7/24 noserve",
        ]
        #expect(try Self.flags(lines, "192.0.2.1") == [.version, .noModify, .noServe])
        #expect(try Self.flags(lines.reversed(), "192.0.2.1") == [.version, .noModify, .noServe])
    }

    @Test("a rule with ntpport is for source port 123 only, and before its like without")
    func ntpPort() throws {
        let lines = [
            "restrict 192.0.2.1 ntpport ignore", "restrict 192.0.2.1 version", "restrict 192.0.2.0/24 noserve",
        ]
        for lines in [lines, lines.reversed()] {
            #expect(try Self.flags(lines, "192.0.2.1", port: 123) == [.ntpPortOnly, .ignore])
            #expect(try Self.flags(lines, "192.0.2.1", port: 40_000) == .version)
        }
        let alone = ["restrict 192.0.2.1 ntpport ignore", "restrict 192.0.2.0/24 noserve"]
        #expect(try Self.flags(alone, "192.0.2.1", port: 122) == .noServe)
    }

    @Test("masks that are no prefixes count in the order of address, then mask")
    func order() throws {
        // Both match 10.1.2.3; ntpd keeps its list by address and then by mask (ntp_restrict.c).
        let lines = ["restrict 10.0.2.0 mask 255.0.255.0 ignore", "restrict 10.1.0.0 mask 255.255.0.0 noserve"]
        #expect(try Self.flags(lines, "10.1.2.3") == .noServe)
        #expect(try Self.flags(lines.reversed(), "10.1.2.3") == .noServe)
        #expect(try Self.flags(lines, "10.9.2.3") == .ignore)
        #expect(try Self.flags(lines + ["restrict 10.0.0.3 mask 255.0.0.255 version"], "10.9.2.3") == .ignore)
        #expect(try Self.flags(["restrict 10.0.2.0 mask 255.0.255.0 ntpport ignore"], "10.9.2.3") == [])
    }

    private static let serviceLines = [
        // chrony's own example, chrony.conf(5): the order of lines does not matter.
        (["allow 1.2.3.4", "deny 1.2.3", "allow 1.2"], [("1.2.3.4", true), ("1.2.3.5", false), ("1.2.9.9", true)]),
        (["allow 1.2", "deny 1.2.3", "allow 1.2.3.4"], [("1.2.3.4", true), ("1.2.3.5", false), ("1.2.9.9", true)]),
        // And the one with `all`.
        (
            ["allow 1.2.3.4", "deny 1.2.3", "allow all 1.2"],
            [("1.2.3.4", true), ("1.2.3.5", true), ("1.3.0.0", false)]
        ),
        (["allow all 1.2", "deny 1.2.3"], [("1.2.3.4", false), ("1.2.4.4", true)]),
        (["deny 10/8", "allow 10/8"], [("10.0.0.1", true), ("11.0.0.1", false), ("2001:db8::1", false)]),
        (["allow 10/8", "deny 10/8"], [("10.0.0.1", false)]),
        (["allow"], [("192.0.2.1", true), ("2001:db8::1", true)]),
        (["deny 192.0.2.0/24", "allow"], [("192.0.2.1", false), ("192.0.3.1", true)]),
        (["deny 192.0.2.0/24", "allow all"], [("192.0.2.1", true)]),
        (["allow 0/0"], [("192.0.2.1", true), ("2001:db8::1", false)]),
        (["allow 2001:db8::/32", "deny 2001:db8:1::/48"], [("2001:db8::1", true), ("2001:db8:1::1", false)]),
        (["deny 10.1.2.3", "allow all 10.1.2.3", "deny all 10.1/16", "allow 10/8"], [("10.1.2.3", false)]),
        (["allow 10/8", "restrict 10.1.0.0/16 noserve"], [("10.0.0.1", true), ("10.1.0.1", false)]),
        (["deny 10.1.0.0/16", "allow", "restrict default nomodify"], [("10.0.0.1", true), ("10.1.0.1", false)]),
    ]

    @Test("allow and deny work as in chrony", arguments: AccessListTests.serviceLines.indices)
    func service(row: Int) throws {
        let (lines, clients) = Self.serviceLines[row]
        for (client, isServed) in clients {
            #expect(try Self.flags(lines, client).contains(.noServe) != isServed, "\(lines), \(client)")
        }
    }

    /// What a list of ntp.conf lines denies a client.
    private static func flags(_ lines: [String], _ client: String, port: UInt16 = 40_000) throws -> AccessFlags {
        let text = Array(lines.joined(separator: "\n").utf8)
        let (configuration, diagnostics) = NTPConfiguration.parse(text: text, file: "ntp.conf") { _ in nil }
        try #require(!diagnostics.contains { $0.severity == .error })
        let list = AccessList(configuration.accessRules, serviceRules: configuration.serviceRules)
        return list.flags(for: try #require(IPAddress(client)).wire, port: port)
    }
}

extension IPAddress {
    /// As a socket of both families gives it: 16 bytes in two words, IPv4 as ::ffff:a.b.c.d.
    var wire: (high: UInt64, low: UInt64) { family == .v4 ? (0, 0xffff_0000_0000 | low) : (high, low) }
}
