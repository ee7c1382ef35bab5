/// The symmetric keys that requests are proven and replies signed with.
///
/// A generic parameter of the server and never an existential: signing must not allocate.
public protocol RequestAuthenticator: ~Copyable {
    /// Whether there is no key at all: then nobody is told that an authenticator failed.
    var isEmpty: Bool { get }

    /// Whether an authenticator proves what precedes it; takes the same time wherever a digest begins to differ.
    ///
    /// - Parameters:
    ///   - packet: a packet.
    ///   - authenticator: where its key identifier, four bytes, and its digest stand.
    /// - Returns: `false` also where the key is not known, or the digest not as long as the key's.
    borrowing func verify(_ packet: Span<UInt8>, authenticator: Range<Int>) -> Bool

    /// Bytes of an authenticator, key identifier and digest, as a packet ends in that we send unasked.
    ///
    /// - Parameter key: the identifier of a key.
    /// - Returns: `nil` where the key is not known.
    borrowing func authenticatorLength(of key: UInt32) -> Int?

    /// Writes the digest of what precedes a key identifier behind it.
    ///
    /// - Parameters:
    ///   - packet: a packet with the identifier of a key that is known.
    ///   - authenticator: where the key identifier stands, and the digest, in the length that `verify` has accepted or
    ///     `authenticatorLength` told.
    borrowing func sign(_ packet: inout MutableSpan<UInt8>, authenticator: Range<Int>)
}
