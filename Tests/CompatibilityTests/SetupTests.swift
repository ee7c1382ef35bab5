import Foundation
import Glibc
import LinuxSystem
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
