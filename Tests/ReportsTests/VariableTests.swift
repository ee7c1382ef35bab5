import Reports
import Testing

@Suite("Variables of the reports")
struct VariableTests {
    @Test("every property of a report is one variable, in the same order")
    func complete() {
        #expect(Self.properties(of: TrackingReport()) == TrackingReport.variables.map(\.name))
        #expect(Self.properties(of: SourceReport()) == SourceReport.variables.map(\.name))
        #expect(Self.properties(of: AlarmReport()) == AlarmReport.variables.map(\.name))
        #expect(Self.properties(of: ServerReport()) == ServerReport.variables.map(\.name))
        // The satellites are a table of their own.
        #expect(Self.properties(of: ReceiverReport()) == ReceiverReport.variables.map(\.name) + ["satellites"])
        let satellite = ReceiverReport.Satellite.variables.map(\.name)
        #expect(Self.properties(of: ReceiverReport.Satellite()) == satellite)
    }

    @Test("each variable reads the property of its name")
    func values() {
        #expect(Self.misread(SampleReports.tracking, TrackingReport.variables) == [])
        #expect(Self.misread(SampleReports.source, SourceReport.variables) == [])
        #expect(Self.misread(SampleReports.server, ServerReport.variables) == [])
        #expect(Self.misread(SampleReports.receiver, ReceiverReport.variables) == [])
    }

    /// Units by the comments at the properties; what is not listed has none.
    @Test("times are in seconds, frequencies in seconds per second")
    func units() {
        #expect(
            Self.names(TrackingReport.variables, .seconds) == [
                "referenceTime", "time", "offset", "offsetDeviation", "jitter", "rootDelay", "rootDispersion",
                "holdoverRemaining", "uptime",
            ])
        #expect(
            Self.names(TrackingReport.variables, .secondsPerSecond) == [
                "frequency", "frequencyDeviation", "correction",
            ])
        #expect(Self.names(TrackingReport.variables, .log2Seconds) == ["precision"])
        #expect(
            Self.names(SourceReport.variables, .seconds) == [
                "offset", "offsetDeviation", "latencyMean", "jitter", "age", "labelDelay", "labelDelayDeviation",
            ])
        #expect(SourceReport.variables.filter { $0.unit == .none }.count == SourceReport.variables.count - 7)
        #expect(ServerReport.variables.allSatisfy { $0.unit == .none })
    }

    private static func properties(of report: Any) -> [String] {
        Mirror(reflecting: report).children.compactMap(\.label)
    }

    /// The variables whose value is not that of the property with their name.
    private static func misread<Report>(_ report: Report, _ variables: [Variable<Report>]) -> [String] {
        let properties = Mirror(reflecting: report).children
        return variables.filter { variable in
            let property = properties.first { $0.label == variable.name }?.value
            return switch variable.value(report) {
            case .integer(let value): property as? Int != value
            case .real(let value): property as? Double != value
            case .text(let value): property as? String != value
            case .texts(let value): property as? [String] != value
            case .unknown: true
            }
        }.map(\.name)
    }

    private static func names<Report>(_ variables: [Variable<Report>], _ unit: ReportUnit) -> [String] {
        variables.filter { $0.unit == unit }.map(\.name)
    }
}
