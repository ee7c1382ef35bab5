import TimeScale

/// The range of time that another process may claim: 1970 to 2242, so that no later difference overflows.
enum PlausibleTime {
    /// 2³³ s since 1970, the year 2242.
    private static let endSeconds: Int64 = 1 << 33

    /// A moment in the range, from a second count and the nanoseconds in it.
    ///
    /// - Returns: `nil` outside the range, or where the nanoseconds are not those of one second.
    static func instant(seconds: Int64, nanoseconds: Int64) -> Instant? {
        guard (0..<endSeconds).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else { return nil }
        return Instant(seconds: seconds, nanosecondsOfSecond: nanoseconds)
    }

    /// Whether a moment moved by an offset in seconds is in the range.
    static func holds(_ nanoseconds: Int64, plus offset: Double) -> Bool {
        let sum = Double(nanoseconds) * 1e-9 + offset
        return sum >= 0 && sum < Double(endSeconds)
    }
}
