/// The rules by which clients accept a reply, as far as its bytes decide.
///
/// From the clients' sources and manuals, each named, and none of their code. ABB's relays want the reply within 12 ms,
/// which no test of bytes can show.
enum ClientAcceptance: Sendable {
    case windows, cisco, ntpd, chrony, timesyncd, openNTPD, busybox, android, lwIP, simple

    /// Why a client refuses a reply; `nil` where it accepts it.
    ///
    /// - Parameter reply: what came, with the request that it answers.
    /// - Returns: the first rule that it breaks.
    func refusal(of reply: ReceivedReply) -> String? {
        let failed = checks.first { !$0.holds(reply) }
        return failed?.what
    }

    /// A condition that a reply must fulfil.
    struct Check: Sendable {
        let what: String
        let holds: @Sendable (ReceivedReply) -> Bool

        init(_ what: String, _ holds: @escaping @Sendable (ReceivedReply) -> Bool) {
            (self.what, self.holds) = (what, holds)
        }
    }

    private var checks: [Check] {
        switch self {
        case .windows: Self.windowsChecks
        case .cisco: Self.ciscoChecks
        case .ntpd: Self.ntpdChecks
        case .chrony: Self.chronyChecks
        case .timesyncd: Self.timesyncdChecks
        case .openNTPD: Self.openNTPDChecks
        case .busybox: Self.busyboxChecks
        case .android: Self.androidChecks
        case .lwIP: Self.lwIPChecks
        case .simple: Self.simpleChecks
        }
    }

    // MARK: - What all or many of them check

    private static let header = Check("48 bytes at least") { $0.bytes.count >= 48 }
    private static let origin = Check("origin = our transmit timestamp, bit for bit") {
        $0.bytes[24..<32] == $0.request[40..<48]
    }
    private static let leap = Check("leap ≠ 3") { $0.leap != 3 }
    private static let stratum = Check("stratum 1 … 15") { (1...15).contains($0.stratum) }
    private static let mode = Check("the mode that answers ours") { $0.mode == ($0.request[0] & 7 == 1 ? 2 : 4) }
    private static let server = Check("mode 4, or 2 to a peer, or 4 to a peer of version 1") {
        $0.mode == 4 || $0.request[0] & 7 == 1 && $0.mode == 2
    }
    private static let version = Check("our version") { $0.version == $0.request[0] >> 3 & 7 }
    private static let times = Check("receive and transmit timestamps") { $0.receive != 0 && $0.transmit != 0 }
    private static let order = Check("receive ≤ transmit") { $0.receive <= $0.transmit }
    private static let reference = Check("reference ≤ transmit") { $0.reference <= $0.transmit }

    // MARK: - Each of them

    /// MS-SNTP §3.1.5, KB 940742 (precision), MS-W32T CompatibilityFlags (dispersion, reference timestamp in the future).
    private static let windowsChecks = [
        header, origin, mode, leap, stratum, times, reference,
        Check("precision −30 … −3") { (-30 ... -3).contains($0.precision) },
        Check("a dispersion and a delay below 16 s, neither negative") {
            $0.signedRootDispersion >= 0 && $0.signedRootDispersion < 16 && $0.signedRootDelay >= 0
                && $0.signedRootDelay < 16
        },
        Check("a length that MS-SNTP knows") { [48, 68, 120].contains($0.bytes.count) },
    ]

    /// Cisco, document 108076: stratum, leap, and a root dispersion of no more than a second; for the rest RFC 1305 §3.4.4.
    private static let ciscoChecks = [
        header, origin, mode, version, times, leap, stratum, reference,
        Check("root dispersion ≤ 1 s") { $0.rootDispersion <= 1 },
        Check("root delay ≥ 0") { $0.signedRootDelay >= 0 },
    ]

    /// ntpd 4.2.8, ntp_proto.c, receive(), process_packet() and peer_unfit(). TEST1 wants a packet never seen before, TEST4
    /// and TEST5 are the client's own rules and keys, TEST8 and TEST9 Autokey's, TEST13 its reachability.
    private static let ntpdChecks = [
        header, mode,
        Check("TEST2, origin") { $0.bytes[24..<32] == $0.request[40..<48] },
        Check("TEST3, times") { $0.receive != 0 && $0.transmit != 0 && $0.origin != 0 },
        Check("TEST6, synchronised") { $0.leap != 3 && (1...15).contains($0.stratum) },
        Check("TEST7, header") { $0.rootDistance < 16 && $0.reference <= $0.transmit },
        Check("TEST10, stratum below the ceiling (tos ceiling 16)") { $0.stratum < 16 },
        Check("TEST11, distance ≤ 1.5 s") { $0.rootDistance + 15e-6 * 64 <= 1.5 },
        Check("TEST12, no loop") { $0.stratum == 1 || $0.referenceID != 0xc000_0263 },
    ]

