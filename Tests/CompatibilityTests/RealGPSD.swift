import ConfigurationLanguage
import Foundation
import Glibc
import GPSDClient
import GPSDWire
import LinuxSystem
import TimeScale

/// Debian's gpsd, as a process of ours on ports of our own.
struct RealGPSD: ~Copyable {
    /// The program; `nil` where it is neither installed nor unpacked.
    static let path: String? = {
        let found = Programs.peer("gpsd", "usr/sbin/gpsd")
        if found == nil { Programs.skip("GPSD", "run .ci/packages peers") }
        return found
    }()

    private var process: ChildProcess

    /// Starts it.
    ///
    /// - Parameters:
    ///   - port: TCP port for its clients.
    ///   - device: a path, or `tcp://ADDRESS:PORT`.
    ///   - folder: where its control socket goes.
    /// - Throws: `SystemError` where it cannot be started.
    init(port: UInt16, device: String, folder: Folder) throws {
        let path = Self.path ?? "(no gpsd)"
        process = try ChildProcess(
            program: path, arguments: ["-N", "-n", "-S", "\(port)", "-F", folder.file("control"), device],
            environment: ["PATH=/usr/bin:/bin", "LD_LIBRARY_PATH=\(Programs.libraries(of: path))"])
    }

    /// Ends it at once.
    mutating func end() { _ = try? process.terminate(timeout: .seconds(1)) }

    /// Sends it a signal.
    func send(_ signal: Int32) { kill(process.processID, signal) }
}

/// Debian's gpsfake: plays a capture into a pseudo-terminal and starts a gpsd that reads it.
struct GPSFake: ~Copyable {
    /// The script; `nil` where it is neither installed nor unpacked.
    static let path: String? = {
        let found = Programs.peer("gpsfake", "usr/bin/gpsfake")
        if found == nil { Programs.skip("GPSFAKE", "run .ci/packages peers") }
        return RealStream.hasCorpus ? found : nil
    }()

    private var process: ChildProcess

    /// Starts it; it plays once, without waiting for a client.
    ///
    /// - Parameters:
    ///   - stream: a file of the corpus.
    ///   - port: TCP port for gpsd's clients.
    ///   - pause: seconds between packets.
    /// - Throws: `SystemError` where it cannot be started.
    init(_ stream: String, port: UInt16, pause: Double) throws {
        let (script, gpsd) = (Self.path ?? "(no gpsfake)", RealGPSD.path ?? "(no gpsd)")
        let modules = "\(script.dropLast("/bin/gpsfake".count))/lib/python3/dist-packages"
        let libraries = [script, gpsd].map { Programs.libraries(of: $0) }.joined(separator: ":")
        // gpsfake 3.22 does not end by itself, nor when it is asked to; timeout ends its gpsd, too.
        process = try ChildProcess(
            program: "/usr/bin/timeout",
            arguments: [
                "-k", "1", "60", "/usr/bin/python3", script, "-n", "-1", "-c", "\(pause)", "-P", "\(port)",
                "\(RealStream.corpus)/streams/\(stream)",
            ],
            environment: [
                "PATH=/usr/bin:/bin", "GPSD_HOME=\(gpsd.dropLast("/gpsd".count))", "PYTHONPATH=\(modules)",
                "LD_LIBRARY_PATH=\(libraries)",
            ])
    }

    /// Ends it.
    mutating func end() { _ = try? process.terminate(timeout: .seconds(4)) }
}

/// What an owner of a `GPSDConnection` does: waits, attends, makes another after a pause when something is wrong.
final class GPSDWatcher {
    /// All reports so far.
    private(set) var reports: [GPSDReport] = []
    /// What went wrong so far.
    private(set) var problems: [String] = []
    /// The longest that a call has taken, in seconds.
    private(set) var longestCall = 0.0

    private let server: GPSDServer
    private var connection: GPSDConnection?
    private var nextAttempt = KernelClock.monotonic()

    init(_ server: GPSDServer) { self.server = server }

    /// Watches until a condition holds.
    ///
    /// - Returns: whether it came to hold in time.
    func watch(within seconds: Double, until isDone: (GPSDWatcher) -> Bool) async throws -> Bool {
        let deadline = KernelClock.monotonic() + Interval(seconds: seconds)
        var set = PollSet()
        while KernelClock.monotonic() < deadline {
            attend()
            if isDone(self) { return true }
            set.removeAll()
            if let number = connection?.descriptorNumber {
                _ = set.add(number: number, wantsWriting: connection?.wantsWriting ?? false)
            }
            _ = try set.wait(timeout: .milliseconds(20))
            await Task.yield()
        }
        return false
    }

    private func attend() {
        let now = KernelClock.monotonic()
        do throws(SystemError) {
            if connection == nil, now >= nextAttempt {
                connection = try GPSDConnection(to: server, now: now)
            }
            try connection?.attend(now: now) { reports.append($0) }
        } catch {
            connection = nil
            problems.append(error.description)
            nextAttempt = now + .milliseconds(300)
        }
        longestCall = max(longestCall, (KernelClock.monotonic() - now).seconds)
    }

    /// The fixes with a time.
    var fixes: [GPSDFix] {
        reports.compactMap { report in
            if case .fix(let fix) = report, fix.time != nil { fix } else { nil }
        }
    }

    /// The times of sentences.
    var timeOffsets: [GPSDTimeOffset] {
        reports.compactMap { report in
            if case .timeOffset(let offset) = report { offset } else { nil }
        }
    }

    /// The skies with satellites.
    var skies: [GPSDSky] {
        reports.compactMap { report in
            if case .satellites(let sky) = report, sky.satellites?.isEmpty == false { sky } else { nil }
        }
    }
}
