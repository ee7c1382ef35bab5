/// A key as a keys file describes it. The secret itself stays in the file's text, which the caller can wipe.
public struct KeyDescription: Equatable, Sendable {
    /// The number by which client and server name the key, 1 ... 2³²−1; ntpd's end at 65535.
    public let identifier: UInt32
    /// What is done with the key.
    public let algorithm: DigestAlgorithm
    /// Where the secret stands in the text, offsets in bytes, never empty.
    public let secret: Range<Int>
    /// Whether the secret is written as pairs of hexadecimal digits, and not as its bytes.
    public let isHexadecimal: Bool

    /// Bytes of the secret.
    public var length: Int { isHexadecimal ? secret.count / 2 : secret.count }
}

/// The reader of keys files: ntpd's, NTPsec's and chrony's, told apart line by line.
///
/// | line | whose | the key is |
/// |---|---|---|
/// | `ID TYPE KEY [ADDRESSES]` | ntpd | up to 20 characters as they are; longer ones hexadecimal |
/// | `ID TYPE ASCII:KEY`, `ID TYPE HEX:KEY` | chrony | as it says |
/// | `ID KEY`, `ID ASCII:KEY`, `ID HEX:KEY` | chrony | of type MD5, characters unless it says `HEX:` |
///
/// A longer key behind a type that is not hexadecimal is taken for characters, as chrony would; ntpd would refuse it. A
/// line that begins with `#`, `!`, `;` or `%` is a remark, and so is what follows a `#` elsewhere, as in ntpd, unless it is
/// part of a key with chrony's prefix.
public enum KeysFile {
    /// Longest key that ntpd takes as characters.
    private static let mostCharacters = 20
    /// Keys shorter than this many bytes (80 bits, chrony's limit) can be guessed.
    private static let fewestSafeBytes = 10

    /// Reads a keys file. A line that cannot be read is told and left out: it never keeps the others from being used.
    ///
    /// - Parameters:
    ///   - text: the whole file. No message repeats anything of it but key identifiers.
    ///   - file: its name, for messages.
    /// - Returns: the keys in the order of their identifiers, of equal ones the last; and what is to be said.
    public static func parse(_ text: Span<UInt8>, file: String) -> ([KeyDescription], [Diagnostic]) {
        var keys: [UInt32: KeyDescription] = [:]
        var diagnostics: [Diagnostic] = []
        var (start, number) = (0, 1)
        while start < text.count, diagnostics.count < NTPConfiguration.mostProblems {
            var end = start
            while end < text.count, text[end] != 0x0a { end += 1 }
            var line = KeysFileLine(start..<end, of: text, file: file, number: number)
            if let key = line.read(text) {
                if keys.updateValue(key, forKey: key.identifier) != nil {
                    line.report("key \(key.identifier) is given again, and this line counts")
                }
            }
            diagnostics += line.diagnostics
            (start, number) = (end + 1, number + 1)
        }
        return (keys.values.sorted { $0.identifier < $1.identifier }, diagnostics)
    }

    /// Whether a key without prefix behind a type is written in hexadecimal.
    fileprivate static func isHexadecimal(_ key: Range<Int>, of text: Span<UInt8>) -> Bool {
        key.count > mostCharacters && key.count % 2 == 0 && key.allSatisfy { text[$0].isHexadecimalDigit }
    }

    fileprivate static func isWeak(_ key: KeyDescription) -> Bool { key.length < fewestSafeBytes }
}

/// One line of a keys file.
private struct KeysFileLine {
    private(set) var diagnostics: [Diagnostic] = []
    private let file: String
    private let number: Int
    private let start: Int
    private var words: [Range<Int>] = []

    /// How a key is written.
    private enum Notation: CaseIterable {
        case characters, hexadecimal

        var prefix: StaticString { self == .characters ? "ASCII:" : "HEX:" }
    }

    /// Splits a line into words, four and one more at most.
    init(_ line: Range<Int>, of text: Span<UInt8>, file: String, number: Int) {
        (self.file, self.number) = (file, number)
        var position = line.lowerBound
        if number == 1, line.count >= 3, text[0] == 0xef, text[1] == 0xbb, text[2] == 0xbf { position += 3 }
        start = position
        while position < line.upperBound, words.count < 5 {
            guard text[position] > 0x20, text[position] != 0x7f else {
                position += 1
                continue
            }
            if text[position] == UInt8(ascii: "#") || words.isEmpty && "!;%".utf8.contains(text[position]) { return }
            let first = position
            let takesHash = Self.notation(at: first..<line.upperBound, of: text) != nil
            while position < line.upperBound, text[position] > 0x20, text[position] != 0x7f,
                takesHash || text[position] != UInt8(ascii: "#")
            {
                position += 1
            }
            words.append(first..<position)
        }
    }

