// HOT PATH

/// What follows the header of a request: extension fields and an authenticator, either, or neither.
///
/// | offset | bytes | part |
/// |---|---|---|
/// | 48 | 16 and more each, a multiple of 4 | extension fields, version 4 only: type (2), length (2), value |
/// | n | 4 | key identifier |
/// | n + 4 | 16 or 20, before version 4 up to 64 | digest of everything before n |
public enum PacketTail: Equatable, Sendable {
    /// No authenticator; extension fields or nothing.
    case plain
    /// An authenticator whose key identifier begins at an offset and whose digest is the rest of the packet.
    case authenticator(offset: Int)
    /// A crypto-NAK or a part of something: nothing that a request can have.
    case malformed

    /// Bytes of a key identifier.
    public static let keyIdentifierLength = 4

    /// Shortest extension field before another or an authenticator; the last before the end has 28 (RFC 7822 §7.5).
    private static let shortestField = 16
    /// Key identifier with a digest of 16 (MD5, CMAC) or 20 bytes (SHA-1, and longer ones cut to that length).
    private static let shortAuthenticators = (20, 24)
    /// Key identifier with SHA-224, 256, 384 or 512 uncut, as chrony sends before version 4.
    private static let longAuthenticators = (32, 36, 52, 68)
    /// MS-SNTP's ExtendedAuthenticator (MS-SNTP §2.2.2): key identifier, four bytes of hints, 64 of checksum.
    private static let microsoftAuthenticator = 72

    /// Tells what follows a header.
    ///
    /// Microsoft's long authenticator counts as nothing: only a domain controller could answer it, and members of a
    /// domain that fall back to plain NTP take a plain reply. Version 1 has no authenticator (RFC 1059).
    ///
    /// - Parameters:
    ///   - packet: a whole packet, 48 bytes at least.
    ///   - version: the packet's, 1 ... 4.
    public init(_ packet: Span<UInt8>, version: UInt8) {
        let tail = packet.count - NTPHeader.length
        if tail == 0 {
            self = .plain
        } else if version == 4, let part = Self.afterFields(packet) {
            self = part
        } else if version == 1 {
            self = .malformed
        } else if tail == Self.microsoftAuthenticator {
            self = .plain
        } else if version < 4, Self.isShort(tail) || Self.isLong(tail) {
            self = .authenticator(offset: NTPHeader.length)
        } else {
            self = .malformed
        }
    }

    /// What follows the extension fields of version 4 (RFC 7822 §7.5); `nil` where they are malformed.
    private static func afterFields(_ packet: Span<UInt8>) -> PacketTail? {
        var offset = NTPHeader.length
        while offset < packet.count {
            let rest = packet.count - offset
            if isShort(rest) { return .authenticator(offset: offset) }
            // A last field of 16 bytes is too short; one of 20 or 24 has been taken for an authenticator.
            guard rest > shortestField else { return nil }
            let length = Int(packet[offset + 2]) << 8 | Int(packet[offset + 3])
            guard length >= shortestField, length % 4 == 0, length <= rest else { return nil }
            offset += length
        }
        return .plain
    }

    private static func isShort(_ length: Int) -> Bool {
        length == shortAuthenticators.0 || length == shortAuthenticators.1
    }

    private static func isLong(_ length: Int) -> Bool {
        let (sha224, sha256, sha384, sha512) = longAuthenticators
        return length == sha224 || length == sha256 || length == sha384 || length == sha512
    }
}
