import ConfigurationLanguage
import NTPServer
import SimulatedWorld
import Testing

@Suite("Access list of many rules")
struct AccessListScaleTests {
    @Test(
        "10 000 rules give what going through them one by one gives",
        arguments: [(IPAddress.Family.v4, 1), (.v4, 2), (.v6, 3), (.v6, 4)] as [(IPAddress.Family, UInt64)])
    func linearScan(family: IPAddress.Family, seed: UInt64) {
        var random = RandomSource(seed: seed)
        var rules = (0..<9_990).map { _ in Self.rule(family, &random) }
        rules += (0..<10).map { _ in Self.irregularRule(family, &random) }
        rules.append(AccessRule(block: .all(family), flags: .noQuery))
        let list = AccessList(rules)
        let scan = LinearScan(rules)
        for _ in 0..<400 {
            let client = Self.client(family, near: rules, &random)
            for port in [123, 40_000] as [UInt16] {
                #expect(
                    list.flags(for: client.wire, port: port) == scan.flags(for: client, port: port),
                    "seed \(seed), \(client) port \(port)")
            }
        }
    }

    @Test(
        "chrony's lists give what doing one line after the other gives",
        arguments: [(IPAddress.Family.v4, 5), (.v6, 6)] as [(IPAddress.Family, UInt64)])
    func service(family: IPAddress.Family, seed: UInt64) {
        var random = RandomSource(seed: seed)
        for _ in 0..<40 {
            let rules = (0..<60).map { _ in
                ServiceRule(
                    block: Self.block(family, &random), isAllowed: random.next() & 1 == 0,
                    replacesNarrower: random.next() & 3 == 0)
            }
            let list = AccessList([], serviceRules: rules)
            for _ in 0..<40 {
                let client = Self.client(family, near: rules.map { AccessRule(block: $0.block, flags: []) }, &random)
                let expected = Self.isServed(client, rules)
                #expect(
                    list.flags(for: client.wire, port: 123).contains(.noServe) != expected, "seed \(seed), \(client)")
            }
        }
    }

    /// ntpd's way: a list in descending order of address, mask and `ntpport`, of which the first match counts.
    private struct LinearScan {
        private var rules: [AccessRule] = []

        init(_ unordered: [AccessRule]) {
            var flags: [[UInt64]: AccessFlags] = [:]
            for rule in unordered { flags[Self.key(rule), default: []].formUnion(rule.flags) }
            var taken: Set<[UInt64]> = []
            for rule in unordered.sorted(by: { Self.key($1).lexicographicallyPrecedes(Self.key($0)) })
            where taken.insert(Self.key(rule)).inserted {
                rules.append(AccessRule(block: rule.block, flags: flags[Self.key(rule)] ?? []))
            }
        }

        private static func key(_ rule: AccessRule) -> [UInt64] {
            let (address, mask) = (rule.block.address, rule.block.mask)
            return [address.high, address.low, mask.high, mask.low, rule.flags.contains(.ntpPortOnly) ? 1 : 0]
        }

        func flags(for client: IPAddress, port: UInt16) -> AccessFlags {
            rules.first { rule in
                (port == 123 || !rule.flags.contains(.ntpPortOnly)) && rule.block.contains(client)
            }?.flags ?? []
        }
    }

    /// Each line changes what the lines before it made: chrony.conf(5), `allow`.
    private static func isServed(_ client: IPAddress, _ rules: [ServiceRule]) -> Bool {
        var made: [ServiceRule] = []
        for rule in rules {
            made.removeAll {
                $0.block == rule.block
                    || rule.replacesNarrower && rule.block.contains($0.block.address)
                        && length($0.block) >= length(rule.block)
            }
            made.append(rule)
        }
        return made.filter { $0.block.contains(client) }.max { length($0.block) < length($1.block) }?.isAllowed ?? false
    }

    private static func length(_ block: AddressBlock) -> Int {
        block.mask.high.nonzeroBitCount + block.mask.low.nonzeroBitCount
    }

    private static func rule(_ family: IPAddress.Family, _ random: inout RandomSource) -> AccessRule {
        AccessRule(block: block(family, &random), flags: flags(&random))
    }

    /// A prefix of any length, mostly within 10.0.0.0/8 or 2001:db8::/32, so that they nest.
    private static func block(_ family: IPAddress.Family, _ random: inout RandomSource) -> AddressBlock {
        let length = Int.random(in: 0...family.bitCount, using: &random)
        guard let mask = IPAddress(maskOf: length, family: family) else { preconditionFailure("a prefix length") }
        return AddressBlock(address: address(family, &random), mask: mask)
    }

    private static func irregularRule(_ family: IPAddress.Family, _ random: inout RandomSource) -> AccessRule {
        let mask = IPAddress(
            family: family, high: random.next() | random.next() | 0xff << 56, low: random.next() | 0xff00_0000)
        return AccessRule(block: AddressBlock(address: address(family, &random), mask: mask), flags: flags(&random))
    }

    private static func address(_ family: IPAddress.Family, _ random: inout RandomSource) -> IPAddress {
        // Few different bits: many blocks are the same or lie in each other.
        let bits = random.next() & 0x0103_0307_0303_070f
        return family == .v4
            ? IPAddress(family: .v4, high: 0, low: 10 << 24 | bits & 0xff_ffff)
            : IPAddress(family: .v6, high: 0x2001_0db8 << 32 | bits & 0xffff_ffff, low: random.next() & bits)
    }

    private static func flags(_ random: inout RandomSource) -> AccessFlags {
        AccessFlags(rawValue: UInt32(random.next() & 0x3fff) | (random.next() & 7 == 0 ? 0x2_0000 : 0))
    }

    /// Addresses at the edges of blocks, next to them, and anywhere.
    private static func client(
        _ family: IPAddress.Family, near rules: [AccessRule], _ random: inout RandomSource
    ) -> IPAddress {
        let block = rules[Int.random(in: rules.indices, using: &random)].block
        let (high, low) = (block.address.high, block.address.low)
        return switch random.next() & 7 {
        case 0: IPAddress(family: family, high: high | ~block.mask.high, low: low | ~block.mask.low)
        case 1: IPAddress(family: family, high: high | ~block.mask.high, low: (low | ~block.mask.low) &+ 1)
        case 2: IPAddress(family: family, high: high, low: low &- 1)
        case 3, 4: address(family, &random)
        case 5: IPAddress(family: family, high: random.next(), low: random.next())
        default: IPAddress(family: family, high: high, low: low)
        }
    }
}
