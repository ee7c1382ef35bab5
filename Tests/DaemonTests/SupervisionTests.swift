import Reports
import Testing
import TimeScale

@testable import Daemon

/// What the service manager is told; the words are those of sd_notify(3).
@Suite("What the service manager is told")
struct SupervisionTests {
    private static func moment(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: 0) + Interval(seconds: seconds)
    }

    /// A daemon that is supervised for some ticks, a second each.
    private struct Run {
        var supervision: Supervision
        var told: [Int: [String]] = [:]

        init(timeout: Int64? = 30, readyWait: Double = 20) {
            supervision = Supervision(
                timeout: timeout.map(Interval.seconds), readyWait: readyWait, now: SupervisionTests.moment(0))
        }

        mutating func tick(_ seconds: ClosedRange<Int>, isServing: Bool = false, status: String = "starting") {
            for second in seconds {
                let now = SupervisionTests.moment(Double(second))
                let signs = Watchdog.Signs(
                    now: now, due: now, asOf: .unixEpoch + .seconds(Int64(second)), rounds: [UInt32(second)])
                let report = supervision.tick(signs, isServing: isServing, status: status)
                #expect(report.complaint == nil)
                if !report.text.isEmpty { told[second] = report.text.split(separator: "\n").map(String.init) }
            }
        }

        /// The seconds in which a word was told.
        func seconds(of word: String) -> [Int] {
            told.filter { $0.value.contains { $0.hasPrefix(word) } }.keys.sorted()
        }
    }

    @Test("ready is told once, when time is served")
    func ready() {
        var run = Run()
        run.tick(0...7)
        run.tick(8...40, isServing: true)
        #expect(run.seconds(of: "READY") == [8])
    }

    @Test("without time ready is told after the wait, or never", arguments: [(0.0, [0]), (20, [20]), (.infinity, [])])
    func waits(readyWait: Double, expected: [Int]) {
        var run = Run(readyWait: readyWait)
        run.tick(0...200)
        #expect(run.seconds(of: "READY") == expected)
    }

    @Test("the start is extended while it lasts, by three times what it takes to do so again")
    func extendsStart() {
        var run = Run(readyWait: .infinity)
        run.tick(0...35)
        run.tick(36...70, isServing: true)
        #expect(run.seconds(of: "EXTEND_TIMEOUT_USEC=30000000") == [0, 10, 20, 30])
    }

    @Test("the watchdog is fed three times in its time, and not where there is none")
    func watchdog() {
        var run = Run(timeout: 15)
        run.tick(0...20, isServing: true)
        #expect(run.seconds(of: "WATCHDOG=1") == [0, 5, 10, 15, 20])
        var unwatched = Run(timeout: nil)
        unwatched.tick(0...20, isServing: true)
        #expect(unwatched.seconds(of: "WATCHDOG").isEmpty)
    }

    @Test("the line for people is told when it has changed, looked at every five seconds")
    func status() {
        var run = Run()
        run.tick(0...0, status: "a")
        run.tick(1...6, status: "b")
        run.tick(7...30, status: "b")
        run.tick(31...40, status: "c")
        #expect(run.seconds(of: "STATUS") == [0, 5, 35])
        #expect(run.told[35]?.contains("STATUS=c") == true)
    }

    @Test("a reload is told with its moment, and its end, but not before the daemon is ready")
    func reload() {
        var run = Run()
        run.tick(0...1)
        #expect(run.supervision.reloading(now: Self.moment(2)) == nil)
        run.tick(3...4, isServing: true)
        #expect(run.supervision.reloading(now: Self.moment(4.5)) == "RELOADING=1\nMONOTONIC_USEC=4500000")
        run.tick(5...9, isServing: false)
        #expect(run.seconds(of: "READY") == [3, 5])
    }

    @Test("a worker that hangs is complained of, and the watchdog not fed")
    func hang() {
        var run = Run()
        run.tick(0...9, isServing: true)
        let now = Self.moment(10)
        let signs = Watchdog.Signs(now: now, due: now, asOf: .unixEpoch + .seconds(10), rounds: [0])
        let report = run.supervision.tick(signs, isServing: true, status: "starting")
        #expect(report == .init(text: "", complaint: "worker 1 does not come round"))
    }

    @Test(
        "the status names what is served, or why nothing is",
        arguments: [
            (1, 1.234e-6, "locked: stratum 1, PPS, root dispersion 1.2 µs"),
            (1, 45.6e-9, "locked: stratum 1, PPS, root dispersion 46 ns"),
            (2, 0.000_789, "locked: stratum 2, PPS, root dispersion 790 µs"),
            (1, 3, "locked: stratum 1, PPS, root dispersion 3.0 s"),
            (16, 16, "locked: no fix"),
        ])
    func statusLine(stratum: Int, dispersion: Double, expected: String) {
        var tracking = TrackingReport()
        (tracking.state, tracking.reason, tracking.referenceID) = ("locked", "no fix", "PPS")
        (tracking.stratum, tracking.rootDispersion) = (stratum, dispersion)
        #expect(Supervision.status(of: tracking) == expected)
    }
}
