import ConfigurationLanguage
import Discipline
import NTPServer
import ReferenceClocks
import Reports
import TimeScale

/// What goes from one run to the next, and how late it is at least.
extension Timekeeper {
    /// How often sources are told how late it is at least; not before the clock has been locked for as long.
    private static var dateInterval: Interval { .seconds(86_400) }

    /// What is worth keeping over a restart: what was kept before, brought up to date where this run knows better.
    public var keptState: KeptState {
        var state = settings.keptState
        if ladder.state == .locked { state.lastGoodTime = serverState.servedTime(at: clock.now()) }
        if let frequency = oscillatorFrequency {
            state.frequency = frequency
            state.frequencyDeviation = flywheel.estimate(at: clock.now())?.frequencyDeviation
        }
        state.leapSeconds = announcedLeapSeconds
        state.sources = zip(sources, tracks).map { source, track in
            var kept = state.source(named: source.configuration.name) ?? .init(name: source.configuration.name)
            // Pulses only: labels tell nothing of the quartz, and are late by something else.
            if track.isPulse == true, let character = track.estimator.character {
                (kept.jitter, kept.wander) = (character.jitter, character.wander)
                (kept.latencyMean, kept.latencyShare) = (character.latency.mean, character.latency.share)
            }
            // Until this run has proven or refuted them, the delays of the last one stand.
            if source.pairing.state == .proven { kept.delays = source.pairing.learnedDelays }
            return kept
        }
        return state
    }

    /// Takes up the leap seconds that an earlier run has believed, where the table does not know better.
    mutating func recallLeapSeconds() {
        announcedLeapSeconds = settings.keptState.leapSeconds
        replaceLeapSeconds(settings.leapSeconds)
    }

    /// Gives the sources what an earlier run has learned of them.
    mutating func recallSources() {
        for index in sources.indices {
            guard let kept = settings.keptState.source(named: sources[index].configuration.name) else { continue }
            sources[index].recall(kept.delays)
        }
    }

    /// Once a day while locked, tells the sources a date that cannot lie in the future, for rollovers to come.
    mutating func followDate() {
        guard ladder.state == .locked else {
            nextDateNotice = nil
            return
        }
        let now = clock.monotonicNow()
        let due = nextDateNotice ?? now + Self.dateInterval
        nextDateNotice = due
        guard now >= due else { return }
        nextDateNotice = now + Self.dateInterval
        for index in sources.indices { sources[index].notBefore(clock.now()) }
    }

    /// Stops serving, because the labels that numbered the pulses have been taken back, and proves the seconds anew.
    mutating func distrustNumbering(by numberer: Int) {
        reportConditions()
        note(.error, numberer, "the seconds served so far were wrong; proving them anew")
        distrustClock()
    }
}
