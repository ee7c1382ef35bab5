/// The members of one JSON object (RFC 8259), found without copying.
///
/// Strict where a member is read from it: blanks anywhere between tokens, no comma too many or too few, nothing behind the
/// object. Within arrays and objects that are members, only strings and brackets are followed.
enum JSONObject {
    /// What a value is.
    enum Kind: Equatable {
        /// The range is what stands between the quotes, escapes as they are.
        case string
        /// A number.
        case number
        /// `true`, `false` or `null`.
        case word
        /// An array or an object, with its brackets.
        case composite
    }

    /// A name and its value, as ranges of the text.
    struct Member {
        let name: Range<Int>
        let value: Range<Int>
        let kind: Kind
    }

    /// Reads a text as one object.
    ///
    /// - Parameters:
    ///   - text: the line.
    ///   - body: called for each member in order.
    /// - Throws: `GPSDLineError.notAnObject`, when the members before have been read; what `body` throws.
    static func read(
        _ text: Span<UInt8>, _ body: (Member) throws(GPSDLineError) -> Void
    ) throws(GPSDLineError) {
        var position = 0
        try expect("{", in: text, &position)
        if next(in: text, &position) == UInt8(ascii: "}") {
            position += 1
        } else {
            try readMembers(text, &position, body)
        }
        guard next(in: text, &position) == nil else { throw .notAnObject(offset: position) }
    }

    private static func readMembers(
        _ text: Span<UInt8>, _ position: inout Int, _ body: (Member) throws(GPSDLineError) -> Void
    ) throws(GPSDLineError) {
        while true {
            let name = try string(in: text, &position)
            try expect(":", in: text, &position)
            let (value, kind) = try value(in: text, &position)
            try body(Member(name: name, value: value, kind: kind))
            let end = next(in: text, &position)
            position += 1
            if end == UInt8(ascii: "}") { return }
            guard end == UInt8(ascii: ",") else { throw .notAnObject(offset: position - 1) }
        }
    }

    /// The next byte that is no blank; `nil` at the end.
    private static func next(in text: Span<UInt8>, _ position: inout Int) -> UInt8? {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0d, 0x0a: position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private static func expect(
        _ character: Unicode.Scalar, in text: Span<UInt8>, _ position: inout Int
    ) throws(GPSDLineError) {
        guard next(in: text, &position) == UInt8(ascii: character) else { throw .notAnObject(offset: position) }
        position += 1
    }

    private static func value(
        in text: Span<UInt8>, _ position: inout Int
    ) throws(GPSDLineError) -> (Range<Int>, Kind) {
        guard let first = next(in: text, &position) else { throw .notAnObject(offset: position) }
        switch first {
        case UInt8(ascii: "\""): return (try string(in: text, &position), .string)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return (try composite(in: text, &position), .composite)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return (run(in: text, &position) { isDigit($0) || "+-.eE".utf8.contains($0) }, .number)
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            let range = run(in: text, &position) { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            guard text.holds("true", at: range) || text.holds("false", at: range) || text.holds("null", at: range)
            else { throw .notAnObject(offset: range.lowerBound) }
            return (range, .word)
        default: throw .notAnObject(offset: position)
        }
    }

    private static func run(
        in text: Span<UInt8>, _ position: inout Int, while isPart: (UInt8) -> Bool
    ) -> Range<Int> {
        let start = position
        while position < text.count, isPart(text[position]) { position += 1 }
        return start..<position
    }

    /// What stands between quotes.
    private static func string(in text: Span<UInt8>, _ position: inout Int) throws(GPSDLineError) -> Range<Int> {
        try expect("\"", in: text, &position)
        let start = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                return start..<(position - 1)
            case UInt8(ascii: "\\"): position += 2
            case 0..<0x20: throw .notAnObject(offset: position)
            default: position += 1
            }
        }
        throw .notAnObject(offset: start)
    }

    /// An array or an object; its brackets must match.
    private static func composite(in text: Span<UInt8>, _ position: inout Int) throws(GPSDLineError) -> Range<Int> {
        let start = position
        // Sixteen deep: gpsd's messages reach 3.
        var closing: [16 of UInt8] = .init(repeating: 0)
        var depth = 0
        while let byte = next(in: text, &position) {
            switch byte {
            case UInt8(ascii: "\""): _ = try string(in: text, &position)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < closing.count else { throw .notAnObject(offset: position) }
                // In ASCII `}` and `]` stand two behind what they close.
                closing[depth] = byte + 2
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard closing[depth - 1] == byte else { throw .notAnObject(offset: position) }
                depth -= 1
                position += 1
                if depth == 0 { return start..<position }
            default: position += 1
            }
        }
        throw .notAnObject(offset: start)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// A whole number as RFC 8259 §6 writes it; `nil` for fractions, powers, needless zeros and what 64 bits do not hold.
    static func integer(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        var digits = range
        let isNegative = text[range.lowerBound] == UInt8(ascii: "-")
        if isNegative { digits = (range.lowerBound + 1)..<range.upperBound }
        guard let first = digits.first, digits.count == 1 || text[first] != UInt8(ascii: "0") else { return nil }
        var magnitude: Int64 = 0
        for index in digits {
            guard isDigit(text[index]) else { return nil }
            let (product, isTooLong) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) = product.subtractingReportingOverflow(Int64(text[index] - UInt8(ascii: "0")))
            guard !isTooLong, !isBeyond else { return nil }
            magnitude = sum
        }
        // Counted downwards, because the lowest number has no counterpart.
        if isNegative { return magnitude }
        return magnitude == .min ? nil : -magnitude
    }
}

extension Span<UInt8> {
    /// Whether a range holds just this.
    func holds(_ word: String, at range: Range<Int>) -> Bool {
        let bytes = word.utf8
        guard range.count == bytes.count else { return false }
        for (byte, index) in zip(bytes, range) where self[index] != byte { return false }
        return true
    }
}
