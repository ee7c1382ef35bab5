import Foundation
import Glibc
import LinuxSystem
import SimulatedWorld
import Testing
import TimeScale

/// `timeball setup` at terminals on which real receivers' streams play.
@Suite("Setup")
struct SetupTests {
    private let folder = Folder()
    private let sentences = RealStream("mt3339")

    private func setup(_ receivers: [String], _ words: [String] = []) -> [String] {
        [Programs.timeball, "setup", "--output", folder.file("timeball.conf"), "--seconds", "8"]
            + receivers.flatMap { ["--device", $0] } + ["--pulse", "/nonexistent/pps0"] + words
    }

    private func receiver(_ baudRate: Int) throws -> TalkingReceiver {
        try TalkingReceiver(baudRate: baudRate) { [sentences] in sentences.bytes(for: $0) }
    }

    @Test("receivers are found at their speeds, others are refused with a reason, and timeballd takes what is written")
    func everything() async throws {
        let ublox = try #require(TalkingReceiver.stream("navisys-gr8013.bin", seconds: 35), "no corpus")
        let sirf = try #require(TalkingReceiver.stream("bu303-stillfix.bin", seconds: 11), "no corpus")
        let receivers = [
            try receiver(9600), try TalkingReceiver(baudRate: 115_200, speech: ublox),
            try TalkingReceiver(baudRate: 57_600, speech: sirf), try TalkingReceiver(baudRate: 4800) { _ in [] },
            try receiver(9600),
        ]
        defer { for receiver in receivers { receiver.stop() } }
        let speeds = receivers.map(\.terminalSpeed)
        var holder = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", #"exec sleep 60 < "$0""#, receivers[4].path], environment: [])
        defer { _ = try? holder.terminate(timeout: .seconds(1)) }
        try folder.write("timeball.conf", "# the old one\n")

        let result = try await run(setup(receivers.map(\.path) + ["/nonexistent/gps0"], ["--yes"]), seconds: 60)
        #expect(result.status == 0, "\(result)")
        for words in [
            "NMEA at 9600 baud, fix", "u-blox: UBX at 115200 baud, fix",
            "speaks SiRF binary at 57600 baud", "gpsctl -f -n \(receivers[2].path)", "not a byte came",
            "in use by sleep, process \(holder.processID)", "/nonexistent/gps0: no such file or directory",
            "/nonexistent/pps0: no such file or directory",
        ] {
            #expect(result.output.contains(words), "'\(words)' in \(result)")
        }
        #expect(receivers.map(\.terminalSpeed) == speeds)
        #expect(folder.text("timeball.conf.old") == "# the old one\n")
        let text = folder.text("timeball.conf")
        #expect(text.contains("refclock nmea unit 0 path \(receivers[0].path) baud 9600 prefer"), "\(text)")
        #expect(text.contains("refclock nmea unit 1 path \(receivers[1].path) baud 115200"), "\(text)")
        let check = try await run([Programs.daemon, "--check-config", "-c", folder.file("timeball.conf")])
        #expect(check.status == 0, "\(check)")
        #expect(check.output.contains("can be used"), "\(check)")
        #expect(check.output == "\(folder.file("timeball.conf")): can be used\n")
        #expect(receivers.allSatisfy { !$0.wasAsked })
        #expect(result.output.contains("The service reads /etc/timeball.conf, and not this file"), "\(result)")
    }

    /// A receiver at a window in its first minute, with a status in every sentence and no fix.
    private static func withoutFix(_ second: Instant) -> [UInt8] {
        ImaginedReceiver.sentence("GPRMC,\(time(second)),V,,,,,,,\(date(second)),,,N")
            + ImaginedReceiver.sentence("GPGGA,\(time(second)),,,,,0,00,99.99,,,,,,")
    }

    private static func withFix(_ second: Instant) -> [UInt8] {
        ImaginedReceiver.sentence("GPRMC,\(time(second)),A,4717.11,N,00833.91,E,0.0,0.0,\(date(second)),,,A")
    }

    private static func time(_ second: Instant) -> String { digits(second, 11..<19, ":") + ".00" }
    private static func date(_ second: Instant) -> String {
        let date = Array(second.description.prefix(10))
        return String(date[8..<10] + date[5..<7] + date[2..<4])
    }
    private static func digits(_ second: Instant, _ range: Range<Int>, _ separator: Character) -> String {
        String(Array(second.description)[range].filter { $0 != separator })
    }

