import ConfigurationLanguage
import Testing

@Suite("Rate limits, the client table, allow and deny")
struct ClientRuleTests {
    @Test("without a word, limited means ntpd's 8 s and 2 s, and 32 768 clients are remembered")
    func defaults() {
        let configuration = Configuration()
        #expect(configuration.rateLimit == .discard(DiscardRule()))
        #expect((DiscardRule().average, DiscardRule().minimum) == (3, 2))
        #expect(configuration.clientTable.size == .clients(32_768))
        #expect((configuration.clientTable.ipv4Prefix, configuration.clientTable.ipv6Prefix) == (32, 128))
        #expect(configuration.serviceRules.isEmpty)
    }

    @Test("discard has its words, over any number of lines")
    func discard() {
        var rule = DiscardRule()
        rule.average = 5
        #expect(read("discard average 5").configuration.rateLimit == .discard(rule))
        rule.minimum = 1
        #expect(read("discard average 5\ndiscard minimum 1").configuration.rateLimit == .discard(rule))
        #expect(places(read("discard monitor 3000").diagnostics, .note) == ["1:9"])
    }

    @Test("limit has NTPsec's words")
    func limit() {
        var rule = ScoreRule()
        #expect((rule.average, rule.burst, rule.kissRate) == (1, 20, 0.5))
        (rule.average, rule.burst, rule.kissRate) = (2.5, 64, 0.1)
        let (configuration, diagnostics) = read("limit average 2.5 burst 64 kod 0.1")
        #expect(configuration.rateLimit == .score(rule))
        #expect(diagnostics.isEmpty)
    }

    @Test("ratelimit has chrony's words and defaults")
    func rateLimit() {
        var rule = TokenBucketRule()
        #expect((rule.interval, rule.burst, rule.leak, rule.kissShare) == (3, 8, 2, 0))
        #expect(read("ratelimit").configuration.rateLimit == .tokenBucket(rule))
        (rule.interval, rule.burst, rule.leak, rule.kissShare) = (-4, 64, 1, 4)
        let (configuration, diagnostics) = read("ratelimit interval -4 burst 64 leak 1 kod 4")
        #expect(configuration.rateLimit == .tokenBucket(rule))
        #expect(diagnostics.isEmpty)
    }

    @Test(
        "values out of range are errors, and the word is ignored",
        arguments: [
            "discard average 18", "discard minimum -1", "limit average 0", "limit burst 0", "limit kod 1e7",
            "ratelimit interval 13", "ratelimit interval -20", "ratelimit burst 256", "ratelimit leak 0",
            "ratelimit kod 5", "mru maxdepth 0", "mru maxdepth 99999999", "mru maxmem 1048577", "mru ipv6prefix 129",
            "mru ipv4prefix 7", "clientloglimit 0", "clientloglimit x", "allow 10.0.0.0/33", "deny 1.2.3.4.5",
            "allow 300", "deny 1.2/x", "allow 2001:db8::/129", "allow all 1.2.", "deny /8",
        ])
    func outOfRange(text: String) {
        let (configuration, diagnostics) = read(text)
        #expect(diagnostics.map(\.severity) == [.error])
        #expect(configuration.clientTable == ClientTableRule())
        #expect(configuration.serviceRules.isEmpty)
    }

    @Test(
        "the client table has its size",
        arguments: [
            ("mru maxdepth 600", ClientTableRule.Size.clients(600)), ("mru maxmem 1024", .bytes(1_048_576)),
            ("clientloglimit 524288", .bytes(524_288)), ("clientloglimit 9\nmru maxdepth 7", .clients(7)),
        ])
    func size(text: String, size: ClientTableRule.Size) {
        let (configuration, diagnostics) = read(text)
        #expect(configuration.clientTable.size == size)
        #expect(diagnostics.isEmpty)
    }

    @Test("the client table has its prefixes, and ntpd's other words are noted")
    func prefixes() {
        let (configuration, diagnostics) = read("mru ipv4prefix 24 mindepth 600 ipv6prefix 64 initalloc 4 maxage 64")
        #expect((configuration.clientTable.ipv4Prefix, configuration.clientTable.ipv6Prefix) == (24, 64))
        #expect(places(diagnostics, .note) == ["1:19", "1:46", "1:58"])
    }

    private static let services: [(String, [(AddressBlock, Bool, Bool)])] = [
        ("allow", [(rule("0.0.0.0", 0, []).block, true, false), (rule("::", 0, []).block, true, false)]),
        ("deny all", [(rule("0.0.0.0", 0, []).block, false, true), (rule("::", 0, []).block, false, true)]),
        ("allow 192.168", [(rule("192.168.0.0", 16, []).block, true, false)]),
        ("allow 10", [(rule("10.0.0.0", 8, []).block, true, false)]),
        ("deny 0/0", [(rule("0.0.0.0", 0, []).block, false, false)]),
        ("allow 1.2.3", [(rule("1.2.3.0", 24, []).block, true, false)]),
        ("allow 1.2.3.4", [(rule("1.2.3.4", 32, []).block, true, false)]),
        ("allow 1.2.3.4/20", [(rule("1.2.0.0", 20, []).block, true, false)]),
        ("allow all 1.2/12", [(rule("1.0.0.0", 12, []).block, true, true)]),
        ("deny 2001:db8::/32", [(rule("2001:db8::", 32, []).block, false, false)]),
        ("allow 2001:db8::1", [(rule("2001:db8::1", 128, []).block, true, false)]),
    ]

    @Test("allow and deny name their blocks in chrony's ways", arguments: ClientRuleTests.services.indices)
    func service(row: Int) {
        let (text, expected) = Self.services[row]
        let (configuration, diagnostics) = read(text)
        let rules = expected.map { ServiceRule(block: $0.0, isAllowed: $0.1, replacesNarrower: $0.2) }
        #expect(configuration.serviceRules == rules, "\(text)")
        #expect(diagnostics.isEmpty)
    }

    @Test("a name behind allow is a warning")
    func name() {
        let (configuration, diagnostics) = read("allow ntp.example.net")
        #expect(places(diagnostics, .warning) == ["1:7"])
        #expect(diagnostics.count == 1)
        #expect(configuration.serviceRules.isEmpty)
    }
}
