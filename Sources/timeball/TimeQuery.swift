import LinuxSystem
import NTPWire
import TimeScale

/// Why a query has no answer that could be used.
enum TimeQueryError: Error, Equatable, CustomStringConvertible {
    /// Nothing came in time.
    case noReply

    var description: String {
        switch self {
        case .noReply: "no reply; is the server running, and may this host ask it?"
        }
    }
}

/// One exchange with a time server, as an SNTP client makes it (RFC 4330 §5).
struct TimeQuery {
    /// The reply's header.
    let reply: NTPHeader
    /// θ: server − this machine's clock, seconds.
    let offset: Double
    /// δ: round trip less the server's own time, seconds.
    let delay: Double

    /// Whether the server says that it knows the time.
    var isSynchronised: Bool { reply.leapIndicator != .unsynchronised && (1...15).contains(reply.stratum) }

    /// Asks a server.
    ///
    /// The transmit timestamp is random, so that nobody off the path can make up a reply; the real one stays here.
    init(_ socket: borrowing QuerySocket, timeout: Interval = .seconds(1)) throws {
        let cookie = NTPTimestamp(bits: try Randomness.bits())
        var buffer = [UInt8](repeating: 0, count: NTPHeader.length)
        var span = buffer.mutableSpan
        NTPHeader(requestOfVersion: 4, transmitTimestamp: cookie).write(into: &span)
        let sent = KernelClock.realTime()
        try socket.send(buffer.span)
        var answer = DatagramBuffer()
        var isReply = false
        let deadline = KernelClock.monotonic() + timeout
        var header = NTPHeader(requestOfVersion: 4, transmitTimestamp: cookie)
        // A late reply to an earlier request, or a datagram that is none, is not the one waited for.
        while !isReply {
            let rest = deadline - KernelClock.monotonic()
            guard try socket.receive(into: &answer, timeout: rest) else { throw TimeQueryError.noReply }
            guard let candidate = try? NTPHeader(answer.bytes.span.extracting(first: answer.length)) else { continue }
            isReply = candidate.mode == .server && candidate.originTimestamp == cookie
            header = candidate
        }
        let arrived = answer.received
        let received = header.receiveTimestamp.instant(near: sent)
        let transmitted = header.transmitTimestamp.instant(near: sent)
        offset = ((received - sent).seconds + (transmitted - arrived).seconds) / 2
        delay = (arrived - sent).seconds - (transmitted - received).seconds
        reply = header
    }

    /// The reference identifier: ASCII at stratum 0 and 1 and where it is all printable, an IPv4 address else.
    var reference: String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: reply.referenceID.bits >> (24 - 8 * $0)) }
        let isText = bytes.allSatisfy { $0 == 0 || (0x20...0x7e).contains($0) }
        return reply.stratum < 2 || isText
            ? reply.referenceID.description : bytes.map { String($0) }.joined(separator: ".")
    }
}
