/// The lines about symmetric keys.
extension ConfigurationBuilder {
    /// Reads single identifiers and ranges as `(1 ... 10)`; what is neither is left out, so that less is trusted.
    mutating func readTrustedKeys(_ statement: inout Statement, _ word: Word) {
        var identifier = statement.nextWord()
        if identifier == nil {
            statement.report(.warning, word, "'trustedkey' needs key identifiers, the line is ignored")
        }
        while let first = identifier {
            let text = first.text == "(" ? Self.parenthesised(&statement) : first.text
            if let range = Self.identifiers(text) {
                configuration.trustedKeys.append(range)
            } else {
                let expected = "a key identifier from 1 to \(UInt32.max), or a range as in (1 ... 10)"
                statement.report(.warning, first, "\(first.quoted) is not \(expected), it is ignored")
            }
            identifier = statement.nextWord()
        }
    }

    mutating func readControlKey(_ statement: inout Statement, _ word: Word) {
        guard let identifier = statement.nextWord().flatMap({ UInt32($0.text) }), identifier > 0 else {
            statement.report(.warning, word, "'controlkey' needs a key identifier, the line is ignored")
            return statement.skipRest()
        }
        configuration.controlKey = identifier
        statement.report(.note, word, "'controlkey' has no effect: nothing can be changed from remote in this version")
    }

    /// The words up to the closing parenthesis, or the end of the line, without blanks.
    private static func parenthesised(_ statement: inout Statement) -> String {
        var text = ""
        while let word = statement.nextWord(), word.text != ")" { text += word.text }
        return text
    }

    /// `ID` or `ID...ID`.
    private static func identifiers(_ text: String) -> ClosedRange<UInt32>? {
        guard let dots = text.utf8.firstIndex(of: UInt8(ascii: ".")) else {
            return UInt32(text).flatMap { $0 > 0 ? $0...$0 : nil }
        }
        let upper = text[dots...]
        guard upper.hasPrefix("..."), let first = UInt32(text[..<dots]), let last = UInt32(upper.dropFirst(3)),
            first > 0, first <= last
        else { return nil }
        return first...last
    }
}
