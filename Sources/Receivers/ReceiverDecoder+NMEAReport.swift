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
    /// When the last error of TXT came, time of day.
    var errorCame: Interval?
}

/// Reports of NMEA 0183 into `ReceiverStatus`.
extension ReceiverDecoder {
    /// How long an error that a receiver has told in words stands: 1 minute; it tells it again if it lasts.
    private static let errorLifetime = Interval.seconds(60)

    mutating func take(_ report: NMEAReport, _ handle: (ReceiverEvent) -> Void) {
        if case .solution = report {} else { reports.sky.endSolution() }
        switch report {
        case .solution(let solution):
            reports.solution = reports.sky.take(solution)
            status.positionDilution = solution.positionDilution
            status.horizontalDilution = solution.horizontalDilution
            noteKind()
        case .satellites(let group):
            if let satellites = reports.sky.take(group) { status.satellites = satellites }
        case .quality(let used, let dilution, let fix):
            status.satellitesUsed = used ?? status.satellitesUsed
            status.horizontalDilution = dilution ?? status.horizontalDilution
            reports.quality = fix
            noteKind()
        case .integrity(let failed, let bias):
            setAlarm("RAIM", failed.map { "satellite \($0) is \(Int(max(-1e9, min(bias, 1e9)))) m off" })
        case .text(let text): take(text, handle)
        case .acknowledged(let name, let isDone): handle(.answer(.acknowledged(name, isDone)))
        case .ubloxPosition(let position): take(position, handle)
        case .timingMode(let isHeld, let survey):
            reports.isHeld = isHeld
            status.survey = survey
            noteKind()
        case .pulse(let isGood, let accuracy, let used):
            setAlarm("pulse", isGood ? nil : "not to be used")
            status.timeAccuracy = accuracy ?? status.timeAccuracy
            status.satellitesUsed = used ?? status.satellitesUsed
        case .leapSeconds(let leapSeconds): status.leapSeconds = leapSeconds
        }
    }

    private mutating func take(_ text: NMEAText, _ handle: (ReceiverEvent) -> Void) {
        switch text {
        case .antenna(let antenna): status.antenna = antenna
        case .error(let words):
            setAlarm("error", words)
            reports.errorCame = nmea.status.latestTimeOfDay
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

    /// Takes back an error that was not told again.
    mutating func forgetOldError(at timeOfDay: Interval) {
        guard let came = reports.errorCame else { return }
        let age = (timeOfDay.nanoseconds - came.nanoseconds + 86_400_000_000_000) % 86_400_000_000_000
        guard age > Self.errorLifetime.nanoseconds else { return }
        reports.errorCame = nil
        setAlarm("error", nil)
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
}
