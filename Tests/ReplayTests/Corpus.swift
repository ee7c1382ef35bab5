import Foundation
import TimeScale

/// The replay corpus beside the package: streams of real receivers, and what may be reported from them.
///
/// It is too large for the repository. `TIMEBALL_SHARED` names the folder that holds `corpus`, by default `../shared`.
enum Corpus {
    /// Where the corpus is, or should be.
    static let root: URL = {
        if let shared = ProcessInfo.processInfo.environment["TIMEBALL_SHARED"] {
            return URL(fileURLWithPath: shared).appendingPathComponent("corpus")
        }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appendingPathComponent("shared/corpus")
    }()

    /// Whether the corpus is there; says so in the test log where it is not.
    static let isPresent: Bool = {
        let isPresent = FileManager.default.fileExists(atPath: root.appendingPathComponent("streams").path)
        if !isPresent {
            print(
                "*** REPLAY TESTS SKIPPED: no corpus at \(root.path); set TIMEBALL_SHARED to the folder that has it ***"
            )
        }
        return isPresent
    }()

    /// The files of a folder with an extension, in order of name; empty without a corpus.
    static func files(in folder: String, withExtension suffix: String) -> [String] {
        guard isPresent else { return [] }
        let names = try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return (names ?? []).filter { $0.hasSuffix("." + suffix) }.sorted()
    }

    /// The bytes of a file.
    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appendingPathComponent(path)))
    }

    /// The rows of a table, split at tabs; remarks left out.
    static func rows(_ path: String) throws -> [[Substring]] {
        let text = String(decoding: try bytes(path), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    }
}

/// A moment that a receiver may name; 23:59:60 differs from the 00:00:00 that follows.
struct Epoch: Hashable, Comparable, CustomStringConvertible {
    var utc: Instant
    var isLeapSecond = false

    /// Reads `2016-12-31T23:59:60.000Z`, with or without the fraction of milliseconds.
    init?(_ text: Substring) {
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count == 6 || numbers.count == 7,
            let civil = CivilTime(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
                second: numbers[5], nanosecond: numbers.count == 7 ? numbers[6] * 1_000_000 : 0)
        else { return nil }
        (utc, isLeapSecond) = (civil.instant, civil.isLeapSecond)
    }

    /// An epoch as it was reported; cut to milliseconds, as the tables are.
    init(_ utc: Instant, isLeapSecond: Bool) {
        self.utc = Instant(nanoseconds: utc.nanoseconds - utc.nanoseconds % 1_000_000)
        self.isLeapSecond = isLeapSecond
    }

    /// Earlier before later; 23:59:60 before the 00:00:00 that follows.
    static func < (left: Epoch, right: Epoch) -> Bool {
        left.utc == right.utc ? left.isLeapSecond && !right.isLeapSecond : left.utc < right.utc
    }

    var description: String { "\(utc)" + (isLeapSecond ? " (leap second)" : "") }
}
