/// Which of the last eight polls brought a usable sample (RFC 5905 §13, reach).
public struct ReachRegister: Equatable, Sendable {
    /// The newest poll in the lowest bit.
    public private(set) var bits: UInt8 = 0

    /// A register of a source that was never heard.
    public init() {}

    /// Whether any of the last eight polls succeeded.
    public var isReachable: Bool { bits != 0 }

    /// Begins the next poll.
    public mutating func shift() { bits <<= 1 }

    /// Marks the current poll as successful.
    public mutating func mark() { bits |= 1 }
}
