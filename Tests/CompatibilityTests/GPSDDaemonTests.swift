import Foundation
import Glibc
import LinuxSystem
import Reports
import Testing
import TimeScale

/// The real timeballd behind Debian's gpsd.
@Suite("timeballd and gpsd", .enabled(if: RealGPSD.path != nil))
struct GPSDDaemonTests {
    /// A daemon with one clock, gpsd's, whose own loop answers requests.
    private static func setup(_ port: UInt16, _ more: String = "") -> RunningDaemon.Setup {
        RunningDaemon.Setup().with {
            $0.sources = "refclock gpsd unit 0 host 127.0.0.1:\(port) minpoll 0 maxpoll 0 prefer\n\(more)"
            $0.service += "\nworkers 0"
        }
    }

    /// Satellites in view and satellites used, as each NAV-SAT or NAV-SVINFO of a stream has them (u-blox M8 §32.17.18,
    /// §32.17.24): a count, then twelve bytes for each; number 255 is a GLONASS satellite that is not known yet.
    private static func satellites(_ stream: String) throws -> (inView: Set<Int>, used: Set<Int>) {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(RealStream.corpus)/streams/\(stream)")))
        var (inView, used): (Set<Int>, Set<Int>) = ([], [])
        let layouts: [(head: [UInt8], count: Int, flags: Int, bit: UInt8)] = [
            ([0xb5, 0x62, 0x01, 0x35], 11, 14 + 8, 8), ([0xb5, 0x62, 0x01, 0x30], 10, 14 + 2, 1),
        ]
        for start in bytes.indices.dropLast(14) {
            guard let layout = layouts.first(where: { Array(bytes[start..<start + 4]) == $0.head }) else { continue }
            let count = Int(bytes[start + layout.count])
            guard start + 14 + 12 * count <= bytes.count else { break }
            inView.insert((0..<count).count { bytes[start + 15 + 12 * $0] != 255 })
            used.insert((0..<count).count { bytes[start + layout.flags + 12 * $0] & layout.bit != 0 })
        }
        return (inView, used)
    }

    @Test(
        "what gpsfake plays is told by the daemon: the seconds, the satellites, the kind of receiver",
        .enabled(if: GPSFake.path != nil),
        arguments: [
            ("navisys-gr8013", "u-blox", "3D", 18), ("ublox-zed-f9p-hp", "u-blox", "3D", 18),
            ("ublox-neo-m8t-s", "u-blox", "time-only", 18),
        ])
    func playedStreams(stream: String, model: String, fix: String, leapSeconds: Int) async throws {
        let port = try RunningDaemon.freePort()
        var fake = try GPSFake("\(stream).bin", port: port, pause: 0.05)
        defer { fake.end() }
        let epochs = try RealStream.epochs(stream)
        let expected = try Self.satellites("\(stream).bin")
        // The machine's date is years after the stream's: only a clock of the daemon's own may follow it.
        let setup = Self.setup(port, "earliest-date 2019-01-01").with {
            $0.clock = "clock system"
            $0.options = ["-x"]
        }
        try await withDaemon(setup) { daemon in
            var (seconds, receivers): ([String], [ReceiverReport]) = ([], [])
            let isEnough = try await eventually(within: 25) {
                guard let receiver = try? daemon.snapshot().receivers.first else { return false }
                receivers.append(receiver)
                if let second = receiver.second, seconds.last != second { seconds.append(second) }
                return seconds.count >= 8 && receiver.satellitesInView != nil
            }
            #expect(isEnough, "\(seconds) \(daemon.log)")
            // gpsd tells the first epoch of some streams from a message without UTC, before the corpus does.
            #expect(seconds.dropFirst().allSatisfy(epochs.contains), "\(seconds)")
            #expect(seconds == seconds.sorted())
            let last = try #require(receivers.last)
            #expect(last.languages == "gpsd")
            #expect(last.model == model)
            #expect(last.fix == fix)
            #expect(last.leapSeconds == leapSeconds)
            #expect(receivers.compactMap(\.satellitesInView).allSatisfy(expected.inView.contains), "\(expected)")
            #expect(receivers.compactMap(\.satellitesUsed).allSatisfy(expected.used.contains), "\(expected)")
            #expect(last.satellites.count == last.satellitesInView)
            #expect(last.satellites.count { $0.used == 1 } == last.satellitesUsed)
        }
    }

    @Test("a receiver without a fix gives no second, which is named once", .enabled(if: GPSFake.path != nil))
    func withoutFix() async throws {
        let port = try RunningDaemon.freePort()
        var fake = try GPSFake("tn200.nmea", port: port, pause: 0.1)
        defer { fake.end() }
        try await withDaemon(Self.setup(port)) { daemon in
            #expect(try await daemon.logs("no valid time (no fix)", within: 20), "\(daemon.log)")
            let snapshot = try daemon.snapshot()
            #expect(snapshot.receivers.first?.second == nil)
            #expect(snapshot.receivers.first?.fix == "none")
            #expect(snapshot.sources.first?.samples == 0)
            #expect(snapshot.tracking.state == "starting")
            #expect(daemon.log.occurrences(of: "no valid time") == 1)
        }
    }

    /// A receiver whose terminal is there, `gps` in a folder.
    private func feeder(in folder: Folder) async throws -> Feeder {
        let link = folder.file("gps")
        let feeder = Feeder(link: link, pulses: folder.file("none"), stream: RealStream("mt3339"), behaviour: .init())
        #expect(try await eventually(within: 20) { FileManager.default.fileExists(atPath: link) })
        return feeder
    }

