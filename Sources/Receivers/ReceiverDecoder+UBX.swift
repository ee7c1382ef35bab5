import TimeScale

/// What is remembered of earlier UBX messages.
struct UBXState: Sendable {
    /// The latest that was said about a solution.
    var fix: UBXFix?
    /// GPS − UTC in seconds, as the receiver reckons it.
    var leapSeconds: Int?
    /// A leap second that is to be inserted: the moment that follows it, and GPS − UTC until then.
    var insertion: (at: Instant, leapSeconds: Int)?
}

/// Packets of u-blox receivers.
///
/// NAV-PVT labels where it is fully resolved and has a fix; NAV-TIMEUTC and NAV-TIMEGPS, which say nothing about a fix,
/// where the latest NAV-PVT, NAV-STATUS or NAV-SOL does not deny it. Some receivers are told to send neither. NAV-TIMELS
/// denies UTC where the leap seconds are those that the firmware assumes.
extension ReceiverDecoder {
    /// What was said about a solution this long ago is no news, milliseconds.
    private static let fixLifetime: Int64 = 60_000
    private static let weekLength: Int64 = 604_800_000
    /// Receivers count their uptime in 32 bits of milliseconds: a fall by so many seconds is that counter's end (49.7
    /// days).
    private static let uptimeWrap = 4_290_000.0
    /// All bits set, in nanoseconds: the receiver cannot tell how wrong its time is; seconds.
    private static let unknownAccuracy = 4.29
    /// A receiver whose own estimate of its time's error is above this, seconds, has no time: with one satellite and a
    /// known place it is below a microsecond.
    private static let worstAccuracy = 0.01

    mutating func take(
        _ message: UBXMessage, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        switch message {
        case .solution(let solution): return try take(solution, arrived: arrived, handle)
        case .utc(let time): return try take(time, from: .navTimeUTC, arrived: arrived, handle)
        case .gpsTime(let time): return try take(time, arrived: arrived, handle)
        case .leapSeconds(let leap):
            (status.leapSeconds, status.leapNews) = (leap.current, leap.news)
            ubx.leapSeconds = leap.current ?? ubx.leapSeconds
            if let current = leap.current, let news = leap.news, news.change == 1 {
                ubx.insertion = (news.at, leap.isAhead ? current : current - 1)
            } else {
                ubx.insertion = nil
            }
            guard !leap.isDenied else { throw .utcUnknown }
            return leap.current == nil ? .ignored : .accepted(nil)
        case .timePulse(let pulse): return try take(pulse, handle)
        case .fix(let fix): note(fix, handle)
        case .clock(let bias, let drift, let accuracy):
            (status.clockBias, status.clockDrift) = (bias, drift)
            note(accuracy: accuracy)
        case .satellites(let satellites): status.satellites = satellites
        case .dilution(let position, let time, let horizontal):
            (status.positionDilution, status.timeDilution, status.horizontalDilution) = (position, time, horizontal)
        case .survey(let survey): status.survey = survey
        case .version(let version):
            (status.model, status.firmware) = (version.model, version.firmware)
            status.protocolVersion = version.protocolVersion
            handle(.answer(.version))
        case .hardware(let antenna, let jamming, let indicator):
            status.jammingIndicator = indicator
            if let antenna { status.antenna = antenna }
            if let jamming { status.jamming = jamming }
        case .security(let jamming, let spoofing):
            if let jamming { status.jamming = jamming }
            if let spoofing { status.spoofing = spoofing }
        case .answer(let answer): handle(.answer(answer))
        }
        return .ignored
    }

    private mutating func note(_ fix: UBXFix, _ handle: (ReceiverEvent) -> Void) {
        ubx.fix = fix
        status.fix = fix.kind
        if let used = fix.satellitesUsed {
            (status.satellitesUsed, status.positionDilution) = (used, fix.positionDilution)
        }
        if let spoofing = fix.spoofing { status.spoofing = spoofing }
        if let uptime = fix.uptime { noteUptime(uptime, handle) }
        note(hasFix: fix.isValid, handle)
    }

    /// Tells of a reset, after which what was said about antenna, signals and survey holds no more.
    private mutating func noteUptime(_ uptime: Double, _ handle: (ReceiverEvent) -> Void) {
        let fall = (status.uptime ?? uptime) - uptime
        status.uptime = uptime
        guard fall > 0, fall < Self.uptimeWrap else { return }
        (status.antenna, status.jamming, status.jammingIndicator, status.spoofing) = (nil, nil, nil, nil)
        status.survey = nil
        handle(.reset)
    }

