import Foundation
import LinuxSystem
import Testing

/// Programs that none of us wrote, asking a daemon that follows a real receiver's stream.
@Suite("Real clients")
struct RealClientTests {
    /// Served time may be off this much: a client's scheduling, not the clock's error, which is microseconds.
    static let tolerance = 0.005

    @Test(
        "a client sees no time before the proof, stratum 1 with the signal, 10 without it, and 1 again",
        arguments: zip(RealClient.allCases, ["mt3339", "quectel-L70", "bu353s4"]))
    func ladder(client: RealClient, stream: String) async throws {
        guard client.isUsable else { return }
        let setup = RunningDaemon.Setup().with {
            $0.stream = stream
            $0.isIsolated = client.needsPrivilegedPort
        }
        try await withDaemon(setup) { daemon in
            // Without a signal, because a slow client might take longer than the proof.
            daemon.feeder.change { ($0.hasSentences, $0.hasPulses) = (false, false) }
            #expect(try await eventually(within: 5) { daemon.log.contains("serving NTP") })
            let before = try await client.ask(daemon)
            #expect(before.stratum == nil, "answered before anything was proven: \(before)")
            daemon.feeder.change { $0 = .init() }
            try await expectLocked(client, daemon)
            daemon.feeder.change { ($0.hasSentences, $0.hasPulses) = (false, false) }
            #expect(try await daemon.reaches("local", within: 20), "log:\n\(daemon.log)")
            let alone = try await client.ask(daemon)
            #expect(alone.stratum == 10, "\(alone)")
            #expect(abs(alone.offset ?? .infinity) < Self.tolerance, "\(alone)")
            daemon.feeder.change { $0 = .init() }
            try await expectLocked(client, daemon)
        }
    }

    private func expectLocked(_ client: RealClient, _ daemon: RunningDaemon) async throws {
        #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
        let answer = try await client.ask(daemon)
        #expect(answer.stratum == 1, "\(answer)")
        #expect(abs(answer.offset ?? .infinity) < Self.tolerance, "\(answer)")
    }

    @Test(
        "the daemon locks on a real receiver's stream",
        arguments: ["quectel-L70", "sirfstarv-nmea", "bu353s4", "skytraq-fix", "mr-350p", "nd-1005"])
    func locks(stream: String) async throws {
        try await withDaemon(.init().with { $0.stream = stream }) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let reply = try daemon.ask()
            #expect(reply.stratum == 1)
            #expect(reply.leap == 0)
            #expect(reply.reference == "PPS")
            #expect(abs(reply.offset) < Self.tolerance)
        }
    }
}

/// A program that asks a server for the time without setting a clock.
enum RealClient: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// NTPsec's `ntpdate -q`, which runs ntpdig.
    case ntpdate
    /// `chronyd -Q`.
    case chronyd
    /// `busybox ntpd -q -w`.
    case busybox

    var testDescription: String { rawValue }

    /// What it found; both `nil` where it accepted no time.
    struct Answer: Sendable, CustomStringConvertible {
        var stratum: Int?
        var offset: Double?
        let text: String

        var description: String { text }
    }

    /// Whether it can ask on port 123 only.
    var needsPrivilegedPort: Bool { self != .chronyd }

    /// Whether it can be used here; says so in the test log where it cannot.
    var isUsable: Bool {
        guard let path = Programs.installed(rawValue) else {
            Programs.skip(rawValue, "it is not installed")
            return false
        }
        guard Programs.isRoot || !needsPrivilegedPort else {
            Programs.skip(rawValue, "it asks on port 123 only, and a network of its own needs root")
            return false
        }
        guard self == .busybox else { return true }
        // Debian's busybox is built without the applet.
        let applets = try? ProcessOutput.of(path, ["--list"])
        guard applets?.split(separator: "\n").contains("ntpd") == true else {
            Programs.skip("busybox ntpd", "this busybox has no ntpd")
            return false
        }
        return true
    }

    /// Asks a daemon once.
    func ask(_ daemon: RunningDaemon) async throws -> Answer {
        switch self {
        case .ntpdate: try await askNTPdate(daemon)
        case .chronyd: try await askChronyd(daemon)
        case .busybox: try await askBusybox(daemon)
        }
    }

    /// A line such as `2026-11-21 06:13:30.271754 (+0000) +0.000139 +/- 0.000246 127.0.0.1 s1 no-leap`.
    private func askNTPdate(_ daemon: RunningDaemon) async throws -> Answer {
        let result = try await run(daemon.inItsNetwork(["/usr/sbin/ntpdate", "-q", "127.0.0.1"]))
        let words = result.output.split(whereSeparator: \.isWhitespace)
        guard result.status == 0, let mark = words.firstIndex(of: "+/-"), words.count > mark + 3 else {
            return Answer(text: "\(result)")
        }
        return Answer(stratum: Int(words[mark + 3].dropFirst()), offset: Double(words[mark - 1]), text: result.output)
    }

    /// The offset from the line `System clock wrong by 0.000012 seconds (ignored)`, the stratum (fifth column) from
    /// its log of measurements.
    private func askChronyd(_ daemon: RunningDaemon) async throws -> Answer {
        let folder = Folder()
        let user = Programs.isRoot ? ["-u", "root"] : ["-U"]
        let result = try await run(
            daemon.inItsNetwork(
                ["/usr/sbin/chronyd", "-Q", "-t", "6"] + user + [
                    "server 127.0.0.1 port \(daemon.port) iburst maxsamples 4", "pidfile \(folder.file("pid"))",
                    "cmdport 0", "bindcmdaddress /", "log measurements", "logdir \(folder.path)",
                ]))
        guard result.status == 0, let place = result.output.range(of: "System clock wrong by ") else {
            return Answer(text: "\(result)")
        }
        let offset = result.output[place.upperBound...].prefix { !$0.isWhitespace }
        let last = folder.text("measurements.log").split(separator: "\n").last ?? ""
        let columns = last.split(whereSeparator: \.isWhitespace)
        return Answer(
            stratum: columns.count > 4 ? Int(columns[4]) : nil, offset: Double(offset), text: "\(result)\n\(last)")
    }

    /// Lines such as `ntpd: reply from 127.0.0.1: offset:+0.000006 delay:0.000109 ... strat:1 ...`.
    private func askBusybox(_ daemon: RunningDaemon) async throws -> Answer {
        let result = try await run(
            daemon.inItsNetwork(["/bin/busybox", "ntpd", "-n", "-q", "-w", "-d", "-p", "127.0.0.1"]))
        func value(_ name: String) -> Substring? {
            result.output.range(of: name, options: .backwards).map {
                result.output[$0.upperBound...].prefix { !$0.isWhitespace }
            }
        }
        return Answer(
            stratum: value("strat:").flatMap { Int($0) }, offset: value("offset:").flatMap { Double($0) },
            text: "\(result)")
    }
}

/// The output of a short program, waited for.
enum ProcessOutput {
    /// Runs a program.
    static func of(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
