import ConfigurationLanguage
import Discipline
import NTPServer
import ReferenceClocks
import Reports
import TimeScale

extension Timekeeper {
    /// Frequency error of the oscillator, s/s, positive = fast; `nil` before it was estimated to 1 ppm.
    public var oscillatorFrequency: Double? {
        guard let estimate = flywheel.estimate(at: clock.now()), estimate.frequencyDeviation < 1e-6 else { return nil }
        return estimate.frequency
    }

    /// Uses another leap second table from now on; leap seconds that were announced and believed since it was made stay.
    public mutating func replaceLeapSeconds(_ table: LeapSecondTable) {
        let since = table.entries[table.entries.count - 1].since
        let later = announcedLeapSeconds.filter { $0.since > since && table.isExpired(at: $0.since) }
        settings.leapSeconds = LeapSecondTable(entries: table.entries + later, expires: table.expires)
    }

    /// Leaves the clock to itself: with the frequency that is right for it, and no slew in it.
    public mutating func release() {
        guard let frequency = flywheel.estimate(at: clock.now())?.frequency else { return }
        setCorrection(-frequency)
    }

    /// Takes out what is left of the offset by a step, for `-q`.
    ///
    /// - Returns: what the clock's offset was when the program began, seconds, positive = slow.
    public mutating func settle() -> Double {
        let reading = clock.now()
        let rest = flywheel.estimate(at: reading)?.phase ?? 0
        let monotonic = clock.monotonicNow() - started
        let offset = (reading - firstReading - monotonic).seconds + rest
        _ = step(by: Interval(seconds: rest))
        release()
        return offset
    }

    /// The state of clock and sources; version, name of the clock and server counters are the caller's.
    public func snapshot() -> Snapshot {
        var snapshot = Snapshot()
        snapshot.tracking = tracking()
        snapshot.sources = sources.indices.map(report(of:))
        snapshot.receivers = sources.indices.compactMap(receiver(of:))
        return snapshot
    }

    private func tracking() -> TrackingReport {
        let now = clock.now()
        var report = TrackingReport()
        report.state = ladder.state.rawValue
        report.reason = lastReason.isEmpty ? reasonForNoReference : lastReason
        report.stratum = Int(serverState.stratum)
        report.leapIndicator = Int(serverState.leapIndicator.rawValue)
        report.referenceID = serverState.referenceID.description
        report.source = selected.map { sources[$0].configuration.name } ?? ""
        report.referenceTime = Double(referenceTime.nanoseconds) * 1e-9
        report.time = Double(now.nanoseconds) * 1e-9
        report.correction = clock.frequencyCorrection
        report.rootDelay = serverState.rootDelay
        report.rootDispersion = serverState.rootDispersion(at: now)
        report.precision = Int(serverState.precision)
        report.holdoverRemaining = holdoverRemaining
        report.uptime = (clock.monotonicNow() - started).seconds
        guard let estimate = flywheel.estimate(at: now) else { return report }
        report.offset = estimate.phase
        report.offsetDeviation = estimate.phaseDeviation
        report.frequency = estimate.frequency
        report.frequencyDeviation = estimate.frequencyDeviation
        report.jitter = estimate.jitter
        return report
    }

    private func report(of index: Int) -> SourceReport {
        let source = sources[index]
        var report = SourceReport()
        report.name = source.configuration.name
        report.referenceID = source.configuration.effectiveReferenceID?.description ?? ""
        let configured = source.configuration.effectiveDevicePath ?? source.configuration.effectivePulsePath
        report.device = source.openedName ?? configured ?? ""
        (report.use, report.reason) = use(of: index)
        report.reach = Int(source.reach.bits)
        report.jitter = source.jitter
        report.samples = source.samples
        report.pulses = source.pulses
        report.pulsesMissed = source.pulsesMissed
        report.rejected = source.rejected
        if let estimate = tracks[index].estimator.estimate(at: clock.now()) {
            report.offset = estimate.phase
            report.offsetDeviation = estimate.phaseDeviation
        }
        report.latencyMean = tracks[index].estimator.latencyModel.mean
        report.latencyShare = tracks[index].estimator.latencyModel.share
        if let last = source.last {
            report.age = (clock.monotonicNow() - last.at).seconds
        }
        if let delay = source.pairing.delay {
            (report.labelDelay, report.labelDelayDeviation) = (delay.centre, delay.deviation)
        }
        return report
    }

    /// Whether a source is used, and why.
    private func use(of index: Int) -> (use: String, reason: String) {
        let source = sources[index]
        if index == selected { return ("selected", source.condition.description) }
        if source.condition.isFault || source.condition != .delivering {
            return ("unused", source.condition.description)
        }
        if let standing = tracks[index].standing, standing != .systemPeer {
            return (standing == .survivor ? "combined" : "standby", standing.description)
        }
        if source.configuration.noSelect { return ("unused", "noselect") }
        let pulsed = numbered(by: index).filter { $0 != index && sources[$0].reach.isReachable }
        if let first = pulsed.first {
            return ("numbering", "numbers the pulses of \(sources[first].configuration.name)")
        }
        let better = selected.map { "\(sources[$0].configuration.name) is better" } ?? "not chosen yet"
        return ("standby", better)
    }
}
