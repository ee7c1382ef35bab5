import ConfigurationLanguage
import Discipline
import NTPServer
import ReferenceClocks
import Reports
import TimeScale

extension Timekeeper {
    /// Dispersion of a local clock that never had a reference, seconds: ntpd's LOCAL driver.
    private static var localDispersion: Double { 0.01 }
    /// How long a departed source, or a new one, may keep the clock waiting, seconds: a quarantine, and what goes before.
    private static var longestTrial: Double { 630 }
    /// As long as anybody will wait, seconds: 10 years.
    private static var longestHoldover: Double { 315_360_000 }
    /// Over which the growth of the bound is measured, seconds: until the next tick.
    private static var publishedAhead: Double { 1 }
    /// A clock that has not made its leap second by then will not.
    private static var longestLeapDelay: Interval { .second }

    /// The bound of the clock's error that an estimate stands for, seconds.
    func bound(of estimate: Estimate) -> Double { bound(of: estimate, age: age) }

    /// How old the clock's own memory is, seconds: the time since the last sample that was taken in. Where sentences have taken
    /// over from pulses it is that since the last pulse, until they have taught anew what they can.
    var age: Double {
        let now = clock.now()
        guard let pulsedTime, let gain = flywheel.estimate(at: now)?.phaseGain, gain > 0 else { return silence }
        // One sample in 1/gain is new.
        return max(silence, min((now - pulsedTime).seconds, 1 / gain))
    }

    /// Since the last sample that was taken in, seconds.
    var silence: Double { max(0, (clock.now() - referenceTime).seconds) }

    private func bound(of estimate: Estimate, age: Double) -> Double {
        let resolution = settings.precision < 0 ? 1 / Double(1 << Int(-settings.precision)) : 1
        return holdover.bound(deviation: estimate.phaseDeviation, age: age) + systematicError + resolution
    }

    /// The bound in so many seconds from now if nothing is heard any more; `nil` before the first estimate.
    private func bound(in seconds: Double) -> Double? {
        guard let estimate = flywheel.estimate(at: clock.now() + Interval(seconds: seconds)) else { return nil }
        return bound(of: estimate, age: age + seconds)
    }

    /// How long the clock may still be served as before if nothing is heard any more, seconds; 0 where `holdover` does
    /// not allow it.
    var holdoverRemaining: Double {
        guard let rule = settings.holdover, ladder.wasLocked else { return 0 }
        let longest = max(0, (rule.maximumTime ?? Self.longestHoldover) - silence)
        guard let limit = rule.maximumError else { return longest }
        guard let now = bound(in: 0), now <= limit else { return 0 }
        // The bound grows with time: doubling finds where it passes the limit, halving finds it to a second.
        var (within, beyond) = (0.0, 1.0)
        while beyond < longest, bound(in: beyond).map({ $0 <= limit }) ?? false {
            (within, beyond) = (beyond, beyond * 2)
        }
        beyond = min(beyond, longest)
        while beyond - within > 1 {
            let middle = (within + beyond) / 2
            if bound(in: middle).map({ $0 <= limit }) ?? false { within = middle } else { beyond = middle }
        }
        return within
    }

    /// Whether the clock may be served as before without a reference, on its honest bound: as `holdover` allows; while it is
    /// found out whether a small departure was the source's; and while a source that has come back after a pause proves itself.
    private var isHoldoverAllowed: Bool {
        guard let estimate = flywheel.estimate(at: clock.now()), flywheel.isReady else { return false }
        let bound = bound(of: estimate)
        // With sentences alone the bound is never small: the pause must not have added as much again.
        let fresh = isProvingAgain ? flywheel.estimate(at: referenceTime) : nil
        let limit = fresh.map { 2 * self.bound(of: $0, age: 0) } ?? 0
        if isOnTrial, bound <= max(limit, settings.selection.minimumDistance), silence <= Self.longestTrial {
            return true
        }
        guard let rule = settings.holdover else { return false }
        return bound <= rule.maximumError ?? .infinity && silence <= rule.maximumTime ?? .infinity
    }

