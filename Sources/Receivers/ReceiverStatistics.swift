/// What a decoder has seen since it was made; every count only grows.
public struct ReceiverStatistics: Sendable {
    /// Bytes taken.
    public internal(set) var bytes: UInt64 = 0
    /// Bytes outside messages: noise, unknown languages, remainders of dropped sentences.
    public internal(set) var skippedBytes: UInt64 = 0
    /// Labels handed out.
    public internal(set) var labels: UInt64 = 0

    /// Indexed by the raw value of the language.
    private var messageCounts = [8 of UInt64](repeating: 0)
    /// Indexed by the raw value of the reason.
    private var rejectionCounts = [48 of UInt64](repeating: 0)

    /// All zero.
    public init() {}

    /// Messages of any language with the right checksum.
    public var messages: UInt64 { ReceiverProtocol.allCases.reduce(0) { $0 + messages(of: $1) } }

    /// Messages of one language with the right checksum.
    public func messages(of language: ReceiverProtocol) -> UInt64 { messageCounts[Int(language.rawValue)] }

    /// How often a reason has rejected a message.
    public func rejections(_ reason: MessageRejection) -> UInt64 { rejectionCounts[Int(reason.rawValue)] }

    mutating func count(_ language: ReceiverProtocol) {
        messageCounts[Int(language.rawValue)] += 1
    }

    mutating func count(_ reason: MessageRejection) {
        rejectionCounts[Int(reason.rawValue)] += 1
    }
}
