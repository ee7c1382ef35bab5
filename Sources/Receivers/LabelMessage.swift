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
    /// u-blox UBX-NAV-PVT: navigation solution with date and time.
    case navPVT
    /// u-blox UBX-NAV-TIMEUTC.
    case navTimeUTC
    /// u-blox UBX-NAV-TIMEGPS: week, time of week and leap seconds.
    case navTimeGPS
    /// u-blox `$PUBX,04`: time and date without any validity, and leap seconds.
    case pubxTime
    /// Garmin `$PGRMF`: GPS week, time of week, date, time and leap seconds.
    case garminFix
    /// Furuno `$PERDCRW,TPS1`: date, time, and whether the leap seconds are known.
    case furunoTime
    /// Trimble TSIP 8F-AB, primary timing packet.
    case tsipPrimary
    /// Trimble TSIP version 1, A1-00, timing information.
    case tsipTiming
    /// Motorola Oncore @@Ea, @@Ba, @@Ha: position, status and data.
    case oncorePosition
    /// gpsd's TOFF: the receiver's time, and when its first byte arrived.
    case gpsdTimeOffset
    /// gpsd's TPV: time, position, velocity; stamped as it is read.
    case gpsdFix

    /// Whether the message carries a date, and not only a time of day.
    public var isDated: Bool { self != .gga && self != .gll && self != .gns }
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

    /// Every message that tells the time.
    public static let all = LabelMessageSet(LabelMessage.allCases.map { LabelMessageSet($0) })

    /// The standard's sentences with a date: RMC and ZDA.
    public static let dated: LabelMessageSet = [Self(.rmc), Self(.zda)]

    /// Whether a message is in the set.
    public func contains(_ message: LabelMessage) -> Bool { contains(Self(message)) }
}
