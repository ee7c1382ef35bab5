import Glibc
import TimeScale

/// The kernel's clocks, read only (clock_gettime(2)).
public enum KernelClock {
    /// CLOCK_REALTIME: UTC as the kernel keeps it.
    public static func realTime() -> Instant {
        Instant(nanoseconds: nanoseconds(CLOCK_REALTIME))
    }

    /// CLOCK_MONOTONIC: never set, but steered in frequency together with CLOCK_REALTIME.
    public static func monotonic() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds(CLOCK_MONOTONIC))
    }

    /// CLOCK_MONOTONIC_RAW in nanoseconds: the hardware's counter, neither set nor steered.
    static func rawCount() -> Int64 {
        nanoseconds(CLOCK_MONOTONIC_RAW)
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // SAFETY: the kernel fills one timespec.
        let answer = unsafe clock_gettime(clock, &time)
        precondition(answer == 0, "CLOCK_REALTIME, MONOTONIC and MONOTONIC_RAW exist on every Linux")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
