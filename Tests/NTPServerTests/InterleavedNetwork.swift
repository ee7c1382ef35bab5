import Authentication
import NTPServer
import NTPWire
import TimeScale

/// A server whose clock is right, and whose replies leave later than it thinks when it stamps them.
final class ImaginedServer {
    /// From the arrival of a request to the stamp of its reply.
    static let work = Interval(nanoseconds: 20_000)
    /// From the stamp of a reply to its leaving, which only the kernel knows.
    static let queueing = Interval(nanoseconds: 40_000)

    var exchanges = InterleavedExchanges(key: (1, 2))

    /// The stamped reply to a request, and what `respond` said of it; the kernel's stamp comes behind it.
    func answer(
        _ request: [UInt8], from client: (high: UInt64, low: UInt64) = Requests.client, at arrival: Instant,
        work: Interval = ImaginedServer.work
    ) -> (reply: [UInt8], kind: NTPServer.ReplyKind)? {
        var buffer = request
        var span = buffer.mutableSpan
        let verdict = NTPServer.respond(
            to: &span, length: request.count, received: arrival, state: Requests.state(), access: .serve,
            keys: SymmetricKeys(), exchanges: &exchanges, client: client)
        guard case .reply(let length, let kind) = verdict else { return nil }
        let stamped = arrival + work
        NTPServer.stamp(
            &span, length: length, kind: kind, transmitted: stamped, state: Requests.state(), keys: SymmetricKeys(),
            exchanges: &exchanges, client: client)
        if kind != .basic {
            exchanges.correct(
                received: NTPHeader.loadReceiveTimestamp(buffer.span),
                transmitted: NTPTimestamp(stamped + Self.queueing))
        }
        exchanges.growIfCrowded()
        return (buffer, kind)
    }
}

/// A client that speaks interleaved mode as RFC 9769 §2 has it, with a clock that is slow by `offset`.
final class ImaginedClient {
    /// What one reply tells.
    struct Measurement {
        let isInterleaved: Bool
        /// Seconds; positive = the client's clock is slow.
        let offset: Double
        /// There and back, seconds.
        let delay: Double
    }

    /// One way, seconds.
    static let path = Interval(nanoseconds: 300_000)

    let offset: Interval
    let address: (high: UInt64, low: UInt64)
    /// The last reply that was accepted: T2 as it told, T1 and T4 by the client's clock.
    private var last: (t1: Instant, t2: NTPTimestamp, t4: Instant)?
    private var request: (header: NTPHeader, t1: Instant)?

    init(offset: Interval, address: (high: UInt64, low: UInt64) = Requests.client) {
        (self.offset, self.address) = (offset, address)
    }

    /// The request that leaves at a moment of true time.
    func request(at truth: Instant) -> [UInt8] {
        let t1 = truth - offset
        var header = NTPHeader(requestOfVersion: 4, transmitTimestamp: NTPTimestamp(t1))
        if let last { (header.originTimestamp, header.receiveTimestamp) = (last.t2, NTPTimestamp(last.t4)) }
        request = (header, t1)
        var buffer = [UInt8](repeating: 0, count: NTPHeader.length)
        var span = buffer.mutableSpan
        header.write(into: &span)
        return buffer
    }

    /// Takes a reply that arrives at a moment of true time; `nil` where it answers nothing, or a second time.
    func accept(_ reply: [UInt8], at truth: Instant) -> Measurement? {
        guard let header = try? NTPHeader(reply.span), let request else { return nil }
        let t4 = truth - offset
        let isInterleaved = last != nil && header.originTimestamp == request.header.receiveTimestamp
        guard isInterleaved || header.originTimestamp == request.header.transmitTimestamp else { return nil }
        // Interleaved: T1, T2 and T4 of the exchange before, T3 of which this reply tells.
        let now = (t1: request.t1, t2: header.receiveTimestamp, t4: t4)
        let exchange = isInterleaved ? last ?? now : now
        (last, self.request) = (now, nil)
        let t2 = exchange.t2.instant(near: truth)
        let t3 = header.transmitTimestamp.instant(near: truth)
        let there = (t2 - exchange.t1).seconds
        let back = (t3 - exchange.t4).seconds
        return Measurement(isInterleaved: isInterleaved, offset: (there + back) / 2, delay: there - back)
    }

    /// A whole exchange that begins at a moment of true time.
    func ask(_ server: ImaginedServer, at truth: Instant) -> Measurement? {
        let request = request(at: truth)
        let arrival = truth + Self.path
        guard let (reply, kind) = server.answer(request, from: address, at: arrival) else { return nil }
        let measurement = accept(reply, at: arrival + ImaginedServer.work + ImaginedServer.queueing + Self.path)
        guard measurement?.isInterleaved == (kind == .interleaved) else { return nil }
        return measurement
    }
}
