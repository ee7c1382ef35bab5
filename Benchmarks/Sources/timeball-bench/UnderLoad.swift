import CLoad
import FoundationEssentials
import LinuxSystem
import NTPWire
import Reports
import TimeScale

/// What saturation of the server does to the discipline: figures of a quiet time beside those of a busy one.
///
/// A timeballd with `clock virtual` follows an imagined receiver whose truth is CLOCK_REALTIME. Its own figures come
/// from the observe socket, once a second. Truth is known to the nanosecond: a packet socket sees the kernel's stamp of
/// the same request that the server turns into its receive timestamp.
struct UnderLoad {
    /// What is gathered in one of the two times.
    private struct Phase {
        var snapshots: [Snapshot] = []
        /// Served receive stamps less truth, seconds, ten a second.
        var errors: [Double] = []
        var seconds = 0.0
        var cpuTime = 0.0
        var replies = 0
    }

    private static let port: UInt16 = 20030
    private let folder: String
    private let program: Program

    init(timeballd: String, folder: String) throws {
        self.folder = folder
        let file = "\(folder)/under-load.conf"
        // Unpinned and with as many workers as it has by itself: as an appliance would run.
        program = Program(
            name: "timeballd under load", command: [timeballd, "-n", "-c", file], port: Self.port,
            cores: 0...Machine.coreCount - 1)
    }

    /// Measures both times and prints the table.
    func measure(seconds: Int, settling: Int) throws {
        let this = try Files.programFolder() + "/timeball-bench"
        try Files.remove("\(folder)/terminal")
        var device = try ChildProcess(program: this, arguments: ["--device", folder], environment: [])
        let server = try start()
        defer {
            server.stop()
            _ = try? device.terminate(timeout: .seconds(2))
        }
        var observer = try ObserveClient(path: "\(folder)/observe")
        try waitForLock(&observer, settling: settling)
        let quiet = try gather(server, &observer, seconds: seconds)
        var load = try ChildProcess(
            program: this, arguments: ["--generate", "\(Self.port)", "\(seconds + 30)"], environment: [])
        Pause.sleep(.seconds(2))
        let busy = try gather(server, &observer, seconds: seconds)
        _ = try load.terminate(timeout: .seconds(2))
        try report(quiet, busy, seconds: seconds)
    }

    private func start() throws -> Server {
        var terminal: [UInt8]?
        for _ in 0..<500 where terminal == nil {
            Pause.sleep(.milliseconds(10))
            terminal = try? Files.read("\(folder)/terminal", limit: 256)
        }
        guard let terminal else { throw BenchError.unreadable("the imagined receiver's terminal") }
        let text = """
            clock virtual offset 0.3 frequency 12.5 wander 1e-9 seed 1
            refclock nmea unit 0 path \(String(decoding: terminal, as: UTF8.self)) baud 9600 mode 17 minpoll 0 maxpoll 0 prefer
            refclock sock unit 0 path \(folder)/pulses refid PPS minpoll 0 maxpoll 0
            listen 127.0.0.1
            port \(Self.port)
            observe \(folder)/observe

            """
        try Files.writeAtomically("\(folder)/under-load.conf", Array(text.utf8))
        return try Server(program, folder: folder, patience: .seconds(30))
    }

    /// Waits until it follows the pulses, and some seconds more for the filter to settle.
    private func waitForLock(_ observer: inout ObserveClient, settling seconds: Int) throws {
        var settled = 0
        for _ in 0..<90 where settled < seconds {
            guard let snapshot = try snapshot(&observer) else { continue }
            settled = snapshot.tracking.state == "locked" ? settled + 1 : 0
        }
        guard settled == seconds else { throw BenchError.silent(program.name, "it did not lock") }
    }

    private func snapshot(_ observer: inout ObserveClient) throws -> Snapshot? {
        guard let frame = try observer.frame(timeout: .milliseconds(1500)) else { return nil }
        return try JSONDecoder().decode(Snapshot.self, from: Data(frame))
    }

