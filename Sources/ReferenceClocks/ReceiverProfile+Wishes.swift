import ConfigurationLanguage
import Receivers

extension ReceiverProfile {
    /// Accuracy of a place that the operator gives without one, metres: what a survey of a day reaches.
    private static let usualAccuracy = 2.0

    /// The profile that a clock's line asks for; `nil` where it asks for none.
    ///
    /// - Parameters:
    ///   - clock: the clock as configured.
    ///   - baudRate: the speed of its line, bit/s, where that is not the configured one. Messages that the line cannot carry
    ///     are left out.
    public init?(_ clock: ReferenceClockConfiguration, baudRate: Int? = nil) {
        let wishes = clock.profile
        guard clock.driver == .nmea || clock.driver == .ublox else { return nil }
        switch wishes.purpose {
        case .none: return nil
        case .timing: self = .timing
        case .navigation: self = .navigation
        }
        self = fitting(baudRate: baudRate ?? clock.effectiveBaudRate)
        isSaved = wishes.isSaved
        if wishes.purpose == .timing {
            if let survey = wishes.survey {
                timingMode = .survey(Survey(duration: Int(survey.duration.rounded()), accuracy: survey.accuracy))
            }
            if let position = wishes.position {
                timingMode = .fixed(
                    .geographic(
                        latitude: position.latitude, longitude: position.longitude, height: position.height),
                    accuracy: position.accuracy ?? Self.usualAccuracy)
            }
        }
        if let chosen = wishes.constellations {
            constellations = Set(chosen.map(\.satellites))
            // UTC as a system tells it that is used: USNO's from GPS, the European from Galileo; else it may choose.
            if utcStandard != nil { utcStandard = chosen.contains(.gps) ? 3 : chosen.contains(.galileo) ? 5 : 0 }
        }
        if let delay = wishes.cableDelay { pulse.cableDelay = Int16(clamping: Int((delay * 1e9).rounded())) }
        if let elevation = wishes.minimumElevation { minimumElevation = Int8(clamping: elevation) }
    }
}

extension ReceiverWishes.Constellation {
    /// The same in the receiver's terms.
    fileprivate var satellites: Satellite.Constellation {
        switch self {
        case .gps: .gps
        case .sbas: .sbas
        case .galileo: .galileo
        case .beidou: .beiDou
        case .qzss: .qzss
        case .glonass: .glonass
        }
    }
}
