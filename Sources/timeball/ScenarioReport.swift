import Reports
import Simulation

/// One run of a scenario for a person: figures, a plot, what happened.
struct ScenarioReport {
    private let scenario: Scenario
    private let result: ScenarioResult
    private let appliance: SimulatedAppliance
    private let showsLog: Bool

    /// A report of an appliance that has been through a scenario.
    init(_ scenario: Scenario, _ result: ScenarioResult, _ appliance: SimulatedAppliance, showsLog: Bool) {
        (self.scenario, self.result) = (scenario, result)
        (self.appliance, self.showsLog) = (appliance, showsLog)
    }

    var text: String {
        let happened = showsLog ? appliance.log : appliance.logged("→")
        return "\(scenario.name): \(scenario.summary)\n\n" + figures + "\n" + ErrorPlot(appliance.moments).text + "\n"
            + happened.map { $0 + "\n" }.joined()
    }

    private var figures: String {
        let measured = "\(scenario.measuredFrom) to \(scenario.duration) s"
        var rows = [
            ("RMS error of the clock", Format.duration(result.rms) + "  (\(measured))"),
            ("RMS error of the served time", Format.duration(result.servedRMS)),
            ("largest error of the clock", Format.duration(result.largest)),
            ("below 10 µs from", Self.second(result.secondsTo10Microseconds)),
            ("below 1 µs from", Self.second(result.secondsTo1Microsecond)),
            ("steps", "\(result.steps)"),
            ("within the bound served", "\(FixedDecimal.text(result.honestShare * 100, digits: 2)) %"),
            ("wrong seconds served", "\(result.wrongSeconds)"),
        ]
        if let ideal = result.idealRMS { rows.insert(("ideal on the same samples", compared(ideal)), at: 1) }
        if let bound = result.bound { rows.insert(("steady-state bound", compared(bound)), at: 1) }
        return rows.map { Format.column($0.0, 30) + $0.1 + "\n" }.joined()
    }

    private func compared(_ reference: Double) -> String {
        "\(Format.duration(reference))  (ratio \(FixedDecimal.text(result.rms / reference, digits: 3)))"
    }

    private static func second(_ second: Int?) -> String { second.map { "second \($0)" } ?? "never" }
}
