/// A UBX message that is sent: `b5 62`, class, number, length (low byte first), payload, and Fletcher's checksum over all
/// from the class on.
public struct UBXFrame: Equatable, Sendable {
    /// Class and number.
    public let name: MessageName
    /// What it carries.
    public let payload: [UInt8]

    /// A message from class and number and payload.
    public init(_ code: UInt16, _ payload: [UInt8] = []) {
        (name, self.payload) = (MessageName(.ubx, code: UInt64(code)), payload)
    }

    /// UBX-MON-VER without payload: asks the receiver what it is.
    public static let versionQuestion = UBXFrame(0x0a04)

    /// As it goes over the line: the payload and 8 bytes.
    public var bytes: [UInt8] {
        let body = UInt16(name.code).bigEndianBytes + UInt16(payload.count).littleEndianBytes + payload
        var (first, second) = (UInt8(0), UInt8(0))
        for byte in body {
            first &+= byte
            second &+= first
        }
        return [0xb5, 0x62] + body + [first, second]
    }
}

extension FixedWidthInteger {
    /// All bytes, the lowest first, as UBX has them.
    var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }

    /// All bytes, the highest first.
    var bigEndianBytes: [UInt8] { littleEndianBytes.reversed() }
}
