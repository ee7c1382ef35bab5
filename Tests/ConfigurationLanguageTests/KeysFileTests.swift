import ConfigurationLanguage
import SimulatedWorld
import Testing

@Suite("Keys files")
struct KeysFileTests {
    /// A key with its secret as the file writes it.
    private struct Key: Equatable {
        let identifier: UInt32
        let algorithm: DigestAlgorithm
        let secret: String
        let isHexadecimal: Bool
    }

    private static func parse(_ text: [UInt8]) -> (keys: [Key], diagnostics: [Diagnostic]) {
        let (keys, diagnostics) = KeysFile.parse(text.span, file: "keys")
        let read = keys.map {
            Key(
                identifier: $0.identifier, algorithm: $0.algorithm,
                secret: String(decoding: text[$0.secret], as: UTF8.self), isHexadecimal: $0.isHexadecimal)
        }
        return (read, diagnostics)
    }

    private static func parse(_ text: String) -> (keys: [Key], diagnostics: [Diagnostic]) { parse(Array(text.utf8)) }

    private static func key(
        _ identifier: UInt32, _ algorithm: DigestAlgorithm, _ secret: String, isHexadecimal: Bool = false
    ) -> Key {
        Key(identifier: identifier, algorithm: algorithm, secret: secret, isHexadecimal: isHexadecimal)
    }

    private static let forty = "0123456789abcdefABCDEF0123456789abcdef01"

    /// What ntp.keys(5) of ntpd 4.2.8 and NTPsec and chrony.conf(5) say of a line, or what `KeysFile` decides where they
    /// differ.
    private static let lines: [(text: String, key: Key)] = [
        ("1 MD5 secretmd5key", key(1, .md5, "secretmd5key")),
        ("1 M secretmd5key", key(1, .md5, "secretmd5key")),
        ("65535\tmd5\tsecretmd5key\r", key(65_535, .md5, "secretmd5key")),
        ("  2  SHA1  " + forty + "  # a remark", key(2, .sha1, forty, isHexadecimal: true)),
        ("2 SHA-1 " + forty, key(2, .sha1, forty, isHexadecimal: true)),
        // 20 characters are characters, also where they are digits; 21 could be no hexadecimal.
        ("3 SHA256 01234567890123456789", key(3, .sha256, "01234567890123456789")),
        ("3 SHA256 0123456789012345678901", key(3, .sha256, "0123456789012345678901", isHexadecimal: true)),
        ("3 SHA256 012345678901234567890", key(3, .sha256, "012345678901234567890")),
        ("3 SHA256 a-long-key-that-only-chrony-takes", key(3, .sha256, "a-long-key-that-only-chrony-takes")),
        ("4 SHA224 abcdefghij", key(4, .sha224, "abcdefghij")),
        ("4 sha384 abcdefghij", key(4, .sha384, "abcdefghij")),
        ("4 Sha-512 abcdefghij", key(4, .sha512, "abcdefghij")),
        ("4 SHA3-256 abcdefghij", key(4, .sha3x256, "abcdefghij")),
        ("5 AES abcdefghijklmnop", key(5, .aes128CMAC, "abcdefghijklmnop")),
        ("5 AES-128 abcdefghijklmnop", key(5, .aes128CMAC, "abcdefghijklmnop")),
        ("5 AES128CMAC abcdefghijklmnop", key(5, .aes128CMAC, "abcdefghijklmnop")),
        ("5 AES-128-CMAC abcdefghijklmnop", key(5, .aes128CMAC, "abcdefghijklmnop")),
        ("5 AES-128-CBC abcdefghijklmnop", key(5, .aes128CMAC, "abcdefghijklmnop")),
        (
            "5 AES256 HEX:" + forty.prefix(32) + forty.prefix(32),
            key(5, .aes256CMAC, String(forty.prefix(32) + forty.prefix(32)), isHexadecimal: true)
        ),
        ("6 SHA1 HEX:8B96920E7C1B4A6E0F2D", key(6, .sha1, "8B96920E7C1B4A6E0F2D", isHexadecimal: true)),
        ("6 SHA1 ASCII:" + forty, key(6, .sha1, forty)),
        ("6 SHA1 ASCII:key#with#signs", key(6, .sha1, "key#with#signs")),
        ("6 MD5 before#the-remark-that-follows", key(6, .md5, "before")),
        ("4294967295 chronys-oldest-form", key(4_294_967_295, .md5, "chronys-oldest-form")),
        ("7 " + forty, key(7, .md5, forty)),
        ("7 HEX:" + forty, key(7, .md5, forty, isHexadecimal: true)),
        ("7 ASCII:MD5", key(7, .md5, "MD5")),
    ]

    @Test("a line of either file is read as its daemon reads it", arguments: KeysFileTests.lines.indices)
    func oneLine(row: Int) {
        let (text, expected) = Self.lines[row]
        #expect(Self.parse(text).keys == [expected])
    }

