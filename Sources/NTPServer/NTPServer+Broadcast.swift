import NTPWire
import TimeScale

/// Packets that are sent unasked to a broadcast or multicast address (RFC 5905 §3, mode 5).
extension NTPServer {
    /// Makes a broadcast packet, complete, that leaves at once.
    ///
    /// - Parameters:
    ///   - buffer: 72 bytes or more, of which the packet takes the first.
    ///   - state: the state to be served.
    ///   - reading: the clock's reading now.
    ///   - version: 3 or 4.
    ///   - poll: the interval between packets, log₂ s.
    ///   - previous: interleaved mode (RFC 9769 §4): when the packet before really left, in served time; `nil` in basic
    ///     mode, and where that is not known.
    ///   - key: the identifier of the key that signs; `nil` = none.
    ///   - keys: those that the key is one of.
    /// - Returns: the packet's length. `nil`, and nothing is to be sent, where the clock is not synchronised, since
    ///   receivers take what they hear for time, and where the key is not known.
    public static func broadcast(
        into buffer: inout MutableSpan<UInt8>, state: ServerState, at reading: Instant, version: UInt8, poll: Int8,
        previous: NTPTimestamp? = nil, key: UInt32? = nil, keys: borrowing some RequestAuthenticator & ~Copyable
    ) -> Int? {
        guard state.isSynchronised else { return nil }
        let served = state.servedTime(at: reading)
        var header = NTPHeader(requestOfVersion: version, transmitTimestamp: NTPTimestamp(served))
        fill(&header, mode: .broadcast, state: state, at: reading)
        header.poll = poll
        header.originTimestamp = previous ?? .unknown
        header.write(into: &buffer)
        guard let key else { return NTPHeader.length }
        guard let length = keys.authenticatorLength(of: key) else { return nil }
        for index in 0..<PacketTail.keyIdentifierLength {
            buffer[NTPHeader.length + index] = UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * index))
        }
        keys.sign(&buffer, authenticator: NTPHeader.length..<NTPHeader.length + length)
        return NTPHeader.length + length
    }
}
