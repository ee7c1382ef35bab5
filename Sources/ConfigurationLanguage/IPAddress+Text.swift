extension IPAddress: CustomStringConvertible {
    /// Numeric text: dotted decimal, or eight groups of hexadecimal digits without abbreviation.
    public var description: String {
        switch family {
        case .v4: bytes.map { String($0) }.joined(separator: ".")
        case .v6:
            [high, low].flatMap { word in (0..<4).map { String(word >> UInt64(48 - 16 * $0) & 0xffff, radix: 16) } }
                .joined(separator: ":")
        }
    }
}

extension AddressBlock {
    /// Whether an address lies in the block.
    public func contains(_ candidate: IPAddress) -> Bool {
        candidate.family == address.family && candidate & mask == address
    }
}
