/// The machine's real-time clock (RTC), which goes on without power; `nil` for what is not known.
public struct RealTimeClockReport: Equatable, Sendable, Decodable {
    /// Device.
    public var device = ""
    /// Whether it is followed, or why not.
    public var state = ""
    /// Right time − RTC when last compared, seconds, positive = slow.
    public var offset: Double?
    /// Since then, seconds.
    public var age: Double?
    /// Its rate, s/s, positive = fast.
    public var rate: Double?
    /// Standard deviation of `rate`, s/s.
    public var rateDeviation: Double?
    /// How often the daemon has set it.
    public var settings = 0

    /// A report with nothing known.
    public init() {}
}

extension RealTimeClockReport {
    /// The rows of this report.
    public static let variables: [Variable<RealTimeClockReport>] = [
        Variable("device", \.device),
        Variable("state", \.state),
        Variable("offset", .seconds, \.offset),
        Variable("age", .seconds, \.age),
        Variable("rate", .secondsPerSecond, \.rate),
        Variable("rateDeviation", .secondsPerSecond, \.rateDeviation),
        Variable("settings", .none, \.settings),
    ]
}
