import TimeScale

/// 8F-AB, A1-00: the date and time of the pulse just gone.
///
/// Captures trimble-smtx and trimble-res720, both in GPS time; one in UTC has not been seen.
struct TSIPTime: Equatable, Sendable {
    /// Which of the two it is: `.tsipPrimary` or `.tsipTiming`.
    let message: LabelMessage
    /// The date as sent, GPS or UTC.
    let date: SentDate
    /// Time since midnight as sent; `nil` where the fields are no time of day.
    let timeOfDay: Interval?
    /// GPS time of week, seconds.
    let timeOfWeek: UInt32
    /// GPS − UTC, seconds.
    let leapSeconds: Int
    /// Why it is not to be believed; `nil` where nothing speaks against it.
    let flaw: MessageRejection?
    /// Whether date and time of day are UTC, and not GPS time.
    let isUTC: Bool
    /// A1-00: what is to be added to the pulse's stamp, seconds; `nil` where it is not told.
    let correction: Double?

    /// 1 time of week, 5 week, 7 leap seconds, 9 flags (bit 0 UTC shown, 2 time not set, 3 UTC not known, 4 test), then
    /// second, minute, hour, day, month and year.
    init(primary data: Span<UInt8>) {
        message = .tsipPrimary
        timeOfWeek = data.bigUInt32(1)
        leapSeconds = Int(data.bigInt16(7))
        let flags = data[9]
        flaw = flags & 0x10 != 0 ? .testTime : flags & 0x04 != 0 ? .noTime : flags & 0x08 != 0 ? .utcUnknown : nil
        isUTC = flags & 0x01 != 0
        timeOfDay = Self.timeOfDay(hour: data[12], minute: data[11], second: data[10])
        date = SentDate(year: Int(data.bigUInt16(15)), month: Int(data[14]), day: Int(data[13]))
        correction = nil
    }

    /// 0 time of week, 4 week, 6 hour, minute, second, month, day and year, 13 time base (0 GPS, 1 GLONASS, 2 BeiDou,
    /// 3 Galileo, 4 and more UTC), 15 flags (bit 0 UTC known, 1 time known), 16 leap seconds, 18 error of quantisation.
    ///
    /// The maker's document has that error in seconds; in the capture it is 0.04 ... 0.87 in steps of 0.119, which only
    /// nanoseconds can be. Its sign is not told; a source finds that by itself.
    init(timing data: Span<UInt8>) {
        message = .tsipTiming
        timeOfWeek = data.bigUInt32(0)
        leapSeconds = Int(data.bigInt16(16))
        let (base, flags) = (data[13], data[15])
        // How the times of GLONASS and BeiDou are shown is not known.
        let isForeign = base == 1 || base == 2
        flaw = flags & 0x02 == 0 ? .noTime : flags & 0x01 == 0 ? .utcUnknown : isForeign ? .notUTC : nil
        isUTC = base >= 4
        timeOfDay = Self.timeOfDay(hour: data[6], minute: data[7], second: data[8])
        date = SentDate(year: Int(data.bigUInt16(11)), month: Int(data[9]), day: Int(data[10]))
        correction = Self.correction(nanoseconds: data.bigFloat(18))
    }

    /// An error of quantisation, seconds; `nil` for what cannot be one: more than 1 µs.
    static func correction(nanoseconds: Float) -> Double? {
        abs(nanoseconds) <= 1000 ? Double(nanoseconds) * 1e-9 : nil
    }

    /// Whether time of week and time of day agree, which stands in for the checksum that 8F-AB has not, and finds a
    /// receiver that is at odds with itself about a leap second. Whether the time of week goes along into UTC has not
    /// been seen, so either is good there.
    var isConsistent: Bool {
        guard let timeOfDay, timeOfWeek < 604_800 else { return false }
        let ahead = (Int(timeOfWeek) - Int(timeOfDay.nanoseconds / 1_000_000_000) + 2 * 86_400) % 86_400
        return ahead == 0 || isUTC && ahead == leapSeconds
    }

