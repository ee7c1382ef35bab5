import Foundation
import Glibc
import LinuxSystem
import Testing
import TimeScale

/// The real daemon as a service: supervised, confined, without rights that it does not need; and who waits for it.
@Suite("The daemon as a service")
struct ServiceTests {
    @Test("a supervised daemon says when it is ready, that it lives, what it does, and that it ends")
    func supervision() async throws {
        let folder = Folder()
        let manager = try NotifySocket(path: folder.file("notify"))
        let setup = RunningDaemon.Setup().with {
            $0.environment = ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=3000000"]
            $0.service += "\nready-wait infinity\nworkers 2"
            $0.behaviour.isPlugged = false
        }
        try await withDaemon(setup) { daemon in
            #expect(try await eventually(within: 10) { manager.count("WATCHDOG=1") >= 3 }, "\(manager.lines)")
            #expect(manager.count("READY=1") == 0)
            #expect(manager.count("EXTEND_TIMEOUT_USEC=") >= 3)
            #expect(manager.count("STATUS=starting: NMEA(0): ") >= 1, "\(manager.lines)")
            daemon.feeder.change { $0.isPlugged = true }
            #expect(try await daemon.reaches("locked", within: 50), "log:\n\(daemon.log)")
            #expect(try await eventually(within: 3) { manager.count("READY=1") == 1 }, "\(manager.lines)")
            #expect(try await eventually(within: 8) { manager.count("STATUS=locked: stratum 1, PPS") >= 1 })
            daemon.send(SIGHUP)
            #expect(try await eventually(within: 5) { manager.count("READY=1") == 2 }, "\(manager.lines)")
            #expect(manager.count("RELOADING=1") == 1 && manager.count("MONOTONIC_USEC=") == 1)
            let fed = manager.count("WATCHDOG=1")
            #expect(try await eventually(within: 5) { manager.count("WATCHDOG=1") >= fed + 2 })
            try daemon.stop()
            #expect(manager.count("STOPPING=1") == 1)
        }
    }

    @Test("a daemon without time is ready after the wait; who waits for the time does so until his own patience ends")
    func waitEnds() async throws {
        let folder = Folder()
        let manager = try NotifySocket(path: folder.file("notify"))
        let setup = RunningDaemon.Setup().with {
            $0.environment = ["NOTIFY_SOCKET=\(manager.path)"]
            $0.service += "\nready-wait 1"
            $0.behaviour.isPlugged = false
        }
        try await withDaemon(setup) { daemon in
            #expect(try await eventually(within: 5) { manager.count("READY=1") == 1 }, "\(manager.lines)")
            #expect(manager.count("WATCHDOG=1") == 0)
            let words = [Programs.timeball, "wait-sync", "-s", daemon.folder.file("observe"), "-t", "2"]
            let result = try await run(words)
            #expect(result.status == 1, "\(result)")
            #expect(result.output.contains("starting: NMEA(0): "), "\(result)")
            daemon.feeder.change { $0.isPlugged = true }
            let patient = try await run(words.dropLast() + ["60"], seconds: 70)
            #expect(patient.status == 0, "\(patient)")
            #expect(patient.output.contains("locked: following "), "\(patient)")
        }
    }

    @Test("every thread of the daemon is confined and can gain no rights")
    func confinement() async throws {
        try await withDaemon(.init().with { $0.service += "\nworkers 2" }) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            #expect(daemon.log.contains("system calls are confined"))
            let tasks = "/proc/\(daemon.processID)/task"
            let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
            #expect(threads.count == 3)
            for thread in threads {
                let status = try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
                // proc(5): 2 = SECCOMP_MODE_FILTER.
                #expect(status.contains("\nSeccomp:\t2\n") && status.contains("\nNoNewPrivs:\t1\n"), "\(status)")
            }
            daemon.send(SIGHUP)
            #expect(try await daemon.logs("told to reload"))
            #expect(!daemon.log.contains("operation not permitted"), "log:\n\(daemon.log)")
        }
    }

    @Test("without the right to set the clock the daemon does not start, and says what to do")
    func clockForbidden() async throws {
        let folder = Folder()
        let text = "listen 127.0.0.1\nport \(try RunningDaemon.freePort())\nobserve none\nserver 127.127.20.0\n"
        let result = try await run(Programs.withoutClock([Programs.daemon, "-n", "-c", folder.write("conf", text)]))
        #expect(result.status == 3, "\(result)")
        #expect(result.output.contains("the clock cannot be used: adjtimex: operation not permitted"), "\(result)")
        #expect(result.output.contains("CAP_SYS_TIME"), "\(result)")
    }

    @Test("a daemon that the watchdog kills says what it was doing")
    func aborted() async throws {
        let folder = Folder()
        let text = "clock virtual\nlisten 127.0.0.1\nport \(try RunningDaemon.freePort())\nobserve none\n"
        // It waits almost always.
        let script = #""$0" -n -c "$1" & sleep 2; kill -ABRT $!; wait $!; echo "ended by $?""#
        let result = try await run(["/bin/sh", "-c", script, Programs.daemon, folder.write("conf", text)])
        #expect(result.output.contains("<3>timeballd: aborted while waiting\n"), "\(result)")
        // 128 and SIGABRT.
        #expect(result.output.contains("ended by 134\n"), "\(result)")
    }

    @Test("a daemon that becomes another user says what it cannot open again, and serves on")
    func droppedRights() async throws {
        guard Programs.isRoot else { return Programs.skip("dropping rights", "needs root") }
        let setup = RunningDaemon.Setup().with { $0.options = ["-u", "nobody"] }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let status = try String(contentsOfFile: "/proc/\(daemon.processID)/status", encoding: .utf8)
            // nobody is 65534 on Debian; CAP_NET_BIND_SERVICE is 10 and CAP_SYS_TIME 25.
            #expect(status.contains("\nUid:\t65534\t65534\t65534\t65534\n"), "\(status)")
            #expect(status.contains("\nCapEff:\t0000000002000400\n"), "\(status)")
            #expect(daemon.log.contains("\(daemon.folder.file("gps")): nobody may not open it"), "log:\n\(daemon.log)")
            #expect(daemon.log.contains("\(daemon.folder.path): nobody may not write there"), "log:\n\(daemon.log)")
        }
    }
}
