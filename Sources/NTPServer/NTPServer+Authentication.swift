// HOT PATH
import NTPWire

/// Authentication of requests and replies by symmetric keys (RFC 5905 §7.3 and §9.2, RFC 7822, RFC 8573).
extension NTPServer {
    /// Bytes of a reply that ends in a crypto-NAK, key identifier 0 without digest (RFC 5905 §7.3).
    private static let cryptoNAKLength = NTPHeader.length + PacketTail.keyIdentifierLength

    /// Looks at what follows the header of a request, and leaves the key identifier of the reply behind its header.
    ///
    /// - Parameters:
    ///   - buffer: the request; not changed where it is refused.
    ///   - length: its length.
    ///   - header: its header.
    ///   - needsProof: whether a request without authenticator is refused (`notrust`).
    ///   - tellsFailure: whether a client may be told that its authenticator failed.
    ///   - keys: the keys.
    /// - Returns: the length of the reply, or why there is none.
    static func authenticate(
        _ buffer: inout MutableSpan<UInt8>, length: Int, header: NTPHeader, needsProof: Bool, tellsFailure: Bool,
        keys: borrowing some RequestAuthenticator & ~Copyable
    ) -> Verdict {
        switch PacketTail(buffer.span.extracting(first: length), version: header.version) {
        case .malformed: return .refuse(.tail)
        case .plain: return needsProof ? .refuse(.authentication) : .reply(length: NTPHeader.length)
        case .authenticator(let offset):
            let authenticator = offset..<length
            if keys.verify(buffer.span, authenticator: authenticator) {
                for index in 0..<PacketTail.keyIdentifierLength {
                    buffer[NTPHeader.length + index] = buffer[offset + index]
                }
                return .reply(length: NTPHeader.length + authenticator.count)
            }
            let isTold = tellsFailure && deservesCryptoNAK(buffer.span, authenticator: authenticator, header.mode)
            guard isTold, !keys.isEmpty else { return .refuse(.authentication) }
            for index in NTPHeader.length..<cryptoNAKLength { buffer[index] = 0 }
            return .reply(length: cryptoNAKLength)
        }
    }

    /// Whether a client is told that its authenticator failed, as RFC 5905 §9.2 and ntpd do.
    ///
    /// Not in symmetric mode, where the RFC's answer would itself be a packet that asks for one. Not where the digest is
    /// zero: so members of a Windows domain ask for a signature of their domain (MS-SNTP §3.1.5.1).
    private static func deservesCryptoNAK(
        _ request: Span<UInt8>, authenticator: Range<Int>, _ mode: NTPMode
    ) -> Bool {
        guard mode == .client else { return false }
        for index in authenticator.dropFirst(PacketTail.keyIdentifierLength) where request[index] != 0 { return true }
        return false
    }

    /// Signs a reply whose key identifier `authenticate` has left behind the header.
    static func sign(
        _ buffer: inout MutableSpan<UInt8>, length: Int, keys: borrowing some RequestAuthenticator & ~Copyable
    ) {
        guard length > cryptoNAKLength else { return }
        keys.sign(&buffer, authenticator: NTPHeader.length..<length)
    }
}

extension NTPServer.Verdict {
    /// How many of the buffer's bytes are to be sent; `nil` where nothing is.
    public var length: Int? {
        switch self {
        case .reply(let length, _), .kiss(let length): length
        case .refuse: nil
        }
    }

    /// Whether the request was proven, and its reply is to be signed.
    public var isSigned: Bool {
        guard case .reply(let length, _) = self else { return false }
        return length > NTPHeader.length + PacketTail.keyIdentifierLength
    }

    /// Whether the reply tells a client that its authenticator failed.
    public var isCryptoNAK: Bool { self == .reply(length: NTPHeader.length + PacketTail.keyIdentifierLength) }
}
