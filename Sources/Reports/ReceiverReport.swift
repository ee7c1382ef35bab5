import Receivers
import TimeScale

/// What a receiver says about itself; `nil` for what it has not said, or so long ago that it is no news.
public struct ReceiverReport: Equatable, Sendable, Decodable {
    /// A satellite in view.
    public struct Satellite: Equatable, Sendable, Decodable {
        /// Whose it is: gps, galileo, glonass, beiDou, qzss, navIC, sbas, imes, unknown.
        public var constellation = ""
        /// Its number, as the receiver counts.
        public var number = 0
        /// Carrier to noise density ratio, dBHz; 0 where it is not tracked.
        public var signal = 0
        /// Above the horizon, degrees.
        public var elevation: Int?
        /// From north by east, degrees.
        public var azimuth: Int?
        /// 1 where it is in the solution, 0 where it is not.
        public var used = 0

        /// A satellite of which nothing is said.
        public init() {}
    }

    /// Name of the source.
    public var source = ""
    /// How long ago it last said anything, seconds.
    public var age: Double?
    /// The languages that it speaks.
    public var languages = ""
    /// The model.
    public var model: String?
    /// The firmware.
    public var firmware: String?
    /// The version of its language.
    public var protocolVersion: String?
    /// Time since it began, seconds.
    public var uptime: Double?
    /// The last second that it has named, UTC: `2026-03-28T15:57:37Z`.
    public var second: String?
    /// The kind of solution: none, estimated, manual, time-only, 2D, 3D.
    public var fix: String?
    /// Satellites in the solution.
    public var satellitesUsed: Int?
    /// Satellites in view.
    public var satellitesInView: Int?
    /// Dilution of precision in the plane.
    public var horizontalDilution: Double?
    /// Dilution of precision in space.
    public var positionDilution: Double?
    /// Dilution of precision of the time.
    public var timeDilution: Double?
    /// Error of its time as it estimates it, seconds.
    public var timeAccuracy: Double?
    /// By how much its clock is ahead of the satellites', seconds.
    public var clockBias: Double?
    /// How fast that grows, s/s.
    public var clockDrift: Double?
    /// The antenna: good, open, short, off.
    public var antenna: String?
    /// Interference: none, indicated, affirmed.
    public var jamming: String?
    /// Interference by a continuous wave, 0 ... 255.
    public var jammingIndicator: Int?
    /// False signals: none, indicated, affirmed.
    public var spoofing: String?
    /// The almanac: complete, incomplete.
    public var almanac: String?
    /// The survey of the antenna's place: none, active, done.
    public var survey: String?
    /// How long it has taken so far, seconds.
    public var surveyDuration: Int?
    /// Standard deviation of the mean place, metres.
    public var surveyAccuracy: Double?
    /// How far it has come, percent.
    public var surveyProgress: Int?
    /// GPS − UTC as heard from a satellite, seconds.
    public var leapSeconds: Int?
    /// The announced change of it: 1, -1, 0 for none.
    public var leapChange: Int?
    /// The moment that follows the change, UTC.
    public var leapAt: String?
    /// How the receiver's figures about its pulses (qErr) are used, in words; `nil` without any.
    public var sawtooth: String?
    /// What the receiver was told to do, and whether it does.
    public var profile: String?
    /// Alarms in force, in words.
    public var alarms: [String] = []
    /// Temperature, °C.
    public var temperature: Double?
    /// Degrees, north positive; to a tenth unless the configuration asks for more.
    public var latitude: Double?
    /// Degrees, east positive; to a tenth unless the configuration asks for more.
    public var longitude: Double?
    /// Metres above the ellipsoid; only where the configuration asks for it.
    public var height: Double?
    /// The satellites in view.
    public var satellites: [Satellite] = []

    /// A report with nothing said.
    public init() {}
}

