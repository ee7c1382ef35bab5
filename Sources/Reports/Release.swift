import TimeScale

/// What this build is.
public enum Release {
    /// Version, as `--version` prints it.
    public static let version = "0.1.0"

    /// The day of the release: no receiver can truthfully give an earlier date.
    public static let date = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)
}
