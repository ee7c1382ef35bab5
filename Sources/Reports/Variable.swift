/// A value of a report.
public enum ReportValue: Equatable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A real number, which need not be finite.
    case real(Double)
    /// Words.
    case text(String)
    /// Any number of words.
    case texts([String])
    /// Not known.
    case unknown
}

/// The unit of a variable.
public enum ReportUnit: String, Sendable {
    /// A number, a name, a text.
    case none
    /// Seconds.
    case seconds
    /// Seconds per second.
    case secondsPerSecond
    /// The logarithm to base 2 of seconds.
    case log2Seconds
    /// Degrees of an angle.
    case degrees
    /// Degrees Celsius.
    case degreesCelsius
    /// Metres.
    case metres
}

/// One variable of a report: its name, its unit and where it stands. Every serialisation is made from these rows.
public struct Variable<Report>: Sendable {
    /// The name, the same in every protocol that does not prescribe another.
    public let name: String
    /// The unit of the value.
    public let unit: ReportUnit
    /// Reads the value.
    public let value: @Sendable (Report) -> ReportValue

    init(_ name: String, _ unit: ReportUnit = .none, _ path: any KeyPath<Report, Double> & Sendable) {
        (self.name, self.unit) = (name, unit)
        value = { .real($0[keyPath: path]) }
    }

    init(_ name: String, _ unit: ReportUnit = .none, _ path: any KeyPath<Report, Int> & Sendable) {
        (self.name, self.unit) = (name, unit)
        value = { .integer($0[keyPath: path]) }
    }

    init(_ name: String, _ path: any KeyPath<Report, String> & Sendable) {
        (self.name, unit) = (name, .none)
        value = { .text($0[keyPath: path]) }
    }

    init(_ name: String, _ path: any KeyPath<Report, [String]> & Sendable) {
        (self.name, unit) = (name, .none)
        value = { .texts($0[keyPath: path]) }
    }

    init(_ name: String, _ unit: ReportUnit = .none, _ path: any KeyPath<Report, Double?> & Sendable) {
        (self.name, self.unit) = (name, unit)
        value = { $0[keyPath: path].map { .real($0) } ?? .unknown }
    }

    init(_ name: String, _ unit: ReportUnit = .none, _ path: any KeyPath<Report, Int?> & Sendable) {
        (self.name, self.unit) = (name, unit)
        value = { $0[keyPath: path].map { .integer($0) } ?? .unknown }
    }

    init(_ name: String, _ path: any KeyPath<Report, String?> & Sendable) {
        (self.name, unit) = (name, .none)
        value = { $0[keyPath: path].map { .text($0) } ?? .unknown }
    }
}

extension TrackingReport {
    /// The rows of this report.
    public static let variables: [Variable<TrackingReport>] = [
        Variable("version", \.version),
        Variable("state", \.state),
        Variable("reason", \.reason),
        Variable("clock", \.clock),
        Variable("stratum", .none, \.stratum),
        Variable("leapIndicator", .none, \.leapIndicator),
        Variable("referenceID", \.referenceID),
        Variable("source", \.source),
        Variable("referenceTime", .seconds, \.referenceTime),
        Variable("time", .seconds, \.time),
        Variable("offset", .seconds, \.offset),
        Variable("offsetDeviation", .seconds, \.offsetDeviation),
        Variable("frequency", .secondsPerSecond, \.frequency),
        Variable("frequencyDeviation", .secondsPerSecond, \.frequencyDeviation),
        Variable("correction", .secondsPerSecond, \.correction),
        Variable("jitter", .seconds, \.jitter),
        Variable("rootDelay", .seconds, \.rootDelay),
        Variable("rootDispersion", .seconds, \.rootDispersion),
        Variable("precision", .log2Seconds, \.precision),
        Variable("holdoverRemaining", .seconds, \.holdoverRemaining),
        Variable("uptime", .seconds, \.uptime),
    ]
}

extension SourceReport {
    /// The rows of this report.
    public static let variables: [Variable<SourceReport>] = [
        Variable("name", \.name),
        Variable("referenceID", \.referenceID),
        Variable("device", \.device),
        Variable("use", \.use),
        Variable("reason", \.reason),
        Variable("reach", .none, \.reach),
        Variable("offset", .seconds, \.offset),
        Variable("offsetDeviation", .seconds, \.offsetDeviation),
        Variable("latencyMean", .seconds, \.latencyMean),
        Variable("latencyShare", .none, \.latencyShare),
        Variable("jitter", .seconds, \.jitter),
        Variable("age", .seconds, \.age),
        Variable("samples", .none, \.samples),
        Variable("pulses", .none, \.pulses),
        Variable("pulsesMissed", .none, \.pulsesMissed),
        Variable("labelDelay", .seconds, \.labelDelay),
        Variable("labelDelayDeviation", .seconds, \.labelDelayDeviation),
        Variable("rejected", .none, \.rejected),
    ]
}

extension ServerReport {
    /// The rows of this report.
    public static let variables: [Variable<ServerReport>] = named.map { Variable($0.0, .none, $0.1) }

    /// Every counter.
    static var counters: [any WritableKeyPath<ServerReport, Int> & Sendable] { named.map(\.1) }

    private static let named: [(String, any WritableKeyPath<ServerReport, Int> & Sendable)] = [
        ("received", \.received),
        ("replied", \.replied),
        ("failed", \.failed),
        ("overflowed", \.overflowed),
        ("unreadable", \.unreadable),
        ("withheld", \.withheld),
        ("truncated", \.truncated),
        ("badVersion", \.badVersion),
        ("badMode", \.badMode),
        ("badTail", \.badTail),
        ("denied", \.denied),
        ("limited", \.limited),
        ("flaked", \.flaked),
        ("declined", \.declined),
        ("kissed", \.kissed),
        ("clients", \.clients),
        ("clientsForgotten", \.clientsForgotten),
        ("clientsUnrecorded", \.clientsUnrecorded),
        ("badAuthentication", \.badAuthentication),
        ("authenticated", \.authenticated),
        ("cryptoNAKs", \.cryptoNAKs),
        ("interleaved", \.interleaved),
        ("broadcast", \.broadcast),
        ("hardwareStamps", \.hardwareStamps),
        ("badHardwareStamps", \.badHardwareStamps),
    ]
}
