/// A message that a u-blox receiver can be told to send.
///
/// Keys: u-blox interface descriptions, as in `shared/reference/nmea-ubx.md` §5.2, compared with pyubx2's table.
public struct UBXOutput: Hashable, Sendable {
    /// Its name in u-blox's documents, without `UBX-`.
    public let name: String
    /// Class and number, as CFG-MSG names it; sentences are class 0xf0.
    let code: UInt16
    /// CFG-MSGOUT-…-UART1; the key for USB is higher by 2.
    let uartKey: UInt32
    /// Length of the whole message with many satellites in view, bytes.
    let length: Int
    /// Which receivers have it.
    let scope: Scope
    /// Whether nobody needs to be told where it is missing: others tell the same.
    let isOptional: Bool

    /// Which receivers have a message.
    enum Scope: Sendable {
        case all
        /// Those that are configured by keys.
        case keyed
        /// Those before.
        case older
    }

    private init(
        _ name: String, _ code: UInt16, _ uartKey: UInt32, _ length: Int, _ scope: Scope = .all,
        isOptional: Bool = false
    ) {
        (self.name, self.code, self.uartKey, self.length) = (name, code, uartKey, length)
        (self.scope, self.isOptional) = (scope, isOptional)
    }

    /// Date, time, fix.
    public static let navPVT = UBXOutput("NAV-PVT", 0x0107, 0x2091_0007, 100)
    /// Fix, false signals, time since the receiver began.
    public static let navStatus = UBXOutput("NAV-STATUS", 0x0103, 0x2091_001b, 24)
    /// UTC.
    public static let navTimeUTC = UBXOutput("NAV-TIMEUTC", 0x0121, 0x2091_005c, 28)
    /// Leap seconds.
    public static let navTimeLS = UBXOutput("NAV-TIMELS", 0x0126, 0x2091_0061, 32)
    /// Bias and drift.
    public static let navClock = UBXOutput("NAV-CLOCK", 0x0122, 0x2091_0066, 28)
    /// Satellites; 40 of them.
    public static let navSatellites = UBXOutput("NAV-SAT", 0x0135, 0x2091_0016, 496)
    /// Survey of receivers for reference stations.
    public static let navSurvey = UBXOutput("NAV-SVIN", 0x013b, 0x2091_0089, 48, isOptional: true)
    /// Survey of receivers for timing.
    public static let timSurvey = UBXOutput("TIM-SVIN", 0x0d04, 0x2091_0098, 36, isOptional: true)
    /// The next pulse's sawtooth.
    public static let timTP = UBXOutput("TIM-TP", 0x0d01, 0x2091_017e, 24)
    /// Antenna and interference; of two radio paths.
    public static let monRadio = UBXOutput("MON-RF", 0x0a38, 0x2091_035a, 60, .keyed)
    /// Antenna and interference, before MON-RF.
    public static let monHardware = UBXOutput("MON-HW", 0x0a09, 0x2091_01b5, 76, .older)
    /// Interference and false signals.
    public static let secSignals = UBXOutput("SEC-SIG", 0x2709, 0x2091_0635, 24, .keyed)
    /// Date and fix before NAV-PVT: receivers of generation 6.
    static let navSolution = UBXOutput("NAV-SOL", 0x0106, 0, 60, .older)
    /// Satellites before NAV-SAT: receivers of generations 6 and 7, of 22 channels.
    static let navSpaceVehicles = UBXOutput("NAV-SVINFO", 0x0130, 0, 280, .older)
    /// End of the second's messages.
    public static let navEndOfEpoch = UBXOutput("NAV-EOE", 0x0161, 0x2091_0160, 12, isOptional: true)
    /// NMEA RMC.
    public static let rmc = UBXOutput("RMC", 0xf004, 0x2091_00ac, 75)
    /// NMEA ZDA.
    public static let zda = UBXOutput("ZDA", 0xf008, 0x2091_00d9, 40)
    /// NMEA GGA.
    public static let gga = UBXOutput("GGA", 0xf000, 0x2091_00bb, 82)
    /// NMEA GLL.
    public static let gll = UBXOutput("GLL", 0xf001, 0x2091_00ca, 60)
    /// NMEA GSA, of four systems.
    public static let gsa = UBXOutput("GSA", 0xf002, 0x2091_00c0, 270)
    /// NMEA GSV, of forty satellites.
    public static let gsv = UBXOutput("GSV", 0xf003, 0x2091_00c5, 700)
    /// NMEA VTG.
    public static let vtg = UBXOutput("VTG", 0xf005, 0x2091_00b1, 42)
}
