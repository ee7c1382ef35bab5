/// What `timeball setup` tells a person about what it has found.
public struct SetupReport: Sendable {
    /// A device that cannot be used.
    public struct Refused: Equatable, Sendable {
        /// Its name.
        public let path: String
        /// Why, and what to do.
        public let reason: String

        /// A device from its parts.
        public init(path: String, reason: String) { (self.path, self.reason) = (path, reason) }
    }

    private let verdict: SetupVerdict
    private let refused: [Refused]

    /// A report.
    ///
    /// - Parameters:
    ///   - verdict: what was measured.
    ///   - refused: devices that were not even measured.
    public init(_ verdict: SetupVerdict, refused: [Refused]) { (self.verdict, self.refused) = (verdict, refused) }

    /// The whole text.
    public var text: String {
        let sections = [
            section("Receivers", verdict.sources.flatMap(lines(of:))),
            section("More pulses", verdict.spare.flatMap(lines(of:))),
            section("Not used", refusals.flatMap { ["\($0.path)", "    \($0.reason)"] }),
        ]
        return sections.joined()
    }

    private var refusals: [Refused] {
        refused
            + verdict.pulses.compactMap { pulses in
                pulses.refusal.map { Refused(path: pulses.pulses.path, reason: $0.description) }
            }
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "\(title)\n" + lines.map { "  \($0)\n" }.joined()
    }

    private func lines(of source: SetupVerdict.Source) -> [String] {
        let receiver = source.receiver
        var lines = [receiver.path == receiver.device ? receiver.path : "\(receiver.path) (\(receiver.device))"]
        lines.append("    " + receiver.summary)
        lines += receiver.remarks.map { "    " + $0 }
        if let delay = source.delaySummary { lines.append("    " + delay) }
        if source.isAmbiguous, source.witnessedDelay == nil {
            lines.append(
                "    the pulses are not used until `fudge … \(receiver.delayWord)` in the configuration is confirmed")
        }
        if let pulse = source.pulse {
            let pulses = verdict.pulses[pulse]
            let evidence = source.evidenceSummary.map { ", \($0)" } ?? ""
            lines += ["    pulses: \(pulses.pulses.path)\(evidence)", "    \(pulses.summary)"]
        } else if receiver.isMeasured {
            lines.append("    pulses: none that go with it")
        }
        return lines
    }

    private func lines(of spare: SetupVerdict.Spare) -> [String] {
        let pulses = verdict.pulses[spare.pulse]
        return [
            pulses.pulses.path, "    begins the same seconds, \(verdict.summary(of: spare))", "    \(pulses.summary)",
        ]
    }
}
