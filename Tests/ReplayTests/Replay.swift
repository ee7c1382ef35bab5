import Receivers
import TimeScale

/// The labels that a decoder hands out for a stream.
///
/// - Parameters:
///   - stream: the bytes.
///   - pieceLength: how many bytes each call brings.
///   - pivot: the date before which nothing can be; it plays the part of the build date.
/// - Returns: the labels, in order.
func labels(of stream: [UInt8], inPiecesOf pieceLength: Int, notBefore pivot: Instant) -> [SecondLabel] {
    var decoder = ReceiverDecoder(notBefore: pivot)
    decoder.characterTime = .milliseconds(1)
    var labels: [SecondLabel] = []
    var start = 0
    while start < stream.count {
        let end = min(start + pieceLength, stream.count)
        let arrived = Instant.unixEpoch + .milliseconds(Int64(end - 1))
        // SAFETY: the span lives as long as `stream`, which the call borrows.
        decoder.consume(stream.span.extracting(start..<end), arrived: arrived) { event in
            if case .label(let label) = event { labels.append(label) }
        }
        start = end
    }
    return labels
}
