import TimeScale

/// What is remembered of earlier TSIP packets.
struct TSIPState: Sendable {
    /// Whether the receiver has time from satellites, as it said last; `nil` where it says nothing.
    var hasFix: Bool?
    /// Whether it follows any satellite, as A3-00 said last.
    var isTracking = true
    /// The kind of solution that the receiver is set to; `nil` where it chooses by itself.
    var mode: ReceiverStatus.Fix?
    /// The second of the 8F-AB just before, until its sawtooth has come.
    var second: Instant?
    /// Satellites of the list that is being told, and where in it the last one stands.
    var satellites: [Satellite] = []
    var index = 0
    /// When a satellite of the list was last told, time of day.
    var listTold: Interval?
    /// Numbers of the satellites in the solution.
    var used: [Int] = []
}

/// Packets of Trimble's receivers.
///
/// 8F-AB and A1-00 label where their flags say that time and UTC are known, and where neither the latest of 8F-AC, 0x46 and
/// A3-11 nor A3-00 denies that there is time from satellites: a RES 720 without an antenna goes on with A1-00 and A3-11 as
/// if nothing were amiss (gpsd's capture trimble-res720-dr). They tell GPS time or UTC, and the leap seconds with it. The week
/// number is not looked at: the date tells the same, and is unfolded like any other.
extension ReceiverDecoder {
    mutating func take(
        _ message: TSIPMessage, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        switch message {
        case .time(let time): return try take(time, arrived: arrived, handle)
        case .condition(let condition):
            (status.positionDilution, status.horizontalDilution) = (
                condition.positionDilution, condition.horizontalDilution
            )
            status.timeDilution = condition.timeDilution
            take(condition, handle)
        case .supplement(let condition, let supplement):
            take(condition, handle)
            take(supplement, surveyProgress: condition.surveyProgress, handle)
        case .health(let hasFix, let antenna):
            status.antenna = antenna
            note(tsipFix: hasFix, handle)
        case .solution(let fix, let satellites, let position, let horizontal, let time):
            (status.positionDilution, status.horizontalDilution, status.timeDilution) = (position, horizontal, time)
            (status.satellitesUsed, tsip.used) = (satellites.count, satellites)
            if tsip.mode == nil { status.fix = fix }
        case .satellite(let index, let satellite): take(satellite, index: index)
        case .signals(let signals):
            status.satellites = signals.map { signal in
                let known = status.satellites.first {
                    $0.number == signal.number && $0.constellation == signal.constellation
                }
                var satellite = known ?? signal
                satellite.signal = signal.signal
                return satellite
            }
        case .leapSeconds(let leapSeconds): status.leapSeconds = leapSeconds
        case .almanac(let isComplete): status.hasAlmanac = isComplete
        case .alarms(let alarms):
            (status.antenna, status.jamming, status.spoofing) = (alarms.antenna, alarms.jamming, alarms.spoofing)
            status.hasAlmanac = alarms.hasAlmanac
            noteAlarms(alarms.words)
            status.leapNews = alarms.leapChange.flatMap { leapNews($0) }
            tsip.isTracking = alarms.isTracking
            noteFix(handle)
            if !alarms.isTracking { forgetTSIPSatellites() }
            noteSurvey(isActive: alarms.isSurveying, progress: status.survey?.progress)
        case .place(let place, let hasFix, let dilution):
            if hasFix { status.place = place }
            status.positionDilution = dilution
        case .version(let model, let firmware):
            (status.model, status.firmware) = (model ?? status.model, firmware)
            handle(.answer(.version))
        case .answer(let answer): handle(.answer(answer))
        }
        return .ignored
    }