    @Test(
        "a line without a key is told and left out, and the others count",
        arguments: [
            ("1", 1), ("0 MD5 abcdefghij", 1), ("-1 MD5 abcdefghij", 1), ("4294967296 MD5 abcdefghij", 1),
            ("0x10 MD5 abcdefghij", 1), ("one MD5 abcdefghij", 1), ("1 MD6 abcdefghij", 3), ("1 N abcdefghij", 3),
            ("1 AES-192 abcdefghij", 3), ("1 SHA1 HEX:", 8), ("1 SHA1 ASCII:", 8), ("1 SHA1 HEX:abc", 8),
            ("1 SHA1 HEX:abcx", 8), ("1 abcdefghijklmnopqrstuvwxyz MD5", 3), ("1 HEX:0g", 3), ("1 MD5#", 3),
        ] as [(String, Int)])
    func badLines(line: String, column: Int) throws {
        guard line != "1 MD5#" else {
            // Two words make chrony's line: the key is "MD5".
            #expect(Self.parse(line).keys == [Self.key(1, .md5, "MD5")])
            return
        }
        let (keys, diagnostics) = Self.parse("8 MD5 the-one-before\n\(line)\n9 MD5 the-one-after\n")
        #expect(keys.map(\.identifier) == [8, 9])
        try #require(diagnostics.count == 1)
        #expect(diagnostics[0].severity == .warning)
        #expect((diagnostics[0].line, diagnostics[0].column) == (2, column))
    }

    @Test("remarks, empty lines and a byte order mark are passed over")
    func remarks() {
        let text = [0xef, 0xbb, 0xbf] + Array("# a\n! b\n; c\n% d\n\n \t\r\n#1 MD5 x\n".utf8)
        #expect(Self.parse(text).keys.isEmpty)
        #expect(Self.parse(text).diagnostics.isEmpty)
        #expect(
            Self.parse([0xef, 0xbb, 0xbf] + Array("1 MD5 abcdefghij".utf8)).keys == [Self.key(1, .md5, "abcdefghij")])
    }

    @Test("keys come in the order of their identifiers, and of equal ones the last counts, with a warning")
    func order() {
        let (keys, diagnostics) = Self.parse("9 MD5 abcdefghij\n2 MD5 abcdefghij\n9 SHA1 klmnopqrst\n")
        #expect(keys == [Self.key(2, .md5, "abcdefghij"), Self.key(9, .sha1, "klmnopqrst")])
        #expect(diagnostics.map(\.line) == [3])
    }

    @Test(
        "keys that can be guessed, or have another length than their type, are used and told",
        arguments: [
            ("1 MD5 123456789", 9), ("1 AES128 abcdefghij", 10),
            ("1 AES128 HEX:00112233445566778899aabbccddeeff00", 17),
            ("1 AES256 abcdefghijklmnop", 16),
        ])
    func quality(line: String, length: Int) {
        let text = Array(line.utf8)
        let (keys, diagnostics) = KeysFile.parse(text.span, file: "keys")
        #expect(keys.map(\.length) == [length])
        #expect(diagnostics.map(\.severity) == [.warning])
    }

    @Test("addresses that may serve time with a key cost a note, and words behind them a warning")
    func more() {
        let (keys, diagnostics) = Self.parse("1 MD5 abcdefghij 10.0.0.1,10.0.1.0/24 more and more")
        #expect(keys.count == 1)
        #expect(diagnostics.map(\.severity) == [.note, .warning])
        #expect(diagnostics.map(\.column) == [18, 39])
    }

    @Test("no message repeats a secret", arguments: KeysFileTests.lines.indices)
    func secrecy(row: Int) {
        let secret = "Zq7-" + String(repeating: "Xw", count: 9)
        let (text, key) = Self.lines[row]
        for line in [
            text.replacing(key.secret, with: secret), "\(secret) MD5 1", "1 \(secret) MD5",
            "1 MD5 x \(secret) \(secret)",
            "1 HEX:\(secret)",
        ] {
            for diagnostic in Self.parse(line).diagnostics {
                #expect(!diagnostic.description.contains("Xw"), "\(diagnostic)")
            }
        }
    }

    @Test("any bytes are read to the end, and keys lie in the text", arguments: [1, 2, 3] as [UInt64])
    func randomBytes(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let alphabet = Array("0123456789 \t\r\n#;!MD5SHAES:HEXASCII-abcdef".utf8) + [0, 0x7f, 0x80, 0xff]
        for _ in 0..<2000 {
            let count = Int.random(in: 0...200, using: &random)
            let text = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            let (keys, diagnostics) = KeysFile.parse(text.span, file: "keys")
            let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
            for key in keys {
                try #require(!key.secret.isEmpty && key.secret.upperBound <= count && key.length > 0, "seed \(seed)")
            }
            for diagnostic in diagnostics {
                try #require(diagnostic.column <= lines[diagnostic.line - 1].count, "seed \(seed)")
            }
        }
    }
}
