import Simulation

/// Counted starts as a Markdown table.
struct StartsReport {
    private let tally: StartTally
    private let firstSeed: UInt64
    private let isDocument: Bool

    /// - Parameters:
    ///   - tally: what was counted.
    ///   - firstSeed: the seed of the first start.
    ///   - isDocument: whether heading and method come before it.
    init(_ tally: StartTally, firstSeed: UInt64, isDocument: Bool) {
        (self.tally, self.firstSeed, self.isDocument) = (tally, firstSeed, isDocument)
    }

    var text: String {
        var text = isDocument ? introduction : ""
        text += "| starts | served right | served wrong | not served in 40 s |\n| --- | --- | --- | --- |\n"
        for labels in StartTrial.Labels.allCases {
            text += row("sentences \(labels.rawValue) after the pulse", tally.byLabels[labels])
        }
        for circumstance in StartTrial.Circumstance.allCases {
            text += row(circumstance.rawValue, tally.byCircumstance[circumstance])
        }
        text += row("all", tally.total)
        guard !tally.wrongSeeds.isEmpty else { return text }
        let seeds = tally.wrongSeeds.sorted().prefix(20).map { "\($0)" }.joined(separator: ", ")
        return text + "\nSeeds of wrong starts: \(seeds)\(tally.wrongSeeds.count > 20 ? ", …" : "")\n"
    }

    private var introduction: String {
        """

        ## Cold starts

        Starts drawn by lot from the seed \(firstSeed) on: 0.5 s, an hour or thirty years off, up to 100 ppm fast or
        slow, sentences that jitter by 1 to 30 ms at 4800 to 115200 baud, each until it is locked or 40 s have passed. A
        start is wrong when time is served, if only once, that is off by more than 0.5 s. Each is counted twice: by
        when its sentences come, and by what else is special.


        """
    }

    private func row(_ name: String, _ counts: StartTally.Counts?) -> String {
        let counts = counts ?? .init()
        return "| \(name) | \(counts.right) | \(counts.wrong) | \(counts.unserved) |\n"
    }
}
