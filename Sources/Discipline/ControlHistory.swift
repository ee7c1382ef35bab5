import TimeScale

/// The frequency corrections of the last while, and what they have done to the clock's phase.
///
/// A sample is often processed after the correction has changed; with this record the prediction to the sample's own
/// moment is exact, and slewing costs no accuracy.
struct ControlHistory: Sendable {
    /// A correction and the phase that all corrections had added when it began.
    private struct Entry {
        var since: Instant
        let correction: Double
        let phase: Double
    }

    /// Corrections kept: at one a second, half a minute, longer than any sample waits.
    private static let capacity = 32

    private var entries: [Entry]

    /// A history that begins with a correction in force.
    init(correction: Double, since: Instant) {
        entries = [Entry(since: since, correction: correction, phase: 0)]
        entries.reserveCapacity(Self.capacity + 1)
    }

    /// The correction in force now, s/s.
    var correction: Double { entries[entries.count - 1].correction }

    /// Phase in seconds that the corrections have added to the clock up to a moment, from an arbitrary zero.
    func phase(at local: Instant) -> Double {
        let entry = entries.last { $0.since <= local } ?? entries[0]
        return entry.phase + entry.correction * (local - entry.since).seconds
    }

    /// Notes that a correction holds from a moment on.
    mutating func append(_ correction: Double, since: Instant) {
        guard correction != self.correction else { return }
        let moment = max(since, entries[entries.count - 1].since)
        entries.append(Entry(since: moment, correction: correction, phase: phase(at: moment)))
        if entries.count > Self.capacity { entries.removeFirst() }
    }

    /// Moves the record along when the clock is stepped.
    mutating func apply(_ change: ClockChange) {
        for index in entries.indices { entries[index].since = entries[index].since + change.step }
    }
}
