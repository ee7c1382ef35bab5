import ConfigurationLanguage
import LinuxSystem
import Testing

@testable import Daemon

@Suite("Addresses listened on")
struct ListenAddressesTests {
    /// A machine with a loopback, a wire with both families, and a second wire.
    private static let machine = [
        ("lo", "127.0.0.1"), ("lo", "::1"), ("eth0", "192.0.2.1"), ("eth0", "2001:db8::1"), ("eth0", "fe80::1%eth0"),
        ("eth1", "198.51.100.1"),
    ]

    @Test(
        "without rules, with `listen all` or rules about the wildcard, everything is listened on",
        arguments: [
            "", "listen all", "listen all\nlisten all", "interface ignore wildcard", "interface listen wildcard",
            "interface drop wildcard\nlisten all",
        ])
    func everything(text: String) throws {
        #expect(try Self.select(text) == ["0.0.0.0", "::"])
    }

    @Test(
        "rules choose among the addresses, and the last that matches counts",
        arguments: [
            ("listen ipv4", ["127.0.0.1", "192.0.2.1", "198.51.100.1"]),
            ("interface listen ipv6", ["::1", "2001:db8::1", "fe80::1%eth0"]),
            ("interface ignore ipv6", ["127.0.0.1", "192.0.2.1", "198.51.100.1"]),
            ("interface drop ipv4", ["::1", "2001:db8::1", "fe80::1%eth0"]),
            ("listen eth1", ["198.51.100.1"]),
            ("interface ignore all\ninterface listen eth1", ["198.51.100.1"]),
            ("interface listen eth1\ninterface ignore all", []),
            ("interface ignore all", []),
            ("listen lo\nlisten 192.0.2.1", ["127.0.0.1", "::1", "192.0.2.1"]),
            ("listen all\ninterface ignore eth0", ["127.0.0.1", "::1", "198.51.100.1"]),
            (
                "interface ignore eth0\nlisten all",
                ["127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "198.51.100.1"]
            ),
            ("listen 198.51.100.0/24", ["198.51.100.1"]),
            ("listen 2001:db8::/32", ["2001:db8::1"]),
            ("interface ignore fe80::/10\ninterface ignore lo", ["192.0.2.1", "2001:db8::1", "198.51.100.1"]),
            ("listen fe80::1", ["fe80::1%eth0"]),
            ("listen eth0\ninterface ignore 2001:db8::1", ["192.0.2.1", "fe80::1%eth0"]),
            ("listen eth9", []),
            ("listen ipv4\ninterface ignore wildcard", ["127.0.0.1", "192.0.2.1", "198.51.100.1"]),
        ])
    func rules(text: String, expected: [String]) throws {
        #expect(try Self.select(text) == expected)
    }

    @Test(
        "an address that is named and not there yet is bound when it comes, unless a later rule says otherwise",
        arguments: [
            ("listen 203.0.113.9", ["203.0.113.9"]),
            ("listen 203.0.113.9\nlisten 203.0.113.9", ["203.0.113.9"]),
            ("listen 2001:db8::9\nlisten eth1", ["198.51.100.1", "2001:db8:0:0:0:0:0:9"]),
            ("listen 203.0.113.0/24", []),
            ("listen 203.0.113.9\ninterface ignore all", []),
            ("listen 203.0.113.9\ninterface ignore ipv4", []),
            ("listen 203.0.113.9\ninterface drop 203.0.113.0/24", []),
            ("listen 203.0.113.9\ninterface ignore ipv6", ["203.0.113.9"]),
            ("interface ignore all\nlisten 203.0.113.9", ["203.0.113.9"]),
        ])
    func absent(text: String, expected: [String]) throws {
        #expect(try Self.select(text) == expected)
    }

    @Test("an address on two interfaces is bound once")
    func twice() throws {
        let local = [("eth0", "192.0.2.1"), ("eth1", "192.0.2.1")]
        #expect(try Self.select("listen ipv4", local) == ["192.0.2.1"])
    }

    private static func select(_ text: String, _ local: [(String, String)] = machine) throws -> [String] {
        let (configuration, diagnostics) = NTPConfiguration.parse(text: Array(text.utf8), file: "ntp.conf") { _ in nil }
        try #require(!diagnostics.contains { $0.severity == .error })
        return ListenAddresses.select(
            configuration.listenRules, local: local.map { LocalAddress(interface: $0.0, text: $0.1) })
    }
}
