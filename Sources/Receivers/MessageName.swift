/// Which message of which language a frame is.
public struct MessageName: Hashable, Sendable {
    /// The language.
    public let language: ReceiverProtocol
    /// NMEA and Oncore: up to eight characters, the first in the highest byte that is used. UBX: class and message. TSIP:
    /// identifier and, for those that have one, the second identifier. 0 for what was cut off before its name.
    public let code: UInt64
    /// NMEA: the ninth and further characters of a longer name, up to eight, laid out as in `code`.
    public let rest: UInt64

    /// A name from its parts.
    public init(_ language: ReceiverProtocol, code: UInt64, rest: UInt64 = 0) {
        (self.language, self.code, self.rest) = (language, code, rest)
    }

    /// The name that begins a sentence, 16 characters at most: all up to the first comma, and up to the second where a
    /// maker puts the kind of sentence behind it, as in `PUBX,04`.
    init(sentence text: Span<UInt8>) {
        var (code, rest) = (UInt64(0), UInt64(0))
        var commas = Self.hasKind(text) ? 2 : 1
        for index in 0..<min(text.count, 16) {
            if text[index] == UInt8(ascii: ",") { commas -= 1 }
            guard commas > 0 else { break }
            if index < 8 { code = code << 8 | UInt64(text[index]) } else { rest = rest << 8 | UInt64(text[index]) }
        }
        self.init(.nmea, code: code, rest: rest)
    }

    /// Whether a sentence is u-blox's PUBX, SkyTraq's PSTI, Ericsson's PERC, Furuno's PERD or PFEC, or Ashtech's PASHR.
    private static func hasKind(_ text: Span<UInt8>) -> Bool {
        guard text.count > 4, text[0] == UInt8(ascii: "P") else { return false }
        switch (text[1], text[2], text[3]) {
        case (UInt8(ascii: "U"), UInt8(ascii: "B"), UInt8(ascii: "X")),
            (UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "I")),
            (UInt8(ascii: "E"), UInt8(ascii: "R"), UInt8(ascii: "C")),
            (UInt8(ascii: "E"), UInt8(ascii: "R"), UInt8(ascii: "D")),
            (UInt8(ascii: "F"), UInt8(ascii: "E"), UInt8(ascii: "C")),
            (UInt8(ascii: "A"), UInt8(ascii: "S"), UInt8(ascii: "H")):
            return true
        default: return false
        }
    }

    /// The name that begins a broken sentence; `nil` where it is cut off before the first comma.
    init?(brokenSentence text: Span<UInt8>) {
        for index in text.indices where text[index] == UInt8(ascii: ",") {
            self.init(sentence: text)
            return
        }
        return nil
    }

    /// The name of a whole packet.
    ///
    /// - Parameters:
    ///   - language: its language.
    ///   - packet: from its first byte; at least four bytes, as the shortest packet of any language has.
    init(_ language: ReceiverProtocol, packet: Span<UInt8>) {
        let code: UInt64 =
            switch language {
            case .ubx, .oncore: UInt64(packet[2]) << 8 | UInt64(packet[3])
            case .tsip where TSIPMessage.hasSubcode(packet[1]): UInt64(packet[1]) << 8 | UInt64(packet[2])
            case .tsip: UInt64(packet[1])
            case .garmin: UInt64(packet[1])
            case .skyTraq, .sirf, .nmea, .gpsd: packet.count > 4 ? UInt64(packet[4]) : 0
            }
        self.init(language, code: code)
    }
}

extension MessageName: CustomStringConvertible {
    /// As the maker's documents write it: `GPRMC`, `PUBX,04`, `NAV-PVT`, `8F-AB`, `@@Ea`, `MID41`.
    public var description: String {
        switch language {
        case .nmea: Self.letters(code) + Self.letters(rest)
        case .oncore: "@@" + Self.letters(code)
        case .ubx: UBXMessage.name(code) ?? Self.hex(code >> 8) + "-" + Self.hex(code & 0xff)
        case .tsip: code > 0xff ? Self.hex(code >> 8) + "-" + Self.hex(code & 0xff) : Self.hex(code)
        case .skyTraq: Self.hex(code)
        case .sirf: "MID\(code)"
        case .gpsd: "gpsd"
        case .garmin: "ID\(code)"
        }
    }

    private static func letters(_ code: UInt64) -> String {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: code >> (56 - 8 * $0)) }
        return String(decoding: bytes.drop { $0 == 0 }, as: UTF8.self)
    }

    private static func hex(_ byte: UInt64) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count < 2 ? "0" + digits : digits
    }
}
