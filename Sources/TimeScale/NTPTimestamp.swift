/// The 64-bit NTP timestamp of the wire: seconds since 1900 modulo 2³², and a binary fraction (RFC 5905 §6).
///
/// It carries no era. `instant(near:)` finds the one meant.
public struct NTPTimestamp: Hashable, Sendable {
    /// Seconds in the high 32 bits, fraction (2⁻³² s, about 233 ps) in the low.
    public let bits: UInt64

    /// A timestamp from its 64 bits, seconds high.
    public init(bits: UInt64) {
        self.bits = bits
    }

    /// The all-zero timestamp, which means "unknown" on the wire (RFC 5905 §7.3).
    public static let unknown = NTPTimestamp(bits: 0)

    /// Seconds from 1900-01-01 to 1970-01-01 (RFC 868).
    static let secondsFrom1900To1970: Int64 = 2_208_988_800

    /// The timestamp of a moment; the fraction is rounded down to 2⁻³² s.
    ///
    /// The start of an era, whose timestamp would mean "unknown", is given as 2⁻³² s later.
    public init(_ instant: Instant) {
        let seconds = UInt32(truncatingIfNeeded: instant.wholeSeconds &+ Self.secondsFrom1900To1970)
        let fraction = (UInt64(instant.nanosecondsOfSecond) << 32) / 1_000_000_000
        bits = max(UInt64(seconds) << 32 | fraction, 1)
    }

    /// The moment meant, in the era that puts it within 68 years of a pivot (RFC 5905 §6: eras begin in 1900, 2036, 2172).
    ///
    /// - Parameter pivot: a moment known to be near; from 1746 to 2194, beyond which the result is clamped.
    /// - Returns: the moment, rounded to the nearest nanosecond.
    public func instant(near pivot: Instant) -> Instant {
        let seconds = UInt32(truncatingIfNeeded: bits >> 32)
        let pivotSeconds = pivot.wholeSeconds &+ Self.secondsFrom1900To1970
        let distance = Int32(truncatingIfNeeded: Int64(seconds) &- pivotSeconds)
        let nanoseconds = Int64(((bits & 0xffff_ffff) * 1_000_000_000 + 0x8000_0000) >> 32)
        return Instant(seconds: pivot.wholeSeconds + Int64(distance), nanosecondsOfSecond: nanoseconds)
            ?? Instant(nanoseconds: distance < 0 ? .min : .max)
    }
}

/// The 32-bit NTP short format of root delay and root dispersion: unsigned 16.16 seconds (RFC 5905 §6).
public struct NTPShort: Hashable, Sendable {
    /// Units of 2⁻¹⁶ s.
    public let bits: UInt32

    /// A short from its 32 bits.
    public init(bits: UInt32) {
        self.bits = bits
    }

    /// A short from seconds, rounded *up* (what it carries are bounds) and clamped to 0 ... 65535.99998 s.
    ///
    /// - Parameter seconds: seconds; NaN and infinity become the largest value.
    public init(seconds: Double) {
        let scaled = (seconds * 65536).rounded(.up)
        bits = scaled <= 0 ? 0 : UInt32(exactly: scaled) ?? .max
    }

    /// The value in seconds.
    public var seconds: Double { Double(bits) / 65536 }
}