    @Test(
        "a receiver without a fix is configured, with the reason, and the file there is kept, its mode and its link too"
    )
    func firstRun() async throws {
        let receiver = try TalkingReceiver(baudRate: 9600, speech: Self.withoutFix)
        defer { receiver.stop() }
        let real = try folder.write("real.conf", "# mine\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: real)
        try folder.write("real.conf.old", "# older still\n")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("timeball.conf"), withDestinationPath: "real.conf")
        let alias = folder.file("alias")
        try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: receiver.path)
        // Somebody has it open: it is no serial port for all that.
        var holder = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", "exec sleep 60 3< /dev/null"], environment: [])
        defer { _ = try? holder.terminate(timeout: .seconds(1)) }
        let result = try await run(setup([receiver.path, alias, "/dev/null"], ["--yes"]), seconds: 60)
        #expect(result.status == 0, "\(result)")
        for words in [
            "NMEA at 9600 baud, no fix yet", "See to its antenna", "the same port as \(receiver.path)",
            "/dev/null: not a serial port", "what stood there to \(real).old2",
        ] {
            #expect(result.output.contains(words), "'\(words)' in \(result)")
        }
        #expect(folder.text("real.conf").contains("refclock nmea unit 0 path \(receiver.path) baud 9600 prefer"))
        #expect(folder.text("real.conf").contains("no fix yet"))
        #expect(folder.text("real.conf.old") == "# older still\n")
        #expect(folder.text("real.conf.old2") == "# mine\n")
        for name in ["real.conf", "real.conf.old2"] { #expect(Files.mode(of: folder.file(name)) == 0o600) }
        #expect(Files.linkTarget(folder.file("timeball.conf")) == "real.conf")
    }

    @Test("what is lost while it is measured is told", arguments: ["unplugged", "silent", "rare"])
    func losses(kind: String) async throws {
        let start = KernelClock.realTime()
        let receiver = try TalkingReceiver(baudRate: 9600) { second in
            // Found within 3 s; measured until 4 s of 12 are over. A second every two of 10 is five at most.
            if kind == "rare" { return second.wholeSeconds % 2 == 0 ? Self.withFix(second) : [] }
            return (second - start).seconds < 7 ? Self.withFix(second) : []
        }
        defer { receiver.stop() }
        if kind == "unplugged" {
            // As the kernel does with a device that goes: the line hangs up.
            Task {
                try await Task.sleep(for: .seconds(8))
                receiver.unplug()
            }
        }
        let words = setup([receiver.path], ["--yes"]).map { $0 == "8" ? kind == "rare" ? "10" : "12" : $0 }
        let result = try await run(words, seconds: 60)
        switch kind {
        case "unplugged":
            #expect(result.status == 1, "\(result)")
            #expect(result.output.contains("s of measuring (read \(receiver.path): "), "\(result)")
            #expect(!FileManager.default.fileExists(atPath: folder.file("timeball.conf")))
        case "silent":
            #expect(result.status == 0, "\(result)")
            #expect(folder.text("timeball.conf").contains("It fell silent after "), "\(result)")
        default:
            #expect(result.status == 0, "\(result)")
            #expect(folder.text("timeball.conf").contains("too few to look for its pulses"), "\(result)")
        }
    }

