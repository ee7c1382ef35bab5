/// The part of a version 4 packet between its header and its authenticator (RFC 7822).
public enum ExtensionFields {
    /// Shortest field, and shortest last field where no authenticator follows (RFC 7822 §7.5).
    private static let shortestField = 16
    private static let shortestLastField = 28

    /// Whether everything after the header is well-formed extension fields, with no authenticator behind them.
    ///
    /// - Parameter bytes: the whole packet, header included.
    /// - Returns: `false` where a length is below 16, no multiple of 4, or beyond the end, or where what is left at
    ///   the end could be an authenticator (20 or 24 bytes).
    public static func fill(_ bytes: Span<UInt8>) -> Bool {
        var offset = NTPHeader.length
        var lastLength = 0
        while bytes.count - offset >= shortestField {
            let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
            guard length >= shortestField, length % 4 == 0, length <= bytes.count - offset else { return false }
            offset += length
            lastLength = length
        }
        return offset == bytes.count && lastLength >= shortestLastField
    }
}
