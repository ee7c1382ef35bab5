import ConfigurationLanguage
import Foundation
import Glibc
import LinuxSystem
import SimulatedWorld
import Testing

/// `timeball decode` as it is shipped, on streams of the corpus beside the package.
@Suite("timeball decode")
struct DecodeTests {
    /// The rows of a table of the corpus.
    private static func table(_ name: String) throws -> [[String]] {
        let text = try String(contentsOfFile: "\(RealStream.corpus)/expected/\(name).tsv", encoding: .utf8)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    private static func decode(_ stream: String, _ options: String...) async throws -> ProgramResult {
        try await run([Programs.timeball, "decode", "\(RealStream.corpus)/streams/\(stream)"] + options)
    }

    /// Rows of so many columns.
    private static func rows(_ result: ProgramResult, columns: Int) throws -> [[String]] {
        let rows = result.output.split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
        try #require(rows.allSatisfy { $0.count == columns }, "\(result)")
        return rows
    }

    /// Interleaved epochs, fractions, dates of 1999 and 2000 that mean 2019 and 2020, several talkers, a fix that is
    /// lost, UBX of four generations, Oncore, and TSIP of both versions.
    @Test(
        "the rows are those of the corpus's table, in its order", .enabled(if: RealStream.hasCorpus),
        arguments: [
            "ac12.nmea", "april6_2019.nmea", "bu353-glonass.nmea", "cat-ms352.nmea", "mt3339.nmea", "nl2008u.nmea",
            "ublox-aek-4t.bin", "ublox-lea-4t.bin", "ublox-8-time.bin", "ublox-zed-f9p-hp.bin",
            "oncore-binary.bin", "trimble-smtx.bin", "trimble-res720.bin",
        ])
    func rows(stream: String) async throws {
        let name = String(stream.prefix { $0 != "." })
        let expected = try Self.table("\(name).must")
        let date = try #require(expected.first)[0].prefix(10)
        let result = try await Self.decode(stream, "--now", String(date))
        #expect(result.status == 0, "\(result)")
        let rows = try Self.rows(result, columns: 4)
        #expect(rows.map { $0[0] } == expected.map { $0[0] })
        #expect(rows.map { $0[1] } == expected.map { $0[6] })
        #expect(rows.map { $0[3] } == expected.map { $0[5] })
        guard stream.hasSuffix(".bin") else { return }
        #expect(rows.allSatisfy { ["2D", "3D", "time-only", "valid"].contains($0[2]) })
    }

    @Test("a file is shown as it was sent, and put right by --now", .enabled(if: RealStream.hasCorpus))
    func rollover() async throws {
        // The receiver says 1999-08-22 and means 2019-04-07; garmin38 is really of 2002.
        #expect(try await Self.decode("april6_2019.nmea").output.hasPrefix("1999-08-22T00:02:31.420Z\t"))
        let near = try await Self.decode("april6_2019.nmea", "--now", "2026-11-21T10:00:00Z")
        #expect(near.output.hasPrefix("2019-04-07T00:02:31.420Z\t"))
        #expect(try await Self.decode("garmin38.nmea").output.hasPrefix("2002-10-08T14:22:16.000Z\t"))
    }

    @Test(
        "--json tells all that is known in objects, the place coarsely unless asked for",
        .enabled(if: RealStream.hasCorpus))
    func json() async throws {
        let expected = try Self.table("navisys-gr8013.must")
        // `… fixType=3 … numSV=10` in each NAV-PVT.
        let used = try Self.table("navisys-gr8013.wire").filter { $0[3] == "NAV-PVT" }.map {
            try #require($0[15].split(separator: "=").last.flatMap { Int($0) })
        }
        try #require(used.count == expected.count)
        for options in [["--json"], ["--json", "--position"]] {
            let result = try await run(
                [Programs.timeball, "decode", "\(RealStream.corpus)/streams/navisys-gr8013.bin"] + options)
            let objects = try result.output.split(separator: "\n").map {
                try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            #expect(objects.compactMap { $0["utc"] as? String } == expected.map { $0[0] })
            for (index, (object, row)) in zip(objects, expected).enumerated() {
                #expect(object["leapSeconds"] as? Int == Int(row[5]))
                #expect((object["sources"] as? [String])?.joined(separator: ",") == row[6])
                #expect(object["fix"] as? String == "3D")
                #expect(object["satellitesUsed"] as? Int == used[index])
                let (latitude, longitude) = (try #require(Double(row[3])), try #require(Double(row[4])))
                // Half of 0.1°, or of the seventh digit; the table may have the place of another message of the second.
                let tolerance = options.count > 1 ? 1e-6 : 0.050_001
                #expect(abs(try #require(object["latitude"] as? Double) - latitude) < tolerance)
                #expect(abs(try #require(object["longitude"] as? Double) - longitude) < tolerance)
                #expect((object["height"] == nil) == (options.count == 1))
            }
        }
    }

    @Test("--verdicts shows each frame and why it is refused", .enabled(if: RealStream.hasCorpus))
    func verdicts() async throws {
        let expected = try Self.table("firefly-II.wire")
        let result = try await Self.decode("firefly-II.nmea", "--verdicts")
        let rows = try Self.rows(result, columns: 6)
        #expect(rows.map { $0[0] } == expected.map { $0[0] })
        #expect(rows.map { $0[1] } == expected.map { $0[1] })
        #expect(rows.map { $0[2] } == expected.map { $0[2] })
        #expect(rows.map { $0[3] } == expected.map { $0[3] })
        let words = ["accept": "accepted", "reject": "rejected", "info": "ignored"]
        #expect(rows.map { $0[4] } == expected.map { words[$0[13]] })
        // The corpus's README: 23 bad checksums.
        #expect(rows.count { $0[5] == "bad checksum" } == 23)
        let objects = try await Self.decode("firefly-II.nmea", "--verdicts", "--json").output.split(separator: "\n")
        #expect(objects.count == rows.count)
        #expect(try objects.allSatisfy { try JSONSerialization.jsonObject(with: Data($0.utf8)) is [String: Any] })
    }

    @Test("standard input is read as a file is", .enabled(if: RealStream.hasCorpus))
    func standardInput() async throws {
        let path = "\(RealStream.corpus)/streams/ac12.nmea"
        let piped = try await run(["/bin/sh", "-c", #"cat "$1" | "$0" decode -"#, Programs.timeball, path])
        #expect(try await piped.output == Self.decode("ac12.nmea").output)
        #expect(piped.status == 0)
    }

    @Test("a live port shows its rows as they come", .enabled(if: RealStream.hasCorpus), arguments: ["9600", "auto"])
    func livePort(baud: String) async throws {
        let table = try Self.table("mr-350p.must")
        // When the stream begins anew, time goes back, which is believed after five seconds of it.
        let expected = table.dropFirst(5).map { "\($0[0])\t\($0[6])\t" }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(RealStream.corpus)/streams/mr-350p.nmea")))
        let terminal = try PseudoTerminal()
        let words = [Programs.timeball, "decode", terminal.path, "--now", "2012-07-04", "--baud", baud]
        async let result = run(words, seconds: 30) { output in expected.allSatisfy { output.contains($0) } }
        let writer = Task {
            // Over and over: what comes before the port is set up is lost.
            while !Task.isCancelled {
                for first in stride(from: 0, to: bytes.count, by: 256) {
                    try? terminal.write(bytes.span.extracting(first..<min(first + 256, bytes.count)))
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
        }
        let output = try await result.output
        writer.cancel()
        #expect(expected.allSatisfy { output.contains($0) }, "\(output)")
        let rows = output.split(separator: "\n").filter { $0.contains("\t") }
        #expect(rows.allSatisfy { row in table.contains { row.hasPrefix($0[0]) } })
    }

    /// Rows of an epoch are held back until three later ones have begun: the last ones come out at the end, however it
    /// comes.
    @Test("a signal ends it with 130, the rows held back written and the port as it was", arguments: [SIGINT, SIGTERM])
    func signal(number: Int32) async throws {
        let terminal = try PseudoTerminal()
        do { _ = try SerialPort(path: terminal.path, LineSettings(4800)) }
        let output = Folder()
        var child = try ChildProcess(
            program: "/bin/sh",
            arguments: [
                "-c", #"exec "$1" decode "$2" > "$0" 2>&1"#, output.file("rows"), Programs.timeball, terminal.path,
            ], environment: [])
        #expect(try await eventually(within: 10) { terminal.baudRate == 9600 })
        // Ten moments a second: the line is never silent for long.
        for tenth in 0..<20 {
            let body = "GPRMC,1200\(tenth / 10 + 10).\(tenth % 10)0,A,4717.11,N,00833.91,E,0.0,0.0,211126,,,A"
            try terminal.write(ImaginedReceiver.sentence(body).span)
            try await Task.sleep(for: .milliseconds(50))
        }
        kill(child.processID, number)
        var ending: ChildProcess.Ending?
        _ = try await eventually(within: 5) {
            ending = try child.poll()
            return ending != nil
        }
        #expect(ending == .exited(status: 130))
        #expect(output.text("rows").split(separator: "\n").count == 20, "\(output.text("rows"))")
        #expect(terminal.baudRate == 4800)
        // TIOCGEXCL (asm-generic/ioctls.h).
        let other = try FileDescriptor(opening: terminal.path, flags: O_RDWR | O_NOCTTY)
        var isExclusive: Int32 = 1
        // SAFETY: the kernel writes one int.
        #expect(unsafe ioctl(other.rawValue, 0x8004_5440 as UInt, &isExclusive) == 0)
        #expect(isExclusive == 0)
    }

    @Test("a signal at a pipe ends it with 130, the rows held back written")
    func signalAtPipe() async throws {
        let folder = Folder()
        let rows = (0..<2).map { "GPRMC,12000\($0).00,A,4717.11,N,00833.91,E,0.0,0.0,211126,,,A" }
        try folder.write("in", String(decoding: rows.flatMap { ImaginedReceiver.sentence($0) }, as: UTF8.self))
        let script =
            #"cd "$1"; mkfifo p; (cat in; exec sleep 20) > p & "$0" decode p & d=$!; sleep 2; kill -INT $d; wait $d; echo status $?"#
        let result = try await run(["/bin/bash", "-c", "set -m; \(script)", Programs.timeball, folder.path])
        #expect(result.output.split(separator: "\n").filter { $0.contains("RMC") }.count == 2, "\(result)")
        #expect(result.output.contains("status 130"), "\(result)")
    }

    @Test("rows that cannot be written end it with 1 and a message; a reader that has gone away ends it in silence")
    func unwritable() async throws {
        let folder = Folder()
        let body = "GPRMC,120000.00,A,4717.11,N,00833.91,E,0.0,0.0,211126,,,A"
        let path = try folder.write("in", String(decoding: ImaginedReceiver.sentence(body), as: UTF8.self))
        let shell = { (script: String) in try await run(["/bin/bash", "-c", script, Programs.timeball, path]) }
        let full = try await shell(#""$0" decode "$1" > /dev/full"#)
        #expect(full.status == 1, "\(full)")
        #expect(full.output == "write standard output: no space left on device\n")
        let closed = try await shell(#""$0" decode "$1" >&-"#)
        #expect(closed.status == 1, "\(closed)")
        // The runtime may have taken the number for a descriptor of its own.
        #expect(closed.output.hasPrefix("write standard output: "), "\(closed)")
        // The reader is gone before the first row.
        let gone = try await shell(#"{ sleep 1; "$0" decode "$1"; echo status $? >&2; } | true"#)
        #expect(gone.output == "status 0\n")
    }

    /// A quarter of an hour (`DeniedTimeTests`) of a capture that nobody has noted the times of: 900 of its own seconds.
    @Test("a denial of UTC lapses by a capture's own time")
    func denial() async throws {
        let folder = Folder()
        // The week and leap seconds by default (`18D`), 2026-06-01 11:59:59.
        var bodies = ["PUBX,04,115959.00,010626,129599.00,2421,18D,0,0,21"]
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        for second in 0..<1200 {
            let time = "12\(two(second / 60))\(two(second % 60)).00"
            bodies.append("GPRMC,\(time),A,4717.11,N,00833.91,E,0.0,0.0,010626,,,A")
        }
        let text = String(decoding: bodies.flatMap { ImaginedReceiver.sentence($0) }, as: UTF8.self)
        let result = try await run([Programs.timeball, "decode", folder.write("in", text)])
        // Denied at 12:00:00, the first moment that is named after it at the latest.
        let first = try #require(result.output.split(separator: "\n").first)
        #expect(first.hasPrefix("2026-06-01T12:15:0"), "\(first)")
        #expect(result.output.split(separator: "\n").count >= 1200 - 905)
    }

    private static func unplug(_ terminal: consuming PseudoTerminal) {}

    @Test("a port that goes away ends it with 1 and a message")
    func goneAway() async throws {
        let terminal = try PseudoTerminal()
        let path = terminal.path
        let running = Task { try await run([Programs.timeball, "decode", path]) }
        try await Task.sleep(for: .seconds(1))
        Self.unplug(terminal)
        let result = try await running.value
        #expect(result.status == 1, "\(result)")
        #expect(result.output.contains(path), "\(result)")
    }

    @Test("what cannot be read ends it with 1 and a message, a wrong option with 64")
    func mistakes() async throws {
        let missing = try await run([Programs.timeball, "decode", "/nonexistent/capture"])
        #expect(missing.status == 1, "\(missing)")
        #expect(missing.output.contains("/nonexistent/capture: no such file or directory"), "\(missing)")
        let folder = try await run([Programs.timeball, "decode", "/tmp"])
        #expect(folder.status == 1, "\(folder)")
        #expect(folder.output.contains("/tmp: is a directory"), "\(folder)")
        for options in [
            ["--now", "yesterday"], ["--now", "2026-02-30"], ["--now", "2026-11"], ["--baud", "1234"], ["--baud", "x"],
            ["--parity", "mark"],
        ] {
            let result = try await run([Programs.timeball, "decode", "/dev/null"] + options)
            #expect(result.status == 64, "\(result)")
            #expect(result.output.contains("\(options[0]) takes"), "\(result)")
        }
        let alone = try await run([Programs.timeball, "decode", "/dev/null", "--position"])
        #expect(alone.status == 64, "\(alone)")
        #expect(alone.output.contains("--position needs --json"), "\(alone)")
    }

    @Test("a file without an epoch is no error, but said", .enabled(if: RealStream.hasCorpus))
    func nothingInIt() async throws {
        let sirf = try await Self.decode("bu303-moving.bin")
        #expect(sirf.status == 0, "\(sirf)")
        #expect(sirf.output.contains("no epoch in it"), "\(sirf)")
        #expect(sirf.output.contains("SiRF (not decoded)"), "\(sirf)")
        let empty = try await run([Programs.timeball, "decode", "/dev/null"])
        #expect(empty.status == 0, "\(empty)")
        #expect(empty.output.contains("it is empty"), "\(empty)")
    }
}
