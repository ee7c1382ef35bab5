/// What a receiver sees (SKY).
public struct GPSDSky: Equatable, Sendable {
    /// The device.
    public let device: String?
    /// How good the satellites' places are.
    public let dilutions: GPSDDilutions
    /// The satellites; `nil` in a message that has only dilutions, as some receivers make gpsd send.
    public let satellites: [GPSDSatellite]?

    /// A sky.
    public init(device: String?, dilutions: GPSDDilutions, satellites: [GPSDSatellite]?) {
        (self.device, self.dilutions, self.satellites) = (device, dilutions, satellites)
    }
}

/// Dilutions of precision: errors in these directions are those of the ranges times these; `nil` where not told.
public struct GPSDDilutions: Equatable, Sendable {
    /// East and north.
    public var horizontal: Double?
    /// All three directions.
    public var position: Double?
    /// The time.
    public var time: Double?

    /// Nothing told.
    public init() {}
}

/// A navigation system, by gpsd's `gnssid`.
public enum GPSDConstellation: Int, Equatable, Sendable {
    /// GPS of the United States.
    case gps = 0
    /// Augmentation: WAAS, EGNOS, MSAS, GAGAN.
    case sbas = 1
    /// Galileo.
    case galileo = 2
    /// BeiDou.
    case beiDou = 3
    /// Japan's transmitters indoors.
    case imes = 4
    /// QZSS of Japan.
    case qzss = 5
    /// GLONASS.
    case glonass = 6
    /// NavIC of India.
    case navIC = 7
}

/// A satellite in view.
public struct GPSDSatellite: Equatable, Sendable {
    /// Its system; `nil` where gpsd knows only a number of NMEA's.
    public let constellation: GPSDConstellation?
    /// Its number in its system, or NMEA's.
    public let number: Int
    /// C/N₀ in dBHz; `nil` where not told.
    public let signal: Double?
    /// Whether it is used for the fix.
    public let isUsed: Bool
    /// Degrees above the horizon; `nil` where not told.
    public let elevation: Double?
    /// Degrees from north, clockwise; `nil` where not told.
    public let azimuth: Double?

    /// A satellite.
    public init(
        constellation: GPSDConstellation?, number: Int, signal: Double?, isUsed: Bool, elevation: Double?,
        azimuth: Double?
    ) {
        (self.constellation, self.number, self.signal) = (constellation, number, signal)
        (self.isUsed, self.elevation, self.azimuth) = (isUsed, elevation, azimuth)
    }
}
