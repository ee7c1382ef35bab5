import Authentication
import ConfigurationLanguage
import NTPServer
import Testing

/// What stands behind the header of a request, named by how it was made; the conformance table never parses it.
struct RequestShape {
    /// Extension fields.
    enum Fields: CaseIterable {
        case none
        /// One of unknown type, 28 bytes.
        case unknown
        /// One of 16 bytes, the shortest; an authenticator must follow.
        case shortest
        /// One of 24 bytes; where nothing follows, as long as an authenticator.
        case ambiguous
        /// One of 1024 bytes.
        case long
        /// Two of unknown type, 16 and 28 bytes.
        case two
        /// 12 bytes that say so: shorter than any field.
        case short
        /// 30 bytes that say so: no multiple of four.
        case unaligned
        /// 28 bytes that say they are none.
        case zeroLength
        /// 28 bytes that say they are 512.
        case beyondEnd

        var isWellFormed: Bool { [.none, .unknown, .shortest, .ambiguous, .long, .two].contains(self) }

        fileprivate var bytes: [UInt8] {
            switch self {
            case .none: []
            case .unknown: Self.field(28, says: 28)
            case .shortest: Self.field(16, says: 16)
            case .ambiguous: Self.field(24, says: 24)
            case .long: Self.field(1024, says: 1024)
            case .two: Self.field(16, says: 16) + Self.field(28, says: 28)
            case .short: Self.field(12, says: 12)
            case .unaligned: Self.field(30, says: 30)
            case .zeroLength: Self.field(28, says: 0)
            case .beyondEnd: Self.field(28, says: 512)
            }
        }

        private static func field(_ length: Int, says: Int) -> [UInt8] {
            [0x7f, 0x01, UInt8(says >> 8), UInt8(says & 0xff)] + [UInt8](repeating: 0xa5, count: length - 4)
        }
    }

    /// What follows the fields.
    enum Ending: CaseIterable {
        case nothing
        case md5, sha1, cmac
        /// SHA-256, cut to 20 bytes as ntpd and, in version 4, chrony send it.
        case sha256
        /// SHA-256 in its whole length, as chrony sends it before version 4.
        case sha256Whole
        /// An MD5 or SHA-1 digest with a wrong bit.
        case wrongMD5, wrongSHA1
        /// A key that the server does not have.
        case unknownKey
        /// Key identifier 0, with a digest.
        case keyZero
        /// A member of a Windows domain asks for a signature: no digest (MS-SNTP §2.2.1).
        case zeroDigest
        /// Key identifier 0 without digest.
        case cryptoNAK
        /// MS-SNTP's ExtendedAuthenticator, 72 bytes (§2.2.3).
        case microsoft

        /// Whether one of the server's keys proves the request.
        var isGood: Bool { key != nil && !isWrong }

        /// Whether it is an authenticator that proves nothing and holds a digest.
        var isBad: Bool { isWrong || self == .unknownKey || self == .keyZero }

        /// Key identifier and digest, bytes.
        var length: Int { unsigned.count }

        private var isWrong: Bool { self == .wrongMD5 || self == .wrongSHA1 }

        /// The key of `serverKeys`.
        fileprivate var key: UInt8? {
            switch self {
            case .md5, .wrongMD5: 1
            case .sha1, .wrongSHA1: 2
            case .cmac: 3
            case .sha256, .sha256Whole: 4
            default: nil
            }
        }

        /// The bytes, before a key has written a digest.
        var unsigned: [UInt8] {
            let digest = [UInt8](repeating: 0, count: 16)
            return switch self {
            case .nothing: []
            case .md5, .wrongMD5: [0, 0, 0, 1] + digest
            case .cmac: [0, 0, 0, 3] + digest
            case .sha1, .wrongSHA1: [0, 0, 0, 2] + digest + [0, 0, 0, 0]
            case .sha256: [0, 0, 0, 4] + digest + [0, 0, 0, 0]
            case .sha256Whole: [0, 0, 0, 4] + digest + digest
            case .unknownKey: [0, 0, 0, 9] + digest.map { _ in 0x5a }
            case .keyZero: [0, 0, 0, 0] + digest.map { _ in 0x5a }
            // Relative identifier 1104, little-endian.
            case .zeroDigest: [0x50, 4, 0, 0] + digest
            case .cryptoNAK: [0, 0, 0, 0]
            case .microsoft: [0x50, 4, 0, 0, 0, 0, 1, 0] + digest + digest + digest + digest
            }
        }
    }

    /// Bytes of one value in place of fields and ending.
    enum Filling: UInt8 {
        case zeros = 0
        case junk = 0x5a
    }

    let fields: Fields
    let ending: Ending
    let filling: Filling?
    /// Of the whole packet, bytes.
    let length: Int

    /// Lengths that clients are known to send, and those next to the borders.
    private static let lengths = [
        0, 1, 47, 48, 49, 52, 56, 60, 64, 68, 72, 76, 80, 84, 96, 100, 112, 116, 120, 124, 1024, 2048,
    ]

    /// Made once, because the conformance table asks for it a hundred thousand times.
    private static let header = Requests.request(version: 0, mode: 0)

    /// Every one of them: fields by endings, and lengths by fillings.
    static let all: [RequestShape] =
        Fields.allCases.flatMap { fields in
            Ending.allCases.map { ending in
                RequestShape(
                    fields: fields, ending: ending, filling: nil, length: 48 + fields.bytes.count + ending.length)
            }
        } + filled(.zeros) + filled(.junk)

    private static func filled(_ filling: Filling) -> [RequestShape] {
        // Up to 48 bytes there is nothing to fill.
        lengths.filter { $0 > 48 || filling == .zeros }.map {
            RequestShape(fields: .none, ending: .nothing, filling: filling, length: $0)
        }
    }

    /// The server's keys.
    static func serverKeys() -> SymmetricKeys {
        let text = Array(
            """
            1 MD5 secretmd5key
            2 SHA1 0123456789abcdef0123456789abcdef01234567
            3 AES128CMAC HEX:000102030405060708090a0b0c0d0e0f
            4 SHA256 secret-of-many-characters

            """.utf8)
        return SymmetricKeys(KeysFile.parse(text.span, file: "keys").0, text: text.span)
    }

    /// The request.
    func request(version: UInt8, mode: UInt8, keys: borrowing SymmetricKeys) -> [UInt8] {
        var header = Self.header
        header[0] = version << 3 | mode
        if let filling {
            return Array((header + [UInt8](repeating: filling.rawValue, count: 2000))[..<length])
        }
        var request = header + fields.bytes + ending.unsigned
        guard ending.key != nil else { return request }
        var span = request.mutableSpan
        keys.sign(&span, authenticator: length - ending.length..<length)
        if !ending.isGood { request[length - 1] ^= 1 }
        return request
    }
}
