/// Which message of a receiver named a second.
///
/// Each kind has its own delay after the pulse, so labels of different kinds are calibrated apart.
public enum LabelMessage: UInt8, CaseIterable, Sendable {
    /// NMEA RMC: recommended minimum data; time, date and validity.
    case rmc
    /// NMEA ZDA: time and date with a four-digit year, without any validity.
    case zda
    /// NMEA GGA: fix data; time and quality, no date.
    case gga
    /// NMEA GLL: position; time and validity, no date.
    case gll
    /// NMEA GNS: fix data of several constellations; time and modes, no date.
    case gns

    /// Whether the message carries a date, and not only a time of day.
    public var isDated: Bool { self == .rmc || self == .zda }
}

/// A set of label messages.
public struct LabelMessageSet: OptionSet, Hashable, Sendable {
    /// Bit n stands for the `LabelMessage` whose raw value is n.
    public let rawValue: UInt64

    /// A set from its bits.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The set of one message.
    public init(_ message: LabelMessage) {
        self.init(rawValue: 1 << UInt64(message.rawValue))
    }

    /// Every NMEA sentence that tells the time: RMC, ZDA, GGA, GLL, GNS.
    public static let nmea: LabelMessageSet = [.dated, Self(.gga), Self(.gll), Self(.gns)]

    /// The NMEA sentences with a date: RMC and ZDA.
    public static let dated: LabelMessageSet = [Self(.rmc), Self(.zda)]

    /// Whether a message is in the set.
    public func contains(_ message: LabelMessage) -> Bool { contains(Self(message)) }
}
