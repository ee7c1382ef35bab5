import NTPServer

/// A request as the conformance table sees it: what it was made of, and whom it is from.
struct ConformanceCase {
    let version: UInt8
    let mode: UInt8
    let shape: RequestShape
    let rule: ServerRule

    /// Bytes behind the header.
    var tail: Int { shape.length - 48 }

    /// Whether nothing stands behind the header that could prove the request: nothing at all, fields, or Microsoft's
    /// authenticator.
    var isPlain: Bool {
        switch shape.filling {
        case .some: tail == 0 || tail == 72
        case nil: (shape.ending == .nothing || shape.ending == .microsoft) && !isMistaken
        }
    }

    /// Whether 20 or 24 bytes stand behind the header that were made as a field and something.
    var isMistaken: Bool { shape.fields != .none && (tail == 20 || tail == 24) }

    /// Whether it ends in an authenticator without digest.
    var lacksDigest: Bool {
        shape.filling == .zeros
            ? tail > 0 && tail != 72 : shape.ending == .zeroDigest && (shape.fields == .none || version == 4)
    }

    /// Whether it ends in an authenticator that a key of the server proves.
    var isProven: Bool { shape.ending.isGood && (shape.fields == .none || version == 4) }
}

extension ConformanceCase: CustomStringConvertible {
    var description: String {
        let behind = shape.filling.map { "\($0)" } ?? "\(shape.fields), \(shape.ending)"
        return "version \(version), mode \(mode), \(shape.length) bytes (\(behind)), \(rule)"
    }
}

/// What is expected of the server.
enum ConformanceOutcome: Equatable, Sendable {
    /// Nothing is sent, and this is counted.
    case silence(NTPServer.Refusal)
    /// 48 bytes in a mode, which tell the state of the clock.
    case time(mode: UInt8)
    /// The same, and an authenticator as long as the request's, by the same key.
    case signed(mode: UInt8)
    /// 52 bytes: the same in mode 4, and key identifier 0.
    case cryptoNAK
    /// A kiss-o'-death: 48 bytes in mode 4, leap 3, stratum 0, the code, and the request's transmit timestamp thrice.
    case kiss(String)
}

/// A row of the conformance table: the first row that applies decides.
struct ConformanceRow: Sendable {
    let outcome: ConformanceOutcome
    let why: String
    let applies: @Sendable (ConformanceCase) -> Bool

    init(_ outcome: ConformanceOutcome, _ why: String, _ applies: @escaping @Sendable (ConformanceCase) -> Bool) {
        (self.outcome, self.why, self.applies) = (outcome, why, applies)
    }
}

/// Which request gets which reply, in order of priority.
///
/// "Observed" means live probes of ntpd 4.2.8p15 and NTPsec 1.2.2; "chrony" its ntp_core.c. The reply's fields, other than
/// mode and length, are `ClockCondition.reply`.
enum ConformanceTable {
    static let rows = access + headers + limits + tails + kisses + proofs + times

    // MARK: - Whom nothing is served

    private static let access = [
        ConformanceRow(.silence(.access), "ignore: packets of every kind are denied (ntpd, ntp.conf)") {
            $0.rule == .ignore
        },
        ConformanceRow(.silence(.access), "noserve: time is denied, and what is asked in what form does not matter") {
            $0.rule == .noServe
        },
        ConformanceRow(.silence(.access), "noserve kod: what does not ask for time is not told that it gets none") {
            $0.rule == .noServeKiss && !($0.tail >= 0 && isRequest($0))
        },
    ]

    // MARK: - What is no request, or of an old version

