import ConfigurationLanguage
import Discipline
import NTPServer
import ReferenceClocks
import Reports
import TimeScale

extension Timekeeper {
    /// Growth of the error bound beside what the estimator expects, s/s: chrony's `maxclockerror`, 1 ppm.
    private static var boundGrowth: Double { 1e-6 }
    /// Standard deviations in the bounds that are served.
    private static var boundFactor: Double { 3 }
    /// A reading that is off the monotonic clock by more than this between two ticks was set by somebody, seconds.
    private static var disturbance: Double { 0.02 }
    /// Dispersion of a local clock that never had a reference, seconds: ntpd's LOCAL driver.
    private static var localDispersion: Double { 0.01 }

    /// Lets time pass; to be called about once a second.
    public mutating func tick() {
        watchClock()
        let now = clock.monotonicNow()
        for index in sources.indices { sources[index].tick(now: now) }
        reportConditions()
        followDate()
        restartProofIfLost()
        select()
        if estimator.isReady { steer() }
        climb()
        publish()
        reportStatus()
    }

    /// Takes a sample of the selected source.
    mutating func absorb(_ sample: Sample, from index: Int) {
        var sample = sample
        if estimator.isCollectingPhase {
            switch decide(offset: sample.offset) {
            case .panic:
                sources[index].refuse(offset: sample.offset)
                return
            // A jump of samples while there is an estimate is only a suspicion: the fit decides.
            case .step where estimator.isReady: break
            case .step: if let change = step(by: sample.reference - sample.local) { sample.apply(change) }
            case .slew: break
            }
        }
        switch estimator.update(sample) {
        case .restarted: note(.warning, index, "samples have jumped, learning the phase anew")
        case .rejected: return
        case .collected, .accepted: break
        }
        referenceTime = sample.local
        systematicError = sample.systematicError
        if estimator.isReady {
            steer()
            updates += 1
            climb()
            publish()
        }
    }

    /// What the step policy says of an offset, given the clock's past.
    private func decide(offset: Double) -> StepPolicy.Decision {
        let inherited = clockIsWitness && updates == 0
        return settings.stepPolicy.decide(
            offset: offset, updates: updates, isKnownGood: inherited || ladder.wasLocked)
    }

    /// Corrects the clock by what the estimator believes.
    private mutating func steer() {
        guard let estimate = estimator.estimate(at: clock.now()) else { return }
        if decide(offset: estimate.phase) == .step { _ = step(by: Interval(seconds: estimate.phase)) }
        guard let current = estimator.estimate(at: clock.now()) else { return }
        setCorrection(Servo.correction(for: current, largest: clock.largestFrequencyCorrection))
    }

    /// Sets the clock's frequency correction, s/s, and tells the estimator what was really applied.
    mutating func setCorrection(_ correction: Double) {
        let now = clock.now()
        do throws(ClockControlError) {
            let applied = try clock.setFrequencyCorrection(correction)
            estimator.controlChanged(to: applied, at: now)
        } catch {
            reportRefusal(error)
        }
    }

    mutating func step(by interval: Interval) -> ClockChange? {
        do throws(ClockControlError) {
            let change = ClockChange(step: try clock.step(by: interval))
            apply(change)
            updates += 1
            note(.notice, nil, "clock stepped by \(FixedDecimal.text(change.step.seconds, digits: 9)) s")
            return change
        } catch {
            reportRefusal(error)
            return nil
        }
    }

    private mutating func apply(_ change: ClockChange) {
        estimator.apply(change)
        totalStep = totalStep + change.step
        for index in sources.indices { sources[index].apply(change) }
        referenceTime = referenceTime + change.step
        quietUntil = clock.monotonicNow() + Self.settlingTime
        lastReading = nil
    }

    mutating func reportRefusal(_ error: ClockControlError) {
        guard !isRefusalReported else { return }
        isRefusalReported = true
        switch error {
        case .refused(let reason):
            note(.error, nil, "the clock cannot be adjusted (\(reason)); served time is corrected all the same")
        }
    }

    // MARK: - The clock's own surroundings

    /// Notices that the clock was set by somebody else, or carried out a leap second.
    mutating func watchClock() {
        let before = clock.monotonicNow()
        let reading = clock.now()
        let after = clock.monotonicNow()
        defer { lastReading = (reading, after) }
        guard let last = lastReading else { return }
        let jump = (reading - last.clock).seconds - (after - last.monotonic).seconds
        let tolerance = Self.disturbance + (after - before).seconds + 2e-3 * (after - last.monotonic).seconds
        guard abs(jump) > tolerance else { return }
        let isLeap = settings.leapSeconds.isLeapNear(reading) && abs(abs(jump) - 1) < 0.1
        let change = ClockChange(step: Interval(seconds: isLeap ? jump.rounded() : jump), isLeapSecond: isLeap)
        apply(change)
        guard !isLeap else { return note(.notice, nil, "leap second: the clock went \(jump < 0 ? "back" : "on") 1 s") }
        let size = FixedDecimal.text(jump, digits: 3)
        note(.error, nil, "another program set the clock by \(size) s; proving the seconds anew")
        distrustClock()
    }

