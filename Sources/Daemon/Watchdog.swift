import TimeScale

/// Whether the daemon is well enough for its watchdog to be fed: the discipline turns, and so does every worker.
struct Watchdog {
    /// What is known when the discipline's tick has been made.
    struct Signs {
        /// The time.
        var now: MonotonicInstant
        /// When the tick was due.
        var due: MonotonicInstant
        /// Of which moment the state is that is served: the timekeeper's tick makes a new one.
        var asOf: Instant
        /// How often each worker thread has come round, wrapping.
        var rounds: [UInt32]
    }

    /// What to do.
    enum Decision: Equatable {
        /// It is not time yet.
        case notDue
        /// All goes on.
        case feed
        /// Something does not, in words for the log.
        case withhold(String)
    }

    /// A tick that comes later than this shows that the loop was held up: not fed, and looked at again a second later.
    private static let latestTick = Interval.seconds(5)

    private let interval: Interval
    private var nextFeed: MonotonicInstant
    private var asOf: Instant?
    private var rounds: [UInt32]?

    /// A watchdog that wants to be fed at once.
    ///
    /// - Parameters:
    ///   - interval: between two feedings.
    ///   - now: the time.
    init(interval: Interval, now: MonotonicInstant) { (self.interval, nextFeed) = (interval, now) }

    /// Decides, once a tick. Since the feeding before, the state must have been made anew, and every worker, who is woken
    /// once a tick, must have come round.
    mutating func decide(_ signs: Signs) -> Decision {
        guard signs.now >= nextFeed else { return .notDue }
        if let fault = fault(signs) { return .withhold(fault) }
        (nextFeed, asOf, rounds) = (signs.now + interval, signs.asOf, signs.rounds)
        return .feed
    }

    private func fault(_ signs: Signs) -> String? {
        guard signs.now - signs.due <= Self.latestTick else { return "the loop is late" }
        guard signs.asOf != asOf else { return "the discipline makes no progress" }
        guard let rounds, rounds.count == signs.rounds.count else { return nil }
        let stuck = rounds.indices.filter { rounds[$0] == signs.rounds[$0] }.map { "\($0 + 1)" }
        return stuck.isEmpty ? nil : "worker \(stuck.joined(separator: ", ")) does not come round"
    }
}
