import ConfigurationLanguage

/// How ranges are made from rules.
extension AccessList {
    /// A block of addresses that one value stands for, unless a narrower block within it has another.
    private struct Layer<Value> {
        let first: UInt128
        let last: UInt128
        let value: Value
    }

    /// The rules in the order in which they are tried, those for the same block and ports as one.
    static func ordered(_ rules: [AccessRule]) -> [AccessRule] {
        let sorted = rules.map { AccessRule(block: $0.block.unmapped, flags: $0.flags) }.sorted {
            rank($0) > rank($1)
        }
        var ordered: [AccessRule] = []
        for rule in sorted {
            if let last = ordered.last, rank(last) == rank(rule) {
                ordered[ordered.count - 1].flags.formUnion(rule.flags)
            } else {
                ordered.append(rule)
            }
        }
        return ordered
    }

    /// Where each range of a family begins, and what applies there.
    ///
    /// - Parameters:
    ///   - family: the family.
    ///   - rules: every rule, in the order in which they are tried.
    ///   - serviceRules: `allow` and `deny`, in the order of their lines.
    /// - Returns: ranges in ascending order, the first at 0.
    static func ranges(
        _ family: IPAddress.Family, _ rules: [AccessRule], _ serviceRules: [ServiceRule]
    ) -> [(start: UInt128, answer: Answer)] {
        // In reverse, wider blocks come before the narrower ones in them, and `ntpport` after its like without.
        let layers = rules.indices.reversed().filter {
            rules[$0].block.isPrefix && rules[$0].block.address.family == family
        }.map { Layer(first: rules[$0].block.first, last: rules[$0].block.last, value: UInt32($0)) }
        let ntpPort = innermost(layers, outside: noRule)
        let anyPort = innermost(
            layers.filter { !rules[Int($0.value)].flags.contains(.ntpPortOnly) }, outside: noRule)
        let denied = denials(family, serviceRules)
        let most: UInt128 = family == .v4 ? 0xffff_ffff : .max
        let starts = Set((ntpPort + anyPort).map(\.start) + denied.map(\.start)).filter { $0 <= most }.sorted()
        var places = (ntpPort: 0, anyPort: 0, denied: 0)
        return starts.map { start in
            advance(&places.ntpPort, in: ntpPort, to: start)
            advance(&places.anyPort, in: anyPort, to: start)
            advance(&places.denied, in: denied, to: start)
            var answer = Answer()
            (answer.anyPort, answer.ntpPort) = (anyPort[places.anyPort].value, ntpPort[places.ntpPort].value)
            if answer.anyPort != noRule { answer.anyPortFlags = rules[Int(answer.anyPort)].flags }
            if answer.ntpPort != noRule { answer.ntpPortFlags = rules[Int(answer.ntpPort)].flags }
            answer.isDenied = denied[places.denied].value
            return (start, answer)
        }
    }

    /// Where chrony's list begins to deny or to allow; without a rule it denies nothing.
    private static func denials(
        _ family: IPAddress.Family, _ rules: [ServiceRule]
    ) -> [(start: UInt128, value: Bool)] {
        guard !rules.isEmpty else { return [(0, false)] }
        let sorted = rules.enumerated().map { (order: $0.offset, rule: $0.element.unmapped) }.filter {
            $0.rule.block.address.family == family
        }.sorted {
            let (left, right) = ($0.rule.block, $1.rule.block)
            return (left.first, right.last, $0.order) < (right.first, left.last, $1.order)
        }
        var layers: [Layer<Bool>] = []
        // The blocks around the present one, each with the last `all` that it or one around it was given.
        var around: [(last: UInt128, all: Int)] = []
        for (order, rule) in sorted {
            while let innermost = around.last, innermost.last < rule.block.first { around.removeLast() }
            let all = around.last?.all ?? -1
            around.append((rule.block.last, rule.replacesNarrower ? max(all, order) : all))
            guard order > all else { continue }
            layers.append(Layer(first: rule.block.first, last: rule.block.last, value: !rule.isAllowed))
        }
        return innermost(layers, outside: true)
    }

    /// The value of the innermost block at each address, as the places where it changes.
    ///
    /// - Parameters:
    ///   - layers: blocks of which any two lie apart or one within the other, the wider ones first; of equal ones the
    ///     last counts.
    ///   - outside: the value where no block is.
    /// - Returns: the changes in ascending order, the first at 0.
    private static func innermost<Value>(
        _ layers: [Layer<Value>], outside: Value
    ) -> [(start: UInt128, value: Value)] {
        var changes: [(start: UInt128, value: Value)] = [(0, outside)]
        func change(at start: UInt128, to value: Value) {
            if changes.last?.start == start { changes.removeLast() }
            changes.append((start, value))
        }
        var open: [Layer<Value>] = []
        func close() {
            let end = open.removeLast().last
            if end < .max { change(at: end + 1, to: open.last?.value ?? outside) }
        }
        for layer in layers {
            while let innermost = open.last, innermost.last < layer.first { close() }
            open.append(layer)
            change(at: layer.first, to: layer.value)
        }
        while !open.isEmpty { close() }
        return changes
    }

    private static func advance<Value>(
        _ place: inout Int, in changes: [(start: UInt128, value: Value)], to start: UInt128
    ) {
        while place + 1 < changes.count, changes[place + 1].start <= start { place += 1 }
    }

    /// What the order of rules goes by, highest first; equal for rules that are one.
    private static func rank(_ rule: AccessRule) -> (UInt8, UInt128, UInt128, Int) {
        let block = rule.block
        return (
            block.address.family.rawValue, block.first, block.mask.bits, rule.flags.contains(.ntpPortOnly) ? 1 : 0
        )
    }
}

extension ServiceRule {
    fileprivate var unmapped: ServiceRule {
        ServiceRule(block: block.unmapped, isAllowed: isAllowed, replacesNarrower: replacesNarrower)
    }
}

extension IPAddress {
    fileprivate var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }
}

extension AddressBlock {
    /// A block of ::ffff:a.b.c.d as the IPv4 block that its clients are in.
    fileprivate var unmapped: AddressBlock {
        let isMapped =
            address.family == .v6 && address.high == 0 && address.low >> 32 == 0xffff && mask.high == .max
            && mask.low >> 32 == 0xffff_ffff
        guard isMapped else { return self }
        return AddressBlock(
            address: IPAddress(family: .v4, high: 0, low: address.low),
            mask: IPAddress(family: .v4, high: 0, low: mask.low))
    }

    /// The bits of an address that the mask leaves free.
    private var free: UInt128 { ~mask.bits & (address.family == .v4 ? 0xffff_ffff : .max) }

    /// Whether the mask is a prefix: ones, then zeros.
    var isPrefix: Bool { free & (free &+ 1) == 0 }

    fileprivate var first: UInt128 { address.bits }

    /// The last address of a prefix.
    fileprivate var last: UInt128 { address.bits | free }
}
