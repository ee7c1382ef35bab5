import Foundation

/// A directory of its own for one test, removed with everything in it.
final class TemporaryDirectory {
    /// Short, because a Unix socket's path has 107 bytes at most.
    let path = "/tmp/timeball-test-\(UInt32.random(in: 0 ... .max))"

    init() {
        makeDirectory(path)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            preconditionFailure("the test's directory cannot be removed: \(error)")
        }
    }

    /// A path in the directory.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a directory, with those above it.
    @discardableResult
    func makeDirectory(_ path: String) -> String {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            preconditionFailure("a test's directory cannot be made: \(error)")
        }
        return path
    }

    /// The names in the directory.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// Runs a body that should fail.
///
/// - Returns: the error, `nil` where there was none.
func failure<Answer: ~Copyable, Failure: Error>(of body: () throws(Failure) -> Answer) -> Failure? {
    do throws(Failure) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
