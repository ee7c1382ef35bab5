import Glibc
import LinuxSystem
import Testing
import TimeScale

@Suite("Processes and rights")
struct ProcessTests {
    /// Whether a condition comes true in time.
    private func within(_ time: Interval, _ condition: () throws -> Bool) throws -> Bool {
        let deadline = KernelClock.monotonic() + time
        while KernelClock.monotonic() < deadline {
            if try condition() { return true }
            usleep(1000)
        }
        return false
    }

    @Test("a child ends with its status")
    func exitStatus() throws {
        var child = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", "exit $CODE"], environment: ["CODE=42"])
        #expect(try within(.seconds(5)) { try child.poll() != nil })
        #expect(try child.poll() == .exited(status: 42))
    }

    @Test("a child that is asked to end does, and one that will not is made to")
    func termination() throws {
        var obedient = try ChildProcess(program: "/bin/sleep", arguments: ["60"], environment: [])
        #expect(try obedient.terminate(timeout: .seconds(5)) == .killed(signal: SIGTERM))
        #expect(try obedient.poll() == .killed(signal: SIGTERM))
        let directory = TemporaryDirectory()
        let script = "trap '' TERM; : > \(directory.file("deaf")); exec /bin/sleep 60"
        var stubborn = try ChildProcess(program: "/bin/sh", arguments: ["-c", script], environment: [])
        #expect(try within(.seconds(5)) { try directory.names == ["deaf"] })
        #expect(try stubborn.terminate(timeout: .milliseconds(20)) == .killed(signal: SIGKILL))
    }

    @Test("a program that is not there is named")
    func missingProgram() {
        let error = failure { () throws(SystemError) in
            try ChildProcess(program: "/bin/none", arguments: [], environment: [])
        }
        #expect(error?.description == "start /bin/none: no such file or directory")
    }

    @Test("the right to set the clock is read as /proc shows it")
    func capability() throws {
        let status = String(decoding: try Files.read("/proc/self/status", limit: 100_000), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("CapEff:") })
        let bits = try #require(UInt64(line.dropFirst(7).drop { $0 == "\t" }, radix: 16))
        // CAP_SYS_TIME is 25 (linux/capability.h).
        #expect(try Privileges.canAdjustClock() == (bits >> 25 & 1 == 1))
    }

    @Test("a user that does not exist is named, and nothing is given up")
    func unknownUser() throws {
        let before = try Privileges.canAdjustClock()
        let error = failure { () throws(SystemError) in try Privileges.drop(toUser: "no-such-user-here") }
        #expect(error?.description == "user no-such-user-here: no such user")
        #expect(try Privileges.canAdjustClock() == before)
    }

    @Test("random words differ")
    func randomness() throws {
        #expect(try Randomness.bits() != Randomness.bits())
    }

    @Test("a signal raises its flag once")
    func signals() throws {
        try Signals.install()
        // To the process: the thread that runs a test may have signals blocked.
        kill(getpid(), SIGPIPE)
        for (signal, expected) in [(SIGHUP, (false, true)), (SIGTERM, (true, false)), (SIGINT, (true, false))] {
            kill(getpid(), signal)
            var requests = Signals.take()
            _ = try within(.seconds(5)) {
                if !requests.terminate && !requests.reload { requests = Signals.take() }
                return requests.terminate || requests.reload
            }
            #expect((requests.terminate, requests.reload) == expected)
            let nothing = Signals.take()
            #expect(!nothing.terminate && !nothing.reload)
        }
    }
}
