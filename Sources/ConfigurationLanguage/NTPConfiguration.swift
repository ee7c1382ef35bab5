/// The language of ntp.conf, as ntpd 4.2.6, ntpd 4.2.8 and NTPsec write it, with a few words more.
public enum NTPConfiguration {
    /// Most bytes of configuration, included files and all: a thousand times what anybody writes.
    static let mostBytes = 4 << 20
    /// Longest line in bytes; lines that are remarks as a whole may be longer.
    static let longestLine = 4096
    /// Deepest nesting of `includefile`: ntpd's own limit.
    static let deepestInclude = 5
    /// Most files included, so that files that include themselves end soon.
    static let mostIncludes = 100
    /// Most problems told: beyond that the text is no ntp.conf.
    static let mostProblems = 1000

    /// Reads a configuration.
    ///
    /// Order of lines does not matter where ntpd's does not: `fudge` may stand before its `server`. Nothing in the
    /// text makes the reader trap, and its time is bounded by the size of the text.
    ///
    /// - Parameters:
    ///   - bytes: the whole file; lines may end in CR LF, the last one in nothing.
    ///   - file: its name, for messages and as the place from which relative `includefile` paths start.
    ///   - include: the contents of another file, or `nil` where it cannot be read.
    /// - Returns: what the file says, and everything that is to be said about it in the order of the lines; the
    ///   configuration is not to be used where a diagnostic is an error.
    public static func parse(
        text bytes: [UInt8], file: String, include: (String) -> [UInt8]?
    ) -> (Configuration, [Diagnostic]) {
        var reader = NTPConfigurationReader()
        reader.read(bytes, file: file, depth: 0, include: include)
        return reader.finish()
    }
}

/// Goes through the lines of a file and the files it includes.
private struct NTPConfigurationReader {
    private var builder = ConfigurationBuilder()
    private var problems: [(ordinal: Int, diagnostic: Diagnostic)] = []
    private var ordinal = 0
    private var byteCount = 0
    private var includeCount = 0
    private var gaveUp = false

    /// The byte order mark that some editors put before UTF-8.
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    mutating func read(_ bytes: [UInt8], file: String, depth: Int, include: (String) -> [UInt8]?) {
        byteCount += bytes.count
        guard byteCount <= NTPConfiguration.mostBytes else {
            giveUp("more than \(NTPConfiguration.mostBytes) bytes of configuration", file: file, line: 1)
            return
        }
        let text = bytes.starts(with: Self.byteOrderMark) ? bytes[3...] : bytes[...]
        builder.hasEnded = false
        for (index, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            ordinal += 1
            guard !gaveUp, !builder.hasEnded else { break }
            readLine(line, file: file, number: index + 1, depth: depth, include: include)
        }
        builder.hasEnded = false
    }

    private mutating func readLine(
        _ line: ArraySlice<UInt8>, file: String, number: Int, depth: Int, include: (String) -> [UInt8]?
    ) {
        guard let first = line.first(where: { $0 > 0x20 }), first != UInt8(ascii: "#") else { return }
        var statement = Statement(Array(line), file: file, line: number, ordinal: ordinal)
        guard line.count <= NTPConfiguration.longestLine else {
            let start = Word(text: "", column: 1)
            let limit = NTPConfiguration.longestLine
            statement.report(.error, start, "the line is longer than \(limit) bytes and ignored")
            keep(statement)
            return
        }
        guard let word = statement.nextWord() else { return keep(statement) }
        if let directive = Directive.named(word.text) {
            directive.read(&builder, &statement, word)
            statement.expectEnd()
        } else {
            let nearest = Diagnostic.nearestWord(to: word.text, in: Directive.table.flatMap(\.words))
            statement.report(
                .warning, word, "unknown word \(word.quoted), the line is ignored",
                hint: nearest.map { "did you mean '\($0)'?" })
        }
        guard let path = builder.takeInclude() else { return keep(statement) }
        let included = included(by: path, at: &statement, depth: depth, include: include)
        keep(statement)
        if let included { read(included.bytes, file: included.file, depth: depth + 1, include: include) }
    }

    /// The file that a line includes; what is wrong with it is told at the line.
    private mutating func included(
        by path: Word, at statement: inout Statement, depth: Int, include: (String) -> [UInt8]?
    ) -> (bytes: [UInt8], file: String)? {
        guard depth < NTPConfiguration.deepestInclude else {
            let limit = NTPConfiguration.deepestInclude
            statement.report(.warning, path, "\(path.quoted) is nested deeper than \(limit) files, it is not read")
            return nil
        }
        includeCount += 1
        guard includeCount <= NTPConfiguration.mostIncludes else {
            let limit = NTPConfiguration.mostIncludes
            statement.report(.error, path, "more than \(limit) files are included, \(path.quoted) is not read")
            gaveUp = true
            return nil
        }
        let file = Self.resolve(path.text, from: statement.file)
        guard let bytes = include(file) else {
            statement.report(.warning, path, "\(path.quoted) cannot be read, the line is ignored")
            return nil
        }
        return (bytes, file)
    }

    /// What was read, after the lines that had to wait for others.
    mutating func finish() -> (Configuration, [Diagnostic]) {
        for statement in builder.finish(atMost: NTPConfiguration.mostProblems) { keep(statement) }
        let ordered = problems.enumerated().sorted {
            ($0.element.ordinal, $0.offset) < ($1.element.ordinal, $1.offset)
        }
        return (builder.configuration, ordered.map(\.element.diagnostic))
    }

    private mutating func keep(_ statement: Statement) {
        problems += statement.diagnostics.map { (statement.ordinal, $0) }
        if problems.count >= NTPConfiguration.mostProblems, !gaveUp {
            giveUp("more than \(NTPConfiguration.mostProblems) problems", file: statement.file, line: statement.line)
        }
    }

    private mutating func giveUp(_ reason: String, file: String, line: Int) {
        let message = "\(reason), the rest is not read"
        let last = Diagnostic(severity: .error, file: file, line: line, column: 1, message: message)
        problems.append((ordinal, last))
        gaveUp = true
    }

    /// A path as NTPsec takes it: relative ones start where the including file is.
    private static func resolve(_ path: String, from file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}