    @Test("a signal at the question ends it, with nothing written", arguments: [SIGINT, SIGTERM, SIGHUP])
    func signalAtQuestion(signal: Int32) async throws {
        let receiver = try TalkingReceiver(baudRate: 9600, speech: Self.withFix)
        defer { receiver.stop() }
        let person = try PseudoTerminal()
        try folder.write("timeball.conf", "# mine\n")
        let output = folder.file("output")
        var child = try ChildProcess(
            program: "/bin/sh",
            arguments: ["-c", #"out=$0 in=$1; shift; exec "$@" < "$in" > "$out" 2>&1"#, output, person.path]
                + setup([receiver.path]), environment: [])
        #expect(try await eventually(within: 40) { folder.text("output").contains("[y/N]") })
        kill(child.processID, signal)
        var ending: ChildProcess.Ending?
        _ = try await eventually(within: 5) {
            ending = try child.poll()
            return ending != nil
        }
        #expect(ending == .exited(status: 130), "\(folder.text("output"))")
        #expect(folder.text("output").contains("nothing was written"))
        #expect(folder.text("timeball.conf") == "# mine\n")
        #expect(!FileManager.default.fileExists(atPath: folder.file("timeball.conf.old")))
    }

    @Test("a file that cannot be written is found before anybody waits")
    func unwritable() async throws {
        let receiver = try TalkingReceiver(baudRate: 9600, speech: Self.withFix)
        defer { receiver.stop() }
        for path in ["/proc/timeball.conf", folder.path] {
            let result = try await run(
                [Programs.timeball, "setup", "--yes", "--output", path, "--device", receiver.path], seconds: 10)
            #expect(result.status == 2, "\(result)")
            #expect(result.output.contains("open \(path)"), "\(result)")
            #expect(!result.output.contains("Listening"), "\(result)")
        }
    }

    /// `Tests/Support/gpsd.py` is a gpsd of paper, on gpsd's own port in a network of its own.
    @Test(
        "a gpsd is asked what it has before it is configured", .enabled(if: Programs.isRoot),
        arguments: [
            ("mute", 1, "does not answer as gpsd does"), ("empty", 1, "gpsd answers at port 2947, and has no receiver"),
            ("blind", 1, "of which it has understood nothing"), ("waiting", 0, "which named no second in 8 s"),
            ("timed", 0, "gpsd has /dev/gps9 (u-blox), and its time"),
        ])
    func gpsd(kind: String, status: Int32, words: String) async throws {
        let script = """
            ip link set lo up
            python3 \(Programs.root)/Tests/Support/gpsd.py \(kind) & gpsd=$!
            until grep -q :0B83 /proc/net/tcp; do sleep 0.1; done
            "$@"
            status=$?
            kill $gpsd
            exit $status
            """
        let command = ["/usr/bin/unshare", "-n", "/bin/sh", "-c", script, "sh"]
        let result = try await run(command + setup(["/nonexistent/gps0"], ["--yes"]), seconds: 40)
        #expect(result.status == status, "\(result)")
        #expect(result.output.contains(words), "\(result)")
        #expect(folder.text("timeball.conf").contains("refclock gpsd unit 0 prefer") == (status == 0), "\(result)")
    }

    @Test("whoever sits at a terminal is asked before a file is replaced", arguments: [false, true])
    func question(agrees: Bool) async throws {
        let ublox = try #require(TalkingReceiver.stream("navisys-gr8013.bin", seconds: 35), "no corpus")
        let receiver = try TalkingReceiver(baudRate: 38_400, speech: ublox)
        defer { receiver.stop() }
        let person = try PseudoTerminal()
        try person.write(Array((agrees ? "y\n" : "n\n").utf8).span)
        try folder.write("timeball.conf", "# the old one\n")
        let command = ["/bin/sh", "-c", #"exec "$@" < "$0""#, person.path] + setup([receiver.path], ["--ask"])
        let result = try await run(command, seconds: 40)
        #expect(result.status == (agrees ? 0 : 3), "\(result)")
        #expect(result.output.contains("Replace it, and keep it as"), "\(result)")
        #expect(result.output.contains("u-blox ZED-F9T, firmware TIM 2.20: UBX at 38400 baud"), "\(result)")
        #expect(receiver.wasAsked)
        #expect(folder.text("timeball.conf").contains("refclock nmea") == agrees)
        #expect(folder.text("timeball.conf.old") == (agrees ? "# the old one\n" : ""))
    }

    @Test("where nobody can agree, what would be written is shown, and not written")
    func withoutTerminal() async throws {
        let receiver = try receiver(38_400)
        defer { receiver.stop() }
        let result = try await run(setup([receiver.path]), seconds: 40)
        #expect(result.status == 3, "\(result)")
        #expect(result.output.contains("refclock nmea unit 0 path \(receiver.path) baud 38400 prefer"), "\(result)")
        #expect(result.output.contains("Not written: this is no terminal"), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("timeball.conf")))
    }

    @Test("where nothing is found, it says what was looked at and what to check")
    func nothing() async throws {
        let file = try folder.write("file", "")
        let result = try await run(setup(["/nonexistent/gps0", file], ["--yes"]), seconds: 40)
        #expect(result.status == 1, "\(result)")
        for words in ["/nonexistent/gps0: no such file", "\(file): not a serial port", "Check, in this order"] {
            #expect(result.output.contains(words), "'\(words)' in \(result)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("timeball.conf")))
    }

    @Test("Ctrl-C puts the port back as it was and writes nothing")
    func interruption() async throws {
        let receiver = try receiver(4800)
        defer { receiver.stop() }
        let before = receiver.terminalSpeed
        let words = setup([receiver.path], ["--yes"])
        var child = try ChildProcess(program: words[0], arguments: Array(words[1...]), environment: [])
        #expect(try await eventually(within: 20) { receiver.terminalSpeed != before })
        kill(child.processID, SIGINT)
        var ending: ChildProcess.Ending?
        _ = try await eventually(within: 5) {
            ending = try child.poll()
            return ending != nil
        }
        #expect(ending == .exited(status: 130))
        #expect(receiver.terminalSpeed == before)
        #expect(!FileManager.default.fileExists(atPath: folder.file("timeball.conf")))
    }
}