    mutating func distrustClock() {
        isClockTrusted = false
        (selected, candidateSince) = (nil, nil)
        proveAnew()
        climb()
    }

    private mutating func proveAnew() {
        estimator.phaseLost()
        for index in sources.indices { sources[index].restartProof() }
    }

    /// After so long without a reference that a second might have been miscounted, numbering begins anew.
    private mutating func restartProofIfLost() {
        guard ladder.wasLocked, selected == nil, let estimate = estimator.estimate(at: clock.now()) else { return }
        guard 4 * estimate.phaseDeviation >= Self.numberingLimit else { return }
        proveAnew()
        note(.warning, nil, "without a reference for so long that the seconds must be proven anew")
    }

    // MARK: - What is told

    private mutating func climb() {
        if selected != nil, estimator.isReady { isClockTrusted = true }
        let remark = selected.map { sources[$0].configuration.name } ?? reasonForNoReference
        let transition = ladder.update(
            .init(
                hasReference: selected != nil && estimator.isReady, isClockTrusted: isClockTrusted,
                uptime: clock.monotonicNow() - started, remark: remark))
        guard let transition else { return }
        lastReason = transition.reason
        note(
            transition.to == .locked ? .notice : .warning, nil,
            "\(transition.from.rawValue) → \(transition.to.rawValue): \(transition.reason)")
    }

    var reasonForNoReference: String {
        let reasons = sources.map { "\($0.configuration.name): \($0.condition.description)" }
        return reasons.isEmpty ? "no reference clock is configured" : reasons.joined(separator: "; ")
    }

    /// Brings the server's state up to date.
    private mutating func publish() {
        let now = clock.now()
        let estimate = estimator.estimate(at: now)
        var state = ServerState.unsynchronised(precision: settings.precision, asOf: now)
        if let estimate {
            state.pendingCorrection = estimate.phase
            state.pendingCorrectionRate = -(estimate.frequency + clock.frequencyCorrection)
            state.rootDispersion = bound(of: estimate)
            state.rootDispersionRate = Self.boundFactor * estimate.frequencyDeviation + Self.boundGrowth
        } else if ladder.wasLocked {
            // Nothing is known anew: the bound goes on from where it was.
            state.rootDispersion = serverState.rootDispersion(at: now)
            state.rootDispersionRate = serverState.rootDispersionRate
        }
        let utc = state.servedTime(at: now)
        switch (ladder.state, selected, settings.local) {
        case (.locked, .some(let index), _) where sources[index].configuration.effectiveStratum < 15:
            let source = sources[index].configuration
            state.leapIndicator = settings.leapSeconds.leapIndicator(at: utc)
            state.stratum = UInt8(clamping: source.effectiveStratum + 1)
            state.referenceID = source.effectiveReferenceID ?? .initial
            state.referenceTime = referenceTime
        case (.local, _, .some(let local)) where local.stratum < 16:
            state.leapIndicator = .none
            state.stratum = local.stratum
            state.referenceID = local.referenceID
            state.referenceTime = utc
            if estimate == nil, !ladder.wasLocked {
                (state.rootDispersion, state.rootDispersionRate) = (Self.localDispersion, 0)
            }
        default: break
        }
        serverState = state
    }

    private func bound(of estimate: Estimate) -> Double {
        let age = max(0, (clock.now() - referenceTime).seconds)
        let resolution = settings.precision < 0 ? 1 / Double(1 << Int(-settings.precision)) : 1
        return Self.boundFactor * estimate.phaseDeviation + systematicError + Self.boundGrowth * age + resolution
    }

    /// Tells the operating system how good its clock is.
    ///
    /// Not before the first lock: until then what an earlier program told it is better.
    private mutating func reportStatus() {
        guard isStatusOurs || ladder.state != .starting else { return }
        isStatusOurs = true
        let isGood = ladder.state == .locked || ladder.state == .local
        let estimate = estimator.estimate(at: clock.now())
        // During the leap second itself the kernel counts TAI on by itself.
        let isTAIKnown = ladder.wasLocked && !settings.leapSeconds.isLeapNear(clock.now())
        let leap = settings.leapSeconds.leapIndicator(at: serverState.servedTime(at: clock.now()))
        do throws(ClockControlError) {
            try clock.setStatus(
                ClockStatus(
                    isSynchronised: isGood && ladder.wasLocked, leapIndicator: ladder.wasLocked ? leap : .none,
                    maximumError: serverState.rootDispersion, estimatedError: estimate?.phaseDeviation ?? 16,
                    taiMinusUTC: isTAIKnown ? settings.leapSeconds.taiMinusUTC(at: clock.now()) : nil))
        } catch {
            reportRefusal(error)
        }
    }
}
