/// A place in a configuration file.
public struct SourcePosition: Equatable, Sendable {
    /// The file's name as it was given to the reader or resolved from `includefile`.
    public let file: String
    /// The line, 1 or more.
    public let line: Int

    /// A place from the file's name and the line, counted from 1.
    public init(file: String, line: Int) {
        (self.file, self.line) = (file, line)
    }
}

/// Something that the reader of a configuration has to say about one word of it.
///
/// A problem is a value: the reader goes on, and the caller decides. The daemon starts, or takes a new
/// configuration over, only where there is no `.error`.
public struct Diagnostic: Equatable, Sendable {
    /// How much a problem matters.
    public enum Severity: String, Sendable {
        /// Nothing is lost: the word has no effect here, or none any more.
        case note
        /// A word was not understood or cannot be followed; the rest of the file counts.
        case warning
        /// A value would make the time wrong or leave the server open; the configuration must not be used.
        case error
    }

    /// How much the problem matters.
    public let severity: Severity
    /// The file's name as it was given to the reader or resolved from `includefile`.
    public let file: String
    /// The line, 1 or more.
    public let line: Int
    /// The column of the word's first byte, 1 or more; a tab counts as one.
    public let column: Int
    /// What is wrong and what happens instead: lower-case start, no full stop.
    public let message: String
    /// What may have been meant, where that can be guessed.
    public let hint: String?

    /// A problem with one word.
    public init(severity: Severity, file: String, line: Int, column: Int, message: String, hint: String? = nil) {
        (self.severity, self.message, self.hint) = (severity, message, hint)
        (self.file, self.line, self.column) = (file, line, column)
    }

    /// The known word that differs least from a mistyped one.
    ///
    /// Counts insertions, deletions, substitutions and swaps of neighbours; one such slip per three letters is allowed.
    ///
    /// - Parameters:
    ///   - word: what was written; longer than 32 bytes is no slip of the hand.
    ///   - candidates: the words that would have been understood.
    /// - Returns: the nearest candidate, the first among equals; `nil` where none is near.
    public static func nearestWord(to word: String, in candidates: some Sequence<String>) -> String? {
        let written = Array(word.utf8)
        guard (2...32).contains(written.count) else { return nil }
        var nearest: (word: String, distance: Int)?
        let tolerated = max(1, written.count / 3)
        for candidate in candidates {
            let known = Array(candidate.utf8)
            guard abs(known.count - written.count) <= tolerated else { continue }
            let distance = editDistance(written, known)
            if distance <= tolerated, distance < nearest?.distance ?? .max {
                nearest = (candidate, distance)
            }
        }
        return nearest?.word
    }

    /// Optimal string alignment distance of two words, by three rows of the usual table.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i]
            for j in 0..<right.count {
                let substituted = last[j] + (left[i - 1] == right[j] ? 0 : 1)
                var best = min(substituted, last[j + 1] + 1, row[j] + 1)
                if i > 1, j > 0, left[i - 1] == right[j - 1], left[i - 2] == right[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `file:line:column: severity: message; hint`, one line.
    public var description: String {
        "\(file):\(line):\(column): \(severity.rawValue): \(message)" + (hint.map { "; \($0)" } ?? "")
    }
}