    /// Whether the source that was followed last is being tried.
    private var isOnTrial: Bool {
        guard let index = lastFollowed else { return false }
        return tracks[index].refused >= Self.suspicious
            || sources[index].reach.isReachable && (tracks[index].departure != nil || isProvingAgain)
    }

    /// Whether the source that was followed last is heard, but not for long enough since its last pause.
    private var isProvingAgain: Bool { lastFollowed.map { !tracks[$0].estimator.isReady } ?? false }

    /// Takes the step of the ladder that is due.
    mutating func climb() {
        if selected != nil, flywheel.isReady { isClockTrusted = true }
        let remark = selected.map { sources[$0].configuration.name } ?? reasonForNoReference
        let transition = ladder.update(
            .init(
                hasReference: selected != nil && flywheel.isReady, isHoldoverAllowed: isHoldoverAllowed,
                isClockTrusted: isClockTrusted, uptime: clock.monotonicNow() - started, remark: remark))
        guard let transition else { return }
        lastReason = transition.reason
        note(
            transition.to == .locked ? .notice : .warning, nil,
            "\(transition.from.rawValue) → \(transition.to.rawValue): \(transition.reason)")
    }

    var reasonForNoReference: String {
        var reasons = sources.indices.map { index in
            let source = sources[index]
            let isNew = source.condition == .delivering && !tracks[index].estimator.isReady
            return
                "\(source.configuration.name): \(isNew ? "heard again, not yet for long enough" : "\(source.condition)")"
        }
        if let refusal, refusal != .noCandidates { reasons.append(refusal.description) }
        return reasons.isEmpty ? "no reference clock is configured" : reasons.joined(separator: "; ")
    }

    /// Brings the server's state up to date.
    mutating func publish() {
        let now = clock.now()
        guard !isAwaitingLeap(at: now) else { return }
        if let selected { lastFollowed = selected }
        var state = ServerState.unsynchronised(precision: settings.precision, asOf: now)
        if let estimate = flywheel.estimate(at: now) {
            let bound = bound(of: estimate)
            state.pendingCorrection = estimate.phase
            state.pendingCorrectionRate = -(estimate.frequency + clock.frequencyCorrection)
            state.rootDispersion = bound
            state.rootDispersionRate = max(0, (self.bound(in: Self.publishedAhead) ?? bound) - bound)
        } else if ladder.wasLocked {
            // Nothing is known anew: the bound goes on from where it was.
            state.rootDispersion = serverState.rootDispersion(at: now)
            state.rootDispersionRate = serverState.rootDispersionRate
        }
        let utc = state.servedTime(at: now)
        switch (ladder.state, lastFollowed, settings.local) {
        case (.locked, .some(let index), _), (.holdover, .some(let index), _):
            let source = sources[index].configuration
            guard source.effectiveStratum < 15 else { break }
            state.leapIndicator = leapIndicator(at: utc)
            state.stratum = UInt8(clamping: source.effectiveStratum + 1)
            state.referenceID = source.effectiveReferenceID ?? .initial
            state.referenceTime = referenceTime
        case (.local, _, .some(let local)):
            // The kernel was told of the leap second while the clock was locked, and makes it.
            state.leapIndicator = ladder.wasLocked ? leapIndicator(at: utc) : .none
            state.stratum = local.stratum
            state.referenceID = local.referenceID
            state.referenceTime = utc
            if !flywheel.isReady, !ladder.wasLocked {
                (state.rootDispersion, state.rootDispersionRate) = (Self.localDispersion, 0)
            }
        default: break
        }
        serverState = state
    }

    // MARK: - Leap seconds

    /// The leap second that is announced; `nil` = none.
    private var announcedLeap: Instant? { serverState.leapSecond(seenAt: serverState.asOf, offset: 0) }

    /// Whether the clock has come to the leap second that is announced, and not made it yet: the kernel makes it at the next tick
    /// of its timer, which an idle machine has some 30 ms later. Until then the clock is a second off, and what it was told
    /// must stand.
    func isAwaitingLeap(at now: Instant) -> Bool {
        guard let leap = announcedLeap else { return false }
        return now >= leap && now < leap + Self.longestLeapDelay && !hasMadeLeap(near: now)
    }

