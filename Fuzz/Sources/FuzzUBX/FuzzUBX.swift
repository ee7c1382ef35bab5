import FuzzDriver
import Receivers
import ReferenceClocks
import TimeScale

/// The decoder on any UBX payloads with the right frame, and the configurator on what it makes of them: neither may trap,
/// and there is never more than one command on its way.
///
/// The first byte chooses the profile and where the stream is cut in two, which must not change the events. Then come
/// messages: which one (as a row of `names`, or the name itself), length, payload; the time that passes goes by the length.
/// From 200 on, a length is so many times 32, of which 64 bytes are given and then come again.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count > 0 else { return }
        let frames = frames(input)
        checkCut(frames.flatMap(\.bytes), sixteenths: Int(input[0] & 0x0f))
        check(frames, profile: profile(input[0] >> 4))
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzUBX_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// Class and number of what the decoder reads.
private let names: [UInt16] = [
    0x0103, 0x0104, 0x0106, 0x0107, 0x0120, 0x0121, 0x0122, 0x0126, 0x0130, 0x0135, 0x013b, 0x0500, 0x0501, 0x0601,
    0x0608, 0x0624, 0x0631, 0x0639, 0x063d, 0x063e, 0x0671, 0x068a, 0x068b, 0x0a04, 0x0a09, 0x0a38, 0x0d01, 0x0d04,
    0x2709,
]

private func frames(_ input: Span<UInt8>) -> [UBXFrame] {
    var frames: [UBXFrame] = []
    var offset = 1
    while offset + 2 < input.count {
        let choice = Int(input[offset])
        let isLong = input[offset + 1] >= 200
        let length = min(isLong ? 64 : Int(input[offset + 1]), input.count - offset - 2)
        let repeated = isLong ? 32 * (Int(input[offset + 1]) - 199) : length
        let payload = (0..<repeated).map { input[offset + 2 + $0 % length] }
        let code = choice < names.count ? names[choice] : UInt16(choice) << 8 | UInt16(input[offset + 2])
        frames.append(UBXFrame(code, payload))
        offset += 2 + length
    }
    return frames
}

private func profile(_ choice: UInt8) -> ReceiverProfile {
    var profile = choice & 1 == 0 ? ReceiverProfile.timing : .navigation
    profile.isSaved = choice & 2 != 0
    if choice & 4 != 0 { profile.constellations = [.gps, .galileo] }
    if choice & 8 != 0 {
        profile.timingMode = .fixed(.geographic(latitude: 47.3, longitude: 8.6, height: 500), accuracy: 1)
    }
    return profile
}

/// Decodes a stream whole and in two pieces.
private func checkCut(_ stream: [UInt8], sixteenths: Int) {
    let cut = stream.count * sixteenths / 16
    var (whole, pieces) = (ReceiverDecoder(notBefore: .unixEpoch), ReceiverDecoder(notBefore: .unixEpoch))
    var (expected, events): ([ReceiverEvent], [ReceiverEvent]) = ([], [])
    whole.consume(stream.span, arrived: .unixEpoch) { expected.append($0) }
    pieces.consume(stream.span.extracting(0..<cut), arrived: .unixEpoch) { events.append($0) }
    pieces.consume(stream.span.extracting(cut..<stream.count), arrived: .unixEpoch) { events.append($0) }
    precondition(events == expected, "the cut changes the events")
}

/// Hands the messages to the configurator one by one, with a right answer to what it has just asked now and then.
private func check(_ frames: [UBXFrame], profile: ReceiverProfile) {
    var decoder = ReceiverDecoder(notBefore: .unixEpoch)
    var configurator = ReceiverConfigurator(profile)
    var now = MonotonicInstant(nanoseconds: 0)
    var last: [UInt8] = []
    for frame in frames {
        var stream = frame.bytes
        // An empty acknowledgement stands for one of the command before.
        if frame.payload.isEmpty, frame.name.code >> 8 == 0x05, last.count > 4 {
            stream = UBXFrame(UInt16(frame.name.code), [last[2], last[3]]).bytes
        }
        var answers: [ReceiverAnswer] = []
        decoder.consume(stream.span, arrived: .unixEpoch) {
            if case .answer(let answer) = $0 { answers.append(answer) }
            if case .reset = $0 { configurator.receiverWasReset() }
        }
        for answer in answers { configurator.take(answer, status: decoder.status, now: now) }
        now = now + .milliseconds(Int64(frame.payload.count) * 40)
        configurator.tick(status: decoder.status, now: now)
        let output = Array(configurator.takeOutput().drop { $0 == 0xff })
        precondition(
            output.isEmpty || output.count == 8 + Int(output[4]) + 256 * Int(output[5]), "more than one command")
        precondition(output.count <= 8 + 4 + 64 * 12, "a command that is too long")
        precondition(configurator.takeNews().count <= 3, "told more than once")
        if !output.isEmpty { last = output }
    }
}
