// HOT PATH
import ConfigurationLanguage

/// The access rules, as a table of address ranges within each of which one rule applies.
///
/// Exactly one `restrict` rule applies to a client, as in ntpd (ntp_restrict.c): the first that matches in the order of
/// descending address, then descending mask, then `ntpport`, which for prefixes is the longest one. IPv4 rules are for
/// IPv4 clients and IPv6 rules for IPv6 clients. Without a rule nothing is denied.
///
/// The ranges of IPv4 and of IPv6 are sorted and do not overlap, so a lookup is a binary search, whatever the rules are.
/// Masks that are no prefixes make no ranges; they are tried one by one.
public struct AccessList: Sendable {
    /// What applies to the addresses of one range.
    struct Answer: Equatable {
        /// Place in the order of rules of the one that applies to any source port; `noRule` where there is none.
        var anyPort = noRule
        /// The same for source port 123.
        var ntpPort = noRule
        /// What these two rules deny.
        var anyPortFlags: AccessFlags = []
        var ntpPortFlags: AccessFlags = []
        /// Whether chrony's list denies time.
        var isDenied = false
    }

    /// A rule whose mask is no prefix.
    struct IrregularRule {
        let place: UInt32
        let rule: AccessRule
    }

    /// Behind every rule in the order of rules.
    static let noRule = UInt32.max

    private let ipv4: AccessRanges<UInt32>
    private let ipv6: AccessRanges<UInt128>
    private let irregularRules: [IrregularRule]

    /// A list from rules in any order.
    ///
    /// - Parameters:
    ///   - rules: `restrict`; those for the same block and ports add up.
    ///   - serviceRules: `allow` and `deny`, in the order of their lines.
    public init(_ rules: [AccessRule], serviceRules: [ServiceRule] = []) {
        let ordered = Self.ordered(rules)
        ipv4 = AccessRanges(Self.ranges(.v4, ordered, serviceRules))
        ipv6 = AccessRanges(Self.ranges(.v6, ordered, serviceRules))
        irregularRules = ordered.enumerated().filter { !$0.element.block.isPrefix }.map {
            IrregularRule(place: UInt32($0.offset), rule: $0.element)
        }
    }

    /// What is denied to a client, by the one rule that applies to it and chrony's list, which denies as `noserve` does.
    ///
    /// - Parameters:
    ///   - address: 16 bytes in two words, first on the wire highest; IPv4 as ::ffff:a.b.c.d.
    ///   - port: the source port.
    public func flags(for address: (high: UInt64, low: UInt64), port: UInt16) -> AccessFlags {
        let client = IPAddress(wire: address)
        let answer =
            client.family == .v4
            ? ipv4.answer(for: UInt32(truncatingIfNeeded: client.low))
            : ipv6.answer(for: UInt128(client.high) << 64 | UInt128(client.low))
        var (place, flags) =
            port == 123 ? (answer.ntpPort, answer.ntpPortFlags) : (answer.anyPort, answer.anyPortFlags)
        for irregular in irregularRules {
            guard irregular.place < place else { break }
            let rule = irregular.rule
            guard rule.block.contains(client), port == 123 || !rule.flags.contains(.ntpPortOnly) else { continue }
            (place, flags) = (irregular.place, rule.flags)
        }
        return answer.isDenied ? flags.union(.noServe) : flags
    }
}

/// Ranges of addresses that do not overlap and leave nothing out, in ascending order.
struct AccessRanges<Address: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// Where each range begins; the first at 0.
    private let starts: [Address]
    private let answers: [AccessList.Answer]

    /// Ranges from where they begin, in ascending order, the first at 0.
    init(_ ranges: [(start: UInt128, answer: AccessList.Answer)]) {
        starts = ranges.map { Address(truncatingIfNeeded: $0.start) }
        answers = ranges.map(\.answer)
    }

    /// The answer for the range that an address lies in.
    func answer(for address: Address) -> AccessList.Answer {
        // A search by halves that always takes as many steps, so that no branch has to be guessed.
        var (first, count) = (0, starts.count)
        while count > 1 {
            let half = count >> 1
            first = starts[first + half] <= address ? first + half : first
            count -= half
        }
        return answers[first]
    }
}

extension IPAddress {
    /// An address from the 16 bytes of a socket, of which ::ffff:a.b.c.d stands for IPv4.
    init(wire words: (high: UInt64, low: UInt64)) {
        let isMapped = words.high == 0 && words.low >> 32 == 0xffff
        self.init(family: isMapped ? .v4 : .v6, high: words.high, low: words.low)
    }
}
