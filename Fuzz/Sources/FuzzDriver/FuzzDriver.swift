import CFuzzer

/// Runs libFuzzer on the target's `LLVMFuzzerTestOneInput`.
///
/// - Parameters:
///   - argumentCount: `argc` of `main`.
///   - arguments: `argv` of `main`.
/// - Returns: the exit status.
public func runFuzzer(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    var count = argumentCount
    // SAFETY: both come from the C start-up code as they are and outlive the call.
    var values = unsafe arguments
    // SAFETY: the addresses are valid within the call; the callback is a C function of the program.
    return unsafe LLVMFuzzerRunDriver(&count, &values) { data, size in unsafe LLVMFuzzerTestOneInput(data, size) }
}

/// Hands the bytes of one input to a closure.
///
/// - Parameters:
///   - data: what libFuzzer gives; null only for an empty input.
///   - size: number of bytes.
///   - body: the code under test.
public func withInput(_ data: UnsafePointer<UInt8>?, _ size: Int, _ body: (Span<UInt8>) -> Void) {
    // SAFETY: libFuzzer promises `size` readable bytes for the length of the call.
    let buffer = unsafe UnsafeBufferPointer(start: data, count: size)
    unsafe body(buffer.span)
}
