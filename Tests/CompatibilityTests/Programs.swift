import Foundation
import LinuxSystem
import TimeScale

/// Where the programs under test and the programs that test them are.
enum Programs {
    /// The package's root.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The daemon under test: what `TIMEBALLD` names, else the release build, else the debug build.
    static let daemon: String = {
        if let named = ProcessInfo.processInfo.environment["TIMEBALLD"] { return named }
        return build("release", "timeballd") ?? build("debug", "timeballd") ?? "(no timeballd is built)"
    }()

    /// The release build of the daemon, for figures: what `TIMEBALLD_RELEASE` names, else the one in `.build`.
    static let releaseDaemon: String? = {
        let found = ProcessInfo.processInfo.environment["TIMEBALLD_RELEASE"] ?? build("release", "timeballd")
        if found == nil { skip("FIGURES", "no .build/release/timeballd and no TIMEBALLD_RELEASE") }
        return found
    }()

    /// `timeball`, beside the daemon under test where it is there, else the debug build.
    static let timeball: String = {
        let beside = URL(fileURLWithPath: daemon).deletingLastPathComponent().appendingPathComponent("timeball").path
        if isExecutable(beside) { return beside }
        return build("debug", "timeball") ?? "(no timeball is built)"
    }()

    /// A `timeball` with a `timeballd` beside it, as `timeball demo` needs it.
    static let timeballWithDaemon: String? = ["release", "debug"].lazy
        .filter { build($0, "timeballd") != nil }.compactMap { build($0, "timeball") }.first

    /// A program of the system, `nil` where it is not installed.
    static func installed(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(name)" }.first(where: isExecutable)
    }

    /// A program of Debian's that is installed, or that `.ci/packages peers` unpacked.
    ///
    /// - Parameters:
    ///   - package: the folder below `.build/peers`.
    ///   - path: of the program, as if installed, without the first `/`.
    /// - Returns: its path; `nil` where it is neither.
    static func peer(_ package: String, _ path: String) -> String? {
        ["\(peers)\(package)/\(path)", "/\(path)"].first(where: isExecutable)
    }

    /// Where the libraries are that came with an unpacked program; empty for one that is installed.
    static func libraries(of path: String) -> String {
        guard path.hasPrefix(peers) else { return "" }
        return peers + path.dropFirst(peers.count).prefix { $0 != "/" } + "/libraries"
    }

    private static let peers = "\(root)/.build/peers/"

    /// A script of `Tests/Support` and the shell that runs it.
    static func script(_ name: String) -> [String] { ["/bin/sh", "\(root)/Tests/Support/\(name).sh"] }

    /// A program that cannot set this machine's clock, whatever it tries: it is not even started otherwise.
    static func withoutClock(_ words: [String]) -> [String] {
        let dropped = ["/usr/bin/setpriv", "--bounding-set", "-sys_time", "--inh-caps", "-sys_time"]
        return (isRoot ? dropped : []) + script("without-clock") + words
    }

    /// Whether the daemon under test has a word of the configuration, rather than warn and go on.
    static func knows(_ line: String) -> Bool {
        let folder = Folder()
        guard let file = try? folder.write("conf", "server 127.127.20.0\n\(line)\n") else { return false }
        let answer = try? ProcessOutput.of(daemon, ["--check-config", "-c", file])
        return answer?.contains("conf:2:") == false
    }

    /// Whether this process may make network and mount name spaces.
    static let isRoot = NSUserName() == "root"

    /// Says in the test log that something is not tested here.
    static func skip(_ what: String, _ why: String) {
        FileHandle.standardError.write(Data("*** \(what) NOT TESTED: \(why) ***\n".utf8))
    }

    private static func build(_ configuration: String, _ name: String) -> String? {
        let path = "\(root)/.build/\(configuration)/\(name)"
        return isExecutable(path) ? path : nil
    }

    private static func isExecutable(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }
}

/// How a program ended, and what it said.
struct ProgramResult: Sendable, CustomStringConvertible {
    /// Exit status; `nil` where a signal or our patience ended it.
    let status: Int32?
    /// Both of its streams.
    let output: String

    var description: String { "status \(status.map(String.init) ?? "none"): \(output)" }
}

/// Runs a program to its end without holding up a thread.
///
/// - Parameters:
///   - words: the program's path and its arguments.
///   - seconds: after which it is killed.
///   - isEnough: whether what it has said so far is all that is wanted; it is killed then.
/// - Returns: how it ended; also where it was killed.
/// - Throws: `SystemError` where it cannot be started.
func run(
    _ words: [String], seconds: Double = 20, until isEnough: (String) -> Bool = { _ in false }
) async throws -> ProgramResult {
    let folder = Folder()
    let path = folder.file("output")
    var child = try ChildProcess(
        program: "/bin/sh", arguments: ["-c", #"exec "$@" > "$0" 2>&1 < /dev/null"#, path] + words,
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"])
    var ending: ChildProcess.Ending?
    let deadline = KernelClock.monotonic() + Interval(seconds: seconds)
    while ending == nil, KernelClock.monotonic() < deadline {
        ending = try child.poll()
        if ending == nil, isEnough(folder.text("output")) { break }
        if ending == nil { try await Task.sleep(for: .milliseconds(20)) }
    }
    if ending == nil { _ = try child.terminate(timeout: .seconds(1)) }
    let output = String(decoding: try Files.read(path, limit: 1 << 24), as: UTF8.self)
    guard case .exited(let status) = ending else { return ProgramResult(status: nil, output: output) }
    return ProgramResult(status: status, output: output)
}

/// Both streams of a short program, waited for.
enum ProcessOutput {
    /// Runs a program.
    static func of(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}

/// A directory of its own, removed with everything in it when nobody refers to it.
final class Folder: Sendable {
    /// Short, because a Unix socket's path has 107 bytes at most.
    let path = "/tmp/tb-\(UInt32.random(in: 0 ... .max))"

    init() {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            // chronyd refuses directories that others can write to.
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        } catch {
            preconditionFailure("a test's directory cannot be made: \(error)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path in the directory.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// A file's text; empty where there is no file.
    func text(_ name: String) -> String {
        (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? ""
    }

    /// Writes a file and answers its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Files.writeAtomically(file(name), Array(text.utf8))
        return file(name)
    }
}

/// Whether a condition comes true in time; looks ten times a second without holding up a thread.
func eventually(within seconds: Double, _ condition: () throws -> Bool) async throws -> Bool {
    let deadline = KernelClock.monotonic() + Interval(seconds: seconds)
    while KernelClock.monotonic() < deadline {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(100))
    }
    return try condition()
}
