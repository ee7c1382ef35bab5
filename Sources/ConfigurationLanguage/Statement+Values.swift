import TimeScale

/// The values behind words. A value that is missing or wrong is an error, and `nil` comes back.
extension Statement {
    /// A whole number: decimal, or hexadecimal with `0x`.
    mutating func integer(after word: Word, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(after: word, "a whole number") else { return nil }
        guard let number = Self.integer(value.text), range.contains(number) else {
            reportBad(value, of: word, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A number with or without decimals and exponent.
    mutating func real(after word: Word, in range: ClosedRange<Double>, unit: String) -> Double? {
        guard let value = value(after: word, "a number (\(unit))") else { return nil }
        guard let number = Self.real(value.text), range.contains(number) else {
            reportBad(value, of: word, "a number from \(range.lowerBound) to \(range.upperBound) (\(unit))")
            return nil
        }
        return number
    }

    /// A length of time above zero, as a number with its unit behind it; in seconds.
    ///
    /// - Parameters:
    ///   - word: the word that the length belongs to.
    ///   - limit: the longest that is taken, seconds.
    ///   - units: what may stand behind the number, and how many seconds it is.
    /// - Returns: seconds; `nil` with an error where there is no such length.
    mutating func duration(after word: Word, atMost limit: Double, _ units: [(name: String, size: Double)])
        -> Double?
    {
        let names = units.map(\.name).joined(separator: ", ")
        let expectation = "a length of time up to \(limit) s with its unit (\(names)), as in '10\(units[1].name)'"
        guard let value = value(after: word, expectation) else { return nil }
        guard let seconds = Self.quantity(value.text, units), seconds > 0, seconds <= limit else {
            reportBad(value, of: word, expectation)
            return nil
        }
        return seconds
    }

    /// A quantity, as a number with its unit behind it.
    ///
    /// - Parameters:
    ///   - word: the word that the quantity belongs to.
    ///   - expectation: what it should be, for the message.
    ///   - range: what is taken.
    ///   - units: what may stand behind the number, and how much it is.
    /// - Returns: the quantity; `nil` with an error where there is none.
    mutating func quantity(
        after word: Word, _ expectation: String, in range: ClosedRange<Double>, _ units: [(name: String, size: Double)]
    ) -> Double? {
        guard let value = value(after: word, expectation) else { return nil }
        guard let quantity = Self.quantity(value.text, units), range.contains(quantity) else {
            reportBad(value, of: word, expectation)
            return nil
        }
        return quantity
    }

    /// Whether the next word begins as numbers do.
    var isNumberNext: Bool {
        var ahead = self
        guard let first = ahead.nextString()?.text.utf8.first else { return false }
        return "0123456789+-.".utf8.contains(first)
    }

    private static func quantity(_ text: String, _ units: [(name: String, size: Double)]) -> Double? {
        let digits = text.utf8.prefix { "0123456789+-.eE".utf8.contains($0) }
        let unit = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)
        guard let number = real(String(decoding: digits, as: UTF8.self)),
            let size = units.first(where: { $0.name == unit })?.size
        else { return nil }
        return number * size
    }

    /// A correction in seconds; NTPsec lets each letter `g` behind it add 1024 weeks, and `G` 8192.
    mutating func correction(after word: Word) -> Double? {
        guard let value = value(after: word, "a number of seconds") else { return nil }
        let digits = value.text.utf8.prefix { $0 != UInt8(ascii: "g") && $0 != UInt8(ascii: "G") }
        let letters = value.text.utf8.dropFirst(digits.count)
        guard let number = Self.real(String(decoding: digits, as: UTF8.self)),
            letters.allSatisfy({ $0 == UInt8(ascii: "g") || $0 == UInt8(ascii: "G") })
        else {
            reportBad(value, of: word, "a number of seconds")
            return nil
        }
        let weeks = letters.reduce(0) { $0 + ($1 == UInt8(ascii: "g") ? 1024 : 8192) }
        return number + Double(weeks * 604_800)
    }

    /// A switch: 0, 1, `true` or `false`; ntpd takes any other whole number for 1.
    mutating func truth(after word: Word) -> Bool? {
        guard let value = value(after: word, "0 or 1") else { return nil }
        switch value.text {
        case "0", "false": return false
        case "1", "true": return true
        default:
            guard Self.integer(value.text) != nil else {
                reportBad(value, of: word, "0 or 1")
                return nil
            }
            report(.warning, value, "\(value.quoted) is neither 0 nor 1, \(word.quoted) takes it for 1")
            return true
        }
    }

    /// A day as year-month-day, or as days since 1900 where that is allowed; not before GPS time began in 1980.
    mutating func date(after word: Word, orDaysSince1900 countsDays: Bool) -> Instant? {
        guard let value = value(after: word, "a date (YYYY-MM-DD)") else { return nil }
        let days = countsDays && value.text.utf8.count <= 6 ? Self.integer(value.text) : nil
        let moment = days.flatMap { Instant(seconds: Int64($0) * 86_400 - Self.secondsFrom1900To1970) }
        guard let moment = moment ?? Self.date(value.text), moment.wholeSeconds >= Self.startOfGPSTime else {
            reportBad(value, of: word, "a date (YYYY-MM-DD) from 1980-01-06 on")
            return nil
        }
        return moment
    }

    /// A path; a missing one is a warning only, since the time is right without the file.
    mutating func path(after word: Word) -> Word? {
        if let value = nextString() { return value }
        report(.warning, word, "\(word.quoted) needs a path, the word is ignored")
        return nil
    }

    /// A word of a few, or whatever else is one string; `expectation` says what for the message.
    mutating func string(after word: Word, _ expectation: String) -> Word? { value(after: word, expectation) }

    /// The whole of what stands there, so that `0,4` and `=0.4` are bad numbers and not a 0 and something unknown.
    private mutating func value(after word: Word, _ expectation: String) -> Word? {
        if let value = nextString() { return value }
        report(.error, word, "\(word.quoted) needs \(expectation), the word is ignored")
        return nil
    }

    /// Tells of a value that its word cannot take.
    mutating func reportBad(_ value: Word, of word: Word, _ expectation: String) {
        report(.error, value, "\(value.quoted) is not \(expectation), \(word.quoted) is ignored")
    }

    /// RFC 5905 figure 4.
    private static let secondsFrom1900To1970: Int64 = 2_208_988_800

    /// 1980-01-06, in seconds since 1970.
    private static let startOfGPSTime: Int64 = 315_964_800

    private static func integer(_ text: String) -> Int? {
        guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return Int(text) }
        let digits = text.dropFirst(2)
        return digits.first?.isHexDigit == true ? Int(digits, radix: 16) : nil
    }

    /// A finite number; `Double` alone would also take `nan`, `inf` and hexadecimal.
    private static func real(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text),
            number.isFinite
        else { return nil }
        return number
    }

    private static func date(_ text: String) -> Instant? {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard parts.map(\.count) == [4, 2, 2], numbers.count == 3 else { return nil }
        return CivilTime(year: numbers[0], month: numbers[1], day: numbers[2])?.instant
    }
}