    /// chrony 4, ntp_core.c, process_response(): tests 2, 3, 6, 7, A and D; 1, 5, B and C need what went before, or a key.
    private static let chronyChecks = [
        header, version, mode,
        Check("test 2, origin") { $0.bytes[24..<32] == $0.request[40..<48] },
        Check("test 3, times") { $0.receive != 0 && $0.transmit != 0 },
        Check("test 6, synchronised") { $0.leap != 3 && $0.stratum > 0 && $0.stratum < 16 },
        Check("test 7, root distance < 16 s") { $0.rootDistance < 16 },
        Check("test A, server's time ≤ 4 s") {
            max($0.transmit, $0.receive) - min($0.transmit, $0.receive) <= 4 << 32
        },
        Check("test D, no loop") { $0.stratum <= 1 || $0.referenceID != 0xc000_0263 },
    ]

    /// systemd, timesyncd-manager.c, manager_receive_response(): its epoch is that of its build, here 2026-01-01.
    private static let timesyncdChecks = [
        header, origin, leap, stratum,
        Check("times after its epoch") { $0.receive >> 32 >= 0xed00_3780 && $0.transmit >> 32 >= 0xed00_3780 },
        Check("version 3 or 4") { $0.version == 3 || $0.version == 4 },
        Check("mode 4") { $0.mode == 4 },
        Check("root distance ≤ 5 s") { $0.rootDistance <= 5 },
    ]

    /// OpenNTPD, ntpd/client.c, client_dispatch(): its delay is negative where the server's part exceeds the round trip,
    /// here 2 s.
    private static let openNTPDChecks = [
        Check("48 or 68 bytes") { $0.bytes.count == 48 || $0.bytes.count == 68 },
        origin, leap, stratum,
        Check("no negative delay") { $0.transmit >= $0.receive && $0.transmit - $0.receive < 2 << 32 },
    ]

    /// busybox, networking/ntpd.c, recv_and_process_peer_pkt().
    private static let busyboxChecks = [
        Check("48, 68 or 72 bytes") { [48, 68, 72].contains($0.bytes.count) }, origin, leap, stratum,
    ]

    /// Android, SntpClient.java, and AOSP's SNTP service: mode 4 or 5, and since 2021 a reference timestamp.
    private static let androidChecks = [
        header, origin, leap, stratum,
        Check("mode 4 or 5") { $0.mode == 4 || $0.mode == 5 },
        Check("a transmit timestamp") { $0.transmit != 0 },
        Check("a reference timestamp") { $0.reference != 0 },
    ]

    /// lwIP, src/apps/sntp/sntp.c, with SNTP_CHECK_RESPONSE 2: stratum 0 is a kiss to it; the leap indicator it never reads.
    private static let lwIPChecks = [
        Check("48 bytes") { $0.bytes.count == 48 }, origin,
        Check("mode 4 or 5") { $0.mode == 4 || $0.mode == 5 },
        Check("stratum ≠ 0") { $0.stratum != 0 },
    ]

    /// RFC 4330 §5, of which Raritan's manual says that it does the same, and RFC 2030 §5 and RFC 1769 §4 before it.
    private static let simpleChecks = [
        header, origin, server, version, leap, stratum, times, order,
        Check("root delay and root dispersion 0 … 1 s") {
            $0.signedRootDelay >= 0 && $0.signedRootDelay < 1 && $0.signedRootDispersion >= 0
                && $0.signedRootDispersion < 1
        },
    ]
}

/// A reply as a client reads it: the fields of RFC 5905 figure 8, read here and not by our own parser.
struct ReceivedReply: Sendable {
    let request: [UInt8]
    let bytes: [UInt8]

    var leap: UInt8 { bytes[0] >> 6 }
    var version: UInt8 { bytes[0] >> 3 & 7 }
    var mode: UInt8 { bytes[0] & 7 }
    var stratum: UInt8 { bytes[1] }
    var precision: Int { Int(Int8(bitPattern: bytes[3])) }
    /// Seconds, of a field without sign (RFC 5905 §6).
    var rootDispersion: Double { Double(field(8, 4)) / 65536 }
    /// Seconds, of a field with sign (RFC 1305 §3.2.1).
    var signedRootDelay: Double { Double(Int32(bitPattern: UInt32(field(4, 4)))) / 65536 }
    var signedRootDispersion: Double { Double(Int32(bitPattern: UInt32(field(8, 4)))) / 65536 }
    /// Half the root delay and the root dispersion, seconds.
    var rootDistance: Double { Double(field(4, 4)) / 131_072 + rootDispersion }
    var referenceID: UInt64 { field(12, 4) }
    var reference: UInt64 { field(16, 8) }
    var origin: UInt64 { field(24, 8) }
    var receive: UInt64 { field(32, 8) }
    var transmit: UInt64 { field(40, 8) }

    private func field(_ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