    private mutating func take(
        _ time: TSIPTime, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        tsip.second = nil
        if let flaw = time.flaw { throw flaw }
        guard let timeOfDay = time.timeOfDay, time.isConsistent else { throw .badTime }
        // 0 is what a receiver has before it has heard them; it will not be 0 again in our lifetime.
        guard (1..<128).contains(time.leapSeconds) else { throw .utcUnknown }
        if tsip.hasFix == false || !tsip.isTracking { throw .noFix }
        var moment = try time.date.moment(at: timeOfDay, notBefore: gate.unfoldingPivot)
        if !time.isUTC { moment.utc = moment.utc - .seconds(Int64(time.leapSeconds)) }
        let conclusion = try label(moment, from: time.message, arrived: arrived, knowsLeapSeconds: true, handle)
        status.leapSeconds = time.leapSeconds
        if let correction = time.correction {
            handle(.sawtooth(PulseSawtooth(second: moment.utc, correction: correction)))
        } else {
            tsip.second = moment.utc
        }
        return conclusion
    }

    private mutating func take(_ condition: TSIPCondition, _ handle: (ReceiverEvent) -> Void) {
        tsip.mode = condition.mode
        status.temperature = condition.temperature
        noteSurvey(isActive: status.survey?.isActive ?? false, progress: condition.surveyProgress)
        note(tsipFix: condition.hasFix, handle)
    }

    private mutating func take(
        _ supplement: TSIPSupplement, surveyProgress: Int, _ handle: (ReceiverEvent) -> Void
    ) {
        (status.antenna, status.hasAlmanac) = (supplement.antenna, supplement.hasAlmanac)
        (status.clockBias, status.clockDrift) = (supplement.clockBias, supplement.clockDrift)
        noteAlarms(supplement.alarms)
        status.place = supplement.place ?? status.place
        noteSurvey(isActive: supplement.isSurveying, progress: surveyProgress)
        guard let second = tsip.second else { return }
        tsip.second = nil
        handle(.sawtooth(PulseSawtooth(second: second, correction: supplement.correction)))
    }

    /// A list begins anew where its index does not go on; the one before is whole then. The signals of one satellite
    /// become one.
    private mutating func take(_ satellite: Satellite, index: Int) {
        if index <= tsip.index, !tsip.satellites.isEmpty {
            status.satellites = tsip.satellites
            // 0x6D knows better: it counts those too that are not in the list.
            if tsip.used.isEmpty {
                status.satellitesUsed = tsip.satellites.reduce(0) { $0 + ($1.isUsed ? 1 : 0) }
            }
            tsip.satellites.removeAll(keepingCapacity: true)
        }
        (tsip.index, tsip.listTold) = (index, reports.now)
        var satellite = satellite
        if tsip.used.contains(satellite.number) { satellite.isUsed = true }
        NMEASky.add(satellite, to: &tsip.satellites)
    }

    private mutating func note(tsipFix hasFix: Bool, _ handle: (ReceiverEvent) -> Void) {
        tsip.hasFix = hasFix
        noteFix(handle)
    }

    private mutating func noteFix(_ handle: (ReceiverEvent) -> Void) {
        guard let hasFix = tsip.isTracking ? tsip.hasFix : false else { return }
        if !hasFix { status.fix = ReceiverStatus.Fix.none } else if let mode = tsip.mode { status.fix = mode }
        note(hasFix: hasFix, handle)
    }

    private mutating func noteAlarms(_ words: [String]) {
        status.alarms = words
        if status.pulseFault != nil { reports.pulseFaultTold = reports.now }
    }

    /// Forgets a list of satellites that is no longer told.
    mutating func forgetTSIPSatellites() {
        (tsip.satellites, tsip.used, status.satellites, status.satellitesUsed) = ([], [], [], 0)
    }

    /// Notes a survey; how long it takes is not told.
    private mutating func noteSurvey(isActive: Bool, progress: Int?) {
        let isValid = !isActive && (progress ?? 0) >= 100
        status.survey = ReceiverStatus.Survey(isActive: isActive, isValid: isValid, duration: 0, progress: progress)
    }
}