    @Test("a receiver that gpsd has not, and one that it has lost, are named")
    func missingReceiver() async throws {
        let (port, folder) = (try RunningDaemon.freePort(), Folder())
        let feeder = try await feeder(in: folder)
        defer { feeder.stop() }
        var gpsd = try RealGPSD(port: port, device: folder.file("gps"), folder: folder)
        defer { gpsd.end() }
        let other = "refclock gpsd unit 1 host 127.0.0.1:\(port) path /dev/gps9 minpoll 0 maxpoll 0"
        try await withDaemon(Self.setup(port, other)) { daemon in
            let words = "GPSD(1): gpsd has no receiver at /dev/gps9, will try again"
            let isNamed = try await daemon.logs(words, within: 10)
            #expect(isNamed, "\(daemon.log)")
            #expect(try await daemon.reaches("locked", within: 30), "\(daemon.log)")
            feeder.stop()
            // gpsd 3.22 says nothing by itself; asked, it lists it still or not any more.
            let path = folder.file("gps")
            let losses = ["hears nothing from", "has no receiver at"].map { "GPSD(0): gpsd \($0) \(path)" }
            let isMissed = try await eventually(within: 30) { losses.contains { daemon.log.contains($0) } }
            #expect(isMissed, "\(daemon.log)")
        }
    }

    @Test("before its gpsd, it waits; gpsd killed and started again is missed once and followed again")
    func daemonFirst() async throws {
        let port = try RunningDaemon.freePort()
        try await withDaemon(Self.setup(port)) { daemon in
            #expect(try await daemon.logs("connection refused", within: 5))
            try await Task.sleep(for: .seconds(2))
            var gpsd = try RealGPSD(port: port, device: daemon.folder.file("gps"), folder: daemon.folder)
            #expect(try await daemon.reaches("locked", within: 30), "\(daemon.log)")
            // Labels of gpsd's alone (TOFF), and the time is that of a stratum 1 server.
            let reply = try daemon.ask()
            #expect(reply.stratum == 1)
            let snapshot = try daemon.snapshot()
            let receiver = try #require(snapshot.receivers.first)
            #expect(receiver.fix == "3D")
            // Twelve are in the stream's GSV, ten or eleven of them in GSA (mt3339.nmea).
            #expect(receiver.satellitesInView == 12 || RealStream("mt3339").isImagined, "\(receiver)")
            #expect((8...11).contains(receiver.satellitesUsed ?? 0), "\(receiver)")
            // The daemon's 8 MB, and a ninth for libgps and the ten libraries that it is linked to.
            let status = try String(contentsOfFile: "/proc/\(daemon.processID)/status", encoding: .utf8)
            let resident = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            let kilobytes = try #require(Int(resident.split(separator: " ")[1]))
            print("timeballd, locked behind gpsd: \(kilobytes) kB resident")
            #expect(kilobytes <= 9216 || Programs.releaseDaemon == nil)
            gpsd.end()
            #expect(try await daemon.logs("the connection was closed", within: 5), "\(daemon.log)")
            #expect(Self.isAnsweredQuickly(daemon))
            gpsd = try RealGPSD(port: port, device: daemon.folder.file("gps"), folder: daemon.folder)
            let isBack = try await eventually(within: 30) { daemon.log.occurrences(of: ": good") == 2 }
            gpsd.end()
            #expect(isBack, "\(daemon.log)")
            #expect(daemon.log.occurrences(of: "connection refused") == 1, "\(daemon.log)")
            #expect(daemon.log.occurrences(of: "starts with") == 1)
            #expect(daemon.isRunning)
        }
    }

    @Test("a gpsd that hangs is missed once, holds up nobody, and is followed again once it goes on")
    func hungGPSD() async throws {
        let (port, folder) = (try RunningDaemon.freePort(), Folder())
        let feeder = try await feeder(in: folder)
        defer { feeder.stop() }
        var gpsd = try RealGPSD(port: port, device: folder.file("gps"), folder: folder)
        defer { gpsd.end() }
        try await withDaemon(Self.setup(port)) { daemon in
            #expect(try await daemon.reaches("locked", within: 30), "\(daemon.log)")
            gpsd.send(SIGSTOP)
            #expect(try await daemon.logs("nothing usable for 8 s or longer", within: 25), "\(daemon.log)")
            #expect(Self.isAnsweredQuickly(daemon))
            // Meanwhile the local clock is served, as configured.
            #expect(try daemon.snapshot().tracking.stratum == 10)
            gpsd.send(SIGCONT)
            let isBack = try await eventually(within: 25) { daemon.log.occurrences(of: ": good") == 2 }
            #expect(isBack, "\(daemon.log)")
            #expect(daemon.log.occurrences(of: "warning: GPSD") <= 2, "\(daemon.log)")
            #expect(daemon.log.occurrences(of: "clock stepped") <= 1, "\(daemon.log)")
            #expect(daemon.log.occurrences(of: "starts with") == 1)
            #expect(daemon.isRunning)
        }
    }

    /// Whether most of a few questions are answered within 50 ms; the machine may be busy with other tests.
    private static func isAnsweredQuickly(_ daemon: RunningDaemon) -> Bool {
        let delays = (0..<9).map { _ in
            let start = KernelClock.monotonic()
            return (try? daemon.ask()) == nil ? 1.0 : (KernelClock.monotonic() - start).seconds
        }
        return delays.sorted()[4] < 0.05
    }

    @Test("timeballd links no libgps; it is loaded where a clock wants it")
    func linksNothing() async throws {
        let linked = try await run([try #require(Programs.installed("ldd")), Programs.daemon])
        #expect(!linked.output.contains("libgps") && !linked.output.contains("libdbus"), "\(linked)")
    }
}

extension String {
    /// How often words are in it.
    fileprivate func occurrences(of words: String) -> Int { components(separatedBy: words).count - 1 }
}
