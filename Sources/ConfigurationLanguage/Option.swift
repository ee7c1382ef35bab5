import TimeScale

/// One row of a table of the words that may follow a directive.
struct Option<T>: Sendable {
    let word: String
    /// Reads the word's values, if it has any, and does what it says.
    let apply: @Sendable (inout T, inout Statement, Word) -> Void

    init(_ word: String, _ apply: @escaping @Sendable (inout T, inout Statement, Word) -> Void) {
        (self.word, self.apply) = (word, apply)
    }

    /// A word that says yes.
    static func yes(_ word: String, _ path: any WritableKeyPath<T, Bool> & Sendable) -> Option {
        Option(word) { target, _, _ in target[keyPath: path] = true }
    }

    /// A switch with its position.
    static func truth(_ word: String, _ path: any WritableKeyPath<T, Bool?> & Sendable) -> Option {
        Option(word) { target, statement, word in
            if let value = statement.truth(after: word) { target[keyPath: path] = value }
        }
    }

    /// A whole number.
    static func integer(
        _ word: String, _ path: any WritableKeyPath<T, Int?> & Sendable, in range: ClosedRange<Int>
    ) -> Option {
        Option(word) { target, statement, word in
            if let value = statement.integer(after: word, in: range) { target[keyPath: path] = value }
        }
    }

    /// A whole number that has a default.
    static func integer(
        _ word: String, _ path: any WritableKeyPath<T, Int> & Sendable, in range: ClosedRange<Int>
    ) -> Option {
        Option(word) { target, statement, word in
            if let value = statement.integer(after: word, in: range) { target[keyPath: path] = value }
        }
    }

    /// A number that has a default, in the unit of its property or in one of which `scale` make that.
    static func real(
        _ word: String, _ path: any WritableKeyPath<T, Double> & Sendable, in range: ClosedRange<Double>,
        unit: String, scale: Double = 1
    ) -> Option {
        Option(word) { target, statement, word in
            if let value = statement.real(after: word, in: range, unit: unit) { target[keyPath: path] = value * scale }
        }
    }

    /// A correction in seconds.
    static func correction(_ word: String, _ path: any WritableKeyPath<T, Double?> & Sendable) -> Option {
        Option(word) { target, statement, word in
            if let value = statement.correction(after: word) { target[keyPath: path] = value }
        }
    }

    /// An interval between polls, as the exponent of two.
    static func poll(_ word: String, _ path: any WritableKeyPath<T, PollExponent?> & Sendable) -> Option {
        Option(word) { target, statement, word in
            // −6 ... 17: the range of `PollExponent`; NTPsec begins at 0, ntpd at 3.
            guard let exponent = statement.integer(after: word, in: -6...17) else { return }
            target[keyPath: path] = PollExponent(clamping: exponent)
        }
    }

    /// A path.
    static func path(_ word: String, _ path: any WritableKeyPath<T, String?> & Sendable) -> Option {
        Option(word) { target, statement, word in
            if let value = statement.path(after: word) { target[keyPath: path] = value.text }
        }
    }

    /// Words that ntpd acts on and this version does not; each with so many values.
    static func unsupported(_ words: [String], values: Int) -> [Option] {
        ignored(words, values: values, .warning, "is not supported by this version, the word is ignored")
    }

    /// Words that change nothing here, with the reason.
    static func obsolete(_ words: [String], values: Int, because reason: String) -> [Option] {
        ignored(words, values: values, .note, "is ignored: \(reason)")
    }

    private static func ignored(
        _ words: [String], values: Int, _ severity: Diagnostic.Severity, _ message: String
    ) -> [Option] {
        words.map { word in
            Option(word) { _, statement, word in
                statement.report(severity, word, "\(word.quoted) \(message)")
                for _ in 0..<values { _ = statement.nextString() }
            }
        }
    }
}

extension Statement {
    /// Reads the rest of the line as options; an unknown word is told and skipped, with a number behind it.
    mutating func readOptions<T>(into target: inout T, _ options: [Option<T>]) {
        while let word = nextWord() {
            if let option = options.first(where: { $0.word == word.text }) {
                option.apply(&target, &self, word)
            } else {
                reportUnknown(word, among: options.map(\.word))
                skipNumber()
            }
        }
    }

    /// Tells of an option that is not known here, with the nearest that is.
    mutating func reportUnknown(_ word: Word, among known: [String]) {
        let nearest = Diagnostic.nearestWord(to: word.text, in: known)
        report(
            .warning, word, "unknown option \(word.quoted), the word is ignored",
            hint: nearest.map { "did you mean '\($0)'?" })
    }
}
