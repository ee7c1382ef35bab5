import Receivers
import TimeScale

/// Decodes a stream whole and in two pieces, and stops the program where the decoder breaks a promise: the cut must not
/// change the events, and no label may come from before the pivot or from the future.
///
/// - Parameters:
///   - stream: the bytes.
///   - control: chooses the pivot, by its high half, and where the second piece begins, by its low half.
public func checkDecoder(on stream: Span<UInt8>, control: UInt8) {
    let pivot = Instant(nanoseconds: Int64(control >> 4) * 400_000_000 * 1_000_000_000)
    let cut = stream.count * Int(control & 0x0f) / 16
    let end = moment(stream.count)
    var (whole, pieces) = (decoder(pivot), decoder(pivot))
    var (expected, events): ([ReceiverEvent], [ReceiverEvent]) = ([], [])
    whole.consume(stream, arrived: end) { expected.append($0) }
    pieces.consume(stream.extracting(0..<cut), arrived: moment(cut)) { events.append($0) }
    pieces.consume(stream.extracting(cut..<stream.count), arrived: end) { events.append($0) }
    precondition(events == expected, "the cut changes the events")
    for case .label(let label) in events {
        precondition(label.utc >= whole.pivot - .seconds(86_400), "a label before the pivot")
        precondition(label.arrived < end, "a label from the future")
        precondition((0...3).contains(label.weekRollovers), "too many rollovers")
    }
}

private func decoder(_ pivot: Instant) -> ReceiverDecoder {
    var decoder = ReceiverDecoder(notBefore: pivot)
    decoder.characterTime = .milliseconds(1)
    return decoder
}

/// When the byte before an offset arrives.
private func moment(_ offset: Int) -> Instant { .unixEpoch + .milliseconds(Int64(offset)) }