extension ReceiverReport {
    /// The rows of this report, without the satellites.
    public static let variables: [Variable<ReceiverReport>] = [
        Variable("source", \.source),
        Variable("age", .seconds, \.age),
        Variable("languages", \.languages),
        Variable("model", \.model),
        Variable("firmware", \.firmware),
        Variable("protocolVersion", \.protocolVersion),
        Variable("uptime", .seconds, \.uptime),
        Variable("second", \.second),
        Variable("fix", \.fix),
        Variable("satellitesUsed", .none, \.satellitesUsed),
        Variable("satellitesInView", .none, \.satellitesInView),
        Variable("horizontalDilution", .none, \.horizontalDilution),
        Variable("positionDilution", .none, \.positionDilution),
        Variable("timeDilution", .none, \.timeDilution),
        Variable("timeAccuracy", .seconds, \.timeAccuracy),
        Variable("clockBias", .seconds, \.clockBias),
        Variable("clockDrift", .secondsPerSecond, \.clockDrift),
        Variable("antenna", \.antenna),
        Variable("jamming", \.jamming),
        Variable("jammingIndicator", .none, \.jammingIndicator),
        Variable("spoofing", \.spoofing),
        Variable("almanac", \.almanac),
        Variable("survey", \.survey),
        Variable("surveyDuration", .seconds, \.surveyDuration),
        Variable("surveyAccuracy", .metres, \.surveyAccuracy),
        Variable("surveyProgress", .none, \.surveyProgress),
        Variable("leapSeconds", .seconds, \.leapSeconds),
        Variable("leapChange", .seconds, \.leapChange),
        Variable("leapAt", \.leapAt),
        Variable("sawtooth", \.sawtooth),
        Variable("profile", \.profile),
        Variable("alarms", \.alarms),
        Variable("temperature", .degreesCelsius, \.temperature),
        Variable("latitude", .degrees, \.latitude),
        Variable("longitude", .degrees, \.longitude),
        Variable("height", .metres, \.height),
    ]
}

extension ReceiverReport.Satellite {
    /// The rows of this report.
    public static let variables: [Variable<ReceiverReport.Satellite>] = [
        Variable("constellation", \.constellation),
        Variable("number", .none, \.number),
        Variable("signal", .none, \.signal),
        Variable("elevation", .degrees, \.elevation),
        Variable("azimuth", .degrees, \.azimuth),
        Variable("used", .none, \.used),
    ]
}

extension ReceiverReport {
    /// What a receiver says, in digits that mean something.
    ///
    /// - Parameter status: its state; source, languages and what a daemon adds are the caller's.
    public init(_ status: ReceiverStatus) {
        self.init()
        (model, firmware, protocolVersion) = (status.model, status.firmware, status.protocolVersion)
        uptime = Self.rounded(status.uptime, 3)
        fix = status.fix?.rawValue
        satellitesUsed = status.satellitesUsed
        satellitesInView = status.satellites.isEmpty ? nil : status.satellites.count
        horizontalDilution = Self.rounded(status.horizontalDilution, 2)
        positionDilution = Self.rounded(status.positionDilution, 2)
        timeDilution = Self.rounded(status.timeDilution, 2)
        timeAccuracy = Self.rounded(status.timeAccuracy, 12)
        clockBias = Self.rounded(status.clockBias, 12)
        clockDrift = Self.rounded(status.clockDrift, 15)
        antenna = status.antenna?.rawValue
        jamming = status.jamming.map { "\($0)" }
        jammingIndicator = status.jammingIndicator
        spoofing = status.spoofing.map { "\($0)" }
        almanac = status.hasAlmanac.map { $0 ? "complete" : "incomplete" }
        if let told = status.survey {
            survey = told.isActive ? "active" : told.isValid ? "done" : "none"
            // A receiver without a survey tells of one that has taken no time.
            if told.duration > 0 { (surveyDuration, surveyAccuracy) = (told.duration, Self.rounded(told.accuracy, 4)) }
            surveyProgress = told.progress
        }
        leapSeconds = status.leapSeconds
        (leapChange, leapAt) = (status.leapNews?.change, status.leapNews?.at.description)
        alarms = status.alarms
        temperature = Self.rounded(status.temperature, 2)
        latitude = Self.rounded(status.place?.latitude, 9)
        longitude = Self.rounded(status.place?.longitude, 9)
        height = Self.rounded(status.place?.height, 4)
        satellites = status.satellites.map { Satellite($0) }
    }

    /// A number with so many digits after the point, so that 3 ns are `3e-09` and not `3.0000000000000004e-09`; `nil` for
    /// one that is not finite.
    public static func rounded(_ value: Double?, _ digits: Int) -> Double? {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return value.flatMap { $0.isFinite ? ($0 * scale).rounded() / scale : nil }
    }
}

extension ReceiverReport.Satellite {
    init(_ satellite: Satellite) {
        self.init()
        constellation = satellite.constellation.rawValue
        (number, signal) = (satellite.number, satellite.signal)
        (elevation, azimuth) = (satellite.elevation, satellite.azimuth)
        used = satellite.isUsed ? 1 : 0
    }
}
