import Reports
import Simulation

/// Scenarios as a Markdown table, one row each.
struct ScenarioTable {
    private let summaries: [ScenarioSummary]
    private let firstSeed: UInt64
    private let isDocument: Bool

    /// - Parameters:
    ///   - summaries: at least one.
    ///   - firstSeed: the seed of each first run.
    ///   - isDocument: whether heading and method come before it.
    init(_ summaries: [ScenarioSummary], firstSeed: UInt64, isDocument: Bool) {
        (self.summaries, self.firstSeed, self.isDocument) = (summaries, firstSeed, isDocument)
    }

    var text: String {
        let columns = [
            "scenario", "seeds", "RMS", "ideal on the same samples", "bound", "ratio to the bound",
            "ratio to the ideal", "max", "s to 10 µs", "s to 1 µs", "steps", "within bound served", "wrong seconds",
            "note",
        ]
        let head = Self.row(columns) + Self.row(columns.map { _ in "---" })
        return (isDocument ? introduction : "") + head + summaries.map(row).joined()
    }

    private func row(_ summary: ScenarioSummary) -> String {
        let scenario = summary.scenario
        let note = [scenario.summary, scenario.note].filter { !$0.isEmpty }.joined(separator: "; ")
        return Self.row([
            scenario.name, "\(summary.results.count)", Format.duration(summary.rms),
            Self.time(summary.idealRMS), Self.time(summary.bound),
            Self.ratio(summary.rms, summary.bound), Self.ratio(summary.rms, summary.idealRMS),
            Format.duration(summary.largest), Self.count(summary.secondsTo10Microseconds),
            Self.count(summary.secondsTo1Microsecond), "\(summary.steps)",
            "\(FixedDecimal.text(summary.honestShare * 100, digits: 2)) %", "\(summary.wrongSeconds)", note,
        ])
    }

    private var introduction: String {
        let seeds = UInt64(summaries[0].results.count)
        return """
            # Accuracy in a simulated world

            Made by `make accuracy`; do not edit. **No physical receiver was used.** The production timekeeper follows
            imagined receivers (NMEA at 9600 baud, one pulse a second) on an imagined quartz, in virtual time, with the
            seeds \(firstSeed) to \(firstSeed + seeds - 1). Unless its note says otherwise a scenario begins 0.3 s and
            30 ppm off, with 1 µs of white jitter and 1e-10 per √s of random-walk wander.

            * RMS and max: the error of the clock itself just before each pulse, over the measured part of each run.
            * Ideal: the Kalman filter that knows jitter and wander, on the same pulses with perfect numbering; bound:
              its steady state. Empty where jitter and wander are not the whole story.
            * Seconds to 10 µs and 1 µs: from which the error stays below for 10 s; the slowest run.
            * Within bound served: share of the served seconds, over the whole run, in which the served time was off by
              no more than the root dispersion served with it; the worst run. Wrong seconds: served, and off by more
              than 0.5 s; all runs. Steps: the most in any run.

            The nine cells of jitter and wander run 16 h each, the last 12 measured; `timeball simulate --list` and
            `Sources/Simulation/Scenario+Library.swift` have the others.


            """
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }

    private static func time(_ seconds: Double?) -> String { seconds.map(Format.duration) ?? "–" }

    private static func count(_ seconds: Int?) -> String { seconds.map(String.init) ?? "never" }

    private static func ratio(_ value: Double, _ reference: Double?) -> String {
        reference.map { FixedDecimal.text(value / $0, digits: 3) } ?? "–"
    }
}
