import Authentication
import NTPServer
import NTPWire
import Testing
import TimeScale

/// Requests and the replies to them.
enum Requests {
    /// 2026-11-21T05:06:07Z, when requests arrive.
    static let arrival = Instant(nanoseconds: 1_795_237_567_000_000_000)

    /// A request whose transmit timestamp and other fields differ in every byte; its origin timestamp is even, as in all
    /// that basic clients send.
    static func request(version: UInt8, mode: UInt8, tail: [UInt8] = []) -> [UInt8] {
        [version << 3 | mode] + (1..<48).map { $0 == 31 ? 154 : UInt8($0 * 5 & 0xff) } + tail
    }

    /// Where requests come from: 192.0.2.1.
    static let client: (high: UInt64, low: UInt64) = (0, 0xffff_c000_0201)

    /// An extension field of unknown type.
    static func field(_ length: Int) -> [UInt8] {
        [0x7f, 0x01, UInt8(length >> 8), UInt8(length & 0xff)] + [UInt8](repeating: 0, count: length - 4)
    }

    /// A synchronised stratum-1 server that is right and was corrected a second ago.
    static func state() -> ServerState {
        ServerState(
            leapIndicator: .none, stratum: 1, precision: -24, referenceID: ReferenceID(bits: 0x4750_5300),
            referenceTime: arrival - .second, rootDelay: 0, rootDispersion: 0.001, rootDispersionRate: 0,
            pendingCorrection: 0, pendingCorrectionRate: 0, asOf: arrival)
    }

    /// The transmit timestamp of `request`: bytes 200, 205 ... 235.
    static let transmitBits: UInt64 = 0xc8cd_d2d7_dce1_e6eb

    /// What becomes of a request, and the buffer after it.
    static func respond(
        to request: [UInt8], length: Int? = nil, received: Instant = arrival, state: ServerState = state(),
        access: AccessDecision = .serve, keys: borrowing SymmetricKeys = SymmetricKeys(),
        shortestPoll: Int8 = NTPServer.shortestPoll, isGroupAddressed: Bool = false
    ) -> (verdict: NTPServer.Verdict, buffer: [UInt8]) {
        var buffer = request
        var span = buffer.mutableSpan
        var exchanges = InterleavedExchanges(key: (1, 2))
        let verdict = NTPServer.respond(
            to: &span, length: length ?? request.count, received: received, state: state, access: access,
            keys: keys, shortestPoll: shortestPoll, exchanges: &exchanges, client: client,
            isGroupAddressed: isGroupAddressed)
        return (verdict, buffer)
    }

    /// Stamps a basic reply.
    static func stamp(
        _ buffer: inout [UInt8], length: Int = 48, transmitted: Instant, state: ServerState = state(),
        keys: borrowing SymmetricKeys = SymmetricKeys()
    ) {
        var span = buffer.mutableSpan
        var exchanges = InterleavedExchanges(key: (1, 2))
        NTPServer.stamp(
            &span, length: length, kind: .basic, transmitted: transmitted, state: state, keys: keys,
            exchanges: &exchanges, client: client)
    }

    /// The header of the reply to a plain version 4 request.
    static func reply(received: Instant = arrival, state: ServerState = state()) throws -> NTPHeader {
        let (verdict, buffer) = respond(to: request(version: 4, mode: 3), received: received, state: state)
        try #require(verdict == .reply(length: 48))
        return try NTPHeader(buffer.span)
    }
}
