import ConfigurationLanguage
import Discipline
import Reports
import ReferenceClocks
import TimeScale

extension Timekeeper {
    /// How long a source whose samples have jumped must have kept to them before it is believed where nobody else
    /// says more: longer than a receiver takes to find out that it was wrong, or an operator to look.
    private static var quarantine: Interval { .seconds(600) }
    /// So many samples in a row that are not believed are no outliers.
    static var suspicious: Int { 4 }
    /// How long labels are listened to before they may clear the pulses: longer than it takes to learn their delay.
    private static var hearing: Interval { .seconds(60) }
    /// Jumps smaller than this are not looked for in labels, seconds.
    private static var leastHeard: Double { 0.005 }
    /// What samples and labels of honest producers may differ by, seconds: their delay is not measured as a pulse's is.
    private static var agreement: Double { 0.2 }
    /// How long the first choice waits for sources that are still proving themselves.
    private static var longestWaitForOthers: Interval { .seconds(10) }
    /// Standard deviations in a correctness interval.
    private static var distanceFactor: Double { 4 }

    /// Takes samples of a source into its own estimate, and into the clock's where that source is followed.
    ///
    /// - Parameters:
    ///   - samples: in the order of time, none of which the clock's steps have overtaken.
    ///   - index: the source.
    ///   - isPulse: whether they are pulses, or labels of a source that may have pulses as well.
    mutating func deliver(_ samples: [Sample], from index: Int, isPulse: Bool) {
        let stepsBefore = totalStep
        for var sample in samples {
            // An earlier one of them may have stepped the clock.
            if totalStep != stepsBefore { sample.apply(ClockChange(step: totalStep - stepsBefore)) }
            deliver(sample, from: index, isPulse: isPulse)
        }
    }

    private mutating func deliver(_ sample: Sample, from index: Int, isPulse: Bool) {
        guard !settings.leapSeconds.isLeapNear(sample.reference) else { return }
        // Labels whose delay has just been measured are other samples than they were.
        let isOtherKind = !isPulse && tracks[index].systematicError != sample.systematicError
        if tracks[index].isPulse != isPulse || isOtherKind { begin(index, isPulse: isPulse, before: sample.local) }
        let wasReady = tracks[index].estimator.isReady
        let outcome = tracks[index].estimator.update(sample)
        let isUsable = if case .rejected = outcome { false } else { true }
        tracks[index].refused = isUsable ? 0 : tracks[index].refused + 1
        tracks[index].systematicError = sample.systematicError
        sources[index].deliver(sample, isUsable: isUsable, now: clock.monotonicNow())
        if case .restarted(let jump) = outcome { judge(jump, of: index) }
        if !wasReady, tracks[index].estimator.isReady { judgeFirst(of: index) }
        if case .rejected(let innovation) = outcome, innovation != 0, tracks[index].refused >= Self.suspicious {
            sources[index].suspend(.jumped(offset: innovation))
        }
        select()
        guard isUsable, tracks[index].estimator.isReady, isFollowed(index) else { return }
        referenceTime = sample.local
        if isPulse { pulsedTime = sample.local }
        let updatesBefore = updates
        follow()
        if updates == updatesBefore { updates += 1 }
        climb()
        publish()
    }

    /// Begins a source's estimate anew, because its pulses and its labels have nothing in common but the oscillator.
    private mutating func begin(_ index: Int, isPulse: Bool, before first: Instant) {
        let reading = first - .milliseconds(1)
        var estimator = tracks[index].estimator
        // The very first kind is the one that an earlier run may have told of.
        if tracks[index].isPulse != nil { estimator.begin(anewAt: reading) }
        if flywheel.isReady {
            let isFiner =
                !isPulse && sources[index].configuration.driver.isReceiver
                && lastFollowed.map { tracks[$0].isPulse == true } ?? false
            estimator.adopt(flywheel, at: reading, isFiner: isFiner)
        } else if let frequency = settings.knownFrequency {
            estimator.preset(frequency: frequency, deviation: settings.knownFrequencyDeviation, at: reading)
        } else {
            estimator.expectSamples(after: reading)
        }
        if isPulse, let kept = settings.keptState.source(named: sources[index].configuration.name) {
            estimator.recall(
                wander: kept.wander,
                latency: LatencyModel(share: kept.latencyShare ?? 0, mean: kept.latencyMean ?? 0))
        }
        tracks[index] = SourceTrack(estimator: estimator, isPulse: isPulse)
        sources[index].returned()
    }

