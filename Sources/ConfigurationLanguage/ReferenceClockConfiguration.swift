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
    /// Where the gpsd of a gpsd clock listens (`host`).
    public var server: GPSDServer?
    /// The device, or the socket of a SOCK clock (`path`).
    public var devicePath: String?
    /// The device of the pulse (`ppspath`).
    public var pulsePath: String?
    /// Speed of the serial line in bit/s, 1 or more (`baud`); `nil` where nothing is said.
    public var baudRate: Int?
    /// Parity of the serial line (`parity`); `nil` where nothing is said.
    public var parity: LineParity?
    /// Whether the receiver's place is reported as exactly as it is told (`exactplace`).
    public var reportsExactPlace = false
    /// The pin of a PTP hardware clock that pulses come in by, −1 for as it is set already (`pin`); `nil` where nothing
    /// is said.
    public var pin: Int?
    /// The channel of a PTP hardware clock that stamps them, 0 or more (`channel`).
    public var channel = 0
    /// Seconds from the leading edge of a pulse to the other, above 0 and below 1, where both are stamped (`width`).
    public var pulseWidth: Double?
    /// Whether a PTP hardware clock and the processor's may be read in one go where they can (`nocrossts`).
    public var usesCrossTimestamps = true
    /// Whether it is said that a PTP hardware clock gives pulses and not the time (`extpps`), as here it always does.
    public var givesPulses = false
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
    ///
    /// ntpd's gpsd clocks from unit 128 on take the pulses of the unit 128 below, so their device is that one's.
    public var effectiveDevicePath: String? {
        let number = driver == .gpsd ? unit % 128 : unit
        return devicePath ?? driver.driver.devicePrefix.map { $0 + String(number) }
    }

    /// Where the gpsd of a gpsd clock listens: as configured, or else on this computer.
    public var effectiveServer: GPSDServer { server ?? .standard }

    /// The pulse device: as configured, or else the driver's with the unit's number; `nil` where there is none.
    ///
    /// A PPS clock has no other device, so `path` serves it as well as `ppspath`.
    public var effectivePulsePath: String? {
        let configured = pulsePath ?? (driver == .pps ? devicePath : nil)
        return configured ?? driver.driver.pulsePrefix.map { $0 + String(unit) }
    }

    /// What is added to the offset of pulses, seconds.
    ///
    /// ntpd's Trimble driver has no pulses: its `time1` is the delay of the packets (driver29).
    public var pulseCorrection: Double { driver == .trimble ? 0 : time1 ?? 0 }

    /// How late the labels of a receiver are after the pulse, seconds; `nil` where nothing is said.
    public var labelDelay: Double? { driver == .trimble ? time1 : time2 }

    /// Speed of the line in bit/s that somebody has written down: by `baud` or, for NMEA, by ntpd's mode bits 4 to 6, of
    /// which zero says nothing; `nil` where nobody has.
    public var configuredBaudRate: Int? {
        let bits = driver == .nmea ? mode >> 4 & 7 : 0
        return baudRate ?? (bits > 0 ? [9600, 19_200, 38_400, 57_600, 115_200, 115_200, 115_200][bits - 1] : nil)
    }

    /// Speed of the line in bit/s: as configured, or what receivers of the kind have (4800 for NMEA, ntpd's).
    public var effectiveBaudRate: Int {
        // Copernicus II (driver29).
        let usual = driver == .nmea ? 4800 : driver == .trimble && mode == 7 ? 38_400 : 9600
        return configuredBaudRate ?? usual
    }

    /// The time that one character takes on the line.
    public func characterTime(at baudRate: Int) -> Interval { LineSettings(baudRate, effectiveParity).characterTime }

    /// Parity of the line: as configured, or as Trimble's receivers have it, but for Thunderbolt and Copernicus (driver29).
    public var effectiveParity: LineParity {
        parity ?? (driver == .trimble && mode != 2 && mode != 7 ? .odd : .none)
    }
}

extension ReferenceClockConfiguration {
    /// What is to be said about words of a gpsd clock that have no effect; `nil` for nothing.
    var remarkOnGPSD: String? {
        guard driver == .gpsd else { return nil }
        if mode != 0 { return "'mode' has no effect behind gpsd: pulses are used where they come, else sentences" }
        guard baudRate != nil || parity != nil else { return nil }
        return "'\(baudRate != nil ? "baud" : "parity")' has no effect: gpsd reads the line"
    }
}