    private func gather(_ server: Server, _ observer: inout ObserveClient, seconds: Int) throws -> Phase {
        var phase = Phase()
        let client = try Client(port: Self.port, Requests(.none))
        let tap = try Tap(client)
        let (begun, cpu) = (KernelClock.monotonic(), server.cpuTime)
        // The first is the state at the beginning.
        while phase.snapshots.count <= seconds, KernelClock.monotonic() - begun < .seconds(Int64(seconds) * 2) {
            if let snapshot = try snapshot(&observer) { phase.snapshots.append(snapshot) }
            compare(client, tap, &phase)
        }
        phase.seconds = (KernelClock.monotonic() - begun).seconds
        phase.cpuTime = Double(server.cpuTime - cpu) * 1e-9
        let replied = phase.snapshots.map(\.server.replied)
        phase.replies = (replied.last ?? 0) - (replied.first ?? 0)
        return phase
    }

    /// Asks ten times and compares the receive stamps of the replies with those of the kernel.
    private func compare(_ client: Client, _ tap: borrowing Tap, _ phase: inout Phase) {
        for _ in 0..<10 {
            // The tap is emptied in any case.
            let (answer, truth) = (client.ask(timeout: .milliseconds(50)), tap.lastRequest)
            guard let answer, let truth else { continue }
            let served = NTPTimestamp(bits: answer.receive_timestamp)
            phase.errors.append((served.instant(near: truth) - truth).seconds)
        }
    }

    private func report(_ quiet: Phase, _ busy: Phase, seconds: Int) throws {
        Console.write(
            "\n## The discipline while the server is saturated\n\n"
                + "timeballd as it comes, unpinned, `clock virtual`, imagined receiver (NMEA at 9600 baud, pulses with 1 µs "
                + "of jitter through SOCK), \(seconds) s quiet and \(seconds) s saturated by 100 000 clients; generator and "
                + "receiver share the cores with it. *Served − truth* is the receive timestamp in a reply less the "
                + "kernel's own stamp of the same request, ten a second; network and waiting have no part in it. "
                + "Seeds are fixed: what load does not change repeats.\n\n")
        var table = Table(["", "quiet", "saturated"])
        func row(_ name: String, _ value: (Phase) -> String) { table.add([name, value(quiet), value(busy)]) }
        func micro(_ value: Double) -> String { decimal(value * 1e6, 3) + " µs" }
        func worst(_ values: [Double]) -> Double { values.map(\.magnitude).max() ?? .nan }
        func sum(_ phase: Phase, _ counter: (Snapshot) -> Int) -> Int {
            guard let first = phase.snapshots.first, let last = phase.snapshots.last else { return 0 }
            return counter(last) - counter(first)
        }
        row("replies/s") { decimal(Double($0.replies) / $0.seconds, 0) }
        row("CPU of the server") { decimal($0.cpuTime / $0.seconds * 100, 0) + " % of a core" }
        row("served − truth, RMS") { micro(rootMeanSquare($0.errors)) }
        row("served − truth, worst") { micro(worst($0.errors)) }
        row("offset by its own estimate, RMS") { micro(rootMeanSquare($0.snapshots.map(\.tracking.offset))) }
        row("offset by its own estimate, worst") { micro(worst($0.snapshots.map(\.tracking.offset))) }
        row("standard deviation of that, median") { micro(median($0.snapshots.map(\.tracking.offsetDeviation))) }
        row("jitter of the pulses, median") { micro(median($0.snapshots.map(\.tracking.jitter))) }
        row("delay of the sentences") { phase in
            let last = phase.snapshots.last?.sources.map { ($0.labelDelay, $0.labelDelayDeviation) }
            return (last ?? []).filter { $0.0 != 0 }
                .map { "\(decimal($0.0 * 1e3, 1)) ± \(decimal($0.1 * 1e3, 1)) ms" }.joined(separator: ", ")
        }
        row("pulses taken, of so many seconds") { phase in
            "\(sum(phase) { $0.sources.last?.samples ?? 0 }) of \(phase.snapshots.count - 1)"
        }
        row("sentences rejected") { phase in "\(sum(phase) { $0.sources.map(\.rejected).reduce(0, +) })" }
        row("state changes") { phase in
            let states = phase.snapshots.map(\.tracking.state)
            return "\(zip(states, states.dropFirst()).filter { $0 != $1 }.count)"
        }
        table.print()
    }
}
