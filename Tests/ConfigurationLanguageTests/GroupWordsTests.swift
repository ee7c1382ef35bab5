import ConfigurationLanguage
import Testing

@Suite("Broadcast and multicast")
struct GroupWordsTests {
    private static func rule(
        _ text: String, interface: String? = nil, _ change: (inout BroadcastRule) -> Void = { _ in }
    ) -> BroadcastRule {
        var rule = BroadcastRule(to: GroupAddress(address(text), interface: interface))
        change(&rule)
        return rule
    }

    /// The defaults are ntpd's (ntp.conf(5)): 64 s, version 4, a time to live of 127.
    @Test("'broadcast' in ntpd's words")
    func classic() {
        let (configuration, diagnostics) = read(
            """
            broadcast 192.168.1.255
            broadcast 224.0.1.1 ttl 4 minpoll 4 version 3
            broadcast -6 ff02::101%eth0 xleave
            broadcast 255.255.255.255%eth1 key 7
            keys /k
            trustedkey 7
            """)
        #expect(diagnostics.isEmpty)
        #expect(
            configuration.broadcasts == [
                Self.rule("192.168.1.255"),
                Self.rule("224.0.1.1") { ($0.timeToLive, $0.interval, $0.version) = (4, 16, 3) },
                Self.rule("ff02::101", interface: "eth0") { $0.isInterleaved = true },
                Self.rule("255.255.255.255", interface: "eth1") { $0.key = 7 },
            ])
        let first = configuration.broadcasts.first
        #expect((first?.interval, first?.version, first?.timeToLive, first?.port) == (64, 4, 127, 123))
        #expect(configuration.broadcasts.map(\.group.description).last == "255.255.255.255%eth1")
    }

    /// chrony.conf(5): `broadcast 30 192.168.1.255`, `broadcast 60 192.168.2.255 12123`, `broadcast 60 ff02::101`.
    @Test("'broadcast' in chrony's words begins with a number")
    func chrony() {
        let (configuration, diagnostics) = read(
            "broadcast 30 192.168.1.255\nbroadcast 60 192.168.2.255 12123\nbroadcast 60 ff05::101\n")
        #expect(diagnostics.isEmpty)
        #expect(
            configuration.broadcasts == [
                Self.rule("192.168.1.255") { $0.interval = 30 },
                Self.rule("192.168.2.255") { ($0.interval, $0.port) = (60, 12123) },
                Self.rule("ff05::101") { $0.interval = 60 },
            ])
    }

    @Test(
        "the poll interval that packets tell is the power of two that is not longer",
        arguments: [(1, 0), (2, 1), (30, 4), (63, 5), (64, 6), (131_072, 17), (0, 0)] as [(Int, Int8)])
    func poll(interval: Int, poll: Int8) {
        #expect(Self.rule("10.0.0.255") { $0.interval = interval }.poll == poll)
    }

    @Test(
        "what is no address to send to is told, and nothing is sent",
        arguments: [
            ("broadcast", "1:1: warning: 'broadcast' needs an address, the line is ignored"),
            ("broadcast -4", "1:1: warning: 'broadcast' needs an address, the line is ignored"),
            ("broadcast 60", "1:1: warning: 'broadcast' needs an address, the line is ignored"),
            (
                "broadcast 0 10.0.0.255",
                "1:11: error: '0' is not a whole number from 1 to 131072, 'broadcast' is ignored"
            ),
            (
                "broadcast 64s 10.0.0.255",
                "1:11: error: '64s' is not a whole number from 1 to 131072, 'broadcast' is ignored"
            ),
            (
                "broadcast 60 10.0.0.255 0",
                "1:25: error: '0' is not a whole number from 1 to 65535, 'broadcast' is ignored"
            ),
            (
                "broadcast lan.example",
                "1:11: warning: the name 'lan.example' is not resolved by this version, the line is ignored; "
                    + "write its address"
            ),
            ("broadcast 10.0.0.256 ttl 1", "1:11: error: '10.0.0.256' is not an address, the line is ignored"),
            ("broadcast 10.0.0.0/8", "1:11: error: '10.0.0.0/8' is not an address, the line is ignored"),
            ("broadcast 10.0.0.255%", "1:11: error: '10.0.0.255%' is not an address, the line is ignored"),
            (
                "broadcast ff02::1%much-too-long-name",
                "1:11: error: 'ff02::1%much-too-long-name' is not an address, the line is ignored"
            ),
            ("broadcast -6 10.0.0.255", "1:14: error: '10.0.0.255' is not an IPv6 address, the line is ignored"),
            (
                "broadcast 2001:db8::1",
                "1:11: error: '2001:db8::1' is no multicast address, and IPv6 has no broadcast, the line is ignored; "
                    + "ff02::101 is NTP's group on a link"
            ),
        ])
    func nowhere(text: String, remark: String) {
        let (configuration, _) = read(text)
        #expect(remarks(text) == [remark])
        #expect(configuration == Configuration())
    }

    @Test(
        "what is wrong with an option is told, and the rest counts",
        arguments: [
            ("version 2", "1:30: error: '2' is not a whole number from 3 to 4, 'version' is ignored"),
            ("minpoll 18", "1:30: error: '18' is not a whole number from 0 to 17, 'minpoll' is ignored"),
            ("ttl 0", "1:26: error: '0' is not a whole number from 1 to 255, 'ttl' is ignored"),
            ("ttl 256", "1:26: error: '256' is not a whole number from 1 to 255, 'ttl' is ignored"),
            ("key 0", "1:26: error: '0' is not a whole number from 1 to 4294967295, 'key' is ignored"),
            ("key", "1:22: error: 'key' needs a whole number, the word is ignored"),
            ("autokey", "1:22: note: 'autokey' is ignored: Autokey is broken and was withdrawn"),
            ("maxpoll 6", "1:22: note: 'maxpoll' is ignored: broadcasts keep to 'minpoll'"),
            ("iburst", "1:22: note: 'iburst' is ignored: nothing comes back to who broadcasts"),
            ("xlaeve", "1:22: warning: unknown option 'xlaeve', the word is ignored; did you mean 'xleave'?"),
        ])
    func badOption(option: String, remark: String) {
        let (configuration, _) = read("broadcast 10.0.0.255 \(option)")
        #expect(remarks("broadcast 10.0.0.255 \(option)") == [remark])
        #expect(configuration.broadcasts == [Self.rule("10.0.0.255")])
    }

    @Test("a group is sent to once; another port or interface is another group")
    func twice() {
        let (configuration, diagnostics) = read(
            "broadcast 10.0.0.255\nbroadcast 60 10.0.0.255\nbroadcast 60 10.0.0.255 1123\nbroadcast 10.0.0.255%eth0\n")
        #expect(configuration.broadcasts.count == 3)
        #expect(diagnostics.map(\.message) == ["'10.0.0.255' is configured already, the line is ignored"])
        #expect(places(diagnostics, .warning) == ["2:14"])
    }

    @Test("a group of one link without its interface is told")
    func link() {
        let said = remarks("broadcast ff02::101")
        #expect(
            said == [
                "1:11: warning: 'ff02::101' is of one link and names no interface, the system chooses one; "
                    + "write 'ff02::101%eth0'"
            ])
    }

    @Test("a key that cannot sign is told, wherever the words about keys stand")
    func keys() {
        let said = "1:11: warning: the key 5 is not trusted, so nothing is sent there; "
        let line = "broadcast 10.0.0.255 key 5\n"
        #expect(remarks(line) == [said + "name the file by 'keys'"])
        #expect(remarks(line + "trustedkey 5") == [said + "name the file by 'keys'"])
        #expect(remarks(line + "keys /k\ntrustedkey 4") == [said + "write 'trustedkey 5'"])
        #expect(remarks(line + "keys /k\ntrustedkey (1 ... 9)").isEmpty)
        #expect(remarks(line + "keyfile /k").isEmpty)
    }

    @Test("'manycastserver' names groups")
    func manycast() {
        let (configuration, diagnostics) = read(
            "manycastserver 224.0.1.1 ff05::101 224.0.1.1\nmanycastserver ff02::101%eth0 10.0.0.1 lan\nmanycastserver\n"
        )
        #expect(
            configuration.manycastGroups == [
                GroupAddress(address("224.0.1.1")), GroupAddress(address("ff05::101")),
                GroupAddress(address("ff02::101"), interface: "eth0"),
            ])
        #expect(places(diagnostics, .error) == ["2:31", "2:40"])
        #expect(places(diagnostics, .warning) == ["3:1"])
        #expect(diagnostics.first?.message == "'10.0.0.1' is no multicast or broadcast address, it is ignored")
    }

    @Test("time is not taken from whoever broadcasts it")
    func clients() {
        for word in ["broadcastclient", "multicastclient 224.0.1.1", "manycastclient 239.1.1.1"] {
            let (configuration, diagnostics) = read(word)
            #expect(diagnostics.map(\.severity) == [.warning])
            #expect(configuration == Configuration())
        }
    }
}
