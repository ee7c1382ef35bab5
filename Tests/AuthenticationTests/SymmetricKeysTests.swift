import Authentication
import ConfigurationLanguage
import NTPServer
import Testing

@Suite("Symmetric keys")
struct SymmetricKeysTests {
    /// The digests of "abc": RFC 1321 §A.5 (MD5), FIPS 180-4 and FIPS 202 examples (SHA), all as Python's hashlib computes
    /// them. The key is "a" and the message "bc", because a hash is taken of one after the other (RFC 5905 §7.3).
    @Test(
        "a hash is taken of the key and the message",
        arguments: [
            ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
            ("SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("SHA224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            ("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "SHA384",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    + "8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                "SHA512",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
            ("SHA3-224", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            ("SHA3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            (
                "SHA3-384",
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                    + "98d88cea927ac7f539f1edf228376d25"
            ),
            (
                "SHA3-512",
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                    + "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
            ),
        ])
    func hashes(type: String, digest: String) {
        let keys = keys("1 \(type) ASCII:a")
        let expected = bytes(digest)
        #expect(
            signed(Array("bc".utf8), by: 1, of: keys, length: expected.count) == Array("bc".utf8) + [0, 0, 0, 1]
                + expected)
    }

    /// The message of RFC 4493 §4 and NIST SP 800-38B appendix D.
    private static let message = bytes(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
            + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")

    /// RFC 4493 §4 and SP 800-38B §D.1 for AES-128, §D.3 for AES-256; `openssl mac` gives the same.
    @Test(
        "CMAC is that of the published examples",
        arguments: [
            ("AES128", 0, "bb1d6929e95937287fa37d129b756746"),
            ("AES128", 16, "070a16b46b4d4144f79bdd9dd04a287c"),
            ("AES128", 40, "dfa66747de9ae63030ca32611497c827"),
            ("AES128", 64, "51f0bebf7e3b9d92fc49741779363cfe"),
            ("AES256", 0, "028962f61b7bf89efc6b551f4667d983"),
            ("AES256", 16, "28a7023f452e8f82bd4bf28d8c37c35c"),
            ("AES256", 40, "aaf3d8f1de5640c232f5b169b9c911e6"),
            ("AES256", 64, "e1992190549f6ed5696a2c056c315410"),
        ] as [(String, Int, String)])
    func cmac(type: String, count: Int, digest: String) {
        let key =
            type == "AES128"
            ? "2b7e151628aed2a6abf7158809cf4f3c" : "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
        let keys = keys("7 \(type) HEX:\(key)")
        let message = Array(Self.message[..<count])
        #expect(signed(message, by: 7, of: keys, length: 16) == message + [0, 0, 0, 7] + bytes(digest))
    }

    private static let packet = [0x23] + (1..<48).map { UInt8($0 * 5 & 0xff) }

    /// Python: hashlib.md5(key + packet), hashlib.sha256(key + packet).
    @Test("a key of ntpd's file signs a packet, and a long digest is cut to what there is room for")
    func packets() {
        let keys = keys("1 MD5 secretmd5key\n2 SHA256 00112233445566778899aabbccddeeff00112233\n")
        let md5 = bytes("514414401a2893b23c45457a4d3b4bc4")
        let sha256 = bytes("35f25b7cf28b4b99e8f66bef3c4b6b9c448de9718c862e869827068e0c1539f7")
        #expect(signed(Self.packet, by: 1, of: keys, length: 16) == Self.packet + [0, 0, 0, 1] + md5)
        #expect(signed(Self.packet, by: 2, of: keys, length: 20) == Self.packet + [0, 0, 0, 2] + sha256[..<20])
        #expect(signed(Self.packet, by: 2, of: keys, length: 32) == Self.packet + [0, 0, 0, 2] + sha256)
    }

    /// Full digests are chrony's before version 4; 20 bytes those of ntpd, and of chrony in version 4.
    private static let lengths: [(type: String, accepted: Set<Int>)] = [
        ("MD5", [16]), ("SHA1", [20]), ("SHA224", [20, 28]), ("SHA256", [20, 32]), ("SHA384", [20, 48]),
        ("SHA512", [20, 64]), ("AES128", [16]), ("AES256", [16]),
    ]

    @Test(
        "a digest proves a packet whole or cut to 20 bytes, and in no other length",
        arguments: SymmetricKeysTests.lengths.indices)
    func digestLengths(row: Int) {
        let (type, accepted) = Self.lengths[row]
        let keys = keys("1 \(type) HEX:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        for length in 0...64 {
            let packet = signed(Self.packet, by: 1, of: keys, length: length)
            let isProven = keys.verify(packet.span, authenticator: 48..<packet.count)
            #expect(isProven == accepted.contains(length), "\(length)")
        }
    }

    @Test("one bit changed anywhere proves nothing", arguments: ["MD5", "SHA1", "SHA512", "AES128", "AES256"])
    func changes(type: String) {
        let keys = keys("1 \(type) HEX:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        let packet = signed(Self.packet, by: 1, of: keys, length: ["MD5", "AES128", "AES256"].contains(type) ? 16 : 20)
        let isProven = keys.verify(packet.span, authenticator: 48..<packet.count)
        #expect(isProven)
        for bit in 0..<packet.count * 8 {
            var changed = packet
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let isStillProven = keys.verify(changed.span, authenticator: 48..<changed.count)
            #expect(!isStillProven, "bit \(bit)")
        }
    }

    @Test("a key is found among many by all four bytes of its identifier")
    func identifiers() {
        let numbers: [UInt32] = [1, 2, 255, 256, 65_535, 65_536, 0x0100_0000, .max]
        let keys = keys(numbers.map { "\($0) MD5 key-number-\($0)" }.shuffled().joined(separator: "\n"))
        let count = keys.count
        #expect(count == numbers.count)
        for number in numbers + [0, 3, 254, 257, 65_534, .max - 1] {
            var packet = Self.packet + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
            packet += [UInt8](repeating: 0, count: 16)
            let unsigned = packet
            var span = packet.mutableSpan
            keys.sign(&span, authenticator: 48..<68)
            #expect((packet != unsigned) == numbers.contains(number), "\(number)")
            let isProven = keys.verify(packet.span, authenticator: 48..<68)
            #expect(isProven == numbers.contains(number), "\(number)")
        }
    }

    @Test("without keys nothing is proven and nothing signed")
    func noKeys() {
        let keys = SymmetricKeys()
        let isEmpty = keys.isEmpty
        #expect(isEmpty)
        let packet = signed(Self.packet, by: 1, of: keys, length: 16)
        #expect(packet == Self.packet + [0, 0, 0, 1] + [UInt8](repeating: 0, count: 16))
        let isProven = keys.verify(packet.span, authenticator: 48..<68)
        #expect(!isProven)
    }

    /// ntpd's a_md5encrypt.c: a CMAC key that is too short is filled with zeros, one that is too long is cut.
    @Test(
        "a CMAC key of the wrong length is the one that ntpd makes of it",
        arguments: [
            ("AES128CMAC abc", "AES128CMAC HEX:61626300000000000000000000000000"),
            (
                "AES128CMAC 000102030405060708090a0b0c0d0e0f1011121314151617",
                "AES128CMAC HEX:000102030405060708090a0b0c0d0e0f"
            ),
        ])
    func adjustedKeys(written: String, meant: String) {
        let one = keys("1 " + written)
        let other = keys("1 " + meant)
        #expect(
            signed(Self.packet, by: 1, of: one, length: 16) == signed(Self.packet, by: 1, of: other, length: 16))
    }

    @Test("a key may be longer than the blocks of its hash", arguments: [64, 65, 200, 512])
    func longKeys(count: Int) {
        // The hash of a key of `count` letters and the packet is that of a key of one letter less, and the packet after it.
        let whole = keys("1 SHA256 ASCII:\(String(repeating: "k", count: count))")
        let shorter = keys("1 SHA256 ASCII:\(String(repeating: "k", count: count - 1))")
        let letter = UInt8(ascii: "k")
        let one = signed(Self.packet, by: 1, of: whole, length: 32).suffix(32)
        let other = signed([letter] + Self.packet, by: 1, of: shorter, length: 32).suffix(32)
        #expect(one == other)
    }

    /// RFC 8573 and ntpd: 16 bytes of MD5 and AES-CMAC, 20 of SHA-1, and of longer digests the first 20.
    @Test("an authenticator that is sent unasked has a key identifier and 16 or 20 bytes of digest")
    func authenticatorLengths() {
        let keys = keys("1 MD5 a\n2 SHA1 a\n3 SHA512 a\n4 AES128 HEX:000102030405060708090a0b0c0d0e0f\n")
        let lengths = (1...5 as ClosedRange<UInt32>).map { keys.authenticatorLength(of: $0) }
        #expect(lengths == [20, 24, 24, 20, nil])
    }
}
