import TimeScale

/// Where the comma-separated fields of a sentence lie; field 0 is the address.
///
/// It keeps offsets only, so that nothing is copied; the text goes along as a parameter.
struct NMEAFields {
    /// Fields in the sentence, as far as there is room for them (24); at least 1.
    private(set) var count = 0

    /// Where each field begins; one more entry than fields: one past the comma that would end the last.
    private var starts = [25 of Int](repeating: 0)

    /// Finds the fields of a sentence.
    ///
    /// 24 fields are room for every sentence that we read (GSV with signal and system has 22); further ones are not
    /// looked at.
    init(_ text: Span<UInt8>) {
        var offset = 0
        while offset <= text.count, count < starts.count - 1 {
            if offset == text.count || text[offset] == UInt8(ascii: ",") {
                count += 1
                starts[count] = offset + 1
            }
            offset += 1
        }
    }

    /// The offsets of a field in the text; empty where there is no such field.
    func range(_ field: Int) -> Range<Int> {
        field < count ? starts[field]..<(starts[field + 1] - 1) : 0..<0
    }

    /// Whether a field is blank or missing.
    func isEmpty(_ field: Int) -> Bool { range(field).isEmpty }

    /// The only character of a field; `nil` where it has none or more than one.
    func character(_ field: Int, in text: Span<UInt8>) -> UInt8? {
        let range = range(field)
        return range.count == 1 ? text[range.lowerBound] : nil
    }

    /// A whole number of digits only.
    ///
    /// - Parameters:
    ///   - range: offsets of the digits in the text.
    ///   - text: the sentence.
    /// - Returns: the number; `nil` for anything but 1 ... 9 digits.
    static func number(_ range: Range<Int>, in text: Span<UInt8>) -> Int? {
        guard (1...9).contains(range.count) else { return nil }
        var number = 0
        for offset in range {
            guard let digit = digit(text[offset]) else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// A time of day `hhmmss`, `hhmmss.` or `hhmmss.s…` with any number of decimals, cut after nanoseconds.
    ///
    /// Digits are never rounded: 59.9999999999 must not become the next minute.
    ///
    /// - Parameters:
    ///   - field: number of the field.
    ///   - text: the sentence.
    /// - Returns: time since midnight, 0 ..< 86 401 s; 86 400 s and more is within 23:59:60.
    /// - Throws: `MessageRejection.noTime` for a blank field, `.badTime` for what is no time of day.
    func timeOfDay(_ field: Int, in text: Span<UInt8>) throws(MessageRejection) -> Interval {
        let range = range(field)
        guard !range.isEmpty else { throw .noTime }
        let first = range.lowerBound
        guard range.count >= 6,
            let digits = Self.number(first..<first + 6, in: text),
            let whole = Interval(hour: digits / 10_000, minute: digits / 100 % 100, second: digits % 100),
            range.count == 6 || text[first + 6] == UInt8(ascii: ".")
        else { throw .badTime }
        var (nanoseconds, unit) = (Int64(0), Int64(100_000_000))
        for offset in range.dropFirst(7) {
            guard let digit = Self.digit(text[offset]) else { throw .badTime }
            nanoseconds += Int64(digit) * unit
            unit /= 10
        }
        return whole + Interval(nanoseconds: nanoseconds)
    }

    /// A date `ddmmyy`.
    ///
    /// - Throws: `MessageRejection.noDate` for a blank field, `.badDate` for what is not six digits.
    func shortDate(_ field: Int, in text: Span<UInt8>) throws(MessageRejection) -> SentDate {
        let range = range(field)
        guard !range.isEmpty else { throw .noDate }
        guard range.count == 6, let number = Self.number(range, in: text) else { throw .badDate }
        return SentDate(year: number % 100, month: number / 100 % 100, day: number / 10_000)
    }

    /// Whether a field holds these characters and no others.
    func matches(_ field: Int, _ word: String, in text: Span<UInt8>) -> Bool {
        let range = range(field)
        guard range.count == word.utf8.count else { return false }
        return zip(range, word.utf8).allSatisfy { text[$0] == $1 }
    }

    /// A whole number of 1 ... 9 digits, perhaps with a sign before it; `nil` for anything else.
    func integer(_ field: Int, in text: Span<UInt8>) -> Int? {
        let range = range(field)
        guard let first = range.first else { return nil }
        switch text[first] {
        case UInt8(ascii: "-"): return Self.number(range.dropFirst(), in: text).map { -$0 }
        case UInt8(ascii: "+"): return Self.number(range.dropFirst(), in: text)
        default: return Self.number(range, in: text)
        }
    }

    /// A decimal number, perhaps with a sign before it and a fraction of up to nine digits; `nil` for anything else.
    func decimal(_ field: Int, in text: Span<UInt8>) -> Double? {
        var range = range(field)
        guard let first = range.first else { return nil }
        let isNegative = text[first] == UInt8(ascii: "-")
        if isNegative || text[first] == UInt8(ascii: "+") { range = range.dropFirst() }
        let point = range.first { text[$0] == UInt8(ascii: ".") } ?? range.upperBound
        guard let whole = Self.number(range.lowerBound..<point, in: text) else { return nil }
        let digits = min(point + 1, range.upperBound)..<range.upperBound
        guard !digits.isEmpty else { return Double(isNegative ? -whole : whole) }
        guard let fraction = Self.number(digits, in: text) else { return nil }
        let value = Double(whole) + Double(fraction) / digits.reduce(1) { unit, _ in unit * 10 }
        return isNegative ? -value : value
    }

    private static func digit(_ byte: UInt8) -> Int? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
    }
}
