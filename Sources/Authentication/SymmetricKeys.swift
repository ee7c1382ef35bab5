// HOT PATH
import CNettle
import ConfigurationLanguage
import NTPServer

/// The symmetric keys of a keys file, ready for use, in memory that is wiped when they are given up.
///
/// A hash has already taken its key in, a cipher has expanded it: a digest costs what the packet costs.
@safe public struct SymmetricKeys: ~Copyable {
    /// Digests longer than this are cut to it, as ntpd does in every version and chrony in version 4, bytes.
    private static let truncatedDigest = 20
    /// Digest of AES-CMAC, bytes (RFC 4493).
    private static let cmacDigest = 16

    /// In the order of their identifiers; owned.
    private let keys: UnsafeMutableBufferPointer<cnettle_key>

    /// No keys.
    public init() {
        // SAFETY: a buffer without elements points nowhere.
        unsafe keys = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    /// Keys from their descriptions.
    ///
    /// - Parameters:
    ///   - descriptions: in the order of their identifiers, which differ.
    ///   - text: the text that the descriptions were read from.
    public init(_ descriptions: [KeyDescription], text: Span<UInt8>) {
        // SAFETY: every element is initialised here, and stays so until `deinit`.
        unsafe keys = UnsafeMutableBufferPointer.allocate(capacity: descriptions.count)
        unsafe keys.initialize(repeating: cnettle_key())
        for (index, description) in descriptions.enumerated() {
            // SAFETY: the index is one of the buffer.
            unsafe Self.set(&keys[index], description, text: text)
        }
    }

    /// The same keys once more, for another thread that would else share their memory with this one's.
    public borrowing func copy() -> SymmetricKeys { SymmetricKeys(copying: self) }

    private init(copying other: borrowing SymmetricKeys) {
        // SAFETY: every element is initialised here; a key holds no pointer to itself or to what it owns.
        unsafe keys = UnsafeMutableBufferPointer.allocate(capacity: other.keys.count)
        _ = unsafe keys.initialize(fromContentsOf: other.keys)
    }

    deinit {
        // SAFETY: the buffer is this value's own; its elements are trivial, so that wiping destroys them.
        unsafe cnettle_wipe(keys.baseAddress, keys.count * MemoryLayout<cnettle_key>.stride)
        unsafe keys.deallocate()
    }

    /// How many keys there are.
    public var count: Int {
        // SAFETY: no element is touched.
        unsafe keys.count
    }

    private static func set(_ key: inout cnettle_key, _ description: KeyDescription, text: Span<UInt8>) {
        // SAFETY: a field without pointers.
        unsafe key.identifier = description.identifier
        let length = description.algorithm.keyLength ?? description.length
        // SAFETY: the temporary buffer has `length` bytes, all of them written before they are read, and is wiped; the
        // setters read 16 or 32 bytes for a cipher, which `keyLength` is, and `length` for a hash.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { secret in
            for index in 0..<length { unsafe secret[index] = byte(index, of: description, text: text) }
            switch description.algorithm {
            case .aes128CMAC: unsafe cnettle_set_aes128(&key, secret.baseAddress)
            case .aes256CMAC: unsafe cnettle_set_aes256(&key, secret.baseAddress)
            default:
                guard let hash = unsafe nettle_lookup_hash(description.algorithm.nettleName) else {
                    preconditionFailure("nettle has the hash \(description.algorithm)")
                }
                unsafe cnettle_set_hash(&key, hash, length, secret.baseAddress)
            }
            unsafe cnettle_wipe(secret.baseAddress, length)
        }
    }

    /// A byte of a secret; 0 behind its end.
    private static func byte(_ index: Int, of key: KeyDescription, text: Span<UInt8>) -> UInt8 {
        guard index < key.length else { return 0 }
        let first = key.secret.lowerBound
        guard key.isHexadecimal else { return text[first + index] }
        return nibble(text[first + 2 * index]) << 4 | nibble(text[first + 2 * index + 1])
    }

    /// The value of a hexadecimal digit in ASCII: letters have bit 6 set, and `a` and `A` end in 1.
    private static func nibble(_ digit: UInt8) -> UInt8 { digit & 0x0f + (digit >> 6) * 9 }

