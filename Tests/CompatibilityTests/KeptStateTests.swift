import ConfigurationLanguage
import Foundation
import Glibc
import LinuxSystem
import Reports
import Testing
import TimeScale
import Timekeeping

@testable import Daemon

/// The files of the state on real disks that fill up or refuse, and in a real process that is killed.
///
/// The process is this test program itself, told by `TIMEBALL_STATE` to run one of the tests in `StateChild`.
@Suite("The kept state, killed and on bad disks")
struct KeptStateTests {
    @Test("a process that is killed while it writes leaves a whole state, never an older one")
    func killed() async throws {
        let folder = Folder()
        var last = 0.0
        for round in 0..<8 {
            let program = try StateChild.words("writesUntilItIsKilled", folder.path)
            var child = try ChildProcess(program: program[0], arguments: Array(program[1...]), environment: [])
            // A sign that it has begun: a state that is newer than that of the round before.
            let began = try await eventually(within: 60) { Self.read(folder).map { $0 > last } ?? false }
            #expect(began)
            try await Task.sleep(for: .microseconds(round * 377))
            kill(child.processID, SIGKILL)
            while try child.poll() == nil { try await Task.sleep(for: .milliseconds(5)) }
            let read = try #require(Self.read(folder), "round \(round)")
            #expect(read > last)
            last = read
        }
    }

    @Test("a full disk and one that is read-only: kept in memory with an alarm, written again by itself")
    func badDisks() async throws {
        guard Programs.isRoot else { return Programs.skip("FULL AND READ-ONLY DISKS", "this needs root") }
        let folder = Folder()
        let mount = #"mount -t tmpfs -o size=32k none "$0" && exec "$@""#
        let result = try await run(
            ["/usr/bin/unshare", "-m", "/bin/sh", "-c", mount, folder.path]
                + StateChild.words("meetsBadDisks", folder.path), seconds: 60)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("ALL WAS SEEN"), "\(result)")
    }

    @Test("a last good time from a spoofed future keeps the daemon silent, and it says why and what to remove")
    func future() async throws {
        let folder = Folder()
        var state = KeptState()
        state.lastGoodTime = KernelClock.realTime() + .seconds(3 * 31_557_600)
        try folder.write("state.0", state.text)
        let setup = RunningDaemon.Setup().with { $0.service += "\nstatefile \(folder.file("state"))" }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.logs("when the clock was last right; not believed", within: 30), "\(daemon.log)")
            #expect(daemon.log.components(separatedBy: "not believed").count == 2)
            #expect(daemon.log.contains("remove \(folder.file("state.0")) and \(folder.file("state.1"))"))
            var alarms: [AlarmReport] = []
            _ = try await eventually(within: 10) {
                alarms = (try? daemon.snapshot().alarms) ?? []
                return !alarms.isEmpty
            }
            #expect(alarms.map(\.name) == ["date"])
            #expect(try daemon.ask().leap == 3)
        }
        // Nothing was right, so nothing was written over.
        #expect(folder.text("state.0") == state.text)
        #expect(folder.text("state.1") == "")
    }

    /// The number in the newest whole state.
    private static func read(_ folder: Folder) -> Double? {
        var slots = StateSlots(path: folder.file("state"))
        guard let log = try? Log(LogOutput(.file(path: folder.file("log")))) else { return nil }
        return slots.read(log).realTimeClock?.offset
    }
}

/// What is done in a process of its own; nothing in the one that runs all tests.
@Suite("What a process of its own does to the state")
struct StateChild {
    /// The folder given by the parent, for the test that it has asked for.
    private static func folder(_ test: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        return environment["TIMEBALL_STATE_TEST"] == test ? environment["TIMEBALL_STATE"] : nil
    }

    /// Program and arguments that run one of these tests in a folder.
    static func words(_ test: String, _ folder: String) throws -> [String] {
        let program = try Files.programFolder() + "/" + URL(fileURLWithPath: CommandLine.arguments[0]).lastPathComponent
        return [
            "/usr/bin/env", "TIMEBALL_STATE=\(folder)", "TIMEBALL_STATE_TEST=\(test)", "SWIFT_BACKTRACE=enable=no",
            program, "--testing-library", "swift-testing", "--filter", "StateChild/\(test)",
        ]
    }

    @Test("writes states without a pause until it is killed")
    func writesUntilItIsKilled() throws {
        guard let folder = Self.folder("writesUntilItIsKilled") else { return }
        var slots = StateSlots(path: folder + "/state")
        let log = Log(try LogOutput(.file(path: folder + "/log")))
        var state = slots.read(log)
        var number = state.realTimeClock?.offset ?? 0
        while true {
            number += 1
            state.realTimeClock = .init(comparedAt: .unixEpoch, offset: number)
            // Longer and shorter ones in turn, some beyond one block.
            state.sources = (0..<Int(number) % 200).map { KeptState.Source(name: "a source with a long name \($0)") }
            try slots.write(state)
        }
    }

    /// The folder is the root of a tmpfs with eight pages.
    @Test("writes on a disk that fills up, then on one that is read-only")
    func meetsBadDisks() throws {
        guard let folder = Self.folder("meetsBadDisks") else { return }
        var configuration = Configuration()
        (configuration.stateFile, configuration.driftFile) = (folder + "/state", folder + "/drift")
        var files = StateFiles(configuration, isThreaded: false)
        var alarms = AlarmList()
        let log = Log(try LogOutput(.standardError))
        let now = KernelClock.monotonic()
        func write(_ number: Double) -> Bool {
            var state = KeptState()
            state.frequency = number
            files.write(frequency: nil, state: state, now: now, alarms: &alarms, log: log)
            return alarms.reports(at: now).isEmpty
        }
        func writeFrequency() -> Bool {
            files.write(frequency: 6e-9, state: nil, now: now, alarms: &alarms, log: log)
            return alarms.reports(at: now).isEmpty
        }
        func kept() -> Double? {
            var slots = StateSlots(path: folder + "/state")
            return slots.read(log).frequency
        }
        /// Fills what room there is.
        func fill() { _ = try? Files.overwrite(folder + "/filler", Array(repeating: 1, count: 1 << 20)) }
        fill()
        #expect(!write(1e-9) && !write(2e-9))
        #expect(alarms.reports(at: now).map(\.name) == ["statefile"])
        try Files.remove(folder + "/filler")
        #expect(write(3e-9) && kept() == 3e-9)
        #expect(alarms.reports(at: now).isEmpty)
        // Both slots are there now: the disk may fill up.
        fill()
        #expect(write(4e-9) && write(5e-9) && kept() == 5e-9)
        #expect(!writeFrequency())
        #expect(alarms.reports(at: now).map(\.name) == ["driftfile"])
        try Files.remove(folder + "/filler")
        #expect(writeFrequency())
        try remount(folder, "ro")
        #expect(!write(7e-9) && !write(8e-9) && kept() == 5e-9)
        #expect(
            alarms.reports(at: now).first?.text.hasSuffix("read-only file system, the state is kept in memory") == true)
        try remount(folder, "rw")
        #expect(write(9e-9) && kept() == 9e-9)
        #expect(alarms.reports(at: now).isEmpty)
        print("ALL WAS SEEN")
    }

    private func remount(_ folder: String, _ mode: String) throws {
        var mount = try ChildProcess(
            program: "/bin/mount", arguments: ["-o", "remount,\(mode)", folder], environment: [])
        var ending = try mount.poll()
        while ending == nil { ending = try mount.poll() }
        #expect(ending == .exited(status: 0))
    }
}
