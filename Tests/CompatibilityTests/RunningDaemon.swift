import Foundation
import Glibc
import LinuxSystem
import Reports
import Synchronization
import Testing
import TimeScale

/// A real `timeballd` with a receiver of its own, an unprivileged port and a virtual clock that begins 0.3 s wrong.
///
/// It never adjusts this machine's clock, which is the truth in these tests.
final class RunningDaemon: Sendable {
    /// How a daemon is started.
    struct Setup: Sendable {
        /// The program.
        var program = Programs.daemon
        /// The stream that its receiver plays.
        var stream = "mt3339"
        /// What its receiver does at first.
        var behaviour = Feeder.Behaviour()
        /// The line about the clock that it steers.
        var clock = "clock virtual offset 0.3 frequency 12.5 seed 1"
        /// Lines about sources; those for its receiver's terminal and pulses where `nil`.
        var sources: String?
        /// Options behind `-n`.
        var options: [String] = []
        /// Configuration after the sources' lines.
        var service = "listen 127.0.0.1\nlisten ::1\nlocal stratum 10"
        /// Path of the drift file; in the daemon's own folder where `nil`.
        var driftFile: String?
        /// Whether it gets a network of its own, and port 123 there; needs root.
        var isIsolated = false
        /// Program and arguments that run the daemon.
        var wrapper: [String] = []
        /// `NAME=value`.
        var environment: [String] = []

        /// A daemon as the tests mostly want it.
        init() {}

        /// The same with changes.
        func with(_ change: (inout Setup) -> Void) -> Setup {
            var copy = self
            change(&copy)
            return copy
        }
    }

    /// No daemon, or one that ended by itself.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Where its files are.
    let folder: Folder
    /// UDP port that it serves on.
    let port: UInt16
    /// Its receiver.
    let feeder: Feeder
    /// When it was started.
    let started: MonotonicInstant
    /// The kernel's number.
    let processID: pid_t
    private let isIsolated: Bool
    private let process: Mutex<ChildProcess?>

    /// Starts a daemon.
    init(_ setup: Setup = Setup()) throws {
        guard FileManager.default.isExecutableFile(atPath: setup.program) else {
            throw Failure(description: "\(setup.program): build timeballd first, or name it by TIMEBALLD")
        }
        (folder, isIsolated) = (Folder(), setup.isIsolated)
        port = setup.isIsolated ? 123 : try Self.freePort()
        let file = try folder.write("timeball.conf", Self.configuration(setup, folder, port))
        feeder = Feeder(
            link: folder.file("gps"), pulses: folder.file("pulses"), stream: RealStream(setup.stream),
            behaviour: setup.behaviour)
        var words = setup.wrapper + [setup.program, "-n"] + setup.options + ["-c", file]
        if setup.isIsolated {
            words = ["/usr/bin/unshare", "-n", "/bin/sh", "-c", #"ip link set lo up && exec "$0" "$@""#] + words
        }
        started = KernelClock.monotonic()
        let child = try ChildProcess(
            program: words[0], arguments: Array(words[1...]),
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + setup.environment)
        processID = child.processID
        process = Mutex(child)
    }

    deinit {
        feeder.stop()
    }

    private static func configuration(_ setup: Setup, _ folder: Folder, _ port: UInt16) -> String {
        let receiver = """
            refclock nmea unit 0 path \(folder.file("gps")) baud 9600 mode 16 minpoll 0 maxpoll 0 prefer
            refclock sock unit 0 path \(folder.file("pulses")) refid PPS minpoll 0 maxpoll 0
            """
        return """
            \(setup.clock)
            \(setup.sources ?? receiver)
            \(setup.service)
            port \(port)
            observe \(folder.file("observe"))
            driftfile \(setup.driftFile ?? folder.file("drift"))
            logfile \(folder.file("log"))

            """
    }

    /// The port to be given out next, below those that the kernel gives to whoever asks for any (32768 and above): one of
    /// those could go to another test's client before the daemon has it.
    private static let nextPort = Mutex(UInt16.random(in: 20_000..<30_000))

    /// A port of 127.0.0.1 and [::1] that nobody has, and that no other test of this process is given.
    static func freePort() throws -> UInt16 {
        while true {
            let port = nextPort.withLock { port in
                port = port < 32_000 ? port + 1 : 20_000
                return port
            }
            if isFree(port, "127.0.0.1"), isFree(port, "::1") { return port }
        }
    }

    private static func isFree(_ port: UInt16, _ address: String) -> Bool {
        do {
            _ = try NTPSocket(address: address, port: port)
            return true
        } catch {
            return false
        }
    }

    // MARK: - Looking at it

    /// Everything it has logged.
    var log: String { folder.text("log") }

    /// Whether it is still there.
    var isRunning: Bool { process.withLock { (try? $0?.poll()) == .some(nil) } }

    /// What it shows observers.
    func snapshot() throws -> Snapshot {
        var client = try ObserveClient(path: folder.file("observe"))
        guard let frame = try client.frame(timeout: .milliseconds(500)) else {
            throw Failure(description: "no snapshot; log:\n\(log)")
        }
        return try JSONDecoder().decode(Snapshot.self, from: Data(frame))
    }

    /// Asks it for the time.
    func ask() throws -> WireReply {
        guard let reply = try WireReply.ask(port: port) else { throw Failure(description: "no reply; log:\n\(log)") }
        return reply
    }

    /// Waits for a state of the quality ladder.
    ///
    /// - Returns: whether it came.
    func reaches(_ state: String, within seconds: Double) async throws -> Bool {
        try await eventually(within: seconds) { (try? snapshot())?.tracking.state == state }
    }

    /// Waits for words in the log.
    func logs(_ words: String, within seconds: Double = 10) async throws -> Bool {
        try await eventually(within: seconds) { log.contains(words) }
    }

    /// Puts a program into the daemon's network.
    func inItsNetwork(_ words: [String]) -> [String] {
        isIsolated ? ["/usr/bin/nsenter", "-t", "\(processID)", "-n"] + words : words
    }

    // MARK: - Ending it

    /// Sends it a signal.
    func send(_ signal: Int32) { kill(processID, signal) }

    /// Asks it to end and expects it to do so in order.
    func stop(_ location: SourceLocation = #_sourceLocation) throws {
        feeder.stop()
        let ending = try process.withLock { try $0?.terminate(timeout: .seconds(5)) }
        #expect(ending == .exited(status: 0), "log:\n\(log)", sourceLocation: location)
    }
}

/// Starts a daemon for the length of a body, and ends it in order.
func withDaemon(
    _ setup: RunningDaemon.Setup = .init(), location: SourceLocation = #_sourceLocation,
    _ body: (RunningDaemon) async throws -> Void
) async throws {
    let daemon = try RunningDaemon(setup)
    do {
        try await body(daemon)
    } catch {
        try? daemon.stop(location)
        throw error
    }
    try daemon.stop(location)
}

/// Gives the tests of a suite one locked daemon, `LockedDaemon.current`.
struct LockedDaemon: SuiteTrait, TestScoping {
    /// The suite's daemon.
    @TaskLocal static var current: RunningDaemon?

    let setup: RunningDaemon.Setup

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            try await Self.$current.withValue(daemon, operation: function)
        }
    }
}
