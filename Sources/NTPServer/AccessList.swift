// HOT PATH
import ConfigurationLanguage

/// The access rules, as a table of address ranges within each of which one rule applies.
///
/// Exactly one `restrict` rule applies to a client, as in ntpd (ntp_restrict.c): the first that matches in the order of
/// descending address, then descending mask, then `ntpport`, which for prefixes is the longest one. IPv4 rules are for
/// IPv4 clients and IPv6 rules for IPv6 clients. Without a rule nothing is denied.
///
/// The ranges of IPv4 and of IPv6 are sorted and do not overlap, so a lookup is a search by halves at worst, and mostly
/// one or two steps within a slice of the addresses.
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
    /// - Returns: the flags of the rule.
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
    /// The addresses from the second range's start to the last one's are cut into slices of 2^`shift`, about as many as
    /// there are ranges; for each slice the range in which it begins, and at the end the last range.
    private var slices: [UInt32] = []
    private let base: Address
    private let shift: Int

    /// Ranges from where they begin, in ascending order, the first at 0.
    init(_ ranges: [(start: UInt128, answer: AccessList.Answer)]) {
        starts = ranges.map { Address(truncatingIfNeeded: $0.start) }
        answers = ranges.map(\.answer)
        base = starts.count > 1 ? starts[1] : 0
        let spread = (starts.last ?? 0) - base
        let depth = Int.bitWidth - starts.count.leadingZeroBitCount
        shift = max(0, Address.bitWidth - spread.leadingZeroBitCount - depth)
        for slice in 0...(spread >> shift) {
            slices.append(UInt32(range(of: base + slice << shift, from: 0, to: starts.count - 1)))
        }
        slices.append(UInt32(starts.count - 1))
    }

    /// The answer for the range that an address lies in.
    func answer(for address: Address) -> AccessList.Answer {
        guard address >= base else { return answers[0] }
        let slice = Int(truncatingIfNeeded: min((address &- base) >> shift, Address(slices.count - 2)))
        return answers[range(of: address, from: Int(slices[slice]), to: Int(slices[slice + 1]))]
    }

    /// The range that an address lies in, of some neighbouring ones.
    private func range(of address: Address, from first: Int, to last: Int) -> Int {
        var (first, count) = (first, last - first + 1)
        while count > 1 {
            let half = count / 2
            if starts[first + half] <= address { first += half }
            count -= half
        }
        return first
    }
}

extension IPAddress {
    /// An address from the 16 bytes of a socket, of which ::ffff:a.b.c.d stands for IPv4.
    init(wire words: (high: UInt64, low: UInt64)) {
        let isMapped = words.high == 0 && words.low >> 32 == 0xffff
        self.init(family: isMapped ? .v4 : .v6, high: words.high, low: words.low)
    }

    /// The 16 bytes of a socket's address in two words, first on the wire highest; IPv4 as ::ffff:a.b.c.d.
    public var wire: (high: UInt64, low: UInt64) {
        family == .v4 ? (0, 0xffff_0000_0000 | low) : (high, low)
    }
}
