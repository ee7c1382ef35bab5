/// How a symmetric key and a message become a digest.
///
/// Hashes are taken of the key followed by the message (RFC 5905 §7.3); CMAC is RFC 8573's.
public enum DigestAlgorithm: String, CaseIterable, Sendable {
    /// MD5, 16 bytes; the only one that every client knows, and broken.
    case md5 = "MD5"
    /// SHA-1, 20 bytes.
    case sha1 = "SHA1"
    /// SHA-2 with 28 bytes.
    case sha224 = "SHA224"
    /// SHA-2 with 32 bytes.
    case sha256 = "SHA256"
    /// SHA-2 with 48 bytes.
    case sha384 = "SHA384"
    /// SHA-2 with 64 bytes.
    case sha512 = "SHA512"
    /// SHA-3 with 28 bytes.
    case sha3x224 = "SHA3-224"
    /// SHA-3 with 32 bytes.
    case sha3x256 = "SHA3-256"
    /// SHA-3 with 48 bytes.
    case sha3x384 = "SHA3-384"
    /// SHA-3 with 64 bytes.
    case sha3x512 = "SHA3-512"
    /// CMAC with AES-128, 16 bytes (RFC 8573).
    case aes128CMAC = "AES128CMAC"
    /// CMAC with AES-256, 16 bytes.
    case aes256CMAC = "AES256CMAC"

    /// The spellings of ntpd, NTPsec and chrony that are not the name itself, without hyphens.
    private static let otherNames: [String: DigestAlgorithm] = [
        "M": .md5, "AES": .aes128CMAC, "AES128": .aes128CMAC, "AES128CBC": .aes128CMAC, "AES256": .aes256CMAC,
        "AES256CBC": .aes256CMAC,
    ]

    /// The algorithm of a keys file's second word, whose case and hyphens do not matter.
    init?(keyType: String) {
        func plain(_ name: String) -> String { name.uppercased().filter { $0 != "-" } }
        let name = plain(keyType)
        let known = Self.allCases.first { plain($0.rawValue) == name } ?? Self.otherNames[name]
        guard let known else { return nil }
        self = known
    }

    /// The one length of key that it takes, bytes; `nil` where any will do.
    public var keyLength: Int? {
        switch self {
        case .aes128CMAC: 16
        case .aes256CMAC: 32
        default: nil
        }
    }
}
