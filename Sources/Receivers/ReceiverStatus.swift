import TimeScale

/// What a receiver says about itself, as far as it has said it; `nil` for what it has not.
///
/// It is for people and alarms. What time is believed is decided message by message, and told by events.
public struct ReceiverStatus: Equatable, Sendable {
    /// What receivers tell again and again, so that it is known to be old.
    public struct Topics: OptionSet, Sendable {
        /// One bit for each.
        public let rawValue: UInt16

        /// Topics by their bits.
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// `fix`.
        public static let fix = Self(rawValue: 1)
        /// `satellitesUsed`.
        public static let satellitesUsed = Self(rawValue: 2)
        /// `satellites`.
        public static let satellites = Self(rawValue: 4)
        /// The three of dilution.
        public static let dilution = Self(rawValue: 8)
        /// `timeAccuracy`.
        public static let accuracy = Self(rawValue: 0x10)
        /// `antenna`.
        public static let antenna = Self(rawValue: 0x20)
        /// `jamming`.
        public static let jamming = Self(rawValue: 0x40)
        /// `spoofing`.
        public static let spoofing = Self(rawValue: 0x80)
        /// `hasAlmanac`.
        public static let almanac = Self(rawValue: 0x100)
        /// Those about the solution, which every receiver tells all the time.
        public static let solution: [Topics] = [.fix, .satellitesUsed, .satellites, .dilution, .accuracy]
    }

    /// The kind of solution.
    public enum Fix: String, Sendable, CaseIterable {
        /// None.
        case none
        /// Carried on without satellites: dead reckoning, estimated.
        case estimated
        /// Entered by hand, or simulated.
        case manual
        /// Time only: the place is known and held.
        case time = "time-only"
        /// Two dimensions.
        case plane = "2D"
        /// Three dimensions.
        case space = "3D"
    }

    /// The antenna's supply.
    public enum Antenna: String, Sendable, CaseIterable {
        /// It draws what an antenna draws.
        case good
        /// Nothing is connected, or the cable is broken.
        case open
        /// The cable or the antenna is shorted.
        case short
        /// Switched off.
        case off
    }

    /// What the receiver thinks of its signals; the higher, the worse.
    public enum Threat: UInt8, Sendable, CaseIterable, Comparable {
        /// None seen.
        case none
        /// Indicated: u-blox's "warning", or "indicated".
        case indicated
        /// Certain: "critical" (no fix is possible), or "affirmed", "multiple indications".
        case affirmed

        /// The lighter before the worse.
        public static func < (left: Threat, right: Threat) -> Bool { left.rawValue < right.rawValue }
    }

    /// Why its pulses are not to be used, as it says itself; the words stand among `alarms`.
    public enum PulseFault: String, Sendable, CaseIterable {
        /// It makes none.
        case missing = "pulse: none"
        /// It calls them bad.
        case bad = "pulse: not to be used"
        /// They follow its battery clock.
        case free = "pulse: by the battery clock"
        /// They come from an oscillator that it calls inaccurate.
        case inaccurate = "pulse: its oscillator is off"
        /// Its satellites contradict each other (time receiver autonomous integrity monitoring).
        case integrity = "TRAIM: the time is not sound"
    }

    /// A survey of the antenna's place.
    public struct Survey: Equatable, Sendable {
        /// Whether it is going on.
        public var isActive: Bool
        /// Whether its result is good enough, as the receiver was told what is.
        public var isValid: Bool
        /// Seconds it has taken so far.
        public var duration: Int
        /// Standard deviation of the mean place, metres; `nil` where it is not told.
        public var accuracy: Double?
        /// How far it has come, percent; `nil` where it is not told.
        public var progress: Int?
        /// The mean place so far; `nil` where it is not told.
        public var mean: GeocentricPlace?

        /// A survey from its parts.
        public init(
            isActive: Bool, isValid: Bool, duration: Int, accuracy: Double? = nil, progress: Int? = nil,
            mean: GeocentricPlace? = nil
        ) {
            (self.isActive, self.isValid, self.duration) = (isActive, isValid, duration)
            (self.accuracy, self.progress, self.mean) = (accuracy, progress, mean)
        }
    }

    /// The announced change of the leap seconds.
    public struct LeapNews: Equatable, Sendable {
        /// +1 inserted, −1 deleted, 0 none.
        public var change: Int
        /// The moment that follows it, UTC.
        public var at: Instant

        /// News from its parts.
        public init(change: Int, at: Instant) { (self.change, self.at) = (change, at) }
    }

    /// A place, WGS 84.
    public struct Place: Equatable, Sendable {
        /// Degrees, north positive.
        public var latitude: Double
        /// Degrees, east positive.
        public var longitude: Double
        /// Metres above the ellipsoid; `nil` where it is not told.
        public var height: Double?

        /// A place from its parts.
        public init(latitude: Double, longitude: Double, height: Double? = nil) {
            (self.latitude, self.longitude, self.height) = (latitude, longitude, height)
        }

