import TimeScale

/// A moment that lies in the past for certain: no date before it is believed, and week rollovers are undone up to it.
public struct EarliestDate: Equatable, Sendable {
    /// A date so long after the earliest possible one is none, seconds: 50 years.
    private static let longestLife = 1.6e9
    /// A day: the date may be of a clock in local time.
    private static let allowance = Interval.seconds(86_400)

    /// The moment.
    public var date: Instant
    /// Whose word this is.
    public var origin: String
    /// What to do where the moment itself is wrong.
    public var remedy: String

    /// A moment, and how it is known.
    public init(_ date: Instant, _ origin: String = "the configuration", remedy: String = "mend the receiver") {
        (self.date, self.origin, self.remedy) = (date, origin, remedy)
    }

    /// The last good time of an earlier run, which the kept state has in some files.
    public static func kept(_ date: Instant, in files: [String] = []) -> EarliestDate {
        let names = files.isEmpty ? "the kept state" : files.dropFirst().reduce(files[0]) { "\($0) and \($1)" }
        return EarliestDate(
            date, "when the clock was last right", remedy: "if it was not, stop the daemon and remove \(names)")
    }

    /// What is wrong with a date: it is before this one, or longer after it than anything runs; `nil` for nothing.
    public func fault(of other: Instant) -> String? {
        if other < date - Self.allowance { return "its date \(other) is before \(date), \(origin)" }
        let isLater = (other - date).seconds > Self.longestLife
        return isLater ? "its date \(other) is more than 50 years after \(date), \(origin)" : nil
    }
}
