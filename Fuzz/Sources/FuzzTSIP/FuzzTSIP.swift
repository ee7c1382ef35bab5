import DecoderPromises
import FuzzDriver

/// TSIP packets of any content: the decoder must not trap, and what it hands out must keep its promises.
///
/// The first byte chooses the pivot and where the rest is cut in two; the cut must not change the events. The rest is made
/// packets with the right framing and checksum, which chance seldom finds.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count > 0 else { return }
        let packets = packets(input)
        checkDecoder(on: packets.span, control: input[0])
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzTSIP_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// The pieces of an input, less its first byte, as packets.
///
/// Each begins with its length and two identifiers; version 1 gets length, mode and checksum.
private func packets(_ input: Span<UInt8>) -> [UInt8] {
    var packets: [UInt8] = []
    var offset = 1
    while offset + 3 <= input.count {
        let end = min(offset + 3 + Int(input[offset]), input.count)
        let data = (offset + 3..<end).map { input[$0] }
        var body = [input[offset + 1], input[offset + 2]] + data
        if (0x90...0x93).contains(body[0]) || (0xa0...0xa3).contains(body[0]) {
            let length = data.count + 2
            body = [body[0], body[1], UInt8(length >> 8), UInt8(length & 0xff), 2] + data
            body.append(body.reduce(0, ^))
        }
        packets += [0x10] + body.flatMap { $0 == 0x10 ? [0x10, 0x10] : [$0] } + [0x10, 0x03]
        offset = end
    }
    return packets
}
