import TimeScale

/// What makes bytes unreadable as an NTP packet.
public enum NTPWireError: Error, Equatable, Sendable {
    /// Fewer bytes than a header has.
    case truncated(length: Int)
}

/// The association mode of a packet (RFC 5905 §7.3).
public enum NTPMode: UInt8, Sendable {
    /// Reserved; version 1 clients send it.
    case reserved = 0
    /// Symmetric active.
    case symmetricActive = 1
    /// Symmetric passive.
    case symmetricPassive = 2
    /// Client.
    case client = 3
    /// Server.
    case server = 4
    /// Broadcast.
    case broadcast = 5
    /// Control message (ntpq).
    case control = 6
    /// Private use (ntpdc); never answered.
    case privateUse = 7
}

/// The 48-byte header that every NTP time packet begins with (RFC 5905 §7.3, figure 8).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | LI (2 bits), VN (3), Mode (3) |
/// | 1 | 1 | stratum |
/// | 2 | 1 | poll, log₂ s, signed |
/// | 3 | 1 | precision, log₂ s, signed |
/// | 4 | 4 | root delay, 16.16 |
/// | 8 | 4 | root dispersion, 16.16 |
/// | 12 | 4 | reference ID |
/// | 16 | 8 | reference timestamp |
/// | 24 | 8 | origin timestamp |
/// | 32 | 8 | receive timestamp |
/// | 40 | 8 | transmit timestamp |
public struct NTPHeader: Equatable, Sendable {
    /// Bytes of a header.
    public static let length = 48

    /// Leap indicator, LI.
    public var leapIndicator: LeapIndicator
    /// Version number, VN, 0 ... 7.
    public var version: UInt8
    /// Association mode.
    public var mode: NTPMode
    /// Stratum; 0 is unspecified or a kiss-o'-death, 16 and more unsynchronised.
    public var stratum: UInt8
    /// Poll interval, log₂ s.
    public var poll: Int8
    /// Precision of the clock, log₂ s.
    public var precision: Int8
    /// Root delay, Δ.
    public var rootDelay: NTPShort
    /// Root dispersion, Ε.
    public var rootDispersion: NTPShort
    /// Reference identifier.
    public var referenceID: ReferenceID
    /// When the clock was last set or corrected.
    public var referenceTimestamp: NTPTimestamp
    /// Copy of the request's transmit timestamp, T1.
    public var originTimestamp: NTPTimestamp
    /// When the request arrived, T2.
    public var receiveTimestamp: NTPTimestamp
    /// When the reply left, T3.
    public var transmitTimestamp: NTPTimestamp

    /// A client's request with nothing in it but a transmit timestamp (RFC 4330 §5).
    ///
    /// - Parameters:
    ///   - version: 1 ... 4.
    ///   - transmitTimestamp: the time of sending, or a random number that the reply must echo.
    public init(requestOfVersion version: UInt8, transmitTimestamp: NTPTimestamp) {
        (leapIndicator, self.version, mode) = (.unsynchronised, version, .client)
        (stratum, poll, precision) = (0, 0, 0)
        (rootDelay, rootDispersion) = (NTPShort(bits: 0), NTPShort(bits: 0))
        referenceID = ReferenceID(bits: 0)
        (referenceTimestamp, originTimestamp, receiveTimestamp) = (.unknown, .unknown, .unknown)
        self.transmitTimestamp = transmitTimestamp
    }

    /// Reads a header from the start of a packet; what follows it is not looked at.
    ///
    /// - Parameter bytes: the packet.
    /// - Throws: `NTPWireError.truncated` below 48 bytes.
    public init(_ bytes: Span<UInt8>) throws(NTPWireError) {
        guard bytes.count >= Self.length else { throw .truncated(length: bytes.count) }
        // Two and three bits always name a case; the fallbacks are unreachable.
        leapIndicator = LeapIndicator(rawValue: bytes[0] >> 6) ?? .unsynchronised
        version = bytes[0] >> 3 & 7
        mode = NTPMode(rawValue: bytes[0] & 7) ?? .reserved
        stratum = bytes[1]
        poll = Int8(bitPattern: bytes[2])
        precision = Int8(bitPattern: bytes[3])
        rootDelay = NTPShort(bits: UInt32(truncatingIfNeeded: Self.load(bytes, at: 4, count: 4)))
        rootDispersion = NTPShort(bits: UInt32(truncatingIfNeeded: Self.load(bytes, at: 8, count: 4)))
        referenceID = ReferenceID(bits: UInt32(truncatingIfNeeded: Self.load(bytes, at: 12, count: 4)))
        referenceTimestamp = NTPTimestamp(bits: Self.load(bytes, at: 16, count: 8))
        originTimestamp = NTPTimestamp(bits: Self.load(bytes, at: 24, count: 8))
        receiveTimestamp = NTPTimestamp(bits: Self.load(bytes, at: 32, count: 8))
        transmitTimestamp = NTPTimestamp(bits: Self.load(bytes, at: 40, count: 8))
    }

    /// Writes the header to the start of a buffer.
    ///
    /// - Parameter bytes: at least 48 bytes; a shorter buffer is a programmer's error and traps.
    public func write(into bytes: inout MutableSpan<UInt8>) {
        precondition(bytes.count >= Self.length, "an NTP header needs a buffer of 48 bytes")
        bytes[0] = leapIndicator.rawValue << 6 | (version & 7) << 3 | mode.rawValue
        bytes[1] = stratum
        bytes[2] = UInt8(bitPattern: poll)
        bytes[3] = UInt8(bitPattern: precision)
        Self.store(UInt64(rootDelay.bits), count: 4, at: 4, into: &bytes)
        Self.store(UInt64(rootDispersion.bits), count: 4, at: 8, into: &bytes)
        Self.store(UInt64(referenceID.bits), count: 4, at: 12, into: &bytes)
        Self.store(referenceTimestamp.bits, count: 8, at: 16, into: &bytes)
        Self.store(originTimestamp.bits, count: 8, at: 24, into: &bytes)
        Self.store(receiveTimestamp.bits, count: 8, at: 32, into: &bytes)
        Self.storeTransmitTimestamp(transmitTimestamp, into: &bytes)
    }

    /// Overwrites only the transmit timestamp, the last thing done before a packet leaves.
    public static func storeTransmitTimestamp(_ timestamp: NTPTimestamp, into bytes: inout MutableSpan<UInt8>) {
        // One check here saves one for each byte.
        precondition(bytes.count >= length, "a packet has 48 bytes")
        store(timestamp.bits, count: 8, at: 40, into: &bytes)
    }

    /// Reads only the receive timestamp of a packet, 48 bytes at least.
    public static func loadReceiveTimestamp(_ bytes: Span<UInt8>) -> NTPTimestamp {
        precondition(bytes.count >= length, "a packet has 48 bytes")
        return NTPTimestamp(bits: load(bytes, at: 32, count: 8))
    }

    /// Reads only the transmit timestamp of a packet, 48 bytes at least.
    public static func loadTransmitTimestamp(_ bytes: Span<UInt8>) -> NTPTimestamp {
        precondition(bytes.count >= length, "a packet has 48 bytes")
        return NTPTimestamp(bits: load(bytes, at: 40, count: 8))
    }

    private static func load(_ bytes: Span<UInt8>, at offset: Int, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in offset..<offset + count { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    private static func store(_ value: UInt64, count: Int, at offset: Int, into bytes: inout MutableSpan<UInt8>) {
        for index in 0..<count {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - index)))
        }
    }
}
