import Reports
import Simulation

/// Counted outages as a Markdown table.
struct HoldoverReport {
    private let tally: HoldoverTally
    private let isDocument: Bool

    /// - Parameters:
    ///   - tally: what was counted.
    ///   - isDocument: whether heading and method come before it.
    init(_ tally: HoldoverTally, isDocument: Bool) {
        (self.tally, self.isDocument) = (tally, isDocument)
    }

    var text: String {
        var text = isDocument ? introduction : ""
        text += "| oscillators | outages of | outages | beyond the bound | within | width |\n"
        text += "| --- | --- | --- | --- | --- | --- |\n"
        for family in HoldoverTrial.Family.allCases {
            text += rows("\(tally.oscillators[family] ?? 0) × \(family.rawValue)", tally.counts[family] ?? [])
        }
        return text + rows("all", tally.total)
    }

    private func rows(_ name: String, _ counts: [HoldoverTrial.Counts]) -> String {
        zip(HoldoverTrial.horizons, counts).map { horizon, counts in
            let length = horizon < 3600 ? "\(horizon / 60) min" : "\(horizon / 3600) h"
            return "| \(name) | \(length) | \(counts.outages) | \(counts.beyond) | "
                + "\(FixedDecimal.text(counts.coverage * 100, digits: 3)) % | \(FixedDecimal.text(counts.width, digits: 2)) |\n"
        }.joined()
    }

    private var introduction: String {
        """

        ## The bound without a signal

        Oscillators drawn by lot (wander 1e-12 to 1e-9 per √s, pulses with 0.1 to 10 µs of jitter; what is peculiar to
        each family in `Sources/Simulation/HoldoverTrial.swift`), each followed for four days. Every two hours the bound
        for outages of several lengths is asked for and later compared with the truth: outages of up to 10 min from the
        first hour on, of an hour from the sixth, longer ones from the second day. Width: how many times the bound is
        what 99.9 % of the errors that happened would have needed, were they normal (3.29 standard deviations).


        """
    }
}
