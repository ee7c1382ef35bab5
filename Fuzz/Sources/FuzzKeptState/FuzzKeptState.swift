import FuzzDriver
import TimeScale
import Timekeeping

/// The reader of a kept state on any bytes: as they are, and with the checksum that makes it look at every line.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        let bytes = (0..<input.count).map { input[$0] }
        check(bytes)
        check(sealed(Array("timeball-state 1\n".utf8) + bytes + [0x0a]))
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzKeptState_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// 2026-11-20T00:00:00Z.
private let now = Instant(nanoseconds: 1_795_132_800_000_000_000)

/// What is read is the same when it was written and is read again.
private func check(_ bytes: [UInt8]) {
    do throws(KeptStateError) {
        let state = try KeptState(text: bytes)
        precondition(abs(state.frequency ?? 0) <= 500e-6, "a frequency beyond the kernel's range")
        let again = try? KeptState(text: Array(state.text.utf8))
        precondition(again == state, "another state when written and read again")
        let padded = try? KeptState(text: Array(state.text.utf8) + [0x0a, 0x0a])
        precondition(padded == state, "line ends behind the checksum are padding")
        precondition(zip(state.leapSeconds, state.leapSeconds.dropFirst()).allSatisfy { $0.since < $1.since })
        _ = RealTimeClockTracking(kept: state.realTimeClock).forecast(at: now)
    } catch {
        if case .malformed(let line) = error {
            precondition(line > 1 && line <= bytes.count { $0 == 0x0a }, "a line that is not there")
        }
    }
}

/// A text with its checksum line, CRC-32 by its definition.
private func sealed(_ body: [UInt8]) -> [UInt8] {
    var checksum: UInt32 = ~0
    for byte in body {
        checksum ^= UInt32(byte)
        for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xedb8_8320 : checksum >> 1 }
    }
    let digits = String(~checksum, radix: 16)
    return body + Array("crc32 \(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)\n".utf8)
}