    /// The key of the line; `nil` for a line without words, and with a problem for one that has no key.
    mutating func read(_ text: Span<UInt8>) -> KeyDescription? {
        guard let first = words.first else { return nil }
        guard let identifier = UInt32(Self.string(first, of: text)), identifier > 0 else {
            report("a line begins with a key identifier from 1 to \(UInt32.max), the line is ignored", at: first)
            return nil
        }
        guard words.count > 1 else {
            report("key \(identifier) has no key, the line is ignored", at: first)
            return nil
        }
        var algorithm = DigestAlgorithm.md5
        if words.count > 2 {
            guard let named = readAlgorithm(words[1], of: text, identifier) else { return nil }
            algorithm = named
        }
        guard let key = readSecret(words[min(2, words.count - 1)], of: text, identifier, algorithm) else { return nil }
        tellOfQuality(key)
        if words.count > 3 {
            let remark = "who may serve time with key \(identifier) has no effect here: this version asks no servers"
            report(remark, at: words[3], .note)
        }
        if words.count > 4 { report("the rest of the line is not expected and ignored", at: words[4]) }
        return key
    }

    private mutating func readAlgorithm(
        _ word: Range<Int>, of text: Span<UInt8>, _ identifier: UInt32
    ) -> DigestAlgorithm? {
        // Longer words are keys in the wrong place.
        let name = word.count <= 16 ? Self.string(word, of: text) : ""
        if let algorithm = DigestAlgorithm(keyType: name) { return algorithm }
        let known = DigestAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        report("the type of key \(identifier) is unknown, the line is ignored", at: word, hint: "known are \(known)")
        return nil
    }

    private mutating func readSecret(
        _ word: Range<Int>, of text: Span<UInt8>, _ identifier: UInt32, _ algorithm: DigestAlgorithm
    ) -> KeyDescription? {
        var secret = word
        let notation = Self.notation(at: word, of: text)
        if let notation { secret = word.lowerBound + notation.prefix.utf8CodeUnitCount..<word.upperBound }
        let isHexadecimal =
            notation == .hexadecimal || notation == nil && words.count > 2 && KeysFile.isHexadecimal(word, of: text)
        if isHexadecimal, secret.count % 2 != 0 || !secret.allSatisfy({ text[$0].isHexadecimalDigit }) {
            report("key \(identifier) is no even count of hexadecimal digits, the line is ignored", at: word)
            return nil
        }
        guard !secret.isEmpty else {
            report("key \(identifier) is empty, the line is ignored", at: word)
            return nil
        }
        return KeyDescription(
            identifier: identifier, algorithm: algorithm, secret: secret, isHexadecimal: isHexadecimal)
    }

    /// A key of the wrong length is cut or filled with zeros, as ntpd does: client and server then agree.
    private mutating func tellOfQuality(_ key: KeyDescription) {
        if let length = key.algorithm.keyLength, length != key.length {
            let change = key.length < length ? "filled with zeros" : "cut"
            let type = key.algorithm.rawValue
            report("key \(key.identifier) has \(key.length) bytes and is \(change) to the \(length) of \(type)")
        } else if KeysFile.isWeak(key) {
            report("key \(key.identifier) has fewer than 80 bits and can be guessed")
        }
    }

    /// Notes a problem, at the line's beginning where no word is named.
    mutating func report(
        _ message: String, at word: Range<Int>? = nil, _ severity: Diagnostic.Severity = .warning, hint: String? = nil
    ) {
        let column = (word ?? words.first).map { $0.lowerBound - start + 1 } ?? 1
        diagnostics.append(
            Diagnostic(severity: severity, file: file, line: number, column: column, message: message, hint: hint))
    }

    /// chrony's prefix at the beginning of a word.
    private static func notation(at word: Range<Int>, of text: Span<UInt8>) -> Notation? {
        Notation.allCases.first { notation in
            let prefix = notation.prefix
            guard word.count >= prefix.utf8CodeUnitCount else { return false }
            return zip(prefix.description.utf8, word).allSatisfy { $0 == text[$1] }
        }
    }

    private static func string(_ word: Range<Int>, of text: Span<UInt8>) -> String {
        String(decoding: word.map { text[$0] }, as: UTF8.self)
    }
}

extension UInt8 {
    /// Whether the byte is one of `0` ... `9`, `a` ... `f`, `A` ... `F`.
    fileprivate var isHexadecimalDigit: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self | 0x20) }
}