    private static func timeOfDay(hour: UInt8, minute: UInt8, second: UInt8) -> Interval? {
        Interval(hour: Int(hour), minute: Int(minute), second: Int(second))
    }
}

/// What 8F-AC and A3-11 both tell about the receiver.
struct TSIPCondition: Equatable, Sendable {
    /// Whether it has time from satellites.
    let hasFix: Bool
    /// The kind of solution that it is set to; `nil` where it chooses by itself.
    let mode: ReceiverStatus.Fix?
    /// How far the survey has come, percent.
    let surveyProgress: Int
    /// Dilutions of precision in space, in the plane and of the time; `nil` in 8F-AC.
    let positionDilution: Double?, horizontalDilution: Double?, timeDilution: Double?
    /// Temperature, °C.
    let temperature: Double?

    /// 8F-AC: 1 mode, 3 survey, 10 alarms, 12 decoding status, 32 temperature. Captures trimble-smtx and, without
    /// satellites, gpsd's trimble-smtx-dr.
    init(supplement data: Span<UInt8>) {
        // Bit 3: it follows no satellite.
        hasFix = Self.hasFix(original: data[12]) && data.bigUInt16(10) & 0x08 == 0
        mode =
            switch data[1] {
            case 1, 6, 7: .time
            case 3: .plane
            case 4, 5: .space
            default: nil
            }
        surveyProgress = min(Int(data[3]), 100)
        (positionDilution, horizontalDilution, timeDilution) = (nil, nil, nil)
        temperature = Self.temperature(data.bigFloat(32))
    }

    /// A3-11: 0 mode, 1 status, 2 survey, 3 dilutions in space, plane, height and of the time, 19 temperature. Capture
    /// trimble-res720.
    init(version1 data: Span<UInt8>) {
        // 1 no time, 2 dilution too high, 3 no satellite; 4 to 6 are one to three satellites, which is enough for time.
        hasFix = !(1...3).contains(data[1])
        mode =
            switch data[0] {
            case 0: .plane
            case 1, 6: .time
            default: nil
            }
        surveyProgress = min(Int(data[2]), 100)
        positionDilution = TSIPMessage.dilution(data.bigFloat(3))
        horizontalDilution = TSIPMessage.dilution(data.bigFloat(7))
        timeDilution = TSIPMessage.dilution(data.bigFloat(15))
        temperature = Self.temperature(data.bigFloat(19))
    }

    /// Whether a decoding status of 8F-AC or 0x46 goes with time from satellites: 0 fixes, 9 ... 11 one to three
    /// satellites, which is enough for time, 0xBB time with a place that is held; others name what is missing.
    static func hasFix(original status: UInt8) -> Bool { status == 0 || (9...11).contains(status) || status == 0xbb }

    private static func temperature(_ value: Float) -> Double? { abs(value) < 200 ? Double(value) : nil }
}

/// What only 8F-AC tells. Capture trimble-smtx.
struct TSIPSupplement: Equatable, Sendable {
    /// The antenna's supply.
    let antenna: ReceiverStatus.Antenna
    /// Whether a survey is going on.
    let isSurveying: Bool
    /// Whether the almanac is complete.
    let hasAlmanac: Bool
    /// Alarms in words, and in which way the oscillator is not disciplined.
    let alarms: [String]
    /// By how much the receiver's clock is off, seconds, and how fast that grows, s/s.
    let clockBias: Double?, clockDrift: Double?
    /// Where the antenna is.
    let place: ReceiverStatus.Place?
    /// What is to be added to the pulse's stamp, seconds. Its sign is not told; a source finds that by itself.
    let correction: Double?