    /// Whether the clock follows a source, alone or with others.
    func isFollowed(_ index: Int) -> Bool {
        tracks[index].standing == .systemPeer || tracks[index].standing == .survivor
    }

    /// Makes what the followed sources show the clock's own memory, and steers by it.
    private mutating func follow() {
        guard let selected else { return }
        flywheel = tracks[selected].estimator
        flywheel.shift(by: combinationShift)
        systematicError = tracks[selected].systematicError
        steer()
    }

    // MARK: - Departures

    /// Decides whether a quartz can have done it, or the source has jumped.
    private mutating func judge(_ jump: Jump, of index: Int) {
        guard ladder.wasLocked else {
            return note(.warning, index, "samples have jumped by \(SourceCondition.magnitude(jump.phase))")
        }
        let known = tracks[index].departure
        let bound = holdover.bound(deviation: jump.claim, age: jump.age) + tracks[index].systematicError
        if known == nil, jump.isOscillators(bound: bound) {
            guard abs(jump.phase) > bound else { return }
            return note(.notice, index, "the clock's frequency has jumped by \(Self.partsPerMillion(-jump.slope)) ppm")
        }
        let offset = (known?.offset ?? 0) + jump.phase
        tracks[index].departure = .init(
            since: clock.monotonicNow(), offset: offset, farthest: max(known?.farthest ?? 0, abs(offset)),
            labelDelay: known?.labelDelay ?? sources[index].pairing.delay)
        sources[index].depart(jump.isRate ? .wrongRate(-jump.slope) : .jumped(offset: offset))
    }

    /// Compares the first fit of a source with the clock's own memory, where nothing else is followed that it could be
    /// compared with.
    private mutating func judgeFirst(of index: Int) {
        guard ladder.wasLocked, flywheel.isReady, selected == nil || selected == index || selected == numberedBy[index],
            !isWhereRemembered(index),
            let (known, own) = memoryAndOwn(index)
        else { return }
        let offset = own.phase - known.phase
        tracks[index].departure = .init(
            since: clock.monotonicNow(), offset: offset, farthest: abs(offset), labelDelay: nil)
        sources[index].depart(.jumped(offset: offset))
    }

    static func partsPerMillion(_ frequency: Double) -> String { FixedDecimal.text(frequency * 1e6, digits: 3) }

    /// Believes departed sources again, as soon as there is a reason to.
    private mutating func endDepartures(_ now: MonotonicInstant) {
        for index in tracks.indices where tracks[index].departure != nil {
            guard sources[index].reach.isReachable, tracks[index].estimator.isReady else {
                // What cannot be heard does not keep to anything.
                tracks[index].departure?.since = now
                continue
            }
            guard let reason = reasonToBelieve(index, now) else { continue }
            endDeparture(index)
            note(.warning, index, "samples that had left are believed again: \(reason)")
        }
    }

    /// Whether one numbers the other's pulses.
    private func isSameReceiver(_ one: Int, _ other: Int) -> Bool {
        let now = clock.monotonicNow()
        return (numberedBy[one] == other && sources[one].hasPulses(at: now))
            || (numberedBy[other] == one && sources[other].hasPulses(at: now))
    }

    private func reasonToBelieve(_ index: Int, _ now: MonotonicInstant) -> String? {
        guard let departure = tracks[index].departure else { return nil }
        if isWhereRemembered(index), isResolved(departure, index) { return "they are back where they should be" }
        let witness = tracks.indices.first {
            $0 != index && isSelectable($0, now: now) && !isSameReceiver(index, $0) && agree(index, $0)
        }
        if let witness { return "\(sources[witness].configuration.name) agrees" }
        let age = now - departure.since
        switch testimony(ofLabelsFor: index, departure) {
        case true?: return age >= Self.hearing ? "the labels say the same, so the clock has jumped" : nil
        case false?: return nil
        case nil where age < Self.quarantine || !runsAsRemembered(index): return nil
        case nil: return "they have kept to it for 10 min, and nobody denies it"
        }
    }

    /// Takes note that a source's samples have not left, or are believed again.
    mutating func endDeparture(_ index: Int) {
        tracks[index].departure = nil
        sources[index].returned()
    }

