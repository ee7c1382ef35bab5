import CNettle

/// SHA-1 (FIPS 180-4 §6.1), only where a file format prescribes it: it protects against accidents, not attackers.
public enum SHA1 {
    /// The digest of a message as five big-endian words.
    public static func words(of message: [UInt8]) -> [UInt32] {
        var context = sha1_ctx()
        var digest = [UInt8](repeating: 0, count: Int(SHA1_DIGEST_SIZE))
        // SAFETY: nettle reads `message.count` bytes and writes 20 into a buffer of 20; nothing outlives the calls.
        unsafe nettle_sha1_init(&context)
        unsafe message.withUnsafeBufferPointer { unsafe nettle_sha1_update(&context, $0.count, $0.baseAddress) }
        unsafe nettle_sha1_digest(&context, digest.count, &digest)
        return (0..<5).map { word in digest[word * 4..<word * 4 + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    }
}