    /// The place of the key that stands at an offset of a packet; `nil` where there is none.
    private func index(namedIn packet: Span<UInt8>, at offset: Int) -> Int? {
        var identifier: UInt32 = 0
        for index in offset..<offset + 4 { identifier = identifier << 8 | UInt32(packet[index]) }
        return index(of: identifier)
    }

    private func index(of identifier: UInt32) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            // SAFETY: `middle` is below `count`.
            if unsafe keys[middle].identifier < identifier { low = middle + 1 } else { high = middle }
        }
        // SAFETY: `low` is below `count` where it is looked at.
        return unsafe low < count && keys[low].identifier == identifier ? low : nil
    }

    /// Computes a digest of the first bytes of a packet and returns its length.
    private func digest(
        _ key: Int, _ packet: Span<UInt8>, length: Int, into digest: inout InlineArray<64, UInt8>
    ) -> Int {
        var span = digest.mutableSpan
        let covered = packet.extracting(first: length)
        // SAFETY: nettle reads the bytes covered and writes at most CNETTLE_LONGEST_DIGEST = 64; nothing outlives the
        // call.
        return unsafe covered.withUnsafeBufferPointer { message in
            unsafe span.withUnsafeMutableBufferPointer { room in
                unsafe cnettle_digest(&keys[key], message.count, message.baseAddress, room.baseAddress)
            }
        }
    }
}

// SAFETY: nothing writes to the keys between `init` and `deinit`, so that any number of threads may share them.
extension SymmetricKeys: @unchecked Sendable {}

extension SymmetricKeys: RequestAuthenticator {
    /// Whether there is no key at all.
    public var isEmpty: Bool { count == 0 }

    /// Whether an authenticator proves what precedes it.
    public borrowing func verify(_ packet: Span<UInt8>, authenticator: Range<Int>) -> Bool {
        guard let key = index(namedIn: packet, at: authenticator.lowerBound) else { return false }
        var digest = InlineArray<64, UInt8>(repeating: 0)
        let full = self.digest(key, packet, length: authenticator.lowerBound, into: &digest)
        let count = authenticator.count - 4
        guard count == full || count == min(full, Self.truncatedDigest) else { return false }
        let claimed = packet.extracting(authenticator.upperBound - count..<authenticator.upperBound)
        let expected = digest.span
        // SAFETY: both have the bytes that are compared: `claimed` has `count`, which is at most `full`, and that 64.
        return unsafe claimed.withUnsafeBufferPointer { claimed in
            unsafe expected.withUnsafeBufferPointer { expected in
                unsafe nettle_memeql_sec(claimed.baseAddress, expected.baseAddress, count) == 1
            }
        }
    }

    /// Bytes of an authenticator as a packet ends in that we send unasked.
    public borrowing func authenticatorLength(of key: UInt32) -> Int? {
        guard let index = index(of: key) else { return nil }
        // SAFETY: the index is one of the buffer, and nettle's descriptions of hashes are never freed; CMAC has none.
        let digest = unsafe keys[index].hash.map { unsafe Int($0.pointee.digest_size) } ?? Self.cmacDigest
        return 4 + min(digest, Self.truncatedDigest)
    }

    /// Writes the digest of what precedes a key identifier behind it.
    public borrowing func sign(_ packet: inout MutableSpan<UInt8>, authenticator: Range<Int>) {
        guard let key = index(namedIn: packet.span, at: authenticator.lowerBound) else { return }
        var digest = InlineArray<64, UInt8>(repeating: 0)
        let full = self.digest(key, packet.span, length: authenticator.lowerBound, into: &digest)
        for index in 0..<min(full, authenticator.count - 4) {
            packet[authenticator.lowerBound + 4 + index] = digest[index]
        }
    }
}

extension DigestAlgorithm {
    /// The name by which nettle knows a hash; empty for a cipher.
    fileprivate var nettleName: String {
        switch self {
        case .md5: "md5"
        case .sha1: "sha1"
        case .sha224: "sha224"
        case .sha256: "sha256"
        case .sha384: "sha384"
        case .sha512: "sha512"
        case .sha3x224: "sha3_224"
        case .sha3x256: "sha3_256"
        case .sha3x384: "sha3_384"
        case .sha3x512: "sha3_512"
        case .aes128CMAC, .aes256CMAC: ""
        }
    }
}
