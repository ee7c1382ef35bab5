import ConfigurationLanguage
import Discipline
import NTPServer
import ReferenceClocks
import Reports
import TimeScale

extension Timekeeper {
    /// A reading that is off the monotonic clock by more than this between two ticks was set by somebody, seconds.
    private static var disturbance: Double { 0.02 }
    /// The same where the monotonic clock is slewed alike: what an interrupt between two readings may take.
    private static var steeredDisturbance: Double { 200e-6 }
    /// Between two complaints about another program.
    private static var reportInterval: Interval { .seconds(3600) }
    /// A correction that differs by more than this from the one set is another program's, s/s: thrice what rounding to
    /// the kernel's unit and to whole ticks may do.
    private static var foreignCorrection: Double { 1e-10 }

    /// Lets time pass; to be called about once a second.
    public mutating func tick() {
        watchClock()
        watchLeap()
        watchCorrection()
        let now = clock.monotonicNow()
        for index in sources.indices { sources[index].tick(now: now) }
        followDate()
        restartProofIfLost()
        select()
        reportConditions()
        if flywheel.isReady { steer() }
        calibrate()
        vetLeapSeconds()
        climb()
        publish()
        reportStatus()
    }

    /// What the step policy says of an offset, given the clock's past.
    func decide(offset: Double) -> StepPolicy.Decision {
        let inherited = clockIsWitness && updates == 0
        return settings.stepPolicy.decide(
            offset: offset, updates: updates, isKnownGood: inherited || ladder.wasLocked)
    }

    /// Corrects the clock by what the estimator believes.
    mutating func steer() {
        guard let estimate = flywheel.estimate(at: clock.now()) else { return }
        if decide(offset: estimate.phase) == .step { _ = step(by: Interval(seconds: estimate.phase)) }
        guard let current = flywheel.estimate(at: clock.now()) else { return }
        setCorrection(
            Servo.correction(
                for: current, largest: clock.largestFrequencyCorrection, isServing: ladder.wasLocked))
    }

    /// Lets the outages that the past would have had teach how good the clock is alone.
    private mutating func calibrate() {
        let now = clock.now()
        let flywheel = flywheel
        guard selected != nil, let free = flywheel.freeEstimate(at: now) else { return }
        holdover.note(time: (now - firstReading).seconds, free: free) {
            flywheel.freeEstimate(at: now + Interval(seconds: $0))
        }
    }

    /// Sets the clock's frequency correction, s/s, and tells the estimator what was really applied.
    mutating func setCorrection(_ correction: Double) {
        watchCorrection()
        let now = clock.now()
        do throws(ClockControlError) {
            let applied = try clock.setFrequencyCorrection(correction)
            noteCorrection(applied, at: now)
        } catch {
            reportRefusal(error)
        }
    }

    private mutating func noteCorrection(_ correction: Double, at reading: Instant) {
        // A corrected clock counts its own seconds: (1 + c)(1 + y) of true ones, to second order.
        let frequency = flywheel.estimate(at: reading)?.frequency ?? 0
        let effective = correction * (1 - correction - frequency)
        flywheel.controlChanged(to: effective, at: reading)
        for index in tracks.indices { tracks[index].estimator.controlChanged(to: effective, at: reading) }
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
        flywheel.apply(change)
        for index in tracks.indices { tracks[index].estimator.apply(change) }
        if !change.isLeapSecond { holdover.interrupt() }
        totalStep = totalStep + change.step
        for index in sources.indices { sources[index].apply(change) }
        referenceTime = referenceTime + change.step
        pulsedTime = pulsedTime.map { $0 + change.step }
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
        let tolerance =
            clock.isMonotonicSteered
            ? Self.steeredDisturbance + 2 * (after - before).seconds
            : Self.disturbance + (after - before).seconds + 2e-3 * (after - last.monotonic).seconds
        guard abs(jump) > tolerance else { return }
        // In the time that was slept through, and two seconds beside it.
        let isLeap =
            abs(abs(jump) - 1) < 0.1
            && settings.leapSeconds.taiMinusUTC(at: reading + .seconds(2))
                != settings.leapSeconds.taiMinusUTC(at: last.clock - .seconds(2))
        let change = ClockChange(step: Interval(seconds: isLeap ? jump.rounded() : jump), isLeapSecond: isLeap)
        apply(change)
        if isLeap { lastLeap = reading }
        guard !isLeap else { return note(.notice, nil, "leap second: the clock went \(jump < 0 ? "back" : "on") 1 s") }
        let size = FixedDecimal.text(jump, digits: 3)
        note(.error, nil, "another program set the clock by \(size) s; proving the seconds anew")
        distrustClock()
    }

    /// Notices that another program has changed the clock's frequency, and takes it back with the next correction.
    private mutating func watchCorrection() {
        let expected = clock.frequencyCorrection
        do throws(ClockControlError) {
            let found = try clock.readFrequencyCorrection()
            guard abs(found - expected) > Self.foreignCorrection else { return }
            noteCorrection(found, at: lastReading?.clock ?? clock.now())
            holdover.interrupt()
            let now = clock.monotonicNow()
            if let interferenceReported, now - interferenceReported < Self.reportInterval { return }
            interferenceReported = now
            let change = Self.partsPerMillion(found - expected)
            note(.error, nil, "another program changed the clock's frequency by \(change) ppm; taken back, stop it")
        } catch {
            reportRefusal(error)
        }
    }

    mutating func distrustClock() {
        isClockTrusted = false
        (selected, candidateSince) = (nil, nil)
        proveAnew()
        climb()
    }

    private mutating func proveAnew() {
        flywheel.phaseLost()
        for index in sources.indices {
            tracks[index].estimator.phaseLost()
            endDeparture(index)
            sources[index].restartProof()
        }
        holdover.interrupt()
    }

    /// After so long without a reference that a second might have been miscounted, numbering begins anew.
    private mutating func restartProofIfLost() {
        guard ladder.wasLocked, selected == nil, let estimate = flywheel.estimate(at: clock.now()),
            bound(of: estimate) - systematicError >= Self.numberingLimit
        else { return }
        proveAnew()
        note(.warning, nil, "without a reference for so long that the seconds must be proven anew")
    }
}
