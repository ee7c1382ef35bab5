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
        /// Above the rate limit.
        case limit
        /// The one in ten that `flake` drops.
        case flake
        /// An authenticator that proves nothing, or none where an access rule asks for one.
        case authentication
        /// A request to a group of servers, to which this one has nothing better to tell.
        case group
    }

    /// Where a reply stands among the exchanges with its client.
    public enum ReplyKind: Equatable, Sendable {
        /// It stands alone.
        case basic
        /// It tells its own transmit timestamp, and is remembered: the next one may tell when it really left, so that the
        /// kernel's or the network card's stamp is wanted.
        case remembered
        /// It tells when the one before really left (RFC 9769 §2), and is remembered itself.
        case interleaved
    }

    /// What became of a packet.
    public enum Verdict: Equatable, Sendable {
        /// The buffer's first bytes are now the reply.
        case reply(length: Int, kind: ReplyKind = .basic)
        /// The buffer's first bytes are now a kiss-o'-death, which tells no time and is not stamped.
        case kiss(length: Int)
        /// Nothing is sent.
        case refuse(Refusal)
    }

    /// Shortest poll interval that a reply suggests: 8 s, ntpd's floor for clients.
    public static let shortestPoll: Int8 = 3

    /// Least root dispersion that is told, seconds: no clock is without error, and some clients take 0 for an empty field.
    private static let shortestBound = 0x1p-16

    /// Most root delay and root dispersion that is told, seconds: RFC 1305 §3.2.1 has them signed, and so do old clients.
    private static let longestBound = 32767.0

    /// Rewrites a request as its reply, complete but for the transmit timestamp.
    ///
    /// - Parameters:
    ///   - buffer: the request, `length` bytes of it, followed by anything.
    ///   - length: bytes received.
    ///   - received: the clock's reading when the request arrived.
    ///   - state: the state to be served.
    ///   - access: what the access rules and the rate limit allow this client.
    ///   - keys: prove requests and sign replies.
    ///   - shortestPoll: the shortest poll interval that the reply suggests, log₂ s.
    ///   - exchanges: earlier ones, of which the request may name one.
    ///   - client: where the request comes from, 16 bytes in two words; IPv4 as ::ffff:a.b.c.d.
    ///   - isGroupAddressed: whether it was sent to a broadcast or multicast address.
    /// - Returns: a reply, never longer than the request, or the reason why there is none: 48 bytes, or 52 with a
    ///   crypto-NAK, or as many as header and authenticator of the request. A kiss is 48 bytes and never signed.
    public static func respond(
        to buffer: inout MutableSpan<UInt8>, length: Int, received: Instant, state: ServerState,
        access: AccessDecision, keys: borrowing some RequestAuthenticator & ~Copyable,
        shortestPoll: Int8 = NTPServer.shortestPoll, exchanges: inout InterleavedExchanges,
        client: (high: UInt64, low: UInt64), isGroupAddressed: Bool = false
    ) -> Verdict {
        if let refusal = access.refusal { return .refuse(refusal) }
        let available = min(length, buffer.count)
        guard var header = try? NTPHeader(buffer.span.extracting(first: available)) else { return .refuse(.truncated) }
        guard (1...4).contains(header.version), !access.isCurrentVersionOnly || header.version == 4 else {
            return .refuse(.version)
        }
        guard let mode = replyMode(to: header.mode, version: header.version) else { return .refuse(.mode) }
        guard length == available else { return .refuse(.tail) }
        let isHelpful = mode == .server && isHelpful(to: header, access: access, state: state)
        guard !isGroupAddressed || isHelpful else { return .refuse(.group) }
        header.poll = max(header.poll, shortestPoll)
        if case .kiss(let code) = access {
            return kiss(&buffer, length: length, header: header, code: code)
        }
        let verdict = authenticate(
            &buffer, length: length, header: header, needsProof: access.isAuthenticatedOnly,
            tellsFailure: !isGroupAddressed, keys: keys)
        guard case .reply(let replyLength, _) = verdict else { return verdict }
        let namesExchange = !isGroupAddressed && !verdict.isCryptoNAK && namesExchange(header)
        let origin = header.receiveTimestamp
        let previous = namesExchange ? exchanges.take(received: header.originTimestamp, client: client) : nil
        fill(&header, mode: mode, received: received, state: state)
        if let previous { (header.originTimestamp, header.transmitTimestamp) = (origin, previous) }
        header.write(into: &buffer)
        let kind: ReplyKind = previous != nil ? .interleaved : namesExchange ? .remembered : .basic
        return .reply(length: replyLength, kind: kind)
    }

    /// Whether a datagram has the length, version and mode of a request.
    static func isRequest(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= NTPHeader.length, let mode = NTPMode(rawValue: bytes[0] & 7) else { return false }
        let version = bytes[0] >> 3 & 7
        return (1...4).contains(version) && replyMode(to: mode, version: version) != nil
    }

    /// Stamps a reply with the time at which it leaves, remembers it where its client may ask for that later, and signs
    /// it where its request was signed.
    ///
    /// - Parameters:
    ///   - buffer: a reply made by `respond`.
    ///   - length: what `respond` said.
    ///   - kind: what `respond` said.
    ///   - transmitted: the clock's reading when the reply leaves, at most a little ahead; told as later than the arrival
    ///     whatever it is.
    ///   - state: the state that the reply was made from.
    ///   - keys: those that `respond` was given.
    ///   - exchanges: those that `respond` was given.
    ///   - client: whom `respond` was given.
    public static func stamp(
        _ buffer: inout MutableSpan<UInt8>, length: Int, kind: ReplyKind, transmitted: Instant, state: ServerState,
        keys: borrowing some RequestAuthenticator & ~Copyable, exchanges: inout InterleavedExchanges,
        client: (high: UInt64, low: UInt64)
    ) {
        let received = NTPHeader.loadReceiveTimestamp(buffer.span)
        let transmitted = NTPTimestamp(state.servedTime(at: transmitted)).asTransmit(after: received)
        if kind != .interleaved { NTPHeader.storeTransmitTimestamp(transmitted, into: &buffer) }
        if kind != .basic {
            exchanges.remember(
                received: received, client: client, transmitted: transmitted, isProven: kind == .interleaved)
        }
        sign(&buffer, length: length, keys: keys)
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

    /// Whether a request may be of an interleaved client: its origin timestamp is one of our receive timestamps.
    ///
    /// Where its receive and transmit timestamps are equal, the reply's origin timestamp could not tell the client whether
    /// it is basic or interleaved, and RFC 9769 §2 wants it basic.
    private static func namesExchange(_ request: NTPHeader) -> Bool {
        request.originTimestamp.bits & 1 == 1 && request.version == 4 && request.mode == .client
            && request.receiveTimestamp != request.transmitTimestamp
    }

    /// Whether a request to a group is answered: all servers hear it, and only one that improves on the client shall speak,
    /// as ntpd's manycast servers do (ntp_proto.c, AM_FXMIT). A stratum of 0 is that of a client that has no time yet.
    ///
    /// Nobody is told that he is denied: many servers would tell him at once.
    private static func isHelpful(to request: NTPHeader, access: AccessDecision, state: ServerState) -> Bool {
        if case .kiss = access { return false }
        return state.isSynchronised && state.stratum < (request.stratum == 0 ? 16 : request.stratum)
    }

    private static func fill(_ header: inout NTPHeader, mode: NTPMode, received: Instant, state: ServerState) {
        fill(&header, mode: mode, state: state, at: received)
        header.originTimestamp = header.transmitTimestamp
        header.receiveTimestamp = NTPTimestamp(state.servedTime(at: received)).asReceive
        header.transmitTimestamp = .unknown
    }

    /// Fills in what a packet tells of the clock's state when the clock reads a moment.
    static func fill(_ header: inout NTPHeader, mode: NTPMode, state: ServerState, at reading: Instant) {
        header.leapIndicator = state.leapIndicator
        header.mode = mode
        header.stratum = state.stratum < 16 ? state.stratum : 0
        header.precision = state.precision
        header.rootDelay = NTPShort(seconds: min(longestBound, state.rootDelay))
        header.rootDispersion = NTPShort(
            seconds: min(longestBound, max(state.rootDispersion(at: reading), shortestBound)))
        header.referenceID = state.referenceID
        // Zero where nothing synchronises the clock, as chrony has it; RFC 1305 §3.2.1: where nothing ever has.
        header.referenceTimestamp =
            state.stratum < 16
            ? NTPTimestamp(min(state.referenceTime, state.servedTime(at: reading))) : .unknown
    }

    /// None to symmetric modes: they have been answered without an association, and know no kisses from servers.
    private static func kiss(
        _ buffer: inout MutableSpan<UInt8>, length: Int, header: NTPHeader, code: KissCode
    ) -> Verdict {
        let tail = PacketTail(buffer.span.extracting(first: length), version: header.version)
        guard tail != .malformed else { return .refuse(.tail) }
        guard header.mode == .client else {
            switch code {
            case .rateExceeded: return .refuse(.limit)
            case .denied: return .refuse(.access)
            case .restricted: return .refuse(.authentication)
            }
        }
        var kiss = header
        fill(&kiss, kiss: code)
        kiss.write(into: &buffer)
        return .kiss(length: NTPHeader.length)
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
    /// Time is served to those who prove a key (`notrust`).
    case authenticatedOnly
    /// Time is served to version 4 with a key (`version` and `notrust`).
    case currentVersionAuthenticatedOnly
    /// No time (`noserve`).
    case refuse
    /// Nothing at all (`ignore`).
    case ignore
    /// No time, because it asks too often.
    case limit
    /// No time, by lot (`flake`).
    case flake
    /// No time, and it is told why.
    case kiss(KissCode)

    /// Whether versions before 4 are refused.
    var isCurrentVersionOnly: Bool { self == .currentVersionOnly || self == .currentVersionAuthenticatedOnly }

    /// Whether requests without a proof are refused.
    var isAuthenticatedOnly: Bool { self == .authenticatedOnly || self == .currentVersionAuthenticatedOnly }

    /// Why nothing is sent; `nil` where something may be.
    fileprivate var refusal: NTPServer.Refusal? {
        switch self {
        case .refuse, .ignore: .access
        case .limit: .limit
        case .flake: .flake
        default: nil
        }
    }
}
