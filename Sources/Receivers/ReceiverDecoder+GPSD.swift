import GPSDWire
import TimeScale

/// What is remembered of earlier reports of gpsd's.
struct GPSDState: Sendable {
    /// The receivers that gpsd has.
    var receivers = GPSDReceivers()
    /// Why the last fix that said anything is not believed; `nil` where it is.
    var refusal: MessageRejection? = .noStatus
    /// Whether a fix has shown that the receiver has heard satellites, so that its pulses mean something; how long they do
    /// without one is for others to say.
    var hasVouched = false
}

/// Reports of gpsd's: another way to the same receivers.
extension ReceiverDecoder {
    /// gpsd's number for a simulated fix, and for dead reckoning without satellites (TPV, status).
    private static let (deadReckoning, simulated) = (5, 8)

    /// Takes a report.
    ///
    /// - Parameters:
    ///   - report: of gpsd's; pulses are none of a decoder's.
    ///   - arrived: local clock time at which the receiver's first byte came where the report tells it (TOFF), else at which
    ///     the report came.
    ///   - handle: called for each event.
    /// - Returns: whether it is about the chosen receiver, or about none; nothing is taken from others.
    @discardableResult
    public mutating func consume(
        _ report: GPSDReport, arrived: Instant, handle: (ReceiverEvent) -> Void
    ) -> Bool {
        note(report, handle)
        guard gpsd.receivers.isAbout(report.device, gpsdChoice) else { return false }
        do throws(MessageRejection) {
            switch report {
            case .device(let device): take(device)
            case .fix(let fix): try take(fix, arrived: arrived, handle)
            case .satellites(let sky): take(sky)
            case .timeOffset(let offset): try take(offset, arrived: arrived, handle)
            case .malformed: throw .illegalByte
            case .version, .devices, .pulse, .error: break
            }
        } catch {
            statistics.count(error)
            handle(.rejected(error))
        }
        return true
    }

    /// Whether pulses are those of the chosen receiver, and it has heard satellites.
    public mutating func believesPulses(of device: String?) -> Bool {
        if let device { gpsd.receivers.note(device, isActive: true) }
        return gpsd.receivers.arePulses(of: device, gpsdChoice) && gpsd.hasVouched
    }

    /// Why the chosen receiver is not heard; `nil` where it is, or gpsd has not told what it has.
    public var gpsdAbsence: String? { gpsd.receivers.absence(gpsdChoice) }

    /// Notes which receivers there are.
    private mutating func note(_ report: GPSDReport, _ handle: (ReceiverEvent) -> Void) {
        switch report {
        case .version: gpsd = GPSDState()
        case .devices(let devices):
            gpsd.receivers.take(devices)
            for device in devices where gpsd.receivers.isAbout(device.path, gpsdChoice) { take(device) }
        case .device(let device): gpsd.receivers.note(device.path, isActive: device.isActive)
        default: if let device = report.device { gpsd.receivers.note(device, isActive: true) }
        }
        if gpsdAbsence != nil { forgetFix(handle) }
    }

    private mutating func forgetFix(_ handle: (ReceiverEvent) -> Void) {
        (gpsd.refusal, gpsd.hasVouched) = (.noStatus, false)
        note(hasFix: false, handle)
    }

    private mutating func take(_ device: GPSDDevice) {
        // gpsd calls what it has not been told so.
        let names = [device.model, device.driver].compactMap(\.self).filter { $0 != "Unknown" }
        status.model = names.first ?? status.model
        status.firmware = device.firmware ?? status.firmware
    }

    private mutating func take(
        _ fix: GPSDFix, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) {
        statistics.count(.gpsd)
        if let leapSeconds = fix.leapSeconds { status.leapSeconds = leapSeconds }
        let refusal = Self.refusal(of: fix)
        note(fix, refusal, handle)
        if let refusal { throw refusal }
        if let place = fix.place { status.place = place }
        guard let time = fix.time else { throw .noTime }
        var moment = try gate.unfold(time)
        guard !fix.isLeapSecond || SentDate.beginsQuarter(moment.utc) else { throw .badLeapSecond }
        moment.isLeapSecond = fix.isLeapSecond
        _ = try label(moment, from: .gpsdFix, arrived: arrived, knowsLeapSeconds: fix.leapSeconds != nil, handle)
    }

