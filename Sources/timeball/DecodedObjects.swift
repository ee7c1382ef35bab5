import Receivers
import TimeScale

/// An epoch as JSON. What is not known is left out. Times are seconds, signals dBHz, angles degrees, heights metres.
struct EpochObject: Encodable {
    private let utc: String
    private let sources: [String]
    private let fix: String
    private let leap: Int?
    private let leapIsKnown: Bool
    private let weekRollovers: Int
    private let delay: Double?
    private let sawtooth: Double?
    private let satellitesUsed: Int?
    private let satellites: [SatelliteObject]?
    private let horizontalDilution: Double?
    private let positionDilution: Double?
    private let timeDilution: Double?
    private let timeAccuracy: Double?
    private let clockBias: Double?
    private let clockDrift: Double?
    private let antenna: String?
    private let jamming: String?
    private let jammingIndicator: Int?
    private let spoofing: String?
    private let survey: SurveyObject?
    private let leapNews: LeapNewsObject?
    private let hasAlmanac: Bool?
    private let alarms: [String]?
    private let model: String?
    private let firmware: String?
    private let protocolVersion: String?
    private let temperature: Double?
    private let uptime: Double?
    private let place: PlaceObject?

    init(_ epoch: DecodedEpoch) {
        let (label, status) = (epoch.label, epoch.status)
        (utc, sources, fix, leap) = (epoch.utc, epoch.sources, epoch.fix, status.leapSeconds)
        (leapIsKnown, weekRollovers) = (label.knowsLeapSeconds, label.weekRollovers)
        delay = epoch.delay
        sawtooth = epoch.sawtooth?.correction?.ifFinite
        satellitesUsed = status.satellitesUsed
        satellites = status.satellites.isEmpty ? nil : status.satellites.map(SatelliteObject.init)
        horizontalDilution = status.horizontalDilution?.ifFinite
        positionDilution = status.positionDilution?.ifFinite
        timeDilution = status.timeDilution?.ifFinite
        timeAccuracy = status.timeAccuracy?.ifFinite
        clockBias = status.clockBias?.ifFinite
        clockDrift = status.clockDrift?.ifFinite
        antenna = status.antenna?.rawValue
        jamming = status.jamming.map { "\($0)" }
        jammingIndicator = status.jammingIndicator
        spoofing = status.spoofing.map { "\($0)" }
        survey = status.survey.map(SurveyObject.init)
        leapNews = status.leapNews.map(LeapNewsObject.init)
        hasAlmanac = status.hasAlmanac
        alarms = status.alarms.isEmpty ? nil : status.alarms
        (model, firmware, protocolVersion) = (status.model, status.firmware, status.protocolVersion)
        temperature = status.temperature?.ifFinite
        uptime = status.uptime?.ifFinite
        place = status.place.flatMap { PlaceObject($0) }
    }
}

/// A satellite as JSON.
struct SatelliteObject: Encodable {
    private let constellation: String
    private let number: Int
    private let signal: Int
    private let elevation: Int?
    private let azimuth: Int?
    private let used: Bool

    init(_ satellite: Satellite) {
        (constellation, number) = (satellite.constellation.rawValue, satellite.number)
        (signal, elevation, azimuth) = (satellite.signal, satellite.elevation, satellite.azimuth)
        used = satellite.isUsed
    }
}

/// A survey as JSON.
struct SurveyObject: Encodable {
    private let active: Bool
    private let valid: Bool
    private let duration: Int
    private let accuracy: Double?
    private let progress: Int?

    init(_ survey: ReceiverStatus.Survey) {
        (active, valid, duration) = (survey.isActive, survey.isValid, survey.duration)
        (accuracy, progress) = (survey.accuracy?.ifFinite, survey.progress)
    }
}

/// An announced leap second as JSON.
struct LeapNewsObject: Encodable {
    private let change: Int
    private let at: String

    init(_ news: ReceiverStatus.LeapNews) { (change, at) = (news.change, "\(news.at)") }
}

/// A place as JSON, as exactly as the decoder holds it.
struct PlaceObject: Encodable {
    private let latitude: Double
    private let longitude: Double
    private let height: Double?

    init?(_ place: ReceiverStatus.Place) {
        guard let latitude = place.latitude.ifFinite, let longitude = place.longitude.ifFinite else { return nil }
        (self.latitude, self.longitude, height) = (latitude, longitude, place.height?.ifFinite)
    }
}

/// A frame as JSON.
struct FrameObject: Encodable {
    private let offset: UInt64
    private let length: Int
    private let language: String
    private let message: String?
    private let verdict: String
    private let moment: String?
    private let reason: String?

    init(_ frame: FrameVerdict) {
        (offset, length, language) = (frame.offset, frame.length, frame.name.language.description)
        message = frame.name.code == 0 ? nil : frame.name.description
        verdict = frame.verdict.word
        if case .rejected = frame.verdict {
            (moment, reason) = (nil, frame.verdict.remark)
        } else {
            (moment, reason) = (frame.verdict.remark, nil)
        }
    }
}

extension Double {
    /// `nil` for what JSON cannot say.
    fileprivate var ifFinite: Double? { isFinite ? self : nil }
}
