import DecoderPromises
import FuzzDriver

/// The NMEA decoder on any bytes: it must not trap, and what it hands out must keep its promises.
///
/// The first byte chooses the pivot and where the rest is cut in two; the cut must not change the events. The rest goes
/// in once as it is, and once with each line made a sentence with the right checksum, which chance seldom finds.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count > 0 else { return }
        checkDecoder(on: input.extracting(1..<input.count), control: input[0])
        let sentences = withChecksums(input)
        checkDecoder(on: sentences.span, control: input[0])
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzNMEA_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// The lines of an input, less its first byte, as sentences with `$` and checksum.
private func withChecksums(_ input: Span<UInt8>) -> [UInt8] {
    let bytes = (1..<input.count).map { input[$0] }
    return bytes.split(separator: UInt8(ascii: "\n")).flatMap { line in
        let sum = line.reduce(0, ^)
        let digits = String(UInt16(sum) + 0x100, radix: 16).utf8.dropFirst()
        return [UInt8(ascii: "$")] + line + [UInt8(ascii: "*")] + digits + [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
}
