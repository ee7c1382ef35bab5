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
        /// Something behind the header that is neither extension fields nor an authenticator.
        case tail
        /// Denied by an access rule.
        case access
        /// An authenticator that proves nothing, or none where an access rule asks for one.
        case authentication
    }

    /// What became of a packet.
    public enum Verdict: Equatable, Sendable {
        /// The buffer's first bytes are now the reply.
        case reply(length: Int)
        /// Nothing is sent.
        case refuse(Refusal)
    }

    /// Shortest poll interval that a reply suggests: 8 s, ntpd's floor for clients.
    private static let shortestPoll: Int8 = 3

    /// Rewrites a request as its reply, complete but for the transmit timestamp.
    ///
    /// - Parameters:
    ///   - buffer: the request, `length` bytes of it, followed by anything.
    ///   - length: bytes received.
    ///   - received: the clock's reading when the request arrived.
    ///   - state: the state to be served.
    ///   - access: what the access rules allow this client.
    ///   - keys: prove requests and sign replies.
    /// - Returns: a reply, never longer than the request, or the reason why there is none: 48 bytes, or 52 with a
    ///   crypto-NAK, or as many as header and authenticator of the request.
    public static func respond(
        to buffer: inout MutableSpan<UInt8>, length: Int, received: Instant, state: ServerState,
        access: AccessDecision, keys: borrowing some RequestAuthenticator & ~Copyable
    ) -> Verdict {
        guard access != .ignore, access != .refuse else { return .refuse(.access) }
        let available = min(length, buffer.count)
        guard var header = try? NTPHeader(buffer.span.extracting(first: available)) else { return .refuse(.truncated) }
        guard (1...4).contains(header.version), !access.isCurrentVersionOnly || header.version == 4 else {
            return .refuse(.version)
        }
        guard let mode = replyMode(to: header) else { return .refuse(.mode) }
        guard length == available else { return .refuse(.tail) }
        let verdict = authenticate(
            &buffer, length: length, header: header, needsProof: access.isAuthenticatedOnly, keys: keys)
        guard case .reply = verdict else { return verdict }
        fill(&header, mode: mode, received: received, state: state)
        header.write(into: &buffer)
        return verdict
    }

    /// Stamps a reply with the time at which it leaves, and signs it where its request was signed.
    ///
    /// - Parameters:
    ///   - buffer: a reply made by `respond`.
    ///   - length: what `respond` said.
    ///   - transmitted: the clock's reading now.
    ///   - state: the state that the reply was made from.
    ///   - keys: those that `respond` was given.
    public static func stamp(
        _ buffer: inout MutableSpan<UInt8>, length: Int, transmitted: Instant, state: ServerState,
        keys: borrowing some RequestAuthenticator & ~Copyable
    ) {
        NTPHeader.storeTransmitTimestamp(NTPTimestamp(state.servedTime(at: transmitted)), into: &buffer)
        sign(&buffer, length: length, keys: keys)
    }

    /// The mode of the reply; `nil` for what is no request.
    ///
    /// Symmetric active is answered without an association, as Windows domain controllers expect; version 1 had no
    /// modes, and its requests carry 0 (RFC 1059).
    private static func replyMode(to header: NTPHeader) -> NTPMode? {
        switch (header.version, header.mode) {
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
        header.poll = max(header.poll, shortestPoll)
        header.precision = state.precision
        header.rootDelay = NTPShort(seconds: state.rootDelay)
        header.rootDispersion = NTPShort(seconds: state.rootDispersion(at: received))
        header.referenceID = state.referenceID
        header.referenceTimestamp = NTPTimestamp(min(state.referenceTime, servedReceived))
        header.originTimestamp = header.transmitTimestamp
        header.receiveTimestamp = NTPTimestamp(servedReceived)
        header.transmitTimestamp = .unknown
    }
}

/// What the access rules allow a client.
public enum AccessDecision: Equatable, Sendable {
    /// Time is served.
    case serve
    /// Time is served to version 4 only (`version`).
    case currentVersionOnly
    /// Time is served to those who prove a key (`notrust`).
    case authenticatedOnly
    /// Time is served to version 4 with a key (`version` and `notrust`).
    case currentVersionAuthenticatedOnly
    /// No time (`noserve`).
    case refuse
    /// Nothing at all (`ignore`).
    case ignore

    /// Whether versions before 4 are refused.
    var isCurrentVersionOnly: Bool { self == .currentVersionOnly || self == .currentVersionAuthenticatedOnly }

    /// Whether requests without a proof are refused.
    var isAuthenticatedOnly: Bool { self == .authenticatedOnly || self == .currentVersionAuthenticatedOnly }
}
