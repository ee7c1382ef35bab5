/// One word of a line, without its quotes.
struct Word: Equatable {
    let text: String
    /// Column of the first byte, counted from 1; that of the opening quote where there is one.
    let column: Int

    /// The word as messages show it: in quotes, shortened, without control characters.
    var quoted: String {
        let shown = text.unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) }
        return "'\(String(shown))\(text.unicodeScalars.count > 40 ? "…" : "")'"
    }
}

/// One line of ntp.conf, read word by word, with what was found wrong in it.
///
/// The rules are ntpd's scanner's (ntp_scanner.c): blanks and control characters separate words, `#` begins a remark
/// anywhere but in quotes, a quote that is not closed ends with the line, there are no escapes and no continuation
/// lines, and bytes outside ASCII are skipped.
struct Statement {
    /// The file's name.
    let file: String
    /// The line's number in the file, from 1.
    let line: Int
    /// The line's number in everything read so far, included files and all.
    let ordinal: Int
    /// The problems found so far.
    private(set) var diagnostics: [Diagnostic] = []

    private let bytes: [UInt8]
    private var position = 0
    private var toldOfForeignBytes = false

    /// Longest word in bytes: ntpd's own limit.
    static let longestWord = 1024

    init(_ bytes: [UInt8], file: String, line: Int, ordinal: Int) {
        (self.bytes, self.file, self.line, self.ordinal) = (bytes, file, line, ordinal)
    }

    /// Notes a problem with a word.
    mutating func report(_ severity: Diagnostic.Severity, _ word: Word, _ message: String, hint: String? = nil) {
        let diagnostic = Diagnostic(
            severity: severity, file: file, line: line, column: word.column, message: message, hint: hint)
        diagnostics.append(diagnostic)
    }

    /// The next word where a keyword, number or address may stand.
    ///
    /// The characters `{ } ( ) , ; | =` are words of their own. A word that begins with `//` ends the line: it is a
    /// habit of administrators, so it is told once and what follows is taken for the remark that it is.
    mutating func nextWord() -> Word? {
        guard let word = scan(splitting: true) else { return nil }
        guard word.text.hasPrefix("//"), bytes[word.column - 1] != UInt8(ascii: "\"") else { return word }
        skipRest()
        report(.warning, word, "'//' begins no remark in ntp.conf, the rest of the line is ignored", hint: "write '#'")
        return nil
    }

    /// The next word where a name or path is expected, which may hold any character but a blank and `#`.
    mutating func nextString() -> Word? { scan(splitting: false) }

    /// Whether the next word is a certain one; it is read then.
    mutating func nextIs(_ text: String) -> Bool {
        var ahead = self
        guard ahead.nextString()?.text == text else { return false }
        self = ahead
        return true
    }

    /// Leaves the rest of the line unread.
    mutating func skipRest() { position = bytes.count }

    /// Hands the rest of the line, with the problems found so far, to be read later.
    mutating func deferRest() -> Statement {
        let rest = self
        skipRest()
        diagnostics = []
        return rest
    }

    /// Leaves the next word unread if it looks like the number that belongs to an unknown word before it.
    mutating func skipNumber() {
        var ahead = self
        guard let first = ahead.nextWord()?.text.utf8.first else { return }
        if Self.isDigit(first) || "+-.".utf8.contains(first) { self = ahead }
    }

    /// Tells of a word that is left over where the line should have ended.
    mutating func expectEnd() {
        guard let word = nextWord() else { return }
        skipRest()
        report(.warning, word, "\(word.quoted) is not expected here, the rest of the line is ignored")
    }

    private mutating func scan(splitting: Bool) -> Word? {
        while let start = nextVisible() {
            let scanned = bytes[start] == UInt8(ascii: "\"") ? scanQuoted() : scanBare(splitting: splitting)
            let isQuoted = bytes[start] == UInt8(ascii: "\"")
            // Both micro signs stand for the letter: "10µs" must not become ten seconds.
            let text = scanned.withMicroSignsAsLetters
            let word = Word(text: String(decoding: text.filter { $0 < 0x80 }, as: UTF8.self), column: start + 1)
            if text.contains(where: { $0 >= 0x80 }), !word.text.hasPrefix("//"), !toldOfForeignBytes {
                toldOfForeignBytes = true
                report(.warning, word, "the bytes outside ASCII at \(word.quoted) are skipped")
            }
            guard text.count <= Self.longestWord else {
                skipRest()
                report(.error, word, "\(word.quoted) is longer than \(Self.longestWord) bytes, the line ends before it")
                return nil
            }
            if isQuoted || !word.text.isEmpty { return word }
        }
        return nil
    }

    /// Moves to the next byte that is not a separator; `nil` at the end of the line or at a remark.
    private mutating func nextVisible() -> Int? {
        while position < bytes.count, Self.isSeparator(bytes[position]) { position += 1 }
        guard position < bytes.count, bytes[position] != UInt8(ascii: "#") else {
            skipRest()
            return nil
        }
        return position
    }

    private mutating func scanQuoted() -> ArraySlice<UInt8> {
        let start = position + 1
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count
        position = min(end + 1, bytes.count)
        return bytes[start..<end]
    }

    private mutating func scanBare(splitting: Bool) -> ArraySlice<UInt8> {
        let start = position
        position += 1
        if splitting, Self.isSpecial(bytes[start]) { return bytes[start..<position] }
        while position < bytes.count, !Self.isSeparator(bytes[position]), bytes[position] != UInt8(ascii: "#"),
            !(splitting && Self.isSpecial(bytes[position]))
        {
            position += 1
        }
        return bytes[start..<position]
    }

    /// Blanks and control characters, carriage return among them.
    private static func isSeparator(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == 0x7f }

    private static func isSpecial(_ byte: UInt8) -> Bool { "{}(),;|=".utf8.contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension Sequence where Element == UInt8 {
    /// The bytes with µ (U+00B5) and μ (U+03BC), which are two bytes each in UTF-8, as `u`.
    var withMicroSignsAsLetters: [UInt8] {
        var bytes: [UInt8] = []
        for byte in self {
            let isMicroSign = (bytes.last == 0xc2 && byte == 0xb5) || (bytes.last == 0xce && byte == 0xbc)
            if isMicroSign { bytes[bytes.count - 1] = UInt8(ascii: "u") } else { bytes.append(byte) }
        }
        return bytes
    }
}
