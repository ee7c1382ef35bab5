import Glibc
import LinuxSystem
import Synchronization
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

    @Test("a user that does not exist is named, and nothing is given up")
    func unknownUser() throws {
        let user = geteuid()
        let error = failure { () throws(SystemError) in try Privileges.drop(toUser: "no-such-user-here") }
        #expect(error?.description == "user no-such-user-here: no such user")
        #expect(geteuid() == user)
    }

    @Test("a confined thread can start threads, open files and sockets, and no program, and reaches no other process")
    func confinement() throws {
        let outcome = Outcome()
        // In a thread of its own: it is for good.
        let thread = try WorkerThread(name: "confined") {
            var answers = [Int32](repeating: 0, count: 6)
            do throws(SystemError) { try Privileges.confineSystemCalls() } catch { return outcome.set([error.code]) }
            let child = failure { () throws(SystemError) in
                try ChildProcess(program: "/bin/true", arguments: [], environment: [])
            }
            answers[0] = child?.code ?? 0
            // Nothing is there: without the filter the answer would be ENOENT, and ESRCH for the next.
            // SAFETY: the list of arguments ends at once.
            answers[1] = unsafe execv("/nonexistent/program", [nil]) < 0 ? errno : 0
            answers[2] = getpgid(0x7fff_ffff) < 0 ? errno : 0
            let isAbleToWork =
                (try? Files.read("/proc/self/stat", limit: 4096)) != nil
                && (try? NTPSocket(address: "127.0.0.1", port: 0)) != nil
                && (try? WorkerThread(name: "child") {}.join()) != nil
            answers[3] = isAbleToWork ? 0 : -1
            answers[4] = kill(getpid(), 0)
            answers[5] = kill(getppid(), 0) < 0 ? errno : 0
            outcome.set(answers)
        }
        thread.join()
        #expect(outcome.answers == [EPERM, EPERM, EPERM, 0, 0, EPERM])
    }

    private final class Outcome: Sendable {
        private let value = Mutex<[Int32]>([])
        var answers: [Int32] { value.withLock { $0 } }
        func set(_ answers: [Int32]) { value.withLock { $0 = answers } }
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
