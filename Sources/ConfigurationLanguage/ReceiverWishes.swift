/// What is asked of the receiver behind a reference clock: `profile` and the words that belong to it.
///
/// Nothing is ever sent to a receiver whose clock has no `profile`: it may belong to somebody else.
public struct ReceiverWishes: Equatable, Sendable {
    /// What the receiver is there for.
    public enum Purpose: String, CaseIterable, Sendable {
        /// It is left as it is.
        case none
        /// It stands still and tells the time.
        case timing
        /// It tells the time and may move.
        case navigation
    }

    /// A survey of the antenna's place.
    public struct Survey: Equatable, Sendable {
        /// Shortest duration, seconds.
        public var duration: Double
        /// Standard deviation of the place that ends it, metres.
        public var accuracy: Double

        /// A survey from its parts.
        public init(duration: Double, accuracy: Double) {
            (self.duration, self.accuracy) = (duration, accuracy)
        }
    }

    /// The antenna's place, WGS 84.
    public struct Position: Equatable, Sendable {
        /// Degrees, north positive, −90 ... 90.
        public var latitude: Double
        /// Degrees, east positive, −180 ... 180.
        public var longitude: Double
        /// Metres above the ellipsoid.
        public var height: Double
        /// Standard deviation, metres; `nil` where nothing is said.
        public var accuracy: Double?

        /// A place from its parts.
        public init(latitude: Double, longitude: Double, height: Double, accuracy: Double? = nil) {
            (self.latitude, self.longitude) = (latitude, longitude)
            (self.height, self.accuracy) = (height, accuracy)
        }
    }

    /// A satellite system that a receiver can be told to use.
    public enum Constellation: String, CaseIterable, Sendable {
        /// United States.
        case gps
        /// Augmentation by geostationary satellites.
        case sbas
        /// European Union.
        case galileo
        /// China.
        case beidou
        /// Japan.
        case qzss
        /// Russia.
        case glonass
    }

    /// What the receiver is there for (`profile`).
    public var purpose = Purpose.none
    /// Whether it shall keep its configuration without power (`profile … save`).
    public var isSaved = false
    /// How the antenna's place is found (`survey`); `nil` where nothing is said.
    public var survey: Survey?
    /// The antenna's place (`position`); `nil` where nothing is said.
    public var position: Position?
    /// The satellite systems to use, and no others (`constellations`); `nil` where nothing is said.
    public var constellations: Set<Constellation>?
    /// Delay of the antenna's cable, seconds, 0 ... 32.767e-6 (`cabledelay`); `nil` where nothing is said.
    public var cableDelay: Double?
    /// Lowest elevation of a satellite that is used, degrees, 0 ... 90 (`elevation`); `nil` where nothing is said.
    public var minimumElevation: Int?

    /// Nothing is asked.
    public init() {}
}

extension ReceiverWishes {
    /// The words on a clock's line.
    static let options: [Option<ReferenceClockConfiguration>] = [
        Option("profile") { $0.profile.readPurpose(&$1, $2) },
        Option("survey") { $0.profile.readSurvey(&$1, $2) },
        Option("position") { $0.profile.readPosition(&$1, $2) },
        Option("constellations") { $0.profile.readConstellations(&$1, $2) },
        Option("cabledelay") { clock, statement, word in
            // 16 bits of nanoseconds in the receiver, of which the sign is of no use.
            let delay = statement.quantity(
                after: word, "a delay from 0 to 32767 ns", in: 0...32.767e-6, [("ns", 1e-9), ("us", 1e-6)])
            if let delay { clock.profile.cableDelay = delay }
        },
        Option("elevation") { clock, statement, word in
            if let degrees = statement.integer(after: word, in: 0...90) { clock.profile.minimumElevation = degrees }
        },
    ]

    private static let lengths = [("m", 1.0), ("cm", 0.01), ("mm", 0.001)]

    private mutating func readPurpose(_ statement: inout Statement, _ word: Word) {
        let names = Purpose.allCases.map(\.rawValue)
        let expectation = names.dropLast().joined(separator: ", ") + " or \(names[names.count - 1])"
        guard let value = statement.string(after: word, expectation) else { return }
        guard let purpose = Purpose(rawValue: value.text) else {
            return statement.reportBad(value, of: word, expectation)
        }
        var ahead = statement
        isSaved = ahead.nextWord()?.text == "save"
        if isSaved { statement = ahead }
        self.purpose = purpose
    }

    private mutating func readSurvey(_ statement: inout Statement, _ word: Word) {
        let units = [("s", 1.0), ("m", 60), ("h", 3600), ("d", 86_400)]
        // A month is more than any survey gains by, and 100 m more than any is worth.
        let duration = statement.quantity(
            after: word, "a length of time from 1 s to 31 d (s, m, h, d)", in: 1...31 * 86_400, units)
        let accuracy = statement.quantity(
            after: word, "an accuracy from 1 mm to 100 m (m, cm, mm)", in: 0.001...100, Self.lengths)
        if let duration, let accuracy { survey = Survey(duration: duration, accuracy: accuracy) }
    }

    private mutating func readPosition(_ statement: inout Statement, _ word: Word) {
        let latitude = statement.real(after: word, in: -90...90, unit: "degrees north")
        let longitude = statement.real(after: word, in: -180...180, unit: "degrees east")
        // From below the Dead Sea to above the highest mountain.
        let height = statement.quantity(
            after: word, "a height above the ellipsoid from -1000 m to 10000 m (m, cm, mm)", in: -1000...10_000,
            Self.lengths)
        var accuracy: Double?
        if statement.isNumberNext {
            accuracy = statement.quantity(
                after: word, "an accuracy from 1 mm to 100 m (m, cm, mm)", in: 0.001...100, Self.lengths)
            if accuracy == nil { return }
        }
        guard let latitude, let longitude, let height else { return }
        position = Position(latitude: latitude, longitude: longitude, height: height, accuracy: accuracy)
    }

    private mutating func readConstellations(_ statement: inout Statement, _ word: Word) {
        let expectation =
            "a list as in 'gps,galileo' of " + Constellation.allCases.map(\.rawValue).joined(separator: ", ")
        guard let value = statement.string(after: word, expectation) else { return }
        let names = value.text.split(separator: ",", omittingEmptySubsequences: false)
        let chosen = names.compactMap { Constellation(rawValue: String($0)) }
        guard chosen.count == names.count, chosen.contains(where: { $0 != .sbas }) else {
            return statement.reportBad(value, of: word, expectation)
        }
        constellations = Set(chosen)
    }

    /// What cannot be meant as it stands, once every line has been read; one remark at a time.
    func remark(for driver: DriverKind) -> String? {
        let isAsked = purpose != .none
        let words = [
            survey.map { _ in "survey" }, position.map { _ in "position" },
            constellations.map { _ in "constellations" }, cableDelay.map { _ in "cabledelay" },
            minimumElevation.map { _ in "elevation" },
        ].compactMap(\.self)
        if isAsked, driver != .nmea, driver != .ublox {
            return "'profile' is for u-blox receivers (nmea, ublox), the word is ignored"
        }
        if let word = words.first, !isAsked { return "'\(word)' has no effect without 'profile'" }
        if survey != nil, position != nil { return "'position' is used, 'survey' has no effect beside it" }
        if purpose == .navigation, survey != nil || position != nil {
            return "'\(words[0])' has no effect in 'profile navigation'"
        }
        return nil
    }
}
