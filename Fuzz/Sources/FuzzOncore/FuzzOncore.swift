import DecoderPromises
import FuzzDriver

/// Oncore messages of any content: the decoder must not trap, and what it hands out must keep its promises.
///
/// The first byte chooses the pivot and where the rest is cut in two; the cut must not change the events. The rest is made
/// messages with the right length and checksum, which chance seldom finds.
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
@_cdecl("FuzzOncore_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
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
