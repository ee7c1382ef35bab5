/// A language that receivers speak.
public enum ReceiverProtocol: UInt8, CaseIterable, Sendable {
    /// NMEA 0183 sentences, the makers' own among them.
    case nmea
    /// u-blox UBX.
    case ubx
    /// Trimble TSIP, both the old packets and version 1.
    case tsip
    /// Motorola Oncore binary.
    case oncore
    /// SkyTraq binary: framed, so that it is skipped cleanly, and not decoded.
    case skyTraq
    /// SiRF binary: framed, so that it is skipped cleanly, and not decoded.
    case sirf
    /// What gpsd tells of a receiver.
    case gpsd
    /// Garmin binary, framed as TSIP is: told apart by its checksum, so that it is named, and not decoded.
    case garmin

    /// Whether messages of it are understood, and not only skipped.
    public var isDecoded: Bool { self != .skyTraq && self != .sirf && self != .garmin }
}

extension ReceiverProtocol: CustomStringConvertible {
    /// The name that its makers use.
    public var description: String {
        switch self {
        case .nmea: "NMEA"
        case .ubx: "UBX"
        case .tsip: "TSIP"
        case .oncore: "Oncore"
        case .skyTraq: "SkyTraq"
        case .sirf: "SiRF"
        case .gpsd: "gpsd"
        case .garmin: "Garmin"
        }
    }
}
