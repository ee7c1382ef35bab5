import NTPWire
import Testing

@Suite("Extension fields")
struct ExtensionFieldsTests {
    /// RFC 7822 §3 and §7.5: a field has 16 bytes or more, a multiple of four; the last one 28 or more where no
    /// authenticator follows, because one of 20 or 24 bytes could be taken for it.
    @Test(
        "well-formed fields fill the packet",
        arguments: [
            [28], [32], [64], [72], [2000], [16, 28], [28, 28], [16, 16, 16, 40], [24, 28], [20, 32],
        ])
    func wellFormed(lengths: [Int]) {
        #expect(Self.fill(lengths.flatMap(Self.field)))
    }

    @Test(
        "a last field that could be an authenticator is none",
        arguments: [[16], [20], [24], [28, 16], [28, 20], [28, 24], [64, 24]])
    func shortLast(lengths: [Int]) {
        #expect(!Self.fill(lengths.flatMap(Self.field)))
    }

    @Test(
        "a field of an impossible length is malformed",
        arguments: [0, 1, 4, 8, 12, 15, 17, 18, 19, 27, 29, 30, 31, 36, 256, 32_768, 65_532, 65_535])
    func impossible(length: Int) {
        // 32 bytes that say they are `length`.
        #expect(!Self.fill(Self.field(length, bytes: 32)))
    }

    @Test("a field that leaves fewer bytes than a field has is malformed", arguments: [1, 3, 4, 8, 12, 15])
    func rest(count: Int) {
        #expect(!Self.fill(Self.field(28) + [UInt8](repeating: 0, count: count)))
    }

    @Test("tails too short for a field are none, and no tail is no field", arguments: 0...15)
    func shortTail(count: Int) {
        #expect(!Self.fill([UInt8](repeating: 0, count: count)))
    }

    /// RFC 5905 §7.3: key identifier and MD5 (20 bytes) or SHA-1 digest (24 bytes).
    @Test("an authenticator is no field, whatever its key identifier", arguments: [20, 24])
    func authenticator(length: Int) {
        for low in 0...255 as ClosedRange<UInt8> {
            let authenticator = [0, 0, 0, low] + [UInt8](repeating: 0x5a, count: length - 4)
            #expect(!Self.fill(authenticator))
            #expect(!Self.fill(Self.field(28) + authenticator))
        }
    }

    @Test("the field's type and contents do not matter")
    func contents() {
        #expect(Self.fill([0xff, 0xff, 0, 28] + [UInt8](repeating: 0xff, count: 24)))
        #expect(Self.fill([0, 0, 0, 28] + [UInt8](repeating: 0, count: 24)))
    }

    private static func fill(_ tail: [UInt8]) -> Bool {
        let packet = [0x23] + [UInt8](repeating: 0, count: 47) + tail
        return ExtensionFields.fill(packet.span)
    }

    /// A field that is as long as it says.
    private static func field(_ length: Int) -> [UInt8] { field(length, bytes: length) }

    /// Type 0x0104 (Unique Identifier, RFC 8915 §5.3), a length, and filling.
    private static func field(_ length: Int, bytes: Int) -> [UInt8] {
        [0x01, 0x04, UInt8(length >> 8), UInt8(length & 0xff)] + [UInt8](repeating: 0xa5, count: bytes - 4)
    }
}
