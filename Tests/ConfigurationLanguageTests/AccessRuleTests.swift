import ConfigurationLanguage
import Testing

@Suite("Access and listen rules")
struct AccessRuleTests {
    @Test(
        "restrict lines give their blocks and flags",
        arguments: [
            ("restrict default nomodify", [rule("0.0.0.0", 0, .noModify), rule("::", 0, .noModify)]),
            ("restrict -4 default ignore", [rule("0.0.0.0", 0, .ignore)]),
            ("restrict -6 default ignore", [rule("::", 0, .ignore)]),
            ("restrict 127.0.0.1", [rule("127.0.0.1", 32, [])]),
            ("restrict -6 ::1", [rule("::1", 128, [])]),
            ("restrict 10.1.2.3 mask 255.255.0.0 notrust ntpport", [rule("10.1.0.0", 16, [.noTrust, .ntpPortOnly])]),
            ("restrict 2001:db8::/32 noserve", [rule("2001:db8::", 32, .noServe)]),
            ("restrict 0.0.0.0/0 flake", [rule("0.0.0.0", 0, .flake)]),
            (
                "restrict ::1 ippeerlimit -1 noepeer serverresponse fuzz",
                [rule("::1", 128, [.noEphemeralPeer, .fuzzedResponse])]
            ),
            (
                "restrict 10.0.0.1 mask 255.0.255.0 ignore",
                [
                    AccessRule(
                        block: AddressBlock(address: address("10.0.0.0"), mask: address("255.0.255.0")), flags: .ignore)
                ]
            ),
        ])
    func restrict(text: String, rules: [AccessRule]) {
        let (configuration, diagnostics) = read(text)
        #expect(configuration.accessRules == rules)
        #expect(diagnostics.isEmpty)
    }

    /// The bits are ntpd 4.2.6's RES_ flags (ntp.h).
    @Test("every flag has its word and ntpd's bit")
    func flags() {
        let text =
            "restrict ::1 ignore noserve notrust version nopeer limited noquery nomodify notrap lowpriotrap kod mssntp "
            + "flake nomrulist"
        #expect(read(text).configuration.accessRules.map(\.flags.rawValue) == [0x3fff])
    }

    @Test("equal rules stay apart and in order, for the server to merge")
    func duplicates() {
        let (configuration, _) = read("restrict ::1 nomodify\nrestrict 127.0.0.1\nrestrict ::1 noquery\n")
        #expect(
            configuration.accessRules == [
                rule("::1", 128, .noModify), rule("127.0.0.1", 32, []), rule("::1", 128, .noQuery),
            ])
    }

    /// NTPsec's ntp.conf(5): without flags the rule goes, with flags these; only what an earlier line has set.
    @Test("'unrestrict' takes back rules of earlier lines, or some of their flags")
    func unrestrict() {
        let rules = "restrict 10.0.0.0/8 noquery nomodify\nrestrict ::1 limited\nrestrict default ignore\n"
        let (configuration, diagnostics) = read(
            rules + "unrestrict 10.0.0.0 mask 255.0.0.0 noquery\nunrestrict default\nrestrict -6 default kod limited\n")
        #expect(
            configuration.accessRules == [
                rule("10.0.0.0", 8, .noModify), rule("::1", 128, .limited), rule("::", 0, [.kissOfDeath, .limited]),
            ])
        #expect(diagnostics.isEmpty)
        let ports = read("restrict ::1 ntpport ignore\nrestrict ::1 noquery\nunrestrict ::1 ntpport\n")
        #expect(ports.configuration.accessRules == [rule("::1", 128, .noQuery)])
        let kiss = read("restrict -4 default kod limited noquery\nunrestrict -4 default kod limited\n")
        #expect(kiss.configuration.accessRules == [rule("0.0.0.0", 0, .noQuery)])
        #expect(kiss.diagnostics.isEmpty)
        let source = "restrict source noquery kod limited\nunrestrict source"
        #expect(read(source + " kod").configuration.sourceAccess == [.noQuery, .limited])
        #expect(read(source).configuration.sourceAccess == nil)
    }

    @Test(
        "lines that cannot be followed are warnings",
        arguments: [
            ("restrict time1.aliyun.com nomodify", "1:10: warning: the name 'time1.aliyun.com' is not resolved"),
            ("unrestrict", "1:1: warning: 'unrestrict' needs an address"),
            ("unrestrict 10.1.2.3", "1:12: warning: there is no rule for '10.1.2.3' before"),
            ("unrestrict source", "1:12: warning: there is no rule for 'source' before"),
            ("unrestrict time1.aliyun.com", "1:12: warning: the name 'time1.aliyun.com' is not resolved"),
            ("restrict", "1:1: warning: 'restrict' needs an address"),
            ("interface ignroe all", "1:11: warning: 'ignroe' is not listen, ignore or drop"),
        ])
    func warnings(text: String, beginning: String) {
        let said = remarks(text)
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix(beginning) == true)
        #expect(read(text).configuration == Configuration())
    }

    @Test("kod with nothing to tell of is told")
    func kissWithoutLimit() {
        let told = ["1:14: warning: 'kod' does nothing without 'limited', 'noserve' or 'notrust'"]
        #expect(remarks("restrict ::1 kod") == told)
        for word in ["limited", "noserve", "notrust"] { #expect(remarks("restrict ::1 kod \(word)").isEmpty) }
    }

    @Test("the rule for servers is kept, with a note that there are none yet")
    func source() {
        let (configuration, diagnostics) = read("restrict source nomodify noquery")
        #expect(configuration.sourceAccess == [.noModify, .noQuery])
        #expect(configuration.accessRules.isEmpty)
        #expect(places(diagnostics, .note) == ["1:10"])
        #expect(diagnostics.count == 1)
        #expect(remarks("restrict source mask 255.0.0.0").count == 2)
    }

    @Test("a mistyped flag is told, and the others count")
    func mistypedFlag() {
        let (configuration, diagnostics) = read("restrict ::1 noqery nomodify")
        #expect(diagnostics.map(\.hint) == ["did you mean 'noquery'?"])
        #expect(configuration.accessRules == [rule("::1", 128, .noModify)])
    }

    @Test("interface, nic and listen lines give rules in their order")
    func listenRules() {
        let (configuration, diagnostics) = read(
            """
            interface ignore wildcard
            nic listen 10.20.0.1
            interface drop eth0:1
            interface listen ipv6
            nic ignore fe80::/10
            listen lo
            listen all
            """)
        let linkLocal = rule("fe80::", 10, []).block
        #expect(
            configuration.listenRules == [
                ListenRule(action: .ignore, pattern: .wildcard),
                ListenRule(action: .listen, pattern: .addresses(.only(address("10.20.0.1")))),
                ListenRule(action: .drop, pattern: .interface("eth0:1")),
                ListenRule(action: .listen, pattern: .ipv6),
                ListenRule(action: .ignore, pattern: .addresses(linkLocal)),
                ListenRule(action: .listen, pattern: .interface("lo")),
                ListenRule(action: .listen, pattern: .all),
            ])
        #expect(diagnostics.isEmpty)
    }
}
