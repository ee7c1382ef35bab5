import TimeScale

/// What is remembered of earlier Oncore messages.
struct OncoreState: Sendable {
    /// GPS − UTC in seconds as @@Bo told it; 0 where the receiver does not know it.
    var leapSeconds = 0
    /// Whether the receiver shows UTC; so it does unless @@Aw says otherwise.
    var isUTC = true
    /// Whether @@Bo and @@Aw have come.
    var hasToldLeapSeconds = false, hasToldMode = false
    /// Whether the place is held, as @@At and @@Gd tell.
    var isHeld = false
    /// The whole second of the last position, until the sawtooth of the pulse after it has come.
    var second: Instant?
    /// Satellites above the horizon.
    var visible: [Satellite] = []
}

/// Messages of Motorola's Oncore receivers.
///
/// The position messages label where they have a fix, or a place that is held, and where the leap seconds are known: from
/// @@Bo, or in @@Ha itself. Until then an Oncore that shows UTC shows GPS time.
extension ReceiverDecoder {
    /// Whether an Oncore has told what its times mean: @@Aw whether they are UTC, and @@Bo the leap seconds.
    public var knowsOncoreTimes: Bool { oncore.hasToldLeapSeconds && oncore.hasToldMode }

    mutating func take(
        _ message: OncoreMessage, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        switch message {
        case .position(let position): return try take(position, arrived: arrived, handle)
        case .pulse(let pulse): take(pulse, handle)
        case .utcOffset(let leapSeconds):
            (oncore.leapSeconds, oncore.hasToldLeapSeconds) = (leapSeconds, true)
            status.leapSeconds = leapSeconds == 0 ? nil : leapSeconds
        case .timeMode(let isUTC): (oncore.isUTC, oncore.hasToldMode) = (isUTC, true)
        case .hold(let isHeld, let isSurveying):
            oncore.isHeld = isHeld
            noteSurvey(isActive: isSurveying)
        case .place(let place): status.place = place
        case .visible(let satellites): oncore.visible = satellites
        case .leapPending(let change):
            setAlarm("leap second", change == 0 ? nil : change > 0 ? "is inserted" : "is deleted")
            status.leapNews = leapNews(change)
        case .version(let model, let firmware):
            (status.model, status.firmware) = (model ?? status.model, firmware ?? status.firmware)
            handle(.answer(.version))
        }
        return .ignored
    }

    private mutating func take(
        _ position: OncorePosition, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        oncore.second = nil
        // @@Ha tells both.
        if position.isUTC != nil { (oncore.hasToldLeapSeconds, oncore.hasToldMode) = (true, true) }
        let hasFix = position.fix != .none && (position.isFixCertain || oncore.isHeld)
        report(position, hasFix: hasFix)
        note(hasFix: hasFix, handle)
        guard hasFix else { throw .noFix }
        guard let timeOfDay = position.timeOfDay else { throw .badTime }
        let leapSeconds = position.leapSeconds ?? oncore.leapSeconds
        guard leapSeconds != 0 else { throw .utcUnknown }
        status.leapSeconds = leapSeconds
        var moment = try position.date.moment(at: timeOfDay, notBefore: gate.unfoldingPivot)
        if !(position.isUTC ?? oncore.isUTC) { moment.utc = moment.utc - .seconds(Int64(leapSeconds)) }
        let conclusion = try label(
            moment, from: .oncorePosition, arrived: arrived, knowsLeapSeconds: true, handle)
        oncore.second = (moment.utc + .milliseconds(500)).startOfSecond
        return conclusion
    }

    /// A position names the pulse just gone; the message about the pulse that follows it is about the one after that
    /// (ntpd's driver pairs them so).
    private mutating func take(_ pulse: OncorePulse, _ handle: (ReceiverEvent) -> Void) {
        status.timeAccuracy = pulse.accuracy
        setPulseFault(.missing, !pulse.hasPulse)
        setPulseFault(.integrity, pulse.isAlarmed)
        guard let second = oncore.second else { return }
        oncore.second = nil
        handle(.sawtooth(PulseSawtooth(second: second + .second, correction: pulse.correction)))
    }

    private mutating func report(_ position: OncorePosition, hasFix: Bool) {
        status.fix = hasFix ? position.fix : ReceiverStatus.Fix.none
        (status.antenna, status.hasAlmanac) = (position.antenna, position.hasAlmanac)
        status.temperature = position.temperature
        if hasFix { status.place = position.place ?? status.place }
        status.positionDilution = position.fix == .space ? position.dilution : nil
        status.horizontalDilution = position.fix == .plane ? position.dilution : nil
        status.satellitesUsed = position.satellites.reduce(0) { $0 + ($1.isUsed ? 1 : 0) }
        noteSurvey(isActive: position.isSurveying)
        // Of those that are tracked the elevation comes from @@Bb; the others of @@Bb follow.
        var satellites = position.satellites
        for satellite in oncore.visible { NMEASky.add(satellite, to: &satellites) }
        status.satellites = satellites
    }

    private mutating func noteSurvey(isActive: Bool) {
        status.survey = ReceiverStatus.Survey(isActive: isActive, isValid: oncore.isHeld && !isActive, duration: 0)
    }
}
