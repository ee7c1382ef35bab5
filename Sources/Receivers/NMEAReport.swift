/// A sentence about the receiver rather than about the time.
public enum NMEAReport: Equatable, Sendable {
    case other

    static func parse(_ text: Span<UInt8>) throws(MessageRejection) -> NMEAReport? { nil }
}

extension ReceiverDecoder {
    mutating func take(_ report: NMEAReport, _ handle: (ReceiverEvent) -> Void) -> Conclusion { .ignored }
}
