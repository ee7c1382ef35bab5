import LinuxSystem
import TimeScale

/// Ended by a signal.
struct Interrupted: Error {
    /// How often those who wait for something else have to look.
    static let lookInterval = Interval.milliseconds(100)

    /// The exit code: 128 and the number of SIGINT, as shells have it.
    static let exitCode: Int32 = 130

    /// Goes no further where a signal has asked for the end.
    static func check() throws(Interrupted) {
        let requests = Signals.take()
        if requests.terminate || requests.reload { throw Interrupted() }
    }
}
