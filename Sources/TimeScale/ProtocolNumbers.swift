/// The leap indicator of NTP (RFC 5905 §7.3, LI).
public enum LeapIndicator: UInt8, Hashable, Sendable {
    /// No leap second at the end of this month.
    case none = 0
    /// The last minute of this month has 61 seconds.
    case insertSecond = 1
    /// The last minute of this month has 59 seconds.
    case deleteSecond = 2
    /// The clock is not synchronised.
    case unsynchronised = 3
}

/// The four bytes that name a time source (RFC 5905 §7.3, refid): ASCII at stratum 0 and 1.
public struct ReferenceID: Hashable, Sendable {
    /// The four bytes, first on the wire highest.
    public let bits: UInt32

    /// A reference identifier from its 32 bits.
    public init(bits: UInt32) {
        self.bits = bits
    }

    /// A reference identifier from one to four printable ASCII characters, filled with zeros.
    ///
    /// - Returns: `nil` where the text is empty, longer than four bytes, or not printable ASCII.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...4).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
        bits = (0..<4).reduce(0) { $0 << 8 | UInt32($1 < bytes.count ? bytes[$1] : 0) }
    }

    /// Starting: nothing has been proven yet (RFC 5905 figure 13).
    public static let initial = ReferenceID(bits: 0x494e_4954)

    /// The local clock, not traceable to anything (RFC 5905 figure 12 family; ntpd's LOCL).
    public static let local = ReferenceID(bits: 0x4c4f_434c)
}

extension ReferenceID: CustomStringConvertible {
    /// The ASCII characters up to the first zero; hexadecimal where a byte is not printable.
    public var description: String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
        let text = bytes.prefix { $0 != 0 }
        guard text.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            let digits = String(bits, radix: 16)
            return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A polling interval as NTP writes it: the exponent of a power of two, in seconds (RFC 5905 §7.3, poll).
public struct PollExponent: Hashable, Sendable, Comparable {
    /// The exponent: −6 ... 17 (RFC 5905 MAXPOLL; below zero for reference clocks only).
    public let exponent: Int8

    /// An exponent, clamped to −6 ... 17.
    public init(clamping exponent: Int) {
        self.exponent = Int8(min(max(exponent, -6), 17))
    }

    /// The interval: 2^exponent seconds.
    public var interval: Interval {
        exponent >= 0
            ? .seconds(1 << Int64(exponent)) : Interval(nanoseconds: 1_000_000_000 >> Int64(-exponent))
    }

    /// Shorter intervals first.
    public static func < (left: PollExponent, right: PollExponent) -> Bool { left.exponent < right.exponent }
}
