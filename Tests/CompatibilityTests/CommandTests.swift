import Foundation
import LinuxSystem
import Reports
import Testing
import TimeScale

/// The command lines of both programs.
@Suite("Commands")
struct CommandTests {
    @Test("a configuration that is not there ends the daemon with 1 and a message")
    func missingConfiguration() async throws {
        let result = try await run([Programs.daemon, "-n", "-c", "/nonexistent/ntp.conf"])
        #expect(result.status == 1)
        #expect(result.output.contains("/nonexistent/ntp.conf: no such file or directory"), "\(result)")
        #expect(result.output.contains("-c"), "\(result)")
    }

    @Test("--check-config tells a good file from a bad one")
    func checkConfiguration() async throws {
        let folder = Folder()
        let good = try await run([
            Programs.daemon, "--check-config", "-c", folder.write("good", "server 127.127.20.0\nport 1123\n"),
        ])
        #expect(good.status == 0, "\(good)")
        #expect(good.output.contains("can be used"))
        let bad = try await run([
            Programs.daemon, "--check-config", "-c", folder.write("bad", "server 127.127.20.0\nport 70000\n"),
        ])
        #expect(bad.status == 1, "\(bad)")
        #expect(bad.output.contains("bad:2:"), "\(bad)")
        let file = try folder.write("keys", "1 MD5 abcdefghij\n2 FOO abcdefghij\n")
        let keys = try await run([
            Programs.daemon, "--check-config", "-c", folder.write("keyed", "keys \(file)\ntrustedkey 1\n"),
        ])
        #expect(keys.status == 0, "\(keys)")
        #expect(keys.output.contains("keys:2:3:"), "\(keys)")
    }

    @Test("--version and --help say what they should and end with 0", arguments: ["--version", "--help"])
    func information(option: String) async throws {
        let result = try await run([Programs.daemon, option])
        #expect(result.status == 0)
        #expect(result.output.contains(option == "--help" ? "--check-config" : "timeballd "), "\(result)")
    }

    @Test("a wrong command line ends with 2", arguments: [["--nonsense"], ["-Z"], ["-c"], ["word"]])
    func wrongCommandLine(words: [String]) async throws {
        let result = try await run([Programs.daemon] + words)
        #expect(result.status == 2, "\(result)")
        #expect(result.output.contains("--help"), "\(result)")
    }

    @Test("a port in use ends the daemon with 3")
    func portInUse() async throws {
        let socket = try NTPSocket(address: "127.0.0.1", port: 0)
        let folder = Folder()
        let text = "clock virtual\nlisten 127.0.0.1\nport \(try socket.localPort())\nobserve none\n"
        let result = try await run([Programs.daemon, "-n", "-c", folder.write("conf", text)])
        #expect(result.status == 3, "\(result)")
        #expect(result.output.contains("address already in use"), "\(result)")
    }

    @Test("without -n the daemon goes to the background once it serves, and ends there as before if it cannot")
    func background() async throws {
        let folder = Folder()
        let port = try RunningDaemon.freePort()
        let conf = try folder.write(
            "conf",
            "clock virtual\nserver 127.127.1.0 prefer\nlisten 127.0.0.1\nport \(port)\nobserve \(folder.file("observe"))\n"
                + "logfile \(folder.file("log"))\nbroadcast 127.255.255.255 minpoll 0\n")
        defer { for process in (try? processes(naming: conf)) ?? [] { kill(process, SIGKILL) } }
        #expect(try await run([Programs.daemon, "-c", conf]).status == 0)
        // For three seconds the loop wants each second what the worker holds, who is busy: the lock between them works in a
        // process that has been left by its parent.
        let socket = try QuerySocket(host: "127.0.0.1", port: port)
        let end = KernelClock.monotonic() + .seconds(3)
        var answers = 0
        var reply = DatagramBuffer()
        while KernelClock.monotonic() < end {
            for _ in 0..<32 { try socket.send(WireReply.request().span) }
            while try socket.receive(into: &reply, timeout: .milliseconds(1)) { answers += 1 }
        }
        #expect(answers > 1000)
        let running = try processes(naming: conf)
        #expect(running.count == 1, "log:\n\(folder.text("log"))")
        // The port is taken now.
        let second = try await run([Programs.daemon, "-c", conf])
        #expect(second.status == 3, "\(second)")
        for process in running { kill(process, SIGTERM) }
        #expect(try await eventually(within: 5) { try processes(naming: conf).isEmpty })
        #expect(folder.text("log").contains("told to stop"))
    }

