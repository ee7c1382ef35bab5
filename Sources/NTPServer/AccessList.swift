// HOT PATH
import ConfigurationLanguage

/// The access rules in the order in which they are tried: most specific first.
///
/// Exactly one rule applies to a client; without any, time is served (ntpd's `restrict`, ntp_acc(5)).
public struct AccessList: Sendable {
    /// A rule on 128-bit addresses, IPv4 as ::ffff:a.b.c.d.
    private struct Entry {
        let high: UInt64
        let low: UInt64
        let highMask: UInt64
        let lowMask: UInt64
        var flags: AccessFlags
    }

    /// Where the 32 bits of a mapped IPv4 address begin.
    private static let mappedPrefix: UInt64 = 0xffff_0000_0000
    private static let mappedMask: UInt64 = 0xffff_ffff_0000_0000

    private let entries: [Entry]

    /// A list from rules in any order; rules for the same block and ports add up.
    public init(_ rules: [AccessRule]) {
        var entries: [Entry] = []
        for rule in rules {
            let entry = Self.entry(rule)
            if let index = entries.firstIndex(where: { Self.isSame($0, entry) }) {
                entries[index].flags.formUnion(entry.flags)
            } else {
                entries.append(entry)
            }
        }
        self.entries = entries.sorted { Self.rank($0) > Self.rank($1) }
    }

    /// What a client may have.
    ///
    /// - Parameters:
    ///   - address: 16 bytes in two words, first on the wire highest; IPv4 as ::ffff:a.b.c.d.
    ///   - port: the source port.
    /// - Returns: the decision of the one rule that applies.
    public func decision(for address: (high: UInt64, low: UInt64), port: UInt16) -> AccessDecision {
        for entry in entries
        where address.high & entry.highMask == entry.high && address.low & entry.lowMask == entry.low
            && (port == 123 || !entry.flags.contains(.ntpPortOnly))
        {
            return Self.decision(entry.flags)
        }
        return .serve
    }

    private static func decision(_ flags: AccessFlags) -> AccessDecision {
        if flags.contains(.ignore) { return .ignore }
        if flags.contains(.noServe) { return .refuse }
        if flags.contains(.noTrust) {
            return flags.contains(.version) ? .currentVersionAuthenticatedOnly : .authenticatedOnly
        }
        return flags.contains(.version) ? .currentVersionOnly : .serve
    }

    private static func entry(_ rule: AccessRule) -> Entry {
        let (address, mask) = (rule.block.address, rule.block.mask)
        switch address.family {
        case .v4:
            return Entry(
                high: 0, low: mappedPrefix | address.low, highMask: .max, lowMask: mappedMask | mask.low,
                flags: rule.flags)
        case .v6:
            return Entry(
                high: address.high, low: address.low, highMask: mask.high, lowMask: mask.low, flags: rule.flags)
        }
    }

    private static func isSame(_ one: Entry, _ other: Entry) -> Bool {
        one.high == other.high && one.low == other.low && one.highMask == other.highMask
            && one.lowMask == other.lowMask
            && one.flags.contains(.ntpPortOnly) == other.flags.contains(.ntpPortOnly)
    }

    /// Number of address bits; then, for masks that are no prefixes, the higher address and mask as in ntpd's list; then
    /// `ntpport`. No two entries are equal in it, so the order of the configuration does not matter.
    private static func rank(_ entry: Entry) -> (Int, UInt64, UInt64, UInt64, UInt64, Int) {
        (
            entry.highMask.nonzeroBitCount + entry.lowMask.nonzeroBitCount, entry.high, entry.low, entry.highMask,
            entry.lowMask, entry.flags.contains(.ntpPortOnly) ? 1 : 0
        )
    }
}
