/// One value of a u-blox receiver's configuration (generation 9 on).
public struct UBXConfigurationItem: Hashable, Sendable {
    /// The key, as the interface descriptions list it; bits 28 to 30 tell the size of the value.
    public let key: UInt32
    /// The value, as many bits of it as the key says; two's complement where it is signed.
    public let value: UInt64

    /// A value under a key.
    public init(_ key: UInt32, _ value: UInt64) {
        (self.key, self.value) = (key, value)
    }

    /// Bytes of a value under a key: 1, 1, 2, 4 or 8; `nil` for what is no key.
    static func length(ofKey key: UInt32) -> Int? {
        switch key >> 28 & 7 {
        case 1, 2: 1
        case 3: 2
        case 4: 4
        case 5: 8
        default: nil
        }
    }

    /// Reads UBX-CFG-VALGET: version, layer, position, and then keys and values.
    ///
    /// - Throws: `MessageRejection.badLength` where a key is none, or its value is cut off.
    static func parse(values payload: Span<UInt8>) throws(MessageRejection) -> [UBXConfigurationItem] {
        var items: [UBXConfigurationItem] = []
        var offset = 4
        while offset < payload.count {
            guard offset + 4 <= payload.count else { throw .badLength }
            let key = payload.littleUInt32(offset)
            guard let length = length(ofKey: key), offset + 4 + length <= payload.count else { throw .badLength }
            var value: UInt64 = 0
            for index in 0..<length { value |= UInt64(payload[offset + 4 + index]) << (8 * UInt64(index)) }
            items.append(UBXConfigurationItem(key, value))
            offset += 4 + length
        }
        return items
    }
}
