/// What an operator wants a receiver to be; `UBXBlock` says it in the receiver's own words.
///
/// Everything that is `nil` is left as the receiver has it. The defaults are those of `shared/reference/hardware.md` §4.1.
public struct ReceiverProfile: Equatable, Sendable {
    /// Whether the receiver solves for the time alone.
    public enum TimingMode: Equatable, Sendable {
        /// It solves for place and time.
        case off
        /// It finds its place, then solves for the time alone.
        case survey(Survey)
        /// It is told its place.
        case fixed(Position, accuracy: Double)
    }

    /// A survey of the antenna's place.
    public struct Survey: Equatable, Sendable {
        /// Shortest duration, seconds, 1 ... 2³² − 1.
        public var duration: Int
        /// Standard deviation of the place that ends it, metres, above 0.
        public var accuracy: Double

        /// A survey from its parts.
        public init(duration: Int, accuracy: Double) { (self.duration, self.accuracy) = (duration, accuracy) }

        /// The place that a survey has found, and how exactly (m), where it has ended and is as long and as good as these
        /// terms; `nil` where it is not, or has not told.
        public func result(
            of survey: ReceiverStatus.Survey
        ) -> (place: GeocentricPlace, accuracy: Double)? {
            guard survey.isValid, !survey.isActive, survey.duration >= duration, let mean = survey.mean,
                // The receiver was told its limit in tenths of millimetres.
                let accuracy = survey.accuracy, accuracy <= self.accuracy + 1e-4
            else { return nil }
            return (mean, accuracy)
        }
    }

    /// Where the antenna is.
    public enum Position: Equatable, Sendable {
        /// Degrees north and east, and metres above the ellipsoid, WGS 84.
        case geographic(latitude: Double, longitude: Double, height: Double)
        /// From the centre of the earth, as surveys end.
        case geocentric(GeocentricPlace)
    }

    /// The pulse that marks the seconds.
    public struct Pulse: Equatable, Sendable {
        /// Which time it follows: 0 UTC, 1 GPS, 2 GLONASS, 3 BeiDou, 4 Galileo (CFG-TP-TIMEGRID_TP1).
        public var timeGrid: UInt8 = 0
        /// From pulse to pulse, µs.
        public var period: UInt32 = 1_000_000
        /// Length once the time is known, µs.
        public var lockedLength: UInt32 = 100_000
        /// Length before that, µs; 0: silence, so that nobody takes a free-running edge for a second.
        public var unlockedLength: UInt32 = 0
        /// Whether the edge at the top of the second rises.
        public var isRising = true
        /// Delay of the antenna's cable, ns; `nil` leaves it.
        public var cableDelay: Int16?

        /// One pulse per second.
        public init() {}
    }

    /// A message and how often it comes.
    public struct MessageRate: Equatable, Sendable {
        /// The message.
        public var message: UBXOutput
        /// Every so many measurements; 0: never.
        public var interval: UInt8

        /// A rate from its parts.
        public init(_ message: UBXOutput, every interval: UInt8) { (self.message, self.interval) = (message, interval) }
    }

    /// Whether the receiver solves for the time alone.
    public var timingMode = TimingMode.off
    /// Between measurements, ms.
    public var measurementPeriod: UInt16 = 1000
    /// The satellite systems to use, and no others.
    public var constellations: Set<Satellite.Constellation>?
    /// Whether geostationary satellites help; they cost timing receivers more than they give.
    public var usesAugmentation: Bool?
    /// The pulse.
    public var pulse = Pulse()
    /// Messages, those first that matter most.
    public var messages = MessageRate.usual
    /// Lowest elevation of a satellite that is used, degrees.
    public var minimumElevation: Int8?
    /// Whether the antenna stands still.
    public var isStationary = false
    /// Whose UTC: 0 the receiver's choice, 3 USNO, 5 EU (CFG-NAVSPG-UTCSTANDARD).
    public var utcStandard: UInt8?
    /// Whether the receiver looks for interference and false signals.
    public var watchesThreats = true
    /// Whether the receiver keeps it all, and the place that a survey ended with, without power.
    public var isSaved = false

    /// A receiver that stands still: a day of survey to 2 m, elevations from 10° on, no augmentation, UTC as USNO keeps it.
    public static let timing: ReceiverProfile = {
        var profile = ReceiverProfile()
        profile.timingMode = .survey(Survey(duration: 86_400, accuracy: 2))
        (profile.usesAugmentation, profile.minimumElevation) = (false, 10)
        (profile.isStationary, profile.utcStandard) = (true, 3)
        return profile
    }()

    /// A receiver that may move: pulse and messages only.
    public static let navigation = ReceiverProfile()

    init() {}

    /// Leaves out the messages that a serial line cannot carry, those that matter least first.
    ///
    /// - Parameter baudRate: speed of the line, bit/s.
    /// - Returns: a profile whose messages fill four fifths of the line at most in a second when all of them come; the
    ///   rest is for answers, and for the receiver's delay before it begins.
    public func fitting(baudRate: Int) -> ReceiverProfile {
        var profile = self
        let room = baudRate / 10 * 4 / 5 * Int(measurementPeriod) / 1000
        var used = 0
        for (index, rate) in messages.enumerated() where rate.interval > 0 {
            if used + rate.message.length <= room {
                used += rate.message.length
            } else {
                profile.messages[index].interval = 0
            }
        }
        return profile
    }
}

/// A place from the centre of the earth (WGS 84), in tenths of millimetres, as receivers reckon it.
public struct GeocentricPlace: Equatable, Sendable {
    /// Towards 0° N 0° E.
    public var x: Int64
    /// Towards 0° N 90° E.
    public var y: Int64
    /// Towards 90° N.
    public var z: Int64

    /// A place from its parts.
    public init(x: Int64, y: Int64, z: Int64) { (self.x, self.y, self.z) = (x, y, z) }
}

extension ReceiverProfile.MessageRate {
    /// What a time server uses, those first that matter most: names of seconds, the sawtooth, the reset counter, leap
    /// seconds; then the survey and threats; then sentences for others, and satellites last, which need the most room.
    static let usual: [ReceiverProfile.MessageRate] =
        [
            .init(.navPVT, every: 1), .init(.timTP, every: 1), .init(.navStatus, every: 1),
            .init(.navTimeUTC, every: 1),
            .init(.navTimeLS, every: 60), .init(.timSurvey, every: 1), .init(.navSurvey, every: 1),
            .init(.navClock, every: 1), .init(.secSignals, every: 1), .init(.monRadio, every: 5),
            .init(.monHardware, every: 5), .init(.navEndOfEpoch, every: 1), .init(.rmc, every: 1),
            .init(.zda, every: 1),
            .init(.navSatellites, every: 5),
        ] + [UBXOutput.gga, .gll, .gsa, .gsv, .vtg].map { .init($0, every: 0) }
}
