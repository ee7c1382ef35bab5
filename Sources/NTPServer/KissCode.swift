import TimeScale

/// Why a client is told to ask less or no more (RFC 5905 §7.4).
public enum KissCode: Equatable, Sendable, CaseIterable {
    /// DENY: the server denies access (`noserve`, `deny`).
    case denied
    /// RSTR: local policy denies access (`notrust`, to a request without a key).
    case restricted
    /// RATE: the client asks too often.
    case rateExceeded

    /// The code, which stands in place of the reference identifier.
    public var referenceID: ReferenceID {
        switch self {
        case .denied: ReferenceID(bits: 0x4445_4e59)
        case .restricted: ReferenceID(bits: 0x5253_5452)
        case .rateExceeded: ReferenceID(bits: 0x5241_5445)
        }
    }
}
