/// Cuts what gpsd sends into lines.
///
/// A line ends with LF, before which CR is dropped; a line that is too long is dropped to its end. Memory is taken once.
public struct GPSDLines: Sendable {
    /// The longest line in bytes, without its end: GPS_JSON_RESPONSE_MAX of gpsd's gps.h, 3.22 ... 3.27.
    public static let longestLine = 10_240

    /// Where the line stands that `take` has found: the first `count` bytes. The rest is left over from others.
    public private(set) var text: [UInt8]
    /// Bytes of the line.
    public private(set) var count = 0

    /// Whether the line is finished, so that the next byte begins another.
    private var isFinished = false
    /// Whether the line is too long.
    private var isTooLong = false

    /// A cutter that begins at the start of a line.
    public init() {
        text = [UInt8](repeating: 0, count: Self.longestLine)
    }

    /// Takes bytes up to the end of a line.
    ///
    /// - Parameters:
    ///   - bytes: what has come.
    ///   - offset: where to go on; moved behind what was taken.
    /// - Returns: whether a line is there, in `text` until the next call; empty lines are none.
    public mutating func take(_ bytes: Span<UInt8>, from offset: inout Int) -> Bool {
        if isFinished { (count, isFinished) = (0, false) }
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\n") {
                if endLine() { return true }
            } else if count < text.count {
                text[count] = byte
                count += 1
            } else {
                isTooLong = true
            }
        }
        return false
    }

    /// Ends the line; false where there is nothing in it that counts.
    private mutating func endLine() -> Bool {
        if isTooLong {
            (count, isTooLong) = (0, false)
            return false
        }
        if count > 0, text[count - 1] == UInt8(ascii: "\r") { count -= 1 }
        isFinished = count > 0
        return isFinished
    }
}
