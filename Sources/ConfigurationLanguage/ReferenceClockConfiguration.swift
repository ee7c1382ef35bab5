import TimeScale

/// One reference clock: a `server 127.127.t.u` line with its `fudge` lines, or a `refclock` line.
public struct ReferenceClockConfiguration: Equatable, Sendable {
    /// What drives it.
    public var driver: DriverKind
    /// The unit number, 0 ... 255; for shared memory the number of the segment.
    public var unit: Int
    /// The driver's own mode bits, 0 or more (`mode`, NTPsec's `subtype`).
    public var mode = 0
    /// The shortest interval between polls; `nil` where nothing is said.
    public var minimumPoll: PollExponent?
    /// The longest interval between polls, not below the shortest; `nil` where nothing is said.
    public var maximumPoll: PollExponent?
    /// Whether it is the system peer as long as it survives.
    public var prefer = false
    /// Whether it is watched but never followed.
    public var noSelect = false
    /// Whether it outvotes all sources without this (chrony's `trust`).
    public var trust = false
    /// Whether nothing is followed unless one such source agrees with the others (chrony's `require`).
    public var require = false
    /// Whether it is taken for right whatever the others say (`true`).
    public var forced = false
    /// First correction in seconds, added to the offset: for NMEA and PPS the pulse's.
    public var time1: Double?
    /// Second correction in seconds: for NMEA the sentences', for shared memory the largest difference believed.
    public var time2: Double?
    /// The stratum it shows, 0 ... 16; clients are told one more.
    public var stratum: Int?
    /// The reference identifier it shows.
    public var referenceID: ReferenceID?
    /// The driver's first switch; `nil` where nothing is said.
    public var flag1: Bool?
    /// The driver's second switch; `nil` where nothing is said.
    public var flag2: Bool?
    /// The driver's third switch; `nil` where nothing is said.
    public var flag3: Bool?
    /// The driver's fourth switch; `nil` where nothing is said.
    public var flag4: Bool?
    /// The device, or the socket of a SOCK clock (`path`).
    public var devicePath: String?
    /// The device of the pulse (`ppspath`).
    public var pulsePath: String?
    /// Speed of the serial line in bit/s, 1 or more (`baud`).
    public var baudRate: Int?
    /// What the receiver is told to be (`profile` and its words).
    public var profile = ReceiverWishes()
    /// Where the line stands that configured it; it counts in comparisons.
    public var position: SourcePosition

    /// A clock with nothing said about it.
    public init(driver: DriverKind, unit: Int, position: SourcePosition) {
        (self.driver, self.unit, self.position) = (driver, unit, position)
    }

    /// ntpd's address, `127.127.20.0`; the name where the driver has no type number.
    public var address: String { driver.driver.typeNumber.map { "127.127.\($0).\(unit)" } ?? name }

    /// The name in reports, `NMEA(0)`.
    public var name: String { "\(driver.driver.name)(\(unit))" }

    /// The reference identifier: as configured, or else the driver's.
    public var effectiveReferenceID: ReferenceID? { referenceID ?? driver.driver.defaultReferenceID }

    /// The stratum: as configured, or else the driver's.
    public var effectiveStratum: Int { stratum ?? driver.driver.defaultStratum }

    /// The device or socket: as configured, or else the driver's with the unit's number; `nil` where there is none.
    public var effectiveDevicePath: String? { devicePath ?? driver.driver.devicePrefix.map { $0 + String(unit) } }

    /// The pulse device: as configured, or else the driver's with the unit's number; `nil` where there is none.
    ///
    /// A PPS clock has no other device, so `path` serves it as well as `ppspath`.
    public var effectivePulsePath: String? {
        let configured = pulsePath ?? (driver == .pps ? devicePath : nil)
        return configured ?? driver.driver.pulsePrefix.map { $0 + String(unit) }
    }
}
