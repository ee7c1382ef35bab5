import FuzzDriver
import Receivers
import TimeScale

/// Oncore messages of any content: the decoder must not trap, and what it hands out must keep its promises.
///
/// The first byte chooses the pivot and where the rest is cut in two; the cut must not change the events. The rest is made
/// messages with the right length and checksum, which chance seldom finds.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count > 0 else { return }
        let control = input[0]
        let pivot = Instant(nanoseconds: Int64(control >> 4) * 400_000_000 * 1_000_000_000)
        let sixteenths = Int(control & 0x0f)
        let packets = packets(input)
        check(packets.span, notBefore: pivot, cutAt: sixteenths)
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzOncore_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// Decodes a stream whole and in two pieces.
///
/// - Parameters:
///   - stream: the bytes.
///   - pivot: any moment.
///   - sixteenths: where the second piece begins, 0 ... 15.
private func check(_ stream: Span<UInt8>, notBefore pivot: Instant, cutAt sixteenths: Int) {
    let cut = stream.count * sixteenths / 16
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
        precondition(label.weekRollovers >= 0 && label.weekRollovers <= 6, "too many rollovers")
    }
}

/// The pieces of an input, less its first byte, as messages.
///
/// The first byte of each chooses the message, and as much as that takes follows; what is missing at the end is 0.
private func packets(_ input: Span<UInt8>) -> [UInt8] {
    let kinds: [(letters: String, length: Int)] = [
        ("Ea", 76), ("Ba", 68), ("Ha", 154), ("En", 69), ("Bn", 59), ("Hn", 78), ("Bb", 92), ("Bo", 8), ("Bj", 8),
        ("At", 8), ("Gd", 8), ("As", 20), ("Aw", 8), ("Cj", 294),
    ]
    var packets: [UInt8] = []
    var offset = 1
    while offset < input.count {
        let kind = kinds[Int(input[offset]) % kinds.count]
        let first = offset + 1
        let data = (first..<first + kind.length - 7).map { $0 < input.count ? input[$0] : 0 }
        let body = Array(kind.letters.utf8) + data
        packets += Array("@@".utf8) + body + [body.reduce(0, ^), 0x0d, 0x0a]
        offset = first + data.count
    }
    return packets
}

private func decoder(_ pivot: Instant) -> ReceiverDecoder {
    var decoder = ReceiverDecoder(notBefore: pivot)
    decoder.characterTime = .milliseconds(1)
    return decoder
}

/// When the byte before an offset arrives.
private func moment(_ offset: Int) -> Instant { .unixEpoch + .milliseconds(Int64(offset)) }
