import NTPWire
import Testing

@Suite("What follows a header")
struct PacketTailTests {
    /// RFC 7822 §3 and §7.5: a field has 16 bytes or more, a multiple of four; the last one 28 or more where no
    /// authenticator follows, because one of 20 or 24 bytes could be taken for it.
    @Test(
        "well-formed fields may fill a packet of version 4",
        arguments: [
            [28], [32], [64], [72], [2000], [16, 28], [28, 28], [16, 16, 16, 40], [24, 28], [20, 32],
        ])
    func wellFormed(lengths: [Int]) {
        #expect(Self.tail(lengths.flatMap(Self.field)) == .plain)
    }

    /// RFC 5905 §7.3: key identifier and MD5 (20 bytes) or SHA-1 digest (24 bytes); RFC 8573 §4: CMAC, 20 bytes.
    @Test(
        "an authenticator may follow the header or fields of 16 bytes and more, whatever its key identifier",
        arguments: [[], [16], [28], [20, 16], [16, 16, 16], [2000]], [20, 24])
    func authenticator(fields: [Int], length: Int) {
        for low in 0...255 as ClosedRange<UInt8> {
            let authenticator = [0, 0, 0, low] + [UInt8](repeating: 0x5a, count: length - 4)
            let tail = fields.flatMap(Self.field) + authenticator
            #expect(Self.tail(tail) == .authenticator(offset: 48 + fields.reduce(0, +)))
        }
    }

    @Test(
        "a last field of 20 or 24 bytes is taken for an authenticator", arguments: [[20], [24], [28, 20], [64, 24]])
    func shortLast(lengths: [Int]) {
        #expect(Self.tail(lengths.flatMap(Self.field)) == .authenticator(offset: 48 + lengths.dropLast().reduce(0, +)))
    }

    @Test("a last field of 16 bytes is malformed", arguments: [[16], [28, 16], [16, 16]])
    func tooShortLast(lengths: [Int]) {
        #expect(Self.tail(lengths.flatMap(Self.field)) == .malformed)
    }

    @Test(
        "a field of an impossible length is malformed",
        arguments: [0, 1, 4, 8, 12, 15, 17, 18, 19, 27, 29, 30, 31, 36, 256, 32_768, 65_532, 65_535])
    func impossible(length: Int) {
        // 32 bytes that say they are `length`.
        #expect(Self.tail(Self.field(length, bytes: 32)) == .malformed)
    }

    @Test(
        "a field that leaves what is neither a field nor an authenticator is malformed",
        arguments: [1, 3, 4, 8, 12, 15])
    func rest(count: Int) {
        #expect(Self.tail(Self.field(28) + [UInt8](repeating: 0, count: count)) == .malformed)
    }

    @Test(
        "a header alone is plain in every version, and up to 19 bytes behind it malformed",
        arguments: 1...4 as ClosedRange<UInt8>)
    func shortTail(version: UInt8) {
        #expect(Self.tail([], version: version) == .plain)
        for count in 1...19 {
            #expect(Self.tail([UInt8](repeating: 0, count: count), version: version) == .malformed, "\(count)")
        }
    }

    /// Version 2 and 3 have no fields; chrony sends long digests whole in them, ntpd cut to 20 bytes. 72 bytes are
    /// MS-SNTP's ExtendedAuthenticator.
    @Test("before version 4 the length alone tells", arguments: [2, 3] as [UInt8])
    func old(version: UInt8) {
        for count in 1...200 {
            let expected: PacketTail =
                switch count {
                case 20, 24, 32, 36, 52, 68: .authenticator(offset: 48)
                case 72: .plain
                default: .malformed
                }
            #expect(Self.tail(Self.field(count + 4).suffix(count), version: version) == expected, "\(count)")
        }
    }

    @Test("version 1 knows nothing behind the header", arguments: [20, 24, 28, 52, 68, 72])
    func first(count: Int) {
        #expect(Self.tail([UInt8](repeating: 0, count: count), version: 1) == .malformed)
    }

    /// Key identifier 0x00000450, then 0x00010450, little-endian: as fields they would be of length 0 and 256.
    @Test(
        "Microsoft's long authenticator is no authenticator",
        arguments: [[0x50, 4, 0, 0], [0x50, 4, 1, 0]] as [[UInt8]])
    func microsoft(identifier: [UInt8]) {
        let tail = identifier + [UInt8](repeating: 0, count: 68)
        #expect(Self.tail(tail, version: 3) == .plain)
        #expect(Self.tail(tail, version: 4) == .plain)
    }

    @Test("the field's type and contents do not matter")
    func contents() {
        #expect(Self.tail([0xff, 0xff, 0, 28] + [UInt8](repeating: 0xff, count: 24)) == .plain)
        #expect(Self.tail([0, 0, 0, 28] + [UInt8](repeating: 0, count: 24)) == .plain)
    }

    private static func tail(_ tail: some Sequence<UInt8>, version: UInt8 = 4) -> PacketTail {
        let packet = [version << 3 | 3] + [UInt8](repeating: 0, count: 47) + tail
        return PacketTail(packet.span, version: version)
    }

    /// A field that is as long as it says.
    private static func field(_ length: Int) -> [UInt8] { field(length, bytes: length) }

    /// Type 0x0104 (Unique Identifier, RFC 8915 §5.3), a length, and filling.
    private static func field(_ length: Int, bytes: Int) -> [UInt8] {
        [0x01, 0x04, UInt8(length >> 8), UInt8(length & 0xff)] + [UInt8](repeating: 0xa5, count: bytes - 4)
    }
}
