import TimeScale

/// What is remembered of reports.
struct NMEAReportState: Sendable {
    var sky = NMEASky()
    /// The kind of solution as GSA has it.
    var solution: ReceiverStatus.Fix?
    /// What is told elsewhere about the solution: estimated or manual.
    var quality: ReceiverStatus.Fix?
    /// Whether a sentence of a maker's own says that the place is held.
    var isHeld = false
    /// Whether the pulse comes from an oscillator that TPS4 tells about.
    var pulseIsFromOscillator = false
    /// The time of day that the receiver told last.
    var now: Interval?
    /// Whether an error of TXT stands, and when it was told; `nil` where no time of day had come then.
    var hasError = false
    var errorTold: Interval?
    /// When a pulse was last called unfit.
    var pulseFaultTold: Interval?
}

/// Reports of NMEA 0183 into `ReceiverStatus`.
extension ReceiverDecoder {
    mutating func take(_ report: NMEAReport, _ handle: (ReceiverEvent) -> Void) {
        if case .solution = report {} else { reports.sky.endSolution() }
        switch report {
        case .solution(let solution):
            reports.solution = reports.sky.take(solution)
            status.positionDilution = solution.positionDilution
            status.horizontalDilution = solution.horizontalDilution
            noteKind()
        case .satellites(let group):
            if let satellites = reports.sky.take(group, at: reports.now) { status.satellites = satellites }
        case .quality(let used, let dilution, let fix):
            status.satellitesUsed = used ?? status.satellitesUsed
            status.horizontalDilution = dilution
            reports.quality = fix
            noteKind()
        case .integrity(let failed, let bias):
            setAlarm("RAIM", failed.map { "satellite \($0) is \(Int(max(-1e9, min(bias, 1e9)))) m off" })
        case .text(let text): take(text, handle)
        case .acknowledged(let name, let isDone): handle(.answer(.acknowledged(name, isDone)))
        case .ubloxPosition(let position): take(position, handle)
        case .timingMode(let isHeld, let survey, let isSound):
            reports.isHeld = isHeld
            status.survey = survey
            if let isSound { setPulseFault(.integrity, !isSound) }
            noteKind()
        case .survey(let survey): status.survey = survey
        case .pulse(let fault, let isRaised):
            setPulseFault(fault, isRaised)
        case .pulseState(let fault, let isRaised, let isFromOscillator, let accuracy, let used):
            setPulseFault(fault, isRaised)
            reports.pulseIsFromOscillator = isFromOscillator
            status.timeAccuracy = accuracy ?? status.timeAccuracy
            status.satellitesUsed = used ?? status.satellitesUsed
        case .oscillator(let state, let isAccurate):
            setAlarm("oscillator", state)
            setPulseFault(.inaccurate, !isAccurate && reports.pulseIsFromOscillator)
        case .leapSeconds(let leapSeconds): status.leapSeconds = leapSeconds
        }
    }

    private mutating func take(_ text: NMEAText, _ handle: (ReceiverEvent) -> Void) {
        switch text {
        case .antenna(let antenna): status.antenna = antenna
        case .error(let words):
            setAlarm("error", words)
            (reports.hasError, reports.errorTold) = (true, reports.now)
        case .version(let model, let firmware):
            status.model = model ?? status.model
            status.firmware = firmware ?? status.firmware
            handle(.answer(.version))
        case .protocolVersion(let version): status.protocolVersion = version
        }
    }

    /// A solution of time alone vouches for sentences without validity, as RMC with status A does.
    private mutating func take(_ position: NMEAUbloxPosition, _ handle: (ReceiverEvent) -> Void) {
        let isValid = position.fix != .none && position.fix != .estimated
        nmea.status.note(isValid: isValid, timeOfDay: position.timeOfDay)
        note(hasFix: nmea.status.hasFix, handle)
        status.satellitesUsed = position.satellitesUsed ?? status.satellitesUsed
        status.horizontalDilution = position.horizontalDilution
        status.timeDilution = position.timeDilution
        reports.isHeld = position.fix == .time
        reports.solution = position.fix
        noteKind()
    }

    /// Puts together what different sentences say about the kind of solution; packets of the same receiver know better.
    private mutating func noteKind() {
        guard ubx.fix == nil else { return }
        if reports.isHeld, reports.solution != ReceiverStatus.Fix.none {
            status.fix = .time
        } else {
            status.fix = reports.quality ?? reports.solution ?? status.fix
        }
    }

    /// Sets or clears an alarm.
    ///
    /// - Parameters:
    ///   - subject: what it is about; there is one alarm about each.
    ///   - words: what is wrong; `nil` for nothing.
    mutating func setAlarm(_ subject: String, _ words: String?) {
        status.alarms.removeAll { $0.hasPrefix(subject + ": ") }
        if let words { status.alarms.append(subject + ": " + words) }
    }

    /// Notes what the receiver says of its pulses: a fault stands until it is taken back, or not told again.
    mutating func setPulseFault(_ fault: ReceiverStatus.PulseFault, _ isRaised: Bool) {
        status.alarms.removeAll { $0 == fault.rawValue }
        guard isRaised else { return }
        status.alarms.append(fault.rawValue)
        reports.pulseFaultTold = reports.now
    }
}
