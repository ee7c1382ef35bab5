import TimeScale

/// A moment known to exist.
func utc(
    _ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0
) -> Instant {
    guard let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second) else {
        preconditionFailure("\(year)-\(month)-\(day) \(hour):\(minute):\(second) is a date")
    }
    return civil.instant
}
