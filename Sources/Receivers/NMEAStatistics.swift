/// What a decoder has seen since it was made; every count only grows.
public struct NMEAStatistics: Sendable {
    /// Bytes taken.
    public internal(set) var bytes: UInt64 = 0
    /// Bytes outside sentences: noise, other protocols, remainders of dropped sentences.
    public internal(set) var skippedBytes: UInt64 = 0
    /// Sentences with the right checksum, of any kind.
    public internal(set) var sentences: UInt64 = 0
    /// Labels handed out.
    public internal(set) var labels: UInt64 = 0

    /// Indexed by the raw value of the reason.
    private var counts = [32 of UInt64](repeating: 0)

    /// All zero.
    public init() {}

    /// How often a reason has rejected a sentence.
    public func rejections(_ reason: NMEARejection) -> UInt64 { counts[Int(reason.rawValue)] }

    mutating func count(_ reason: NMEARejection) {
        counts[Int(reason.rawValue)] += 1
    }
}
