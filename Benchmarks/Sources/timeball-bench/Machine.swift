import CLoad
import Glibc
import LinuxSystem
import TimeScale

/// What the measurements run on.
enum Machine {
    /// Cores that are there.
    static let coreCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    /// Core of a server with one thread.
    static let serverCore = coreCount > 1 ? 1 : 0
    /// Cores of the generator: one, and the server's another where there are two.
    static let generatorCores = 0...0
    /// Cores of a server with a worker on each: all but the generator's where there are more than two.
    static let workerCores = coreCount > 2 ? 1...coreCount - 1 : 0...coreCount - 1

    /// Whether a server on these cores leaves the generator one of its own.
    static func isApart(_ cores: ClosedRange<Int>) -> Bool { !cores.overlaps(generatorCores) }

    /// Keeps this thread, and what it starts from now on, on some cores.
    static func pin(_ cores: ClosedRange<Int>) { load_pin(0, Int32(cores.lowerBound), Int32(cores.upperBound)) }

    /// Lets this process, and what it starts, disturb others rather than be disturbed.
    ///
    /// A session of its own, because the kernel shares the cores out among sessions first, and then by niceness within
    /// each (sched(7), autogroup).
    ///
    /// - Returns: whether it may.
    static func takePrecedence() -> Bool {
        setsid()
        _ = try? run("/bin/sh", ["-c", "echo -10 2>/dev/null >/proc/self/autogroup"])
        return nice(-10) == -10
    }

    /// Where a program is.
    static func path(of program: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"].map { "\($0)/\(program)" }
            // SAFETY: the function reads the string.
            .first { unsafe access($0, X_OK) == 0 }
    }

    /// What a shell command prints, errors included.
    static func output(of command: String, folder: String) throws -> String {
        let file = "\(folder)/output"
        try run("/bin/sh", ["-c", "{ \(command); } >'\(file)' 2>&1"])
        return String(decoding: try Files.read(file, limit: 64 << 20), as: UTF8.self)
    }

    /// Runs a program to its end.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> ChildProcess.Ending {
        // SAFETY: the environment is not changed while the program runs; the string is copied at once.
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        var process = try ChildProcess(program: program, arguments: arguments, environment: ["PATH=\(path)"])
        while true {
            if let ending = try process.poll() { return ending }
            // The first process of a namespace does not hear Ctrl-C, and unshare(1) waits for it.
            if Signals.take().terminate { return try process.terminate(timeout: .zero) }
            Pause.sleep(.milliseconds(5))
        }
    }

    /// Runs this program again with a network and process numbers of its own, so that every port is free, no packet
    /// filter counts, and nothing that it starts outlives it.
    ///
    /// - Returns: the status it ended with; `nil` where the system does not allow it.
    static func runIsolated(_ arguments: [String]) throws -> Int32? {
        guard let unshare = path(of: "unshare") else { return nil }
        var words = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if getuid() != 0 { words.append("--map-root-user") }
        guard try run(unshare, words + ["true"]) == .exited(status: 0) else { return nil }
        try Signals.install()
        let this = try Files.programFolder() + "/timeball-bench"
        guard case .exited(let status) = try run(unshare, words + [this, "--isolated"] + arguments) else { return 1 }
        return status
    }

    /// One line about the machine.
    static func description(folder: String) -> String {
        let model =
            (try? output(of: "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1", folder: folder)) ?? ""
        let kernel = (try? output(of: "uname -srm", folder: folder)) ?? ""
        let load = (try? output(of: "cut -d ' ' -f 1 /proc/loadavg", folder: folder)) ?? ""
        let virtual =
            (try? output(of: "grep -q '^flags.* hypervisor' /proc/cpuinfo && echo ', virtual machine'", folder: folder))
            ?? ""
        let words = [model, kernel, load, virtual].map { $0.filter { $0 != "\n" } }
        return "\(words[0]), \(coreCount) cores\(words[3]); \(words[1]); load average at the start \(words[2])"
    }
}
