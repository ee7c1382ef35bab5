import CLoad
import Glibc
import LinuxSystem
import TimeScale

// timeballd beside its peers and beside bare echoes: replies per second, CPU and instructions per reply, latency, and
// what load does to the discipline. Everything runs on loopback; nothing may set this machine's clock.

/// What is measured, in this order.
enum Part: String, CaseIterable {
    case decisions, throughput, instructions, latency
    case underLoad = "under-load"
}

func measure(_ parts: [Part], timeballd: String, isQuick: Bool, isIsolated: Bool) throws {
    let folder = try TemporaryDirectory(prefix: "timeball-bench")
    Machine.pin(Machine.generatorCores)
    let isFirst = isIsolated && Machine.takePrecedence()
    Console.write("# Benchmark of the server\n\n\(Machine.description(folder: folder.path)).\n")
    Console.write(
        Machine.coreCount > 1
            ? "Generator pinned to core 0, servers to core 1; `workers \(Machine.workerCores.count)` to cores "
                + "\(Machine.workerCores.lowerBound) to \(Machine.workerCores.upperBound)"
                + (Machine.isApart(Machine.workerCores) ? ".\n" : ", one of which it shares with the generator.\n")
            : "One core: generator and servers share it.\n")
    Console.write(isFirst ? "Everything runs before other programs of this machine (niceness −10). " : "")
    Console.write("No server has CAP_SYS_TIME; timeballd and chronyd read the system's clock, which nobody adjusts.\n")
    if parts.contains(.decisions) { ServerDecisions.measure() }
    let programs = try Programs(timeballd: timeballd, folder: folder.path, isIsolated: isIsolated)
    for remark in programs.remarks { Console.write("**\(remark)**\n") }
    if parts.contains(.throughput) || parts.contains(.latency) {
        let servers = try programs.all.compactMap { program -> Server? in
            do {
                return try Server(program, folder: folder.path)
            } catch let error as BenchError where !program.isOurs && !program.isEcho {
                Console.write("**\(program.name) is not measured: \(error).**\n")
                return nil
            }
        }
        defer { for server in servers { server.stop() } }
        if parts.contains(.throughput) {
            var throughput = Throughput(servers, rounds: isQuick ? 3 : 5, seconds: isQuick ? 0.1 : 0.4)
            try throughput.measure()
        }
        if parts.contains(.latency) { try Latency.measure(servers, requests: isQuick ? 300 : 2000) }
    }
    if parts.contains(.instructions) {
        let details = try Files.programFolder() + "/../../instructions.txt"
        if let instructions = Instructions(folder: folder.path, count: isQuick ? 1024 : 8192, details: details) {
            try instructions.measure(programs.inOneThread, isQuick ? [.none] : Signature.allCases)
        } else {
            Console.write("\n**Instructions are not counted: valgrind is not installed.**\n")
        }
    }
    if parts.contains(.underLoad) {
        do {
            try UnderLoad(timeballd: timeballd, folder: folder.path).measure(
                seconds: isQuick ? 5 : 60, settling: isQuick ? 3 : 10)
        } catch let error as SystemError {
            Console.write("\n**The discipline under load is not measured: \(error).**\n")
        }
    }
}

let usage = """
    usage: timeball-bench TIMEBALLD [--quick] [--decisions] [--throughput] [--instructions] [--latency] [--under-load]

    Measures timeballd beside chronyd, ntpd and bare echoes; all parts where none is named.

    """
var isIsolated = false
var arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--echo" where arguments.count == 3:
    exit(load_echo(UInt16(arguments[1]) ?? 0, Int32(arguments[2]) ?? 1) == 0 ? 0 : 1)
case "--device" where arguments.count == 2:
    try ImaginedDevice.play(folder: arguments[1])
case "--generate" where arguments.count == 3:
    let result = try Requests(.none).send(
        to: UInt16(arguments[1]) ?? 0, isEcho: false, addresses: 100_000, seconds: Double(arguments[2]) ?? 0,
        spins: false)
    Console.write("\(result.sent) sent, \(result.replies) replies, \(result.wrong) wrong, \(result.lost) lost\n")
    exit(0)
case "--isolated":
    arguments.removeFirst()
    isIsolated = load_raise_loopback() == 0
default:
    if let status = try Machine.runIsolated(arguments) { exit(status) }
    Console.error("timeball-bench: no network namespace here; measuring on this machine's own loopback\n")
}

let isQuick = arguments.contains("--quick")
let parts = Part.allCases.filter { arguments.contains("--\($0.rawValue)") }
let paths = arguments.filter { !$0.hasPrefix("--") }
let known = ["--quick"] + Part.allCases.map { "--\($0.rawValue)" }
guard paths.count == 1, arguments.allSatisfy({ !$0.hasPrefix("--") || known.contains($0) }) else {
    Console.error(usage)
    exit(2)
}
do {
    let all = isQuick ? Part.allCases.filter { $0 != .decisions } : Part.allCases
    try measure(parts.isEmpty ? all : parts, timeballd: paths[0], isQuick: isQuick, isIsolated: isIsolated)
} catch {
    Console.error("timeball-bench: \(error)\n")
    exit(1)
}
