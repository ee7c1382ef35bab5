import Glibc
import LinuxSystem
import NTPWire
import TimeScale

// CPU time per reply of timeballd, beside a bare UDP echo, in one run.
//
// Method: both servers run as processes of their own on loopback, in turn; this process sends requests in batches of
// 32 and waits for the replies; the server's user and system time come from /proc/PID/stat (10 ms resolution).

/// Requests of one measurement: a second or so of CPU.
let requests = 200_000
let rounds = 3
let batch = 32

/// Answers whatever comes with the same bytes, until it is ended.
func echo(port: UInt16) throws {
    let socket = try NTPSocket(address: "127.0.0.1", port: port)
    var buffer = DatagramBuffer()
    var set = PollSet()
    while true {
        set.removeAll()
        set.add(socket.descriptor)
        _ = try set.wait(timeout: .second)
        while try socket.receive(into: &buffer) { _ = try socket.reply(from: buffer, length: buffer.length) }
    }
}

/// User and system time of a process so far, seconds.
func cpuTime(of process: pid_t) throws -> Double {
    let text = String(decoding: try Files.read("/proc/\(process)/stat", limit: 4096), as: UTF8.self)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
}

/// Sends all requests and returns the server's CPU time for each, µs, and the replies per second.
func measure(_ process: pid_t, port: UInt16) throws -> (cpu: Double, rate: Double) {
    let socket = try QuerySocket(host: "127.0.0.1", port: port)
    var packet = [UInt8](repeating: 0, count: NTPHeader.length)
    var span = packet.mutableSpan
    NTPHeader(requestOfVersion: 4, transmitTimestamp: NTPTimestamp(bits: 1)).write(into: &span)
    var answer = DatagramBuffer()
    let begun = (try cpuTime(of: process), KernelClock.monotonic())
    var replies = 0
    for _ in 0..<requests / batch {
        for _ in 0..<batch { try socket.send(packet.span) }
        for _ in 0..<batch where try socket.receive(into: &answer, timeout: .milliseconds(200)) { replies += 1 }
    }
    let elapsed = (KernelClock.monotonic() - begun.1).seconds
    return ((try cpuTime(of: process) - begun.0) / Double(replies) * 1e6, Double(replies) / elapsed)
}

/// Waits until a server answers.
func waitForServer(port: UInt16) throws {
    var answer = DatagramBuffer()
    for _ in 0..<100 {
        let socket = try QuerySocket(host: "127.0.0.1", port: port)
        try? socket.send([UInt8](repeating: 0x23, count: 48).span)
        if (try? socket.receive(into: &answer, timeout: .milliseconds(50))) ?? false { return }
        // Where nothing listens yet, the kernel refuses at once.
        Pause.sleep(.milliseconds(10))
    }
    throw SystemError("wait for the server", code: ETIMEDOUT)
}

nonisolated func digits(_ value: Double) -> String { String(Double(Int(value * 100)) / 100) }

let arguments = CommandLine.arguments
if arguments.count == 3, arguments[1] == "--echo", let port = UInt16(arguments[2]) { try echo(port: port) }
guard arguments.count == 2 else {
    Console.error("usage: timeball-bench PATH-OF-TIMEBALLD | --decisions\n")
    exit(2)
}
ServerDecisions.measure()
if arguments[1] == "--decisions" { exit(0) }
let folder = try TemporaryDirectory(prefix: "timeball-bench")
try Files.writeAtomically(
    "\(folder.path)/conf",
    Array("clock virtual\nserver 127.127.1.0 prefer\nlisten 127.0.0.1\nport 11124\nobserve none\n".utf8))
var server = try ChildProcess(
    program: arguments[1], arguments: ["-n", "-c", "\(folder.path)/conf"], environment: ["JOURNAL_STREAM=0"])
var bare = try ChildProcess(program: "/proc/self/exe", arguments: ["--echo", "11125"], environment: [])
try waitForServer(port: 11124)
try waitForServer(port: 11125)
Console.write("CPU per reply (user + system of the server), loopback, one thread, \(requests) requests a round\n")
Console.write("round  timeballd µs  replies/s   echo µs  replies/s   ratio of CPU\n")
for round in 1...rounds {
    let ours = try measure(server.processID, port: 11124)
    let theirs = try measure(bare.processID, port: 11125)
    Console.write(
        "\(round)      \(digits(ours.cpu))          \(Int(ours.rate))      \(digits(theirs.cpu))     \(Int(theirs.rate))"
            + "      \(digits(ours.cpu / theirs.cpu))\n")
}
_ = try server.terminate(timeout: .seconds(2))
_ = try bare.terminate(timeout: .seconds(2))
