import TimeScale

/// The kinds of reference clock that this version can drive.
public enum DriverKind: String, Hashable, Sendable, CaseIterable {
    /// The computer's own clock, served when nothing better is left.
    case localClock
    /// A receiver that speaks NMEA 0183 on a serial line; whatever else it speaks is understood as well.
    case nmea
    /// A u-blox receiver on a serial line: as `nmea`, by the name under which people look for it.
    case ublox
    /// A Trimble receiver that speaks TSIP on a serial line.
    case trimble
    /// A Motorola Oncore receiver on a serial line.
    case oncore
    /// Pulses of the kernel's PPS interface, without a time of day.
    case pps
    /// Pulses that a PTP hardware clock stamps, without a time of day.
    case ptpHardwareClock
    /// The shared-memory segment that gpsd fills.
    case sharedMemory
    /// The datagram socket of chrony's SOCK driver.
    case sampleSocket
    /// A receiver behind gpsd, asked for its messages.
    case gpsd

    /// Whether it is a receiver on a serial line.
    public var isSerial: Bool { self == .nmea || self == .ublox || self == .trimble || self == .oncore }

    /// Whether it is a receiver, whose labels come late for the seconds that they name.
    public var isReceiver: Bool { isSerial || self == .gpsd }

    /// The kind's row of the table.
    public var driver: ReferenceClockDriver {
        guard let row = ReferenceClockDriver.table.first(where: { $0.kind == self }) else {
            preconditionFailure("the driver table has no row for \(self)")
        }
        return row
    }
}

/// One row of the driver table: how a kind of reference clock is spelt, and what it is where nothing is said.
public struct ReferenceClockDriver: Equatable, Sendable {
    /// The kind; `nil` for those that this version knows by name only.
    public let kind: DriverKind?
    /// The name in reports, as in `NMEA(0)`.
    public let name: String
    /// The words behind `refclock`, NTPsec's first; empty where only the number names it.
    public let words: [String]
    /// The type number t in 127.127.t.u; `nil` where ntpd never gave one.
    public let typeNumber: Int?
    /// The reference identifier unless `refid` says otherwise.
    public let defaultReferenceID: ReferenceID?
    /// The stratum unless `stratum` says otherwise.
    public let defaultStratum: Int
    /// The device unless `path` says otherwise, less the unit's number; `nil` where there is none.
    public let devicePrefix: String?
    /// The pulse device unless `ppspath` says otherwise, less the unit's number; `nil` where there is none.
    public let pulsePrefix: String?

    /// Every driver: those of this version, then NTPsec's and classic ntpd's others by type number.
    public static let table: [ReferenceClockDriver] = supported + unsupported

    /// Stratum 5 and LOCL are ntpd's (refclock_local.c); the devices are ntpd's symbolic links.
    private static let supported: [ReferenceClockDriver] = [
        .init(.localClock, "LOCAL", ["local"], type: 1, referenceID: "LOCL", stratum: 5),
        .init(.nmea, "NMEA", ["nmea"], type: 20, referenceID: "GPS", device: "/dev/gps", pulse: "/dev/gpspps"),
        .init(
            .ublox, "UBLOX", ["ublox", "ubx"], type: nil, referenceID: "GPS", device: "/dev/gps", pulse: "/dev/gpspps"),
        .init(
            .trimble, "TRIMBLE", ["trimble", "palisade"], type: 29, referenceID: "GPS", device: "/dev/trimble",
            pulse: "/dev/trimblepps"),
        .init(
            .oncore, "ONCORE", ["oncore"], type: 30, referenceID: "GPS", device: "/dev/oncore.serial.",
            pulse: "/dev/oncore.pps."),
        .init(.pps, "PPS", ["pps", "atom"], type: 22, referenceID: "PPS", pulse: "/dev/pps"),
        .init(.ptpHardwareClock, "PHC", ["phc"], type: nil, referenceID: "PHC", device: "/dev/ptp"),
        .init(.sharedMemory, "SHM", ["shm"], type: 28, referenceID: "SHM"),
        .init(.sampleSocket, "SOCK", ["sock"], type: nil, referenceID: "SOCK"),
        .init(.gpsd, "GPSD", ["gpsd"], type: 46, referenceID: "GPSD", device: "/dev/gps"),
    ]

    private static let unsupported: [ReferenceClockDriver] = {
        let rows: [(name: String, words: [String], type: Int)] = [
            ("SPECTRACOM", ["spectracom"], 4), ("TRUETIME", ["truetime"], 5), ("IRIG", [], 6), ("CHU", [], 7),
            ("GENERIC", ["generic", "parse"], 8), ("MX4200", [], 9), ("AS2201", [], 10), ("ARBITER", ["arbiter"], 11),
            ("TPRO", [], 12), ("BANCOMM", [], 16), ("MODEM", ["modem", "acts"], 18), ("HPGPS", ["hpgps"], 26),
            ("ARCRON", [], 27), ("JUPITER", [], 31), ("CHRONOLOG", [], 32), ("DUMBCLOCK", [], 33), ("ULINK", [], 34),
            ("PCF", [], 35),
            ("WWV", [], 36), ("FG", [], 37), ("HOPF", [], 38), ("HOPF", [], 39), ("JJY", ["jjy"], 40),
            ("ZYFER", ["zyfer"], 42), ("RIPENCC", [], 43), ("NEOCLOCK4X", [], 44), ("TSYNCPCI", [], 45),
        ]
        return rows.map { .init(nil, $0.name, $0.words, type: $0.type) }
    }()

    private init(
        _ kind: DriverKind?, _ name: String, _ words: [String], type: Int?, referenceID: String? = nil,
        stratum: Int = 0, device: String? = nil, pulse: String? = nil
    ) {
        (self.kind, self.name, self.words, typeNumber) = (kind, name, words, type)
        (defaultReferenceID, defaultStratum) = (referenceID.flatMap { ReferenceID($0) }, stratum)
        (devicePrefix, pulsePrefix) = (device, pulse)
    }
}
