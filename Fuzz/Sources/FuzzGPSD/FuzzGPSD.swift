import FuzzDriver
import GPSDWire
import TimeScale

/// The reader of gpsd's lines on any bytes: it must not trap, and what it hands out must keep its promises.
///
/// The first byte chooses where the rest is cut in two; the cut must not change the lines.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count > 0 else { return }
        let stream = input.extracting(1..<input.count)
        let cut = stream.count * Int(input[0]) / 256
        let whole = lines(stream, stream.count)
        precondition(lines(stream, cut) == whole, "the cut changes the lines")
        for line in whole { check(line) }
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzGPSD_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// The lines of a stream that comes in two pieces.
private func lines(_ stream: Span<UInt8>, _ cut: Int) -> [[UInt8]] {
    var cutter = GPSDLines()
    var found: [[UInt8]] = []
    for piece in [0..<cut, cut..<stream.count] {
        var offset = 0
        while cutter.take(stream.extracting(piece), from: &offset) { found.append(Array(cutter.text[..<cutter.count])) }
        precondition(offset == piece.count, "bytes are left over")
    }
    return found
}

private func check(_ line: [UInt8]) {
    precondition(!line.isEmpty && line.count <= GPSDLines.longestLine && !line.contains(0x0a), "no line")
    do throws(GPSDLineError) {
        let read = try GPSDLine(line.span)
        precondition(line.count >= 12, "a class in fewer bytes than it needs")
        precondition(read.device?.utf8.allSatisfy { (0x20...0x7e).contains($0) } ?? true, "not printable")
        let spaced = [0x20] + line + [0x09, 0x20]
        let again = try? GPSDLine(spaced.span)
        precondition(again == read, "blanks around it change the line")
        if read.kind == .timeOffset { _ = try read.timeOffset() }
        guard read.kind == .pulse else { return }
        let pulse = try read.pulse()
        precondition((-32...0).contains(pulse.precision ?? 0), "a precision that is none")
        precondition((-1_000_000...1_000_000).contains(pulse.quantisationError ?? 0), "an error that is none")
    } catch {
        if case .notAnObject(let offset) = error { precondition((0...line.count + 1).contains(offset), "beyond") }
    }
}
