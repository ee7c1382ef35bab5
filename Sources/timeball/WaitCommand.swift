import ArgumentParser
import FoundationEssentials
import LinuxSystem
import Reports
import TimeScale

/// `timeball wait-sync`: ends once the clock is right, for whatever must not begin before.
struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait-sync",
        abstract: "Waits until the daemon has the time and the clock is right.",
        discussion: """
            Asks the daemon, which may come up later or be restarted meanwhile; where it cannot be asked, the kernel, which \
            knows whether its clock is synchronised. Exits with 0 once it is, 1 where it is not in time.
            """)

    @Option(name: .shortAndLong, help: "The daemon's observe socket.")
    var socket = "/run/timeball/observe"

    @Option(name: .shortAndLong, help: "Seconds to wait at most; without, as long as it takes.")
    var timeout: Double?

    @Option(name: .shortAndLong, help: "Largest error bound of the clock, seconds.")
    var maxError = 0.1

    func validate() throws {
        guard timeout.map({ (0...1e9).contains($0) }) ?? true else {
            throw ValidationError("--timeout takes 0 to 1000000000 (s)")
        }
        guard maxError > 0 else { throw ValidationError("--max-error takes more than 0 (s)") }
    }

    func run() throws {
        let deadline = timeout.map { KernelClock.monotonic() + Interval(seconds: $0) }
        var client: ObserveClient?
        var shown = ""
        while true {
            if client == nil { client = try? ObserveClient(path: socket) }
            // Frames come once a second; a daemon that is silent for three is asked anew.
            let patience = min(.seconds(3), deadline.map { $0 - KernelClock.monotonic() } ?? .seconds(3))
            let frame = try? client?.frame(timeout: max(.milliseconds(1), patience))
            if frame == nil { client = nil }
            let verdict = frame.map(verdict) ?? kernelsVerdict
            let words = verdict.words
            if words != shown { Console.error("\(words)\n") }
            shown = words
            if verdict.isRight { return }
            if let deadline, KernelClock.monotonic() >= deadline {
                Console.error("not synchronised in time\n")
                throw ExitCode(1)
            }
            if client == nil { Pause.sleep(.milliseconds(500)) }
        }
    }

    private typealias Verdict = (isRight: Bool, words: String)

    private func verdict(_ frame: [UInt8]) -> Verdict {
        guard let snapshot = try? JSONDecoder().decode(Snapshot.self, from: Data(frame)) else {
            return (false, "\(socket): not a snapshot of this version")
        }
        let tracking = snapshot.tracking
        guard tracking.state == "locked" || tracking.state == "holdover" else {
            return (false, "\(tracking.state): \(tracking.reason)")
        }
        guard tracking.rootDispersion <= maxError else { return (false, "\(tracking.state), not yet to \(maxError) s") }
        return (true, "\(tracking.state): \(tracking.reason)")
    }

    private var kernelsVerdict: Verdict {
        let bound = try? SystemClock().inheritedMaximumError
        guard let bound, bound <= maxError else { return (false, "waiting for the daemon at \(socket)") }
        return (true, "the kernel's clock is synchronised")
    }
}
