/// A request of a client that exists, and the rule by which that client accepts a reply.
struct ClientRequest: Sendable {
    /// Where the bytes are from.
    enum Origin: Sendable {
        /// A public capture, byte for byte.
        case captured(String)
        /// Made from the client's source code or documentation; the transmit timestamp is ours.
        case composed(String)
    }

    let client: String
    let bytes: [UInt8]
    let origin: Origin
    /// The mode in which the client wants its reply.
    let mode: UInt8
    let accept: ClientAcceptance

    /// The transmit timestamp of composed requests: 2026-11-21T05:06:06.5Z.
    static let transmitted: [UInt8] = [0xee, 0xab, 0xa5, 0x3e, 0x80, 0, 0, 0]

    private init(
        _ client: String, _ bytes: [UInt8], _ origin: Origin, mode: UInt8 = 4, accept: ClientAcceptance
    ) {
        (self.client, self.bytes, self.origin) = (client, bytes, origin)
        (self.mode, self.accept) = (mode, accept)
    }

    /// 48 bytes: the first twelve, the reference identifier and timestamp, and the transmit timestamp.
    private static func header(
        _ start: [UInt8], reference: [UInt8] = [], transmitted: [UInt8] = transmitted
    ) -> [UInt8] {
        let start = start + [UInt8](repeating: 0, count: 12 - start.count) + reference
        return start + [UInt8](repeating: 0, count: 40 - start.count) + transmitted
    }

