import TimeScale

struct TSIPState: Sendable {}

public enum TSIPMessage: Equatable, Sendable {
    case other

    static func hasSubcode(_ identifier: UInt8) -> Bool {
        identifier == 0x8f || identifier >= 0xa0 && identifier < 0xb0
    }

    static func parse(_ packet: Span<UInt8>) throws(MessageRejection) -> TSIPMessage? { nil }
}

extension ReceiverDecoder {
    mutating func take(
        _ message: TSIPMessage, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        .ignored
    }
}