    @Test("timeball status and timeball query show the daemon's state")
    func statusAndQuery() async throws {
        try await withDaemon { daemon in
            let socket = daemon.folder.file("observe")
            #expect(try await eventually(within: 5) { FileManager.default.fileExists(atPath: socket) })
            let port = "\(daemon.port)"
            let early = try await run([Programs.timeball, "query", "127.0.0.1", "--port", port])
            #expect(early.status == 1, "\(early)")
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let query = try await run([Programs.timeball, "query", "::1", "--port", port])
            #expect(query.status == 0, "\(query)")
            #expect(query.output.contains("stratum          1"), "\(query)")
            let status = try await run([Programs.timeball, "status", "--socket", socket])
            #expect(status.status == 0, "\(status)")
            #expect(status.output.contains("locked: following SOCK(0)"), "\(status)")
            #expect(status.output.contains("NMEA(0)"), "\(status)")
            let json = try await run([Programs.timeball, "status", "--json", "--socket", socket])
            #expect(try JSONDecoder().decode(Snapshot.self, from: Data(json.output.utf8)).tracking.stratum == 1)
        }
    }

    @Test("timeball says where it finds no daemon")
    func withoutDaemon() async throws {
        let status = try await run([Programs.timeball, "status", "--socket", "/nonexistent/observe"])
        #expect(status.status == 1, "\(status)")
        #expect(status.output.contains("is timeballd running"), "\(status)")
        let port = "\(try RunningDaemon.freePort())"
        let query = try await run([Programs.timeball, "query", "127.0.0.1", "--port", port])
        #expect(query.status == 2, "\(query)")
    }

    @Test("the demonstration locks, falls to stratum 10 without its signal, and leaves nothing behind")
    func demonstration() async throws {
        let program = try #require(Programs.timeballWithDaemon, "build both programs in one configuration")
        // 28 s to lock (30 are promised), eight polls of a second until the signal counts as lost, and a few to see it.
        let words = [program, "demo", "--for", "40", "--lose-signal-after", "28", "--port"]
        let temporary = Folder()
        let result = try await run(
            ["/usr/bin/env", "TMPDIR=\(temporary.path)"] + words + ["\(try RunningDaemon.freePort())"], seconds: 60)
        #expect(result.status == 0, "\(result)")
        let lines = result.output.split(separator: "\n")
        let locked = lines.firstIndex { $0.contains("locked") && $0.contains("1 PPS") }
        let local = lines.firstIndex { $0.contains("local") && $0.contains("10 LOCL") }
        #expect(locked != nil && local != nil && locked ?? 0 < local ?? 0, "\(result)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path) == [])
        // The daemon's command line names a file in that directory.
        #expect(try processes(naming: temporary.path) == [])
    }

    /// ±11 ns of qErr, evenly spread, are 6.4 ns of scatter, and with 2 ns of jitter 6.7 ns; what is left is the jitter.
    @Test("the demonstration of a timing receiver shows its pulses' scatter before and after, under headings")
    func timingReceiver() async throws {
        let program = try #require(Programs.timeballWithDaemon, "build both programs in one configuration")
        let words = [program, "demo", "--receiver", "ubx", "--for", "30", "--port", "\(try RunningDaemon.freePort())"]
        let temporary = Folder()
        let result = try await run(["/usr/bin/env", "TMPDIR=\(temporary.path)"] + words, seconds: 60)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("what a client sees over loopback"), "\(result)")
        let lines = result.output.split(separator: "\n")
        let heading = try #require(lines.first { $0.contains("less qErr") && $0.contains("root disp.") })
        #expect(heading.hasSuffix("qErr       raw      less qErr"), "\(heading)")
        let last = try #require(lines.last { $0.contains("1 PPS") }, "\(result)")
        // A remark may stand behind the figures.
        let row = last.split(separator: "←")[0]
        let figures = row.split(separator: " ").reversed().drop { $0 != "ns" }
        let values = figures.filter { $0 != "ns" }.prefix(3).compactMap { Double($0) }
        try #require(values.count == 3, "\(last)")
        let (corrected, raw, error) = (values[0], values[1], values[2])
        // Of sixteen: 18 % of a normal deviation's standard error; four of those.
        #expect((1...4).contains(corrected), "\(last)")
        #expect((3...11).contains(raw), "\(last)")
        #expect(abs(error) <= 11, "\(last)")
    }

    /// The command lines of all processes that contain a word.
    private func processes(naming word: String) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { number in
            let words = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
            return String(decoding: words, as: UTF8.self).contains(word)
        }
    }
}
