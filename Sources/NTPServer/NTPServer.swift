// HOT PATH
import NTPWire
import TimeScale

/// Turns requests into replies, in place and without allocating.
///
/// Only the transmit timestamp is left to the caller, who reads the clock last of all.
public enum NTPServer {
    /// Why a packet gets no reply.
    public enum Refusal: Int, CaseIterable, Sendable {
        /// Shorter than a header.
        case truncated
        /// Version 0, or 5 and above.
        case version
        /// Not a request: a reply, a broadcast, a control or private message.
        case mode
        /// An authenticator, which this server has no keys for, or a malformed tail.
        case tail
        /// Denied by an access rule.
        case access
        /// Above the rate limit.
        case limit
        /// The one in ten that `flake` drops.
        case flake
    }

    /// What became of a packet.
    public enum Verdict: Equatable, Sendable {
        /// The buffer's first bytes are now the reply.
        case reply(length: Int)
        /// The buffer's first bytes are now a kiss-o'-death, which tells no time and is not stamped.
        case kiss(length: Int)
        /// Nothing is sent.
        case refuse(Refusal)
    }

    /// Shortest poll interval that a reply suggests: 8 s, ntpd's floor for clients.
    public static let shortestPoll: Int8 = 3

    /// Rewrites a request as its reply, complete but for the transmit timestamp.
    ///
    /// - Parameters:
    ///   - buffer: the request, `length` bytes of it, followed by anything.
    ///   - length: bytes received.
    ///   - received: the clock's reading when the request arrived.
    ///   - state: the state to be served.
    ///   - access: what the access rules and the rate limit allow this client.
    ///   - shortestPoll: the shortest poll interval that the reply suggests, log₂ s.
    /// - Returns: a reply of 48 bytes, never longer than the request, or the reason why there is none.
    public static func respond(
        to buffer: inout MutableSpan<UInt8>, length: Int, received: Instant, state: ServerState,
        access: AccessDecision, shortestPoll: Int8 = NTPServer.shortestPoll
    ) -> Verdict {
        if let refusal = access.refusal { return .refuse(refusal) }
        let available = min(length, buffer.count)
        guard var header = try? NTPHeader(buffer.span.extracting(first: available)) else { return .refuse(.truncated) }
        guard (1...4).contains(header.version), access != .currentVersionOnly || header.version == 4 else {
            return .refuse(.version)
        }
        guard let mode = replyMode(to: header.mode, version: header.version) else { return .refuse(.mode) }
        if length != NTPHeader.length {
            let isExtended = ExtensionFields.fill(buffer.span.extracting(first: available))
            guard header.version == 4, isExtended else { return .refuse(.tail) }
        }
        header.poll = max(header.poll, shortestPoll)
        if case .kiss(let code) = access {
            // None to symmetric modes: they have been answered without an association, and know no kisses from servers.
            guard header.mode == .client else { return .refuse(code == .rateExceeded ? .limit : .access) }
            fill(&header, kiss: code)
            header.write(into: &buffer)
            return .kiss(length: NTPHeader.length)
        }
        fill(&header, mode: mode, received: received, state: state)
        header.write(into: &buffer)
        return .reply(length: NTPHeader.length)
    }

    /// Whether a datagram has the length, version and mode of a request.
    static func isRequest(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= NTPHeader.length, let mode = NTPMode(rawValue: bytes[0] & 7) else { return false }
        let version = bytes[0] >> 3 & 7
        return (1...4).contains(version) && replyMode(to: mode, version: version) != nil
    }

    /// Stamps a reply with the time at which it leaves.
    ///
    /// - Parameters:
    ///   - buffer: a reply made by `respond`.
    ///   - transmitted: the clock's reading now.
    ///   - state: the state that the reply was made from.
    public static func stamp(_ buffer: inout MutableSpan<UInt8>, transmitted: Instant, state: ServerState) {
        NTPHeader.storeTransmitTimestamp(NTPTimestamp(state.servedTime(at: transmitted)), into: &buffer)
    }

    /// The mode of the reply; `nil` for what is no request.
    ///
    /// Symmetric active is answered without an association, as Windows domain controllers expect; version 1 had no
    /// modes, and its requests carry 0 (RFC 1059).
    private static func replyMode(to mode: NTPMode, version: UInt8) -> NTPMode? {
        switch (version, mode) {
        case (_, .client), (1, .reserved), (1, .symmetricActive): .server
        case (_, .symmetricActive): .symmetricPassive
        default: nil
        }
    }

    private static func fill(_ header: inout NTPHeader, mode: NTPMode, received: Instant, state: ServerState) {
        let servedReceived = state.servedTime(at: received)
        header.leapIndicator = state.leapIndicator
        header.mode = mode
        header.stratum = state.stratum < 16 ? state.stratum : 0
        header.precision = state.precision
        header.rootDelay = NTPShort(seconds: state.rootDelay)
        header.rootDispersion = NTPShort(seconds: state.rootDispersion(at: received))
        header.referenceID = state.referenceID
        header.referenceTimestamp = NTPTimestamp(min(state.referenceTime, servedReceived))
        header.originTimestamp = header.transmitTimestamp
        header.receiveTimestamp = NTPTimestamp(servedReceived)
        header.transmitTimestamp = .unknown
    }

    /// As ntpd fills it (ntp_proto.c, fast_xmit): leap 3, stratum 0, the code, and the request's transmit timestamp
    /// everywhere, by which the client knows its own request and learns no time.
    private static func fill(_ header: inout NTPHeader, kiss code: KissCode) {
        header.leapIndicator = .unsynchronised
        header.mode = .server
        header.stratum = 0
        header.referenceID = code.referenceID
        header.originTimestamp = header.transmitTimestamp
        header.receiveTimestamp = header.transmitTimestamp
    }
}

/// What the access rules and the rate limit allow a client.
public enum AccessDecision: Equatable, Sendable {
    /// Time is served.
    case serve
    /// Time is served to version 4 only (`version`).
    case currentVersionOnly
    /// No time (`noserve`, or `notrust` without a key).
    case refuse
    /// Nothing at all (`ignore`).
    case ignore
    /// No time, because it asks too often.
    case limit
    /// No time, by lot (`flake`).
    case flake
    /// No time, and it is told why.
    case kiss(KissCode)

    /// Why nothing is sent; `nil` where something is.
    fileprivate var refusal: NTPServer.Refusal? {
        switch self {
        case .serve, .currentVersionOnly, .kiss: nil
        case .refuse, .ignore: .access
        case .limit: .limit
        case .flake: .flake
        }
    }
}
