import Authentication
import ConfigurationLanguage
import FuzzDriver

/// The reader of keys files on any bytes: it must not trap, and every key that it takes must be of use.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        let (descriptions, diagnostics) = KeysFile.parse(input, file: "keys")
        let lengths = lineLengths(input)
        for diagnostic in diagnostics {
            precondition(lengths.indices.contains(diagnostic.line - 1), "a line that is not there")
            precondition((1...max(1, lengths[diagnostic.line - 1])).contains(diagnostic.column), "a column beyond")
        }
        for (one, next) in zip(descriptions, descriptions.dropFirst()) {
            precondition(one.identifier < next.identifier, "out of order")
        }
        let keys = SymmetricKeys(descriptions, text: input)
        precondition(keys.count == descriptions.count)
        for description in descriptions { check(description, keys, size: input.count) }
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzKeys_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// Bytes of each line.
private func lineLengths(_ text: Span<UInt8>) -> [Int] {
    var lengths = [0]
    for index in 0..<text.count {
        if text[index] == 0x0a { lengths.append(0) } else { lengths[lengths.count - 1] += 1 }
    }
    return lengths
}

/// A key lies in the text, and signs a packet so that it is proven: with 16 bytes, or with 20.
private func check(_ key: KeyDescription, _ keys: borrowing SymmetricKeys, size: Int) {
    precondition(key.identifier > 0 && key.length > 0, "no key")
    precondition((0...size).contains(key.secret.lowerBound) && key.secret.upperBound <= size, "not in the text")
    let provenLengths = [16, 20].filter { length in
        var packet = [UInt8](repeating: 0x5a, count: 48)
        packet += (0..<4).map { UInt8(truncatingIfNeeded: key.identifier >> (24 - 8 * $0)) }
        packet += [UInt8](repeating: 0, count: length)
        var span = packet.mutableSpan
        keys.sign(&span, authenticator: 48..<52 + length)
        return keys.verify(packet.span, authenticator: 48..<52 + length)
    }
    precondition(provenLengths.count == 1, "a key that proves nothing")
}
