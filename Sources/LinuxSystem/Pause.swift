import Glibc
import TimeScale

/// Waiting, for programs without a loop of their own.
public enum Pause {
    /// Sleeps; a signal may end it early.
    public static func sleep(_ interval: Interval) {
        guard interval > .zero else { return }
        var time = timespec(
            tv_sec: Int(interval.nanoseconds / 1_000_000_000), tv_nsec: Int(interval.nanoseconds % 1_000_000_000))
        // SAFETY: the kernel reads one timespec.
        unsafe nanosleep(&time, nil)
    }
}