    private static let headers = [
        ConformanceRow(.silence(.truncated), "RFC 5905 §7.3: a header has 48 bytes") { $0.tail < 0 },
        ConformanceRow(.silence(.version), "version 0 never was; observed: silence") { $0.version == 0 },
        ConformanceRow(
            .silence(.version),
            "RFC 5905 has no versions above 4, and NTPv5's header differs; NTPsec is silent, ntpd echoes the number"
        ) { $0.version > 4 },
        ConformanceRow(.silence(.version), "version: denies whatever is not of the current version (ntpd, ntp.conf)") {
            ($0.rule == .version || $0.rule == .versionNoTrust) && $0.version < 4
        },
        ConformanceRow(.silence(.mode), "mode 6 asks for no time; mode 7 is never answered (CVE-2013-5211)") {
            $0.mode >= 6
        },
        ConformanceRow(
            .silence(.mode),
            "modes 2, 4 and 5 are no requests: two servers would answer each other for ever; observed: silence"
        ) { [2, 4, 5].contains($0.mode) },
        ConformanceRow(.silence(.mode), "RFC 5905 figure 10: mode 0 is reserved from version 2 on; observed: silence") {
            $0.mode == 0 && $0.version != 1
        },
    ]

    // MARK: - Who asks too often

    private static let limits = [
        ConformanceRow(.silence(.flake), "flake: one request in ten is dropped by lot (ntpd, ntp.conf)") {
            $0.rule == .flakeDropped
        },
        ConformanceRow(.silence(.limit), "limited without kod: what is above the limit is dropped") {
            $0.rule == .limitedAbove
        },
        ConformanceRow(.silence(.limit), "limited kod: one kiss per excursion, or a forged flood would be reflected") {
            $0.rule == .limitedAboveTold
        },
    ]

    // MARK: - What stands behind the header and cannot be read

    private static let tails = [
        ConformanceRow(.silence(.tail), "RFC 1059: version 1 has neither authenticators nor fields") {
            $0.version == 1 && $0.tail > 0
        },
        ConformanceRow(.silence(.tail), "RFC 5905 §7.5, RFC 7822: what stands behind the header has words of 4 bytes") {
            $0.tail % 4 != 0
        },
        ConformanceRow(.silence(.tail), "a crypto-NAK is a reply, and no request ends in one; observed: silence") {
            $0.tail == 4 || $0.shape.ending == .cryptoNAK && $0.version == 4 && !$0.isMistaken
        },
        ConformanceRow(.silence(.tail), "RFC 7822 §7.5: no authenticator fits below 20 bytes, and no last field") {
            (1..<20).contains($0.tail)
        },
        ConformanceRow(
            .silence(.tail),
            "before version 4 there are no fields, and only digests of 16, 20, 28, 32, 48 and 64 bytes (MD5 … SHA-512)"
        ) { $0.version < 4 && $0.tail != 0 && $0.tail != 72 && !isOldAuthenticator($0.tail) },
        ConformanceRow(
            .silence(.tail),
            "RFC 7822 §7.5: a field has 16 bytes at least, a multiple of 4, and ends within the packet"
        ) { $0.version == 4 && !$0.shape.fields.isWellFormed },
        ConformanceRow(.silence(.tail), "zeros and junk read as a field without length, or of one beyond the end") {
            $0.version == 4 && $0.shape.filling != nil && ![0, 20, 24, 72].contains($0.tail)
        },
        ConformanceRow(.silence(.tail), "RFC 7822 §7.5: in version 4 an authenticator has 20 or 24 bytes") {
            $0.version == 4 && $0.shape.ending == .sha256Whole
        },
        ConformanceRow(.silence(.tail), "MS-SNTP §2.2.3: the ExtendedAuthenticator follows the header, in 120 bytes") {
            $0.shape.ending == .microsoft && $0.shape.fields != .none
        },
    ]

    // MARK: - Who is told that it gets no time

    private static let kisses = [
        ConformanceRow(.kiss("DENY"), "RFC 5905 §7.4, noserve kod: a client is told") {
            $0.rule == .noServeKiss && $0.mode == 3
        },
        ConformanceRow(.silence(.access), "RFC 5905 §7.4: kisses are sent by servers to clients; a peer gets none") {
            $0.rule == .noServeKiss
        },
        ConformanceRow(.kiss("RATE"), "RFC 5905 §7.4, limited kod: a client is told, whatever proof it has") {
            $0.rule == .limitedAboveKiss && $0.mode == 3
        },
        ConformanceRow(.silence(.limit), "limited kod: a peer gets no kiss") { $0.rule == .limitedAboveKiss },
        ConformanceRow(.kiss("RSTR"), "RFC 5905 §7.4, notrust kod: a client that proves nothing is told that it must") {
            $0.rule == .noTrustKiss && $0.mode == 3 && ($0.isPlain || $0.lacksDigest)
        },
    ]

