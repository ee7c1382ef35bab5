import TimeScale

/// Something about the appliance that somebody should see to.
public struct AlarmReport: Equatable, Sendable, Decodable {
    /// What it is about, in one word that stays the same.
    public var name = ""
    /// What is wrong.
    public var text = ""
    /// What to do.
    public var remedy = ""
    /// Since when, as seconds gone by: the clock may have been set meanwhile.
    public var age = 0.0

    /// A report with every field at its default.
    public init() {}
}

extension AlarmReport {
    /// The rows of this report.
    public static let variables: [Variable<AlarmReport>] = [
        Variable("name", \.name),
        Variable("text", \.text),
        Variable("remedy", \.remedy),
        Variable("age", .seconds, \.age),
    ]
}

/// The alarms of the appliance that are in force, each by its name once.
public struct AlarmList: Sendable {
    private var alarms: [(report: AlarmReport, since: MonotonicInstant)] = []

    /// No alarm.
    public init() {}

    /// Raises an alarm, or says anew what it is about.
    ///
    /// - Returns: whether it was not in force.
    public mutating func raise(_ name: String, _ text: String, remedy: String, at now: MonotonicInstant) -> Bool {
        let index = alarms.firstIndex { $0.report.name == name }
        let since = index.map { alarms[$0].since } ?? now
        var report = AlarmReport()
        (report.name, report.text, report.remedy) = (name, text, remedy)
        if let index { alarms[index].report = report } else { alarms.append((report, since)) }
        return index == nil
    }

    /// Ends an alarm.
    ///
    /// - Returns: whether it was in force.
    public mutating func clear(_ name: String) -> Bool {
        guard let index = alarms.firstIndex(where: { $0.report.name == name }) else { return false }
        alarms.remove(at: index)
        return true
    }

    /// The alarms in force, oldest first.
    public func reports(at now: MonotonicInstant) -> [AlarmReport] {
        alarms.map { alarm in
            var report = alarm.report
            report.age = (now - alarm.since).seconds
            return report
        }
    }
}
