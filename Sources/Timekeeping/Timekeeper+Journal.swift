import ConfigurationLanguage
import Discipline
import Receivers
import ReferenceClocks
import Reports

extension Timekeeper {
    /// Takes the lines for the log that have come up.
    public mutating func takeJournal() -> [JournalEntry] {
        // Every request comes by here: to empty an array that is shared with the caller would allocate another.
        guard !journal.isEmpty else { return [] }
        defer { journal = [] }
        return journal
    }

    mutating func note(_ level: LogLevel, _ index: Int?, _ text: String) {
        let prefix = index.map { sources[$0].configuration.name + ": " } ?? ""
        journal.append(JournalEntry(level: level, text: prefix + text))
    }

    /// Logs each source's condition when its kind has changed, and what its receiver says is wrong with it.
    mutating func reportConditions() {
        for index in sources.indices {
            reportReceiver(index)
            let now = clock.monotonicNow()
            guard sources[index].mayReport(at: now), let condition = sources[index].takeChangedCondition() else {
                continue
            }
            sources[index].noteReported(at: now)
            note(condition.isFault ? .warning : .info, index, condition.description)
        }
    }

    mutating func reportRollover(_ label: SecondLabel, from index: Int) {
        guard sources[index].takeFirstRollover() else { return }
        note(
            .warning, index,
            "the receiver's date is \(label.weekRollovers * 1024) weeks behind, corrected to \(label.utc)")
    }
}