    /// Hexadecimal digits as bytes.
    private static func hexadecimal(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    static let all = windows + cisco + computers + devices

    // MARK: - Windows

    /// Wireshark's sample NTP_sync.pcap, a Windows PC after `net time /setsntp`: version 3, mode 1, leap 3, poll 10,
    /// precision −6, root dispersion 1.01 s. Later Windows has precision −23 (`ntp-windows-cisco.md` §1).
    private static let windowsPeer = hexadecimal(
        """
        d9000afa000000000001029000000000 00000000000000000000000000000000
        0000000000000000c50204ecec42ee92
        """)

    private static let windowsClient = [0xdb] + windowsPeer[1...]

    private static let windows = [
        ClientRequest(
            "Windows, symmetric active", windowsPeer, .captured("Wireshark SampleCaptures/NTP_sync.pcap"), mode: 2,
            accept: .windows),
        ClientRequest(
            "Windows, client (NtpServer …,0x8)", windowsClient, .composed("NTP_sync.pcap in mode 3"), accept: .windows),
        ClientRequest(
            "Windows Server 2016, client", header([0xdb, 0, 6, 0xe9, 0, 0, 0, 0, 0, 1, 3, 0x43]),
            .composed("MS-W32T; MinPollInterval 6, 2⁻²³ s"), accept: .windows),
        ClientRequest(
            "Windows with an upstream, symmetric active",
            header([0x19, 3, 10, 0xe9, 0, 0, 8, 0, 0, 0, 0x20, 0], reference: [192, 0, 2, 7] + transmitted),
            .composed("MS-SNTP §3.1.5.1: a time source asks in mode 1"), mode: 2, accept: .windows),
        ClientRequest(
            "w32tm /stripchart", header([0x1b]), .composed("RFC 1769 §4: zeros but for VN, mode, transmit"),
            accept: .windows),
        ClientRequest(
            "Windows, member of a domain, 120 bytes",
            windowsClient + [0x50, 4, 0, 0, 0, 0, 1, 0] + [UInt8](repeating: 0, count: 64),
            .composed("MS-SNTP §2.2.3"), accept: .windows),
    ]

    /// MS-SNTP §2.2.1: key identifier 1104, little-endian, with the bit of the older password; no digest.
    static let windowsMember = windowsClient + [0x50, 4, 0, 0x80] + [UInt8](repeating: 0, count: 16)

    // MARK: - Cisco

    /// As IOS's `debug ntp packet` has it: leap 3, stratum 0, poll 6, precision 2⁻¹⁸, reference 73.78.73.84 (INIT).
    private static let ciscoStart: [UInt8] = [0xdb, 0, 6, 0xee, 0, 0, 0, 0, 0, 0, 0, 0x42]

    static let ciscoClient = header([0xe3] + ciscoStart[1...], reference: Array("INIT".utf8))

    private static let cisco = [
        ClientRequest(
            "Cisco IOS before 12.4(20)T", header(ciscoStart, reference: Array("INIT".utf8)),
            .composed("RFC 1305 App. A, IOS `debug ntp packet`"), accept: .cisco),
        ClientRequest("Cisco IOS 15", ciscoClient, .composed("the same in version 4"), accept: .cisco),
        ClientRequest(
            "Cisco IOS, ntp peer", header([0x21, 3, 6, 0xee, 0, 0, 2, 0, 0, 0, 4, 0], reference: [192, 0, 2, 9]),
            .composed("RFC 5905 §9.2, mode 1"), mode: 2, accept: .cisco),
        ClientRequest(
            "Cisco NX-OS", header([0xe3, 0, 6, 0xe9, 0, 0, 0, 0, 0, 0, 0, 0x42], reference: Array("INIT".utf8)),
            .composed("an ntpd"), accept: .ntpd),
    ]

    // MARK: - Computers

    /// tcpdump's tests/ntp.pcap, packet 7: ntpd 4.2.8 with key 8, MD5.
    static let ntpdWithKey = hexadecimal(
        """
        e30006e70000000000000000494e4954 00000000000000000000000000000000
        0000000000000000dcf26270cd03ed4f 00000008d5378a09c04da845732097104348843a
        """)

    /// The same capture, packet 1: chrony with key 8, SHA-1. Packet 2 is ntpd's answer to a digest that is wrong, 52 bytes.
    static let chronyWithKey = hexadecimal(
        """
        23000020000000000000000000000000 00000000000000000000000000000000
        0000000000000000a4b39cd101fb24bf 0000000857ea530f6d74350cc5286bfec1ab8ca747c73584
        """)

    /// Packets of scapy's test/scapy/layers/ntp.uts: an ntpd in mode 1 with key 1, MD5.
    static let ntpdPeerWithKey = hexadecimal(
        """
        210b06ea000000000000f2c17f7f0100 db39e8a23102e6bcdb39e881025538ef
        db39e880dc6c2b06db39e8a931cb49bf 00000001ad79f3a1e5fcd032d26a1e27c3c1b60e
        """)

    private static let computers = [
        ClientRequest(
            "ntpd", Array(ntpdWithKey[..<48]), .captured("tcpdump, ntp.pcap 7, without its key"), accept: .ntpd),
        ClientRequest(
            "ntpd, symmetric active", Array(ntpdPeerWithKey[..<48]), .captured("scapy, ntp.uts, without its key"),
            mode: 2, accept: .ntpd),
        ClientRequest(
            "ntpdate",
            hexadecimal(
                """
                e30003fa000100000001000000000000 00000000000000000000000000000000
                0000000000000000dcf25cbe7d0d94f5
                """), .captured("tcpdump, ntp.pcap 5"), accept: .ntpd),
        ClientRequest(
            "sntp of NTP 4.2", header([0xe3, 0, 8], transmitted: hexadecimal("dd47fff4edb0ccbc")),
            .captured("tcpdump, ntp-time.pcap 1"), accept: .ntpd),
        ClientRequest(
            "chrony", Array(chronyWithKey[..<48]), .captured("tcpdump, ntp.pcap 1, without its key"), accept: .chrony),
        ClientRequest(
            "systemd-timesyncd", header([0x23]), .composed("timesyncd-manager.c, manager_send_request"),
            accept: .timesyncd),
        ClientRequest(
            "OpenNTPD", header([0x23], transmitted: [0x9c, 0x11, 0x5e, 0x27, 0xd0, 0x83, 0x4a, 0xf6]),
            .composed("ntpd/client.c: a random transmit timestamp"), accept: .openNTPD),
        ClientRequest(
            "busybox ntpd", header([0x23], transmitted: [0x3f, 0x90, 0x02, 0xbb, 0x71, 0x6c, 0xe8, 0x0d]),
            .composed("networking/ntpd.c: a random transmit timestamp"), accept: .busybox),
        ClientRequest("Android before 13", header([0x1b]), .composed("SntpClient.java, version 3"), accept: .android),
        ClientRequest(
            "Android", header([0x1b], transmitted: [0xee, 0xab, 0xa5, 0x3e, 0x80, 0x12, 0x9d, 0x44]),
            .composed("SntpClient.java: the fraction's low bits are random"), accept: .android),
    ]

    // MARK: - Relays and other small devices

    private static let devices = [
        ClientRequest(
            "lwIP", header([0x23], transmitted: [0, 0, 0, 0, 0, 0, 0, 0]), .composed("sntp.c"), accept: .lwIP),
        ClientRequest(
            "lwIP with SNTP_CHECK_RESPONSE 2", header([0x23]), .composed("sntp.c"), accept: .lwIP),
        ClientRequest(
            "ABB 615, version 3", header([0x1b]), .composed("RFC 4330 §5; 615 manual: versions 3 and 4"),
            accept: .simple),
        ClientRequest("ABB 615, version 4", header([0x23]), .composed("the same"), accept: .simple),
        ClientRequest("GE UR", header([0x1b]), .composed("RFC 2030 §5; L30 manual"), accept: .simple),
        ClientRequest(
            "SEL and SIPROTEC", header([0xdb, 0, 6]), .composed("RFC 4330 §5, leap 3 until synchronised"),
            accept: .simple),
        ClientRequest(
            "RFC 2030 without a clock", header([0x23], transmitted: [0, 0, 0, 0, 0, 0, 0, 0]),
            .composed("RFC 2030 §5: the transmit timestamp may be zero"), accept: .simple),
        ClientRequest("RFC 1769, version 1", header([0x0b]), .composed("RFC 1769 §4"), accept: .simple),
        ClientRequest(
            "version 1 without a mode", header([0x08]), .composed("RFC 1059 App. B: version 1 has no modes"),
            accept: .simple),
        ClientRequest(
            "Raritan PDU", header([0x23]), .composed("RFC 4330 §5, which its manual cites"), accept: .simple),
    ]
}
