/// An IPv4 or IPv6 address, as plain bits.
public struct IPAddress: Hashable, Sendable {
    /// The two kinds of address.
    public enum Family: UInt8, Hashable, Sendable {
        /// 32 bits.
        case v4 = 4
        /// 128 bits.
        case v6 = 6

        /// Bits of an address: 32 or 128.
        public var bitCount: Int { self == .v4 ? 32 : 128 }
    }

    /// The kind of address.
    public let family: Family
    /// The first 64 bits of an IPv6 address; zero for IPv4.
    public let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 bits of an IPv4 address.
    public let low: UInt64

    /// An address from its bits; those that its family has not are dropped.
    public init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        (self.high, self.low) = family == .v4 ? (0, low & 0xffff_ffff) : (high, low)
    }

    /// An address from text: four decimal numbers, or any form of RFC 4291 §2.2, `::ffff:192.0.2.1` included.
    ///
    /// `nil` for everything else: names, zone identifiers (`%eth0`), fewer than four numbers, leading zeros (which
    /// some programs take for octal), brackets.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45 else { return nil }
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(of: bytes[...]) else { return nil }
            let high = groups[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let low = groups[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            self.init(family: .v6, high: high, low: low)
        } else {
            guard let bits = Self.dottedQuad(bytes[...]) else { return nil }
            self.init(family: .v4, high: 0, low: UInt64(bits))
        }
    }

    /// The mask that keeps the first bits of an address; `nil` where the family has not that many.
    public init?(maskOf prefixLength: Int, family: Family) {
        guard (0...family.bitCount).contains(prefixLength) else { return nil }
        switch family {
        case .v4: self.init(family: .v4, high: 0, low: UInt64.max << UInt64(32 - prefixLength))
        case .v6:
            let high = UInt64.max << UInt64(64 - min(prefixLength, 64))
            self.init(family: .v6, high: high, low: UInt64.max << UInt64(128 - max(prefixLength, 64)))
        }
    }

    /// The bytes in network order: 4 or 16.
    public var bytes: [UInt8] {
        let all = [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
        return family == .v4 ? Array(all[12...]) : all
    }

    /// The bits that both addresses have; of one family.
    static func & (left: IPAddress, right: IPAddress) -> IPAddress {
        IPAddress(family: left.family, high: left.high & right.high, low: left.low & right.low)
    }

    /// The eight groups of an IPv6 address.
    private static func groups(of bytes: ArraySlice<UInt8>) -> [UInt16]? {
        guard let gap = firstDoubleColon(in: bytes) else {
            guard let groups = run(of: bytes), groups.count == 8 else { return nil }
            return groups
        }
        let (head, tail) = (bytes[..<gap], bytes[(gap + 2)...])
        guard !head.contains(UInt8(ascii: ".")), let first = head.isEmpty ? [] : run(of: head),
            let last = tail.isEmpty ? [] : run(of: tail), first.count + last.count < 8
        else { return nil }
        return first + Array(repeating: 0, count: 8 - first.count - last.count) + last
    }

    private static func firstDoubleColon(in bytes: ArraySlice<UInt8>) -> Int? {
        let colon = UInt8(ascii: ":")
        return bytes.indices.dropLast().first { bytes[$0] == colon && bytes[$0 + 1] == colon }
    }

    /// Groups of one to four hexadecimal digits between single colons; the last may be a dotted quad.
    private static func run(of bytes: ArraySlice<UInt8>) -> [UInt16]? {
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let quad = dottedQuad(part) else { return nil }
                groups += [UInt16(quad >> 16), UInt16(quad & 0xffff)]
            } else {
                guard (1...4).contains(part.count), let first = part.first, first != UInt8(ascii: "+"),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    /// The bits of four decimal numbers, 0 ... 255 each.
    private static func dottedQuad(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let number = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        return bits
    }
}

/// The addresses that agree with a given one in the bits of a mask.
public struct AddressBlock: Hashable, Sendable {
    /// The address; zero wherever the mask is.
    public let address: IPAddress
    /// The bits that count: usually a prefix, but ntp.conf allows any.
    public let mask: IPAddress

    /// A block from an address and a mask of the same family.
    public init(address: IPAddress, mask: IPAddress) {
        precondition(address.family == mask.family, "address and mask of a block are of one family")
        (self.address, self.mask) = (address & mask, mask)
    }

    /// Every address of a family.
    public static func all(_ family: IPAddress.Family) -> AddressBlock {
        let zero = IPAddress(family: family, high: 0, low: 0)
        return AddressBlock(address: zero, mask: zero)
    }

    /// One address and no other.
    public static func only(_ address: IPAddress) -> AddressBlock {
        AddressBlock(address: address, mask: IPAddress(family: address.family, high: .max, low: .max))
    }
}
