import GPSDWire
import TimeScale

/// What is remembered of earlier reports of gpsd's.
struct GPSDState: Sendable {
    /// The devices that gpsd has, in its order.
    var devices: [String] = []
    /// Whether the last fix denies that there is one.
    var deniesFix = false
}

/// Reports of gpsd's: another way to the same receivers.
extension ReceiverDecoder {
    /// gpsd's number for a simulated fix, and for dead reckoning without satellites (TPV, status).
    private static let (deadReckoning, simulated) = (5, 8)
    /// gpsd has four devices, or as many as somebody has built it for.
    private static let mostDevices = 16

    /// Takes a report.
    ///
    /// - Parameters:
    ///   - report: of gpsd's; pulses are none of a decoder's.
    ///   - arrived: local clock time at which the receiver's first byte came where the report tells it (TOFF), else at which
    ///     the report came.
    ///   - handle: called for each event.
    public mutating func consume(_ report: GPSDReport, arrived: Instant, handle: (ReceiverEvent) -> Void) {
        do throws(MessageRejection) {
            switch report {
            case .version: gpsd = GPSDState()
            case .devices(let devices):
                gpsd.devices = Array(devices.filter(\.isActive).map(\.path).prefix(Self.mostDevices))
                for device in devices { take(device) }
            case .device(let device): take(device)
            case .fix(let fix): try take(fix, arrived: arrived, handle)
            case .satellites(let sky): take(sky)
            case .timeOffset(let offset): try take(offset, arrived: arrived, handle)
            case .malformed: throw .illegalByte
            case .pulse, .error: break
            }
        } catch {
            statistics.count(error)
            handle(.rejected(error))
        }
    }

    /// Whether a report is about a receiver: gpsd may have several.
    ///
    /// - Parameters:
    ///   - device: that the report names; `nil` for one that names none.
    ///   - wanted: the path in the configuration; `nil` where nothing is said.
    ///   - unit: which of several it is, where nothing is said: the one that is named after it, else so many behind the
    ///     first.
    /// - Returns: `false` where it is about another one.
    public func isAbout(_ device: String?, wanted: String?, unit: Int) -> Bool {
        guard let device else { return true }
        if let wanted { return device == wanted }
        if gpsd.devices.count < 2 { return true }
        if gpsd.devices.contains("/dev/gps\(unit)") { return device == "/dev/gps\(unit)" }
        return gpsd.devices.firstIndex(of: device) == min(unit, gpsd.devices.count - 1)
    }

    private mutating func take(_ device: GPSDDevice) {
        gpsd.devices.removeAll { $0 == device.path }
        if device.isActive, gpsd.devices.count < Self.mostDevices { gpsd.devices.append(device.path) }
        // gpsd calls what it has not been told so.
        let names = [device.model, device.driver].compactMap(\.self).filter { $0 != "Unknown" }
        status.model = names.first ?? status.model
        status.firmware = device.firmware ?? status.firmware
    }

    private mutating func take(
        _ fix: GPSDFix, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) {
        noteFix(fix, handle)
        statistics.count(.gpsd)
        if let leapSeconds = fix.leapSeconds { status.leapSeconds = leapSeconds }
        guard fix.status != Self.simulated else { throw .testTime }
        // A timing receiver's mode is unknown to gpsd 3.22; its leap seconds show that it has heard satellites.
        let mayBeTiming = fix.mode == .unknown && fix.leapSeconds != nil
        guard !gpsd.deniesFix, fix.mode != .unknown || mayBeTiming else { throw .noFix }
        guard let time = fix.time else { throw .noTime }
        var moment = try gate.unfold(time)
        moment.isLeapSecond = fix.isLeapSecond
        _ = try label(moment, from: .gpsdFix, arrived: arrived, knowsLeapSeconds: fix.leapSeconds != nil, handle)
    }

    private mutating func noteFix(_ fix: GPSDFix, _ handle: (ReceiverEvent) -> Void) {
        gpsd.deniesFix = fix.mode == .none || fix.status == Self.deadReckoning
        status.fix =
            switch fix.mode {
            case .unknown: fix.status == 7 ? .time : status.fix
            case .none: ReceiverStatus.Fix.none
            case .twoDimensional: .plane
            case .threeDimensional: fix.status == 7 ? .time : .space
            }
        if fix.mode != .unknown || gpsd.deniesFix { note(hasFix: !gpsd.deniesFix, handle) }
    }

    private mutating func take(
        _ offset: GPSDTimeOffset, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) {
        statistics.count(.gpsd)
        guard !gpsd.deniesFix else { throw .noFix }
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
