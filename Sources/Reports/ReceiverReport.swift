/// What a receiver says about itself; `nil` for what it has not said.
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
    /// The languages that it speaks.
    public var languages = ""
    /// The model.
    public var model: String?
    /// The firmware.
    public var firmware: String?
    /// The last second that it has named, UTC: `2026-03-28T15:57:37Z`.
    public var second: String?
    /// The kind of solution: none, estimated, manual, time, plane, space.
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
    /// The antenna: good, open, short, off.
    public var antenna: String?
    /// Interference: none, indicated, affirmed.
    public var jamming: String?
    /// Interference by a continuous wave, 0 ... 255.
    public var jammingIndicator: Int?
    /// False signals: none, indicated, affirmed.
    public var spoofing: String?
    /// The survey of the antenna's place, in words.
    public var survey: String?
    /// GPS − UTC as heard from a satellite, seconds.
    public var leapSeconds: Int?
    /// How the receiver's figures about its pulses (qErr) are used, in words; `nil` without any.
    public var sawtooth: String?
    /// What the receiver was told to do, and whether it does.
    public var profile: String?
    /// Alarms in force, in words.
    public var alarms = ""
    /// Temperature, °C.
    public var temperature: Double?
    /// Degrees, north positive; to a tenth unless the configuration asks for more.
    public var latitude: Double?
    /// Degrees, east positive; to a tenth unless the configuration asks for more.
    public var longitude: Double?
    /// The satellites in view.
    public var satellites: [Satellite] = []

    /// A report with nothing said.
    public init() {}
}

extension ReceiverReport {
    /// The rows of this report, without the satellites.
    public static let variables: [Variable<ReceiverReport>] = [
        Variable("source", \.source),
        Variable("languages", \.languages),
        Variable("model", \.model),
        Variable("firmware", \.firmware),
        Variable("second", \.second),
        Variable("fix", \.fix),
        Variable("satellitesUsed", .none, \.satellitesUsed),
        Variable("satellitesInView", .none, \.satellitesInView),
        Variable("horizontalDilution", .none, \.horizontalDilution),
        Variable("positionDilution", .none, \.positionDilution),
        Variable("timeDilution", .none, \.timeDilution),
        Variable("timeAccuracy", .seconds, \.timeAccuracy),
        Variable("antenna", \.antenna),
        Variable("jamming", \.jamming),
        Variable("jammingIndicator", .none, \.jammingIndicator),
        Variable("spoofing", \.spoofing),
        Variable("survey", \.survey),
        Variable("leapSeconds", .seconds, \.leapSeconds),
        Variable("sawtooth", \.sawtooth),
        Variable("profile", \.profile),
        Variable("alarms", \.alarms),
        Variable("temperature", .degreesCelsius, \.temperature),
        Variable("latitude", .degrees, \.latitude),
        Variable("longitude", .degrees, \.longitude),
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