    /// 2 disciplining mode, 8 critical and 10 minor alarms, 16 offset (ns), 20 frequency (ppb), 36 place in radians, 60
    /// error of quantisation (ns); Trimble's ThunderBolt E guide 64057-00-ENG p. 82. Which way a pending leap second goes,
    /// and when, is not told.
    init(_ data: Span<UInt8>) {
        let (critical, minor) = (data.bigUInt16(8), data.bigUInt16(10))
        antenna = minor & 0x04 != 0 ? .short : minor & 0x02 != 0 ? .open : .good
        (isSurveying, hasAlmanac) = (minor & 0x20 != 0, minor & 0x800 == 0)
        var alarms: [String] = []
        let modes = [2: "automatic holdover", 3: "manual holdover", 4: "recovery"]
        if let mode = modes[Int(data[2])] { alarms.append(mode) }
        alarms += Self.critical.filter { critical & $0.0 != 0 }.map(\.1)
        alarms += Self.minor.filter { minor & $0.0 != 0 }.map(\.1)
        self.alarms = alarms
        clockBias = TSIPMessage.number(data.bigFloat(16)).map { $0 * 1e-9 }
        clockDrift = TSIPMessage.number(data.bigFloat(20)).map { $0 * 1e-9 }
        place = TSIPMessage.place(data, at: 36, scale: 180 / Double.pi)
        correction = TSIPTime.correction(nanoseconds: data.bigFloat(60))
    }

    private static let critical: [(UInt16, String)] = [
        (0x01, "read-only memory"), (0x02, "memory"), (0x04, "programmable logic"), (0x08, "supply"),
        (0x10, "oscillator control at its end"),
    ]
    private static let minor: [(UInt16, String)] = [
        (0x01, "oscillator control near its end"), (0x08, "no satellites"), (0x10, "oscillator not disciplined"),
        (0x40, "no stored position"), (0x80, "leap second pending"), (0x100, "test mode"),
        (0x200, "position questionable"), (0x400, "stored settings lost"),
        (0x1000, ReceiverStatus.PulseFault.missing.rawValue),
    ]
}

/// A3-00: alarms. Captures trimble-res720, without an alarm, and gpsd's trimble-res720-dr, whose antenna is taken away:
/// minor 1, major 7; the other bits as gpsd's decoder has them.
struct TSIPAlarms: Equatable, Sendable {
    /// The antenna's supply.
    let antenna: ReceiverStatus.Antenna
    /// Whether a survey is going on.
    let isSurveying: Bool
    /// Whether the almanac is complete.
    let hasAlmanac: Bool
    /// Interference, and signals that pretend to be a satellite's.
    let jamming: ReceiverStatus.Threat, spoofing: ReceiverStatus.Threat
    /// The others in words.
    let words: [String]
    /// Whether the receiver follows any satellite.
    let isTracking: Bool
    /// The announced leap second: +1 inserted, −1 deleted; `nil` where none is, or its direction is not told.
    let leapChange: Int?

    /// 0 minor, 8 major alarms.
    init(_ data: Span<UInt8>) {
        let (minor, major) = (data.bigUInt32(0), data.bigUInt32(8))
        antenna = minor & 0x02 != 0 ? .short : minor & 0x01 != 0 ? .open : .good
        (isSurveying, hasAlmanac) = (minor & 0x10 != 0, minor & 0x08 == 0)
        jamming = major & 0x100 != 0 ? .indicated : .none
        spoofing = major & 0x80 != 0 ? .indicated : .none
        isTracking = major & 0x01 == 0
        leapChange = minor & 0x100 != 0 ? 1 : minor & 0x200 != 0 ? -1 : nil
        words =
            Self.minor.filter { minor & $0.0 != 0 }.map(\.1) + Self.major.filter { major & $0.0 != 0 }.map(\.1)
    }

    private static let minor: [(UInt32, String)] = [
        (0x04, "leap second pending"), (0x100, "leap second is inserted"), (0x200, "leap second is deleted"),
    ]
    private static let major: [(UInt32, String)] = [
        (0x01, "no satellites"), (0x02, ReceiverStatus.PulseFault.bad.rawValue),
        (0x04, ReceiverStatus.PulseFault.missing.rawValue),
    ]
}