    /// Whether a source shows what the clock's own memory allows by now.
    private func isWhereRemembered(_ index: Int) -> Bool {
        guard let (known, own) = memoryAndOwn(index) else { return false }
        let agreement = tracks[index].isPulse == true ? 0 : Self.agreement
        return abs(own.phase - known.phase) <= bound(of: known) + distance(index, own) + agreement
    }

    /// Whether a source runs as fast as the clock's memory says, to what a quartz may change.
    private func runsAsRemembered(_ index: Int) -> Bool {
        guard let (known, own) = memoryAndOwn(index) else { return false }
        return abs(own.frequency - known.frequency) <= Jump.quartz + Self.distanceFactor * own.frequencyDeviation
    }

    /// Whether a source is known well enough by now to tell where it was from where it went.
    private func isResolved(_ departure: SourceTrack.Departure, _ index: Int) -> Bool {
        guard let own = tracks[index].estimator.estimate(at: clock.now()) else { return false }
        return distance(index, own) < departure.farthest / 2
    }

    /// What the clock's own memory and a source say of the same moment; `nil` where either has nothing to say.
    private func memoryAndOwn(_ index: Int) -> (known: Estimate, own: Estimate)? {
        let reading = clock.now()
        guard let known = flywheel.estimate(at: reading), let own = tracks[index].estimator.estimate(at: reading) else {
            return nil
        }
        return (known, own)
    }

    /// What labels say of a jump of the pulses that they number: they have moved as well, so that it is the clock that
    /// has jumped (`true`), or have not (`false`), or cannot tell (`nil`).
    private func testimony(ofLabelsFor index: Int, _ departure: SourceTrack.Departure) -> Bool? {
        guard let before = departure.labelDelay, let now = sources[index].pairing.delay,
            abs(departure.offset) > max(Self.leastHeard, Self.distanceFactor * before.deviation)
        else { return nil }
        let moved = now.centre - before.centre
        if abs(moved) < abs(departure.offset) / 4 { return false }
        // A clock that goes ahead makes labels late, and offsets negative.
        return abs(moved + departure.offset) < abs(departure.offset) / 4 ? true : nil
    }

    /// Whether two sources show the same time.
    private func agree(_ one: Int, _ other: Int) -> Bool {
        let reading = clock.now()
        guard let first = tracks[one].estimator.estimate(at: reading),
            let second = tracks[other].estimator.estimate(at: reading)
        else { return false }
        return abs(first.phase - second.phase)
            <= 2 * settings.selection.minimumDistance + distance(one, first) + distance(other, second)
    }

    // MARK: - Selection

    /// Chooses the sources to follow among those that deliver.
    mutating func select() {
        let now = clock.monotonicNow()
        endDepartures(now)
        let reading = clock.now()
        var able: [Int] = []
        var candidates: [SourceSelection.Candidate] = []
        for index in sources.indices {
            tracks[index].standing = nil
            guard isSelectable(index, now: now), let candidate = candidate(index, at: reading, now: now) else {
                sources[index].noteVote(nil)
                continue
            }
            able.append(index)
            candidates.append(candidate)
        }
        guard !mustWaitForOthers(now, hasCandidate: !able.isEmpty) else { return }
        let choice = SourceSelection.choose(
            among: candidates, policy: settings.selection, incumbent: able.firstIndex { $0 == selected })
        for (place, index) in able.enumerated() {
            tracks[index].standing = choice.standings[place]
            let isOutvoted = choice.standings[place] == .falseticker || choice.standings[place] == .untrusted
            sources[index].noteVote(isOutvoted ? candidates[place].offset : nil)
        }
        refusal = able.isEmpty ? nil : choice.refusal
        combinationShift = choice.shift
        let chosen = choice.systemPeer.map { able[$0] }
        guard chosen != selected else { return }
        if let chosen { take(chosen, at: reading) }
        selected = chosen
        holdover.interrupt()
    }

