import LinuxSystem
import Reports

/// A directory for one test with a log in it.
struct LogBook: ~Copyable {
    let directory: TemporaryDirectory
    let log: Log

    init() throws {
        let directory = try TemporaryDirectory(prefix: "timeball-test")
        log = Log(try LogOutput(.file(path: directory.path + "/log")), threshold: .debug)
        self.directory = directory
    }

    /// A path in the directory.
    func file(_ name: String) -> String { directory.path + "/" + name }

    /// Writes a file.
    func write(_ text: String, to name: String) throws { try Files.writeAtomically(file(name), Array(text.utf8)) }

    /// Reads a file.
    func read(_ name: String) throws -> String {
        String(decoding: try Files.read(file(name), limit: 1 << 20), as: UTF8.self)
    }

    /// The lines logged at a level, from the level's name on; repeats are counted, as `Log` does.
    func lines(_ level: LogLevel) throws -> [String] {
        log.reportRepeats()
        return try read("log").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            return words.count == 2 && words[1].hasPrefix("\(level): ")
                ? String(words[1].dropFirst("\(level): ".count)) : nil
        }
    }
}