    private mutating func note(accuracy: Double) {
        status.timeAccuracy = accuracy < Self.unknownAccuracy ? accuracy : nil
    }

    private mutating func take(
        _ solution: UBXSolution, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        note(solution.fix, handle)
        note(accuracy: solution.time.accuracy)
        guard solution.fix.isValid else { throw .noFix }
        status.place = solution.place
        return try take(solution.time, from: .navPVT, arrived: arrived, handle)
    }

    private mutating func take(
        _ time: UBXCivilTime, from message: LabelMessage, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        note(accuracy: time.accuracy)
        guard time.isKnown else { throw .noTime }
        guard time.isResolved else { throw .utcUnknown }
        guard let timeOfDay = time.timeOfDay, time.fraction.magnitude <= .second else { throw .badTime }
        try vouch(for: time.timeOfWeek, accuracy: time.accuracy)
        var moment = try time.date.moment(at: timeOfDay, notBefore: gate.unfoldingPivot)
        moment.utc = moment.utc + time.fraction
        // The same moment by two reckonings: they differ by the leap seconds, or one of them is wrong.
        guard let leapSeconds = Self.leapSeconds(atTimeOfWeek: time.timeOfWeek, utc: moment.utc) else { throw .badTime }
        let conclusion = try label(moment, from: message, arrived: arrived, knowsLeapSeconds: true, handle)
        (ubx.leapSeconds, status.leapSeconds) = (leapSeconds, leapSeconds)
        return conclusion
    }

    private mutating func take(
        _ time: UBXGPSTime, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        note(accuracy: time.accuracy)
        guard time.isKnown else { throw .noTime }
        guard time.isResolved else { throw .utcUnknown }
        let timeOfWeek = Interval.milliseconds(Int64(time.timeOfWeek))
        guard
            let sent = GNSSWeek.instant(week: time.week, timeOfWeek: timeOfWeek, leapSeconds: time.leapSeconds)
        else { throw .badTime }
        try vouch(for: time.timeOfWeek, accuracy: time.accuracy)
        (ubx.leapSeconds, status.leapSeconds) = (time.leapSeconds, time.leapSeconds)
        var moment = try gate.unfold(sent)
        // The second number 60 counts as the 00:00:00 that follows, which the next one is too.
        if let insertion = ubx.insertion, insertion.leapSeconds == time.leapSeconds {
            moment.isLeapSecond = moment.utc.startOfSecond == insertion.at
        }
        moment.utc = moment.utc + time.fraction
        return try label(moment, from: .navTimeGPS, arrived: arrived, knowsLeapSeconds: true, handle)
    }

    private mutating func take(
        _ pulse: UBXTimePulse, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        // Before the leap seconds are known, nothing tells which second is meant.
        guard pulse.isBaseKnown, let leapSeconds = pulse.isUTC ? 0 : ubx.leapSeconds else { return .ignored }
        guard
            let sent = GNSSWeek.instant(week: pulse.week, timeOfWeek: pulse.timeOfWeek, leapSeconds: leapSeconds)
        else { throw .badTime }
        let second = try gate.unfold(sent).utc
        handle(.sawtooth(PulseSawtooth(second: second, correction: pulse.correction)))
        return .accepted(nil)
    }

    /// Proves that nothing denies a fix at a time of week (ms), nor the receiver's own estimate of its error (s) the time.
    private func vouch(for timeOfWeek: UInt32, accuracy: Double) throws(MessageRejection) {
        if let fix = ubx.fix, !fix.isValid {
            let age = abs(Int64(timeOfWeek) - Int64(fix.timeOfWeek)) % Self.weekLength
            if age <= Self.fixLifetime || age >= Self.weekLength - Self.fixLifetime { throw .noFix }
        }
        guard accuracy <= Self.worstAccuracy else { throw .noFix }
    }

    /// GPS − UTC in seconds, from the same moment in both; `nil` where that is nonsense.
    private static func leapSeconds(atTimeOfWeek timeOfWeek: UInt32, utc: Instant) -> Int? {
        let asUTC = GNSSWeek.week(of: utc, leapSeconds: 0).timeOfWeek.nanoseconds / 1_000_000
        let ahead = (Int64(timeOfWeek) - asUTC + weekLength + 500) % weekLength / 1000
        return ahead < 128 ? Int(ahead) : nil
    }
}
