import Foundation
import Glibc
import LinuxSystem
import Reports
import SimulatedWorld
import Testing
import TimeScale

/// Receivers and files that are not as they should be, and the real daemon.
@Suite("Bad input to the daemon")
struct BadInputTests {
    @Test("a terminal that is missing is said, waited for, and taken up when it appears")
    func missingTerminal() async throws {
        let setup = RunningDaemon.Setup().with { $0.behaviour.isPlugged = false }
        try await withDaemon(setup) { daemon in
            let link = daemon.folder.file("gps")
            #expect(try await daemon.logs("open \(link): no such file or directory"), "log:\n\(daemon.log)")
            let reply = try daemon.ask()
            #expect(reply.leap == 3)
            daemon.feeder.change { $0.isPlugged = true }
            #expect(try await daemon.reaches("locked", within: 50), "log:\n\(daemon.log)")
        }
    }

    @Test("a device that vanishes is said, time is served on, and it is taken up again")
    func vanishingDevice() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            daemon.feeder.change { ($0.isPlugged, $0.hasPulses) = (false, false) }
            #expect(try await daemon.logs("line hung up"), "log:\n\(daemon.log)")
            #expect(try await daemon.reaches("local", within: 20), "log:\n\(daemon.log)")
            let reply = try daemon.ask()
            #expect(reply.stratum == 10)
            #expect(abs(reply.offset) < 0.005)
            daemon.feeder.change { $0 = .init() }
            #expect(try await daemon.reaches("locked", within: 50), "log:\n\(daemon.log)")
            #expect(try daemon.ask().stratum == 1)
        }
    }

    @Test("a receiver that begins to write at another speed is followed, while its pulses are")
    func otherSpeed() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            daemon.feeder.change { $0.baudRate = 38_400 }
            let words = "NMEA(0): the receiver writes NMEA at 38400 bit/s, not 9600 as configured"
            #expect(try await daemon.logs(words, within: 25), "log:\n\(daemon.log)")
            let isBack = try await eventually(within: 10) {
                try daemon.snapshot().receivers.first?.second.map {
                    // The second that has just begun, or the one before it.
                    let now = KernelClock.realTime().startOfSecond
                    return [now, now - .second].map(\.description).contains($0)
                } ?? false
            }
            #expect(isBack, "log:\n\(daemon.log)")
            #expect(try daemon.snapshot().tracking.state == "locked")
            #expect(abs(try daemon.ask().offset) < 0.005)
            #expect(daemon.log.components(separatedBy: "bit/s").count == 2, "log:\n\(daemon.log)")
            #expect(!daemon.log.contains("locked →"), "log:\n\(daemon.log)")
        }
    }

    @Test("garbage before every burst does not keep a receiver from being understood")
    func garbage() async throws {
        // Half a sentence, bytes of every kind, and a wrong checksum; short, for a burst that is late by half a second
        // is ambiguous, and rightly so.
        var noise = Array("$GPRMC,1234".utf8) + (0..<64).map { UInt8(truncatingIfNeeded: $0 * 37) }
        noise += Array("\r\n$GPZDA,000000.00,01,01,2000,00,00*00\r\n".utf8)
        let setup = RunningDaemon.Setup().with { $0.behaviour.noise = noise }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let offset = try daemon.ask().offset
            #expect(abs(offset) < 0.005)
            #expect(try daemon.snapshot().sources[0].rejected > 0)
        }
    }

    @Test("garbage alone, or bursts that break off, prove no time", arguments: [true, false])
    func nothingUsable(isGarbage: Bool) async throws {
        let setup = RunningDaemon.Setup().with {
            $0.behaviour.hasSentences = true
            $0.behaviour.errorSeconds = 0
            $0.stream = "bu353s4"
            // A burst of GGA, GSA and RMC that is cut to its first third names no date.
            $0.behaviour.breaksOff = true
            if isGarbage { $0.behaviour.noise = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 37) } }
        }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 12) == false, "log:\n\(daemon.log)")
            let reply = try daemon.ask()
            #expect(reply.leap == 3)
            #expect(reply.stratum == 0)
        }
    }

    @Test("a receiver that is 1024 weeks behind is put right, and said")
    func rollover() async throws {
        // 1024 weeks are 619 315 200 s: today is a day of the GPS era before.
        let setup = RunningDaemon.Setup().with { $0.behaviour.errorSeconds = -619_315_200 }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            #expect(try await daemon.logs("1024 weeks behind"), "log:\n\(daemon.log)")
            let offset = try daemon.ask().offset
            #expect(abs(offset) < 0.005)
        }
    }

    @Test("a receiver that comes to be an hour off while the pulses go on is not followed")
    func hourOff() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            daemon.feeder.change { $0.errorSeconds = 3600 }
            // Six labels must contradict before it is said.
            #expect(try await daemon.logs("3600 s off the pulses", within: 15), "log:\n\(daemon.log)")
            let reply = try daemon.ask()
            #expect(abs(reply.offset) < 0.005)
            #expect(reply.stratum == 1)
        }
    }

    @Test("an hour off without pulses: the daemon would rather serve its own time than jump")
    func hourOffAlone() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            daemon.feeder.change { ($0.errorSeconds, $0.hasPulses) = (3600, false) }
            try await Task.sleep(for: .seconds(15))
            let offset = try daemon.ask().offset
            #expect(abs(offset) < 0.3, "log:\n\(daemon.log)")
        }
    }

    @Test("a drift file that cannot be written is said, and the daemon stays up and ends in order")
    func driftWithoutFolder() async throws {
        let setup = RunningDaemon.Setup().with { $0.driftFile = "/nonexistent/timeball/drift" }
        try await expectDriftFailure(setup, "/nonexistent/timeball/drift")
    }

    @Test("a full disk is said, and the daemon stays up and ends in order")
    func driftOnFullDisk() async throws {
        guard Programs.isRoot else { return Programs.skip("a full disk", "a file system of one's own needs root") }
        let disk = Folder()
        // One page for a file that fills it; the drift file finds no room.
        let script = #"""
            mount -t tmpfs -o size=4k,nr_inodes=4 none "$0" && echo -12.500 > "$0/drift"
            head -c 4096 /dev/zero > "$0/rest" 2> /dev/null; exec "$@"
            """#
        let setup = RunningDaemon.Setup().with {
            $0.wrapper = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script, disk.path]
            $0.driftFile = disk.file("drift")
        }
        try await expectDriftFailure(setup, disk.file("drift"))
    }

    private func expectDriftFailure(_ setup: RunningDaemon.Setup, _ path: String) async throws {
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            // The frequency is written when the daemon ends, once it is known to 1 ppm.
            #expect(
                try await eventually(within: 30) { try daemon.snapshot().tracking.frequencyDeviation < 1e-6 })
            try daemon.stop()
            #expect(daemon.log.contains("the frequency is kept in memory"), "log:\n\(daemon.log)")
            #expect(daemon.log.contains("told to stop"))
            #expect(daemon.log.contains(path))
        }
    }

    @Test("HUP opens the log anew")
    func reopensLog() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.logs("serving NTP"))
            try FileManager.default.moveItem(atPath: daemon.folder.file("log"), toPath: daemon.folder.file("log.1"))
            daemon.send(SIGHUP)
            #expect(try await daemon.logs("log opened anew"))
            #expect(daemon.folder.text("log.1").contains("serving NTP"))
            #expect(daemon.isRunning)
        }
    }
}
