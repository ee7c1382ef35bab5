import ConfigurationLanguage
import LinuxSystem
import NTPServer
import NTPWire
import Reports
import TimeScale

/// Broadcasts as they were sent last, one for each rule.
struct SentBroadcasts {
    private var last: [(transmitted: NTPTimestamp, left: NTPTimestamp?)]

    /// Nothing sent yet.
    init(rules: Int) { last = Array(repeating: (.unknown, nil), count: rules) }

    /// When the last one by a rule really left, in served time; `nil` where that is not known.
    func departure(ofRule index: Int) -> NTPTimestamp? { last[index].left }

    /// Remembers one that is sent.
    mutating func remember(_ transmitted: NTPTimestamp, rule index: Int) { last[index] = (transmitted, nil) }

    /// Forgets when they left: the clock has been set since.
    mutating func forgetDepartures() {
        for index in last.indices { last[index].left = nil }
    }

    /// Takes note of when a packet left, if it is one of these.
    mutating func note(_ transmitted: NTPTimestamp, left: NTPTimestamp) {
        for index in last.indices where last[index].transmitted == transmitted { last[index].left = left }
    }
}

extension ServiceDesk {
    /// Sends the time to a group, where the clock is synchronised.
    ///
    /// - Parameters:
    ///   - rule: where to, and how.
    ///   - index: the rule's number.
    ///   - socket: the one to send by.
    /// - Returns: whether it was sent.
    /// - Throws: `SystemError`.
    mutating func broadcast(
        _ rule: BroadcastRule, index: Int, by socket: ServiceSocket
    ) throws(SystemError) -> Bool {
        let service = published.read()
        let (now, _, isOfNow) = Self.readClocks(service)
        guard isOfNow else { return false }
        // Header, key identifier, SHA-1 digest.
        var packet = InlineArray<72, UInt8>(repeating: 0)
        var bytes = packet.mutableSpan
        let length = NTPServer.broadcast(
            into: &bytes, state: service.state(at: now), at: now, version: rule.version, poll: rule.poll,
            previous: rule.isInterleaved ? broadcasts.departure(ofRule: index) : nil, key: rule.key, keys: keys)
        guard let length else { return false }
        broadcasts.remember(NTPHeader.loadTransmitTimestamp(packet.span), rule: index)
        try socket.socket.send(
            packet.span.extracting(first: length), to: rule.group.address.description, port: rule.port,
            interface: rule.group.interface, timeToLive: rule.timeToLive)
        report.broadcast += 1
        return true
    }
}