    private func hasMadeLeap(near now: Instant) -> Bool {
        lastLeap.map { (now - $0).magnitude < .seconds(60) } ?? false
    }

    /// Has the seconds proven anew where the clock has not made the leap second announced: somebody has told the kernel
    /// otherwise, or it came before the kernel was told.
    mutating func watchLeap() {
        let now = clock.now()
        // A clock that is being slewed comes to its own midnight so much later.
        let delay = Self.longestLeapDelay + Interval(seconds: abs(serverState.pendingCorrection))
        guard let leap = announcedLeap, now >= leap + delay, now < leap + .seconds(60), !hasMadeLeap(near: now) else {
            return
        }
        lastLeap = now
        note(.error, nil, "the clock has not made the leap second; proving the seconds anew")
        distrustClock()
    }

    /// Weighs what sources announce against the table; a leap second that is believed is entered into the table.
    mutating func vetLeapSeconds() {
        let utc = serverState.servedTime(at: clock.now())
        guard ladder.wasLocked, !settings.leapSeconds.isLeapNear(utc) else { return }
        let verdict = leapVetting.decide(announcements: leapAnnouncements, table: settings.leapSeconds, at: utc)
        for veto in verdict.vetoes { note(.warning, nil, veto.description) }
        isLeapVetoed = verdict.leapSecond == nil
        guard let leap = verdict.leapSecond,
            settings.leapSeconds.taiMinusUTC(at: leap.end) == settings.leapSeconds.taiMinusUTC(at: utc)
        else { return }
        let after = settings.leapSeconds.taiMinusUTC(at: utc) + (leap.isInserted ? 1 : -1)
        announcedLeapSeconds.append(.init(since: leap.end, taiMinusUTC: after))
        replaceLeapSeconds(settings.leapSeconds)
        note(.notice, nil, "a leap second before \(leap.end) is announced by several sources and believed")
    }

    /// What independent sources announce: gpsd writes each receiver into two segments of shared memory, 2n and 2n + 1.
    private var leapAnnouncements: [LeapVetting.Announcement] {
        var announced: [LeapVetting.Announcement] = []
        var producers: Set<Int> = []
        for source in sources where source.reach.isReachable {
            guard let indicator = source.leapAnnouncement else { continue }
            let isShared = source.configuration.driver == .sharedMemory
            guard !isShared || producers.insert(source.configuration.unit / 2).inserted else { continue }
            announced.append(.init(source: source.configuration.name, indicator: indicator))
        }
        return announced
    }

    /// The leap second that ends the day of a moment, as the table has it and nothing forbids.
    private func leapIndicator(at utc: Instant) -> LeapIndicator {
        isLeapVetoed ? .none : settings.leapSeconds.leapIndicator(at: utc)
    }

    /// Tells the operating system how good its clock is.
    ///
    /// Not before the first lock: until then what an earlier program told it is better.
    mutating func reportStatus() {
        guard isStatusOurs || ladder.state != .starting, !isAwaitingLeap(at: clock.now()) else { return }
        isStatusOurs = true
        let isGood = ladder.state != .starting && ladder.state != .unsynchronised
        let now = clock.now()
        let estimate = flywheel.estimate(at: now)
        // During the leap second itself the kernel counts TAI on by itself.
        let isTAIKnown = ladder.wasLocked && !settings.leapSeconds.isLeapNear(now)
        let leap = leapIndicator(at: serverState.servedTime(at: now))
        do throws(ClockControlError) {
            try clock.setStatus(
                ClockStatus(
                    isSynchronised: isGood && ladder.wasLocked, leapIndicator: ladder.wasLocked ? leap : .none,
                    maximumError: serverState.rootDispersion, estimatedError: estimate?.phaseDeviation ?? 16,
                    taiMinusUTC: isTAIKnown ? settings.leapSeconds.taiMinusUTC(at: now) : nil))
        } catch {
            reportRefusal(error)
        }
    }
}