    // MARK: - Who claims a proof

    private static let proofs = [
        ConformanceRow(
            .silence(.authentication),
            "MS-SNTP §3.2.5.1: only a domain controller can sign this; members of a domain know no crypto-NAK"
        ) { $0.lacksDigest },
        ConformanceRow(.silence(.authentication), "a server without keys cannot tell right from wrong") {
            $0.rule == .noKeys && !$0.isPlain
        },
        ConformanceRow(.signed(mode: 4), "RFC 5905 §9.2: a request with a right authenticator gets a signed reply") {
            $0.isProven && $0.mode == 3
        },
        ConformanceRow(
            .signed(mode: 2), "a symmetric peer with a right authenticator, too; no association (ntpd is silent)"
        ) { $0.isProven },
        ConformanceRow(
            .cryptoNAK, "before version 4 a field is no field: of this length it is an authenticator, of no known key"
        ) { $0.version < 4 && $0.shape.fields != .none && $0.mode == 3 },
        ConformanceRow(
            .cryptoNAK, "RFC 7822 §7.5: the last 20 or 24 bytes are an authenticator, whatever they were meant to be"
        ) { $0.isMistaken && $0.mode == 3 },
        ConformanceRow(
            .cryptoNAK, "RFC 5905 §7.3, §9.2: a client is told that its authenticator is wrong; observed: ntpd, 52 B"
        ) { ($0.shape.ending.isBad || isFilledAuthenticator($0)) && $0.mode == 3 },
        ConformanceRow(
            .silence(.authentication),
            "RFC 5905 §9.2: in symmetric mode the answer to a wrong authenticator would itself ask for such an answer"
        ) { !$0.isPlain },
    ]

    // MARK: - Who gets the time

    private static let times = [
        ConformanceRow(.silence(.authentication), "notrust: who proves nothing gets nothing (ntpd, ntp.conf)") {
            [.noTrust, .noTrustKiss, .versionNoTrust].contains($0.rule)
        },
        ConformanceRow(
            .time(mode: 4),
            """
            RFC 1059: version 1 had no modes, and sends 0. From any port, as ntpd: chrony is silent to port 123, where \
            in version 1 a peer would ask, but old devices send from 123, and a reply in mode 4 starts no quarrel
            """
        ) { $0.version == 1 && $0.mode == 0 },
        ConformanceRow(
            .time(mode: 4), "a peer of version 1, which has no passive mode; observed: NTPsec, while ntpd has mode 2"
        ) { $0.version == 1 && $0.mode == 1 },
        ConformanceRow(
            .time(mode: 4), "MS-SNTP §2.2.3, 120 bytes: a plain reply serves who falls back to NTP; observed: NTPsec"
        ) { $0.mode == 3 && $0.tail == 72 },
        ConformanceRow(.time(mode: 4), "RFC 7822 §7.5: fields of unknown type are passed over, and not sent back") {
            $0.mode == 3 && $0.tail > 0
        },
        ConformanceRow(.time(mode: 4), "RFC 5905 §9.2, RFC 4330 §6: a client is answered in mode 4") { $0.mode == 3 },
        ConformanceRow(
            .time(mode: 2), "Windows asks in mode 1 (MS-SNTP §3.1.5.1): mode 2, without association; observed: ntpd"
        ) { $0.mode == 1 },
    ]

    // MARK: - Words of the table

    private static func isRequest(_ request: ConformanceCase) -> Bool {
        (1...4).contains(request.version)
            && ([1, 3].contains(request.mode) || request.version == 1 && request.mode == 0)
    }

    /// A key identifier and a digest of MD5 or AES-CMAC, SHA-1, SHA-224, SHA-256, SHA-384, or SHA-512.
    private static func isOldAuthenticator(_ tail: Int) -> Bool { [20, 24, 32, 36, 52, 68].contains(tail) }

    /// Junk in the length of an authenticator.
    private static func isFilledAuthenticator(_ request: ConformanceCase) -> Bool {
        request.shape.filling == .junk && request.tail != 72 && request.tail != 0
    }
}
