import TimeScale

struct OncoreState: Sendable {}

public enum OncoreMessage: Equatable, Sendable {
    case other

    static func length(_ first: UInt8, _ second: UInt8) -> Int? { nil }

    static func parse(_ packet: Span<UInt8>) throws(MessageRejection) -> OncoreMessage? { nil }
}

extension ReceiverDecoder {
    mutating func take(
        _ message: OncoreMessage, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        .ignored
    }
}
