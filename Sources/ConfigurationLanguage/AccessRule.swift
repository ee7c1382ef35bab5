/// What a `restrict` line denies, or when it applies (ntp_acc(5)).
///
/// The low 14 bits are those of ntpd 4.2.6 and NTPsec; the later `noepeer` and `serverresponse fuzz` take free ones,
/// and the word that chooses packets instead of denying something stands above.
public struct AccessFlags: OptionSet, Hashable, Sendable {
    /// One bit for each word.
    public let rawValue: UInt32

    /// A set of flags from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `ignore`: drop every packet.
    public static let ignore = AccessFlags(rawValue: 0x0001)
    /// `noserve`: deny time, but not mode 6.
    public static let noServe = AccessFlags(rawValue: 0x0002)
    /// `notrust`: drop time packets that are not authenticated.
    public static let noTrust = AccessFlags(rawValue: 0x0004)
    /// `version`: drop packets of another than the current NTP version.
    public static let version = AccessFlags(rawValue: 0x0008)
    /// `nopeer`: mobilise no association.
    public static let noPeer = AccessFlags(rawValue: 0x0010)
    /// `limited`: drop packets above the rate limit.
    public static let limited = AccessFlags(rawValue: 0x0020)
    /// `noquery`: deny mode 6 and 7.
    public static let noQuery = AccessFlags(rawValue: 0x0040)
    /// `nomodify`: deny mode 6 requests that would change something.
    public static let noModify = AccessFlags(rawValue: 0x0080)
    /// `notrap`: deny traps.
    public static let noTrap = AccessFlags(rawValue: 0x0100)
    /// `lowpriotrap`: let traps be taken over.
    public static let lowPriorityTrap = AccessFlags(rawValue: 0x0200)
    /// `kod`: answer with a kiss-o'-death where `limited` drops.
    public static let kissOfDeath = AccessFlags(rawValue: 0x0400)
    /// `mssntp`: have Samba sign.
    public static let microsoftSNTP = AccessFlags(rawValue: 0x0800)
    /// `flake`: drop one packet in ten, for tests.
    public static let flake = AccessFlags(rawValue: 0x1000)
    /// `nomrulist`: refuse the list of recent clients.
    public static let noRecentClients = AccessFlags(rawValue: 0x2000)
    /// `noepeer`: mobilise no ephemeral association (ntpd 4.2.8p11).
    public static let noEphemeralPeer = AccessFlags(rawValue: 0x4000)
    /// `serverresponse fuzz`: fuzz the low bits of replies (ntpd 4.2.8p11).
    public static let fuzzedResponse = AccessFlags(rawValue: 0x8000)
    /// `ntpport`: the rule applies to source port 123 only.
    public static let ntpPortOnly = AccessFlags(rawValue: 0x2_0000)

    /// The words that stand for one flag each; `serverresponse fuzz` is two words.
    static let words: [(word: String, flag: AccessFlags)] = [
        ("ignore", .ignore), ("noserve", .noServe), ("notrust", .noTrust), ("version", .version),
        ("nopeer", .noPeer), ("limited", .limited), ("noquery", .noQuery), ("nomodify", .noModify),
        ("notrap", .noTrap), ("lowpriotrap", .lowPriorityTrap), ("kod", .kissOfDeath), ("mssntp", .microsoftSNTP),
        ("flake", .flake), ("nomrulist", .noRecentClients), ("noepeer", .noEphemeralPeer),
        ("ntpport", .ntpPortOnly),
    ]
}

/// One entry of the access list, from a `restrict` line.
///
/// Exactly one entry applies to a packet: the most specific one that matches its source (longest mask, then
/// `ntpport` before any port). Nothing is inherited from wider entries, so an entry without flags opens its block.
/// Entries with the same block and the same `ntpport` are one entry with the flags of all. A `restrict default`
/// without `-4` or `-6` gives two rules.
public struct AccessRule: Equatable, Sendable {
    /// The source addresses that the rule is for.
    public var block: AddressBlock
    /// What is denied; nothing where empty.
    public var flags: AccessFlags

    /// A rule for a block of addresses.
    public init(block: AddressBlock, flags: AccessFlags) {
        (self.block, self.flags) = (block, flags)
    }
}
