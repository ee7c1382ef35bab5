// HOT PATH

/// A packet as it went through a network card, with the headers of the layers below.
public enum Frame {
    /// Bytes of a UDP header.
    private static let headerLength = 8
    /// An NTP header and the longest authenticator.
    private static let longestPacket = 116

    /// Where the NTP packet begins that ends a frame.
    ///
    /// The kernel gives a packet that has left back with all its headers, and says nothing of their length; so the length
    /// in the UDP header, which stands right before the packet, has to fit.
    ///
    /// - Parameter frame: the bytes of a frame to its end.
    /// - Returns: the offset of the NTP header; `nil` where none is found.
    public static func packetOffset(in frame: Span<UInt8>) -> Int? {
        var length = NTPHeader.length
        while length <= longestPacket {
            let offset = frame.count - length
            guard offset >= headerLength else { return nil }
            let told = Int(frame[offset - 4]) << 8 | Int(frame[offset - 3])
            if told == length + headerLength { return offset }
            length += 4
        }
        return nil
    }
}
