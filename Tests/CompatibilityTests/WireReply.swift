import LinuxSystem
import TimeScale

/// A reply of a time server, read from its bytes by this file alone (RFC 5905 §7.3), not by the product's codec.
struct WireReply: Sendable {
    /// All its bytes.
    let bytes: [UInt8]
    /// Server − this machine's clock, seconds, with the round trip split in halves.
    let offset: Double

    var leap: UInt8 { bytes[0] >> 6 }
    var version: UInt8 { bytes[0] >> 3 & 7 }
    var mode: UInt8 { bytes[0] & 7 }
    var stratum: UInt8 { bytes[1] }
    var poll: Int8 { Int8(bitPattern: bytes[2]) }
    var precision: Int8 { Int8(bitPattern: bytes[3]) }
    var rootDispersion: Double { Double(bytes[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) / 65536 }
    var reference: String { String(decoding: bytes[12..<16].filter { $0 != 0 }, as: UTF8.self) }
    var origin: [UInt8] { Array(bytes[24..<32]) }
    var referenceTime: Instant { Self.instant(bytes[16..<24]) }
    var received: Instant { Self.instant(bytes[32..<40]) }
    var transmitted: Instant { Self.instant(bytes[40..<48]) }

    /// Asks once.
    ///
    /// - Parameters:
    ///   - request: the datagram.
    ///   - host: numeric; the socket is connected, so a reply from another address is not heard.
    ///   - port: UDP port.
    ///   - timeout: how long to wait.
    /// - Returns: `nil` where nothing came.
    /// - Throws: `SystemError`; ECONNREFUSED where nothing listens.
    static func ask(
        _ request: [UInt8] = request(), host: String = "127.0.0.1", port: UInt16,
        timeout: Interval = .milliseconds(300)
    ) throws -> WireReply? {
        let socket = try QuerySocket(host: host, port: port)
        let sent = KernelClock.realTime()
        try socket.send(request.span)
        var reply = DatagramBuffer()
        guard try socket.receive(into: &reply, timeout: timeout) else { return nil }
        let arrived = reply.received
        let bytes = (0..<reply.length).map { reply.bytes[$0] }
        guard bytes.count >= 48 else { return WireReply(bytes: bytes, offset: .nan) }
        let there = (instant(bytes[32..<40]) - sent).seconds
        let back = (instant(bytes[40..<48]) - arrived).seconds
        return WireReply(bytes: bytes, offset: (there + back) / 2)
    }

    /// A request of 48 bytes.
    static func request(version: UInt8 = 4, mode: UInt8 = 3, poll: Int8 = 6, transmit: [UInt8]? = nil) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 48)
        bytes[0] = version << 3 | mode
        bytes[2] = UInt8(bitPattern: poll)
        bytes.replaceSubrange(40..<48, with: transmit ?? (0..<8).map { _ in UInt8.random(in: 1 ... .max) })
        return bytes
    }

    /// A timestamp of 64 bits as a moment. Era 0 ends in 2036; 2 208 988 800 s lie between 1900 and 1970.
    static func instant(_ bytes: ArraySlice<UInt8>) -> Instant {
        let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let seconds = Int64(bits >> 32) - 2_208_988_800
        let fraction = (Int64(bits & 0xffff_ffff) * 1_000_000_000) >> 32
        return Instant(nanoseconds: seconds * 1_000_000_000 + fraction)
    }
}
