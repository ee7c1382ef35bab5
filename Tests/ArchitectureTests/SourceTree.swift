import Foundation

/// The package's files, read as text.
enum SourceTree {
    /// The package's root.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// A Swift file below `Sources`.
    struct File: Sendable, CustomStringConvertible {
        /// Path from `Sources`.
        let path: String
        /// Its lines.
        let lines: [Substring]

        /// The target it belongs to.
        var target: String { String(path.prefix { $0 != "/" }) }
        /// What it imports, `import func Glibc.sqrt` as the pair of `func` and `Glibc`.
        var imports: [(kind: String?, module: String)] {
            lines.compactMap { line in
                var words = line.split(separator: " ").map(String.init)[...]
                while let first = words.first, first.hasPrefix("@") || first == "public" { words.removeFirst() }
                guard words.popFirst() == "import", let last = words.last else { return nil }
                return (words.count > 1 ? words.first : nil, String(last.prefix { $0 != "." }))
            }
        }
        var description: String { path }
    }

    /// The folders of `Sources`.
    static let targets: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/Sources")) ?? []
        return names.sorted()
    }()

    /// Every Swift file below `Sources`.
    static let files: [File] = {
        let names = FileManager.default.enumerator(atPath: root + "/Sources")?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted().map { File(path: $0, lines: lines("Sources/\($0)")) }
    }()

    /// A file's text; empty where there is no file.
    static func text(_ path: String) -> String {
        (try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)) ?? ""
    }

    private static func lines(_ path: String) -> [Substring] {
        text(path).split(separator: "\n", omittingEmptySubsequences: false)
    }
}