    /// Why a fix does not show that the receiver has heard satellites; `nil` where it does.
    private static func refusal(of fix: GPSDFix) -> MessageRejection? {
        if fix.status == simulated { return .testTime }
        // A timing receiver's mode is unknown to gpsd 3.22; its leap seconds show that it has heard satellites.
        let mayBeTiming = fix.mode == .unknown && fix.leapSeconds != nil
        let hasFix = fix.mode == .twoDimensional || fix.mode == .threeDimensional || mayBeTiming
        return hasFix && fix.status != deadReckoning ? nil : .noFix
    }

    private mutating func note(
        _ fix: GPSDFix, _ refusal: MessageRejection?, _ handle: (ReceiverEvent) -> Void
    ) {
        // gpsd begins with a fix of which it knows nothing, and puts such between others.
        let isSilent = refusal == .noFix && fix.mode == .unknown && fix.status != Self.deadReckoning
        guard !isSilent else { return }
        gpsd.refusal = refusal
        if refusal != .noFix { gpsd.hasVouched = refusal == nil }
        status.fix =
            switch fix.mode {
            case _ where refusal == .testTime: .manual
            case _ where fix.status == Self.deadReckoning: .estimated
            case .unknown: fix.status == 7 ? .time : status.fix
            case .none: ReceiverStatus.Fix.none
            case .twoDimensional: .plane
            case .threeDimensional: fix.status == 7 ? .time : .space
            }
        if fix.mode != .unknown || refusal != nil { note(hasFix: refusal == nil, handle) }
    }

    private mutating func take(
        _ offset: GPSDTimeOffset, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) {
        statistics.count(.gpsd)
        if let refusal = gpsd.refusal { throw refusal }
        let moment = try gate.unfold(offset.reference)
        _ = try label(
            moment, from: .gpsdTimeOffset, arrived: arrived, knowsLeapSeconds: status.leapSeconds != nil, handle)
    }

    private mutating func take(_ sky: GPSDSky) {
        statistics.count(.gpsd)
        status.horizontalDilution = sky.dilutions.horizontal ?? status.horizontalDilution
        status.positionDilution = sky.dilutions.position ?? status.positionDilution
        status.timeDilution = sky.dilutions.time ?? status.timeDilution
        guard let satellites = sky.satellites else { return }
        status.satellites = satellites.map(Satellite.init)
        status.satellitesUsed = satellites.count { $0.isUsed }
    }
}

extension GPSDReport {
    /// The device that it is about, where it names one; a list is about all.
    fileprivate var device: String? {
        switch self {
        case .device(let device): device.path
        case .fix(let fix): fix.device
        case .satellites(let sky): sky.device
        case .timeOffset(let offset): offset.device
        case .pulse(let pulse): pulse.device
        case .version, .devices, .error, .malformed: nil
        }
    }
}

extension GPSDFix {
    /// Where the receiver is, as far as the fix tells it.
    fileprivate var place: ReceiverStatus.Place? {
        guard let latitude, let longitude, abs(latitude) <= 90, abs(longitude) <= 180 else { return nil }
        return ReceiverStatus.Place(latitude: latitude, longitude: longitude, height: height)
    }
}

extension Satellite {
    /// A satellite as gpsd tells of it.
    fileprivate init(_ satellite: GPSDSatellite) {
        let constellation: Constellation =
            switch satellite.constellation {
            case nil: .unknown
            case .gps: .gps
            case .sbas: .sbas
            case .galileo: .galileo
            case .beiDou: .beiDou
            case .imes: .imes
            case .qzss: .qzss
            case .glonass: .glonass
            case .navIC: .navIC
            }
        self.init(
            constellation, satellite.number, signal: Self.whole(satellite.signal) ?? 0,
            elevation: Self.whole(satellite.elevation), azimuth: Self.whole(satellite.azimuth), isUsed: satellite.isUsed
        )
    }

    private static func whole(_ number: Double?) -> Int? { number.flatMap { Int(exactly: $0.rounded()) } }
}
