import CLoad
import Glibc
import LinuxSystem
import NTPWire
import TimeScale

/// A program that is measured: how it is started, and how it stands for itself in tables.
struct Program {
    var name: String
    /// Path and arguments.
    var command: [String]
    var port: UInt16
    var isEcho = false
    /// Whether it is timeballd.
    var isOurs = false
    /// Cores that it may use.
    var cores: ClosedRange<Int>
}

/// A program that runs.
final class Server {
    let program: Program
    private var process: ChildProcess

    /// CAP_SYS_TIME, as in linux/capability.h.
    private static let setsClock: UInt64 = 1 << 25

    /// Starts a program, without the right to set any clock, and waits until it answers.
    ///
    /// - Parameters:
    ///   - program: what to start.
    ///   - folder: for its log.
    ///   - prefix: a command to start it with: valgrind.
    ///   - patience: how long it may take.
    /// - Throws: `SystemError`; `BenchError` where it does not answer, or could set the machine's clock.
    init(_ program: Program, folder: String, prefix: [String] = [], patience: Interval = .seconds(10)) throws {
        self.program = program
        let log = "\(folder)/\(program.name.filter { $0 != " " && $0 != "/" }).log"
        var words = prefix + program.command
        if let setpriv = Machine.path(of: "setpriv"), getuid() == 0 {
            words = [setpriv, "--bounding-set", "-sys_time", "--inh-caps", "-sys_time"] + words
        }
        // A child begins on its parent's cores.
        Machine.pin(program.cores)
        process = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", "exec \"$@\" >'\(log)' 2>&1", "sh"] + words,
            environment: ["JOURNAL_STREAM=0", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        Machine.pin(Machine.generatorCores)
        try waitForAnswer(patience, log: log)
        guard try !Self.maySetClock(processID) else { throw BenchError.maySetClock(program.name) }
    }

    var processID: pid_t { process.processID }

    /// Ends the program.
    func stop() { _ = try? process.terminate(timeout: .seconds(20)) }

    /// User and system time so far, nanoseconds.
    var cpuTime: Int64 { load_cpu_time(processID) }

    /// Clock ticks of user and of system time so far (proc(5), stat), by which the two are told apart.
    func ticks() throws -> (user: Double, system: Double) {
        let text = String(decoding: try Files.read("/proc/\(processID)/stat", limit: 4096), as: UTF8.self)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12 else { return (0, 0) }
        return (Double(fields[11]) ?? 0, Double(fields[12]) ?? 0)
    }

    private func waitForAnswer(_ patience: Interval, log: String) throws {
        let deadline = KernelClock.monotonic() + patience
        let client = try Client(port: program.port, Requests(.none))
        while KernelClock.monotonic() < deadline {
            // 2 s: under valgrind the first reply takes that long. Where nothing listens the kernel refuses at once.
            if let answer = client.ask(timeout: .seconds(2)), program.isEcho || answer.stratum != 0 { return }
            if try process.poll() != nil { break }
            Pause.sleep(.milliseconds(20))
        }
        let said = (try? Files.read(log, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        throw BenchError.silent(program.name, said)
    }

    private static func maySetClock(_ process: pid_t) throws -> Bool {
        let status = String(decoding: try Files.read("/proc/\(process)/status", limit: 1 << 16), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") } ?? ""
        let bits = line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? .max
        return bits & setsClock != 0
    }
}

/// Why something cannot be measured.
enum BenchError: Error, CustomStringConvertible {
    /// A program does not answer, and what it said.
    case silent(String, String)
    /// A program has the right to set the machine's clock.
    case maySetClock(String)
    /// A tool printed something else than was expected.
    case unreadable(String)

    var description: String {
        switch self {
        case .silent(let name, let said): "\(name) does not answer; it said: \(said.suffix(500))"
        case .maySetClock(let name): "\(name) could set this machine's clock, and is not measured"
        case .unreadable(let what): "cannot read \(what)"
        }
    }
}