    /// Begins to follow a source; what is known of the clock already counts where it is known better.
    private mutating func take(_ index: Int, at reading: Instant) {
        note(.notice, index, "selected")
        // What is known must be young: a quartz left alone does what no deviation tells, and its pulses themselves find that
        // out. Labels that take over from them do not, and the bound counts from the last pulse on.
        let replacesPulses = tracks[index].isPulse == false && pulsedTime != nil && silence < 2 * Estimator.trustedPause
        guard ladder.wasLocked, age < Estimator.trustedPause || replacesPulses,
            let (known, own) = memoryAndOwn(index)
        else { return }
        let variance = own.phaseDeviation * own.phaseDeviation + known.phaseDeviation * known.phaseDeviation
        let reach = Self.distanceFactor * variance.squareRoot() + own.jitter
        if abs(own.phase - known.phase) <= reach { tracks[index].estimator.adopt(flywheel, at: reading) }
    }

    /// Before the first choice, and the first after a loss, sources that are about to prove themselves, or whose pulses are
    /// heard again, may have something to say against it.
    private mutating func mustWaitForOthers(_ now: MonotonicInstant, hasCandidate: Bool) -> Bool {
        guard selected == nil, ladder.state != .locked, hasCandidate else {
            candidateSince = nil
            return false
        }
        let since = candidateSince ?? now
        candidateSince = since
        let isProving = sources.indices.contains {
            !sources[$0].configuration.noSelect && !leavesVoteToPulses($0, now)
                && (sources[$0].condition == .proving
                    || (sources[$0].reach.isReachable ? !tracks[$0].estimator.isReady : sources[$0].hasPulses(at: now)))
        }
        return isProving && now - since < Self.longestWaitForOthers
    }

    private func isSelectable(_ index: Int, now: MonotonicInstant) -> Bool {
        let source = sources[index]
        guard source.reach.isReachable, source.last != nil, !source.configuration.noSelect,
            tracks[index].departure == nil, tracks[index].estimator.isReady
        else { return false }
        return !leavesVoteToPulses(index, now)
    }

    /// Whether a source numbers the pulses of another: they are one receiver, and have one vote; before the pulses are
    /// numbered, the delay of its sentences is not known. While it is followed it keeps the vote until pulses that have come
    /// back can take it.
    private func leavesVoteToPulses(_ index: Int, _ now: MonotonicInstant) -> Bool {
        numbered(by: index).contains { pulsed in
            guard pulsed != index, hasPulses(pulsed, now) else { return false }
            guard ladder.wasLocked else { return true }
            // Pulses that have just left are better remembered than replaced by sentences.
            let isRemembered = pulsedTime.map { (clock.now() - $0).seconds < Estimator.trustedPause } ?? false
            let isAble = tracks[pulsed].estimator.isReady && (tracks[pulsed].departure == nil || isRemembered)
            return sources[pulsed].reach.isReachable && (selected != index || isAble)
        }
    }

    /// Whether a source has pulses of which their receiver does not say that they are wrong.
    func hasPulses(_ index: Int, _ now: MonotonicInstant) -> Bool {
        sources[index].hasPulses(at: now) && !(numberedBy[index].map { sources[$0].deniesPulses(at: now) } ?? false)
    }

    /// Whether a source's own pulses were there so lately that the clock's memory of them is better than any label.
    func remembersPulses(of index: Int, _ now: MonotonicInstant) -> Bool {
        guard tracks[index].isPulse == true, tracks[index].estimator.isReady, sources[index].reach.isReachable,
            let last = sources[index].last
        else { return false }
        return (now - last.at).seconds < Estimator.trustedPause
    }

    private mutating func candidate(
        _ index: Int, at reading: Instant, now: MonotonicInstant
    ) -> SourceSelection.Candidate? {
        guard let estimate = tracks[index].estimator.estimate(at: reading) else { return nil }
        let isBeyondPanic = decide(offset: estimate.phase) == .panic
        sources[index].refuse(isBeyondPanic ? estimate.phase : nil)
        guard !isBeyondPanic else { return nil }
        let source = sources[index]
        let configuration = source.configuration
        let rank = source.hasPulses(at: now) ? 0 : configuration.driver.isReceiver ? 2 : 1
        return .init(
            offset: estimate.phase, deviation: estimate.phaseDeviation,
            distance: distance(index, estimate) + (rank == 0 ? 0 : Self.agreement),
            stratum: configuration.effectiveStratum, rank: rank, isPreferred: configuration.prefer,
            isTrusted: configuration.trust, isRequired: configuration.require, isForced: configuration.forced)
    }

    private func distance(_ index: Int, _ estimate: Estimate) -> Double {
        Self.distanceFactor * estimate.phaseDeviation + tracks[index].systematicError
    }
}