        /// Leaves a tenth of a degree, some 11 km, and no height.
        mutating func blur() {
            self = Self(latitude: (latitude * 10).rounded() / 10, longitude: (longitude * 10).rounded() / 10)
        }
    }

    /// What has been told since this was last emptied, be it the same as before.
    var told: Topics = []

    /// The kind of solution.
    public var fix: Fix? { didSet { told.insert(.fix) } }
    /// Satellites in the solution.
    public var satellitesUsed: Int? { didSet { told.insert(.satellitesUsed) } }
    /// Satellites in view, in the order in which the receiver lists them.
    public var satellites: [Satellite] = [] { didSet { told.insert(.satellites) } }
    /// Dilution of precision in the plane.
    public var horizontalDilution: Double? { didSet { told.insert(.dilution) } }
    /// Dilution of precision in space.
    public var positionDilution: Double? { didSet { told.insert(.dilution) } }
    /// Dilution of precision of the time.
    public var timeDilution: Double? { didSet { told.insert(.dilution) } }
    /// Error of its time as the receiver estimates it, seconds.
    public var timeAccuracy: Double? { didSet { told.insert(.accuracy) } }
    /// By how much its clock is ahead of the satellites', seconds.
    public var clockBias: Double?
    /// How fast that grows, s/s.
    public var clockDrift: Double?
    /// The antenna's supply.
    public var antenna: Antenna? { didSet { told.insert(.antenna) } }
    /// Interference.
    public var jamming: Threat? { didSet { told.insert(.jamming) } }
    /// Interference by a continuous wave, 0 (none) ... 255 (strong).
    public var jammingIndicator: Int?
    /// Signals that pretend to be a satellite's.
    public var spoofing: Threat? { didSet { told.insert(.spoofing) } }
    /// The survey of the antenna's place.
    public var survey: Survey?
    /// GPS − UTC, seconds, as heard from a satellite and not as the firmware assumes.
    public var leapSeconds: Int?
    /// The announced leap second, or that there is none.
    public var leapNews: LeapNews?
    /// Whether the almanac is complete, and with it what depends on it.
    public var hasAlmanac: Bool? { didSet { told.insert(.almanac) } }
    /// Minor and critical alarms of its own, in words.
    public var alarms: [String] = []
    /// The model, `ZED-F9T`.
    public var model: String?
    /// The firmware, `TIM 2.20`.
    public var firmware: String?
    /// The version of its language, `29.20`.
    public var protocolVersion: String?
    /// Temperature, °C.
    public var temperature: Double?
    /// Time since it began, seconds: a decrease is a reset.
    public var uptime: Double?
    /// Where the antenna is.
    public var place: Place?

    /// Nothing is known.
    public init() {}

    /// Why its pulses are not to be used; `nil` where nothing speaks against them.
    public var pulseFault: PulseFault? { PulseFault.allCases.first { alarms.contains($0.rawValue) } }
    /// Forgets what is old.
    public mutating func forget(_ topics: Topics) {
        if topics.contains(.fix) { fix = nil }
        if topics.contains(.satellitesUsed) { satellitesUsed = nil }
        if topics.contains(.satellites) { satellites = [] }
        if topics.contains(.dilution) { (horizontalDilution, positionDilution, timeDilution) = (nil, nil, nil) }
        if topics.contains(.accuracy) { timeAccuracy = nil }
        if topics.contains(.antenna) { antenna = nil }
        if topics.contains(.jamming) { (jamming, jammingIndicator) = (nil, nil) }
        if topics.contains(.spoofing) { spoofing = nil }
        if topics.contains(.almanac) { hasAlmanac = nil }
    }
}

/// A satellite that a receiver sees.
public struct Satellite: Hashable, Sendable {
    /// Whose it is.
    public enum Constellation: String, Sendable, CaseIterable {
        /// United States.
        case gps
        /// Satellite based augmentation: WAAS, EGNOS and others.
        case sbas
        /// European Union.
        case galileo
        /// China.
        case beiDou
        /// Japan, indoors.
        case imes
        /// Japan.
        case qzss
        /// Russia.
        case glonass
        /// India.
        case navIC
        /// Not told.
        case unknown
    }

    /// Whose it is.
    public var constellation: Constellation
    /// Its number, as the receiver counts.
    public var number: Int
    /// Carrier to noise density ratio, dBHz; 0 where it is not tracked.
    public var signal: Int
    /// Above the horizon, degrees; `nil` where it is not known.
    public var elevation: Int?
    /// From north by east, degrees; `nil` where it is not known.
    public var azimuth: Int?
    /// Whether it is in the solution.
    public var isUsed: Bool

    /// A satellite from its parts.
    public init(
        _ constellation: Constellation, _ number: Int, signal: Int, elevation: Int? = nil, azimuth: Int? = nil,
        isUsed: Bool = false
    ) {
        (self.constellation, self.number, self.signal) = (constellation, number, signal)
        (self.elevation, self.azimuth, self.isUsed) = (elevation, azimuth, isUsed)
    }
}
