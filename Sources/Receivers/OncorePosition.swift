import TimeScale

/// @@Ea of receivers with eight channels, @@Ba with six, @@Ha with twelve.
///
/// Captures: @@Ea oncore-binary, @@Ha gpsd's oncore-m12; none of @@Ba, which is laid out as @@Ea.
struct OncorePosition: Equatable, Sendable {
    /// The date as sent.
    let date: SentDate
    /// Time since midnight with its fraction, at the moment of the measurement; `nil` where the fields are no time of day.
    let timeOfDay: Interval?
    /// Plane or space; time where the place is held, or (@@Ea, @@Ba) perhaps only searched for: see `isFixCertain`.
    let fix: ReceiverStatus.Fix
    /// Whether `fix` stands by itself: @@Ea and @@Ba have one flag for a place that is held and for the search for
    /// satellites.
    let isFixCertain: Bool
    /// Where the antenna is.
    let place: ReceiverStatus.Place?
    /// Dilution of precision; `nil` where it is none.
    let dilution: Double?
    /// The antenna's supply.
    let antenna: ReceiverStatus.Antenna
    /// Whether the almanac is complete.
    let hasAlmanac: Bool
    /// Whether a survey is going on.
    let isSurveying: Bool
    /// Satellites on the channels.
    let satellites: [Satellite]
    /// @@Ha: whether date and time of day are UTC, and not GPS time; `nil` in the others.
    let isUTC: Bool?
    /// @@Ha: GPS − UTC in seconds, 0 where it is not known; `nil` in the others.
    let leapSeconds: Int?
    /// @@Ha: temperature of the oscillator, °C.
    let temperature: Double?

    /// 4 month, day, year, 8 hour, minute, second, 11 nanoseconds, 15 place, 35 dilution, 37 its kind and the antenna,
    /// 40 channels of four bytes (number, mode, C/N0, flags), then the receiver's status.
    init(_ packet: Span<UInt8>, channels: Int) {
        (date, timeOfDay) = Self.time(packet)
        place = Self.place(packet, at: 15)
        dilution = Self.dilution(packet.bigUInt16(35))
        let kind = packet[37]
        antenna = Self.antenna(kind >> 6)
        isSurveying = kind & 0x20 != 0
        satellites = (0..<channels).compactMap { channel in
            let block = 40 + 4 * channel
            return Self.satellite(packet, block, isUsed: packet[block + 3] & 0x80 != 0)
        }
        let status = packet[40 + 4 * channels]
        fix = status & 0x20 != 0 ? .space : status & 0x10 != 0 ? .plane : status & 0x08 != 0 ? .time : .none
        isFixCertain = fix != .time
        hasAlmanac = status & 0x01 == 0
        (isUTC, leapSeconds, temperature) = (nil, nil, nil)
    }

    /// As the others up to the place; then 53 dilution, 57 channels of six bytes (number, mode, C/N0, ephemeris, flags),
    /// 129 status, 139 temperature in half degrees, 141 bit 7 UTC shown, bit 6 leap seconds known, bits 0 ... 5 leap
    /// seconds.
    init(twelveChannels packet: Span<UInt8>) {
        (date, timeOfDay) = Self.time(packet)
        place = Self.place(packet, at: 15)
        dilution = Self.dilution(packet.bigUInt16(53))
        satellites = (0..<12).compactMap { channel in
            let block = 57 + 6 * channel
            // Bit 7: in the position, bit 11: in the time.
            return Self.satellite(packet, block, isUsed: packet.bigUInt16(block + 4) & 0x0880 != 0)
        }
        let status = packet.bigUInt16(129)
        fix =
            switch status >> 13 {
            case 4: .time
            case 6: .plane
            case 7: .space
            default: .none
            }
        isFixCertain = true
        antenna = Self.antenna(UInt8(status >> 1 & 3))
        hasAlmanac = status & 0x80 == 0
        isSurveying = status & 0x10 != 0
        let degrees = packet.bigInt16(139)
        // 0 from receivers that do not measure it.
        temperature = degrees == 0 ? nil : Double(degrees) / 2
        let mode = packet[141]
        isUTC = mode & 0x80 != 0
        // Six bits, two's complement.
        let offset = Int(mode & 0x1f) - Int(mode & 0x20)
        leapSeconds = mode & 0x40 != 0 ? offset : 0
    }

    private static func time(_ packet: Span<UInt8>) -> (SentDate, Interval?) {
        let date = SentDate(year: Int(packet.bigUInt16(6)), month: Int(packet[4]), day: Int(packet[5]))
        let fraction = packet.bigUInt32(11)
        guard fraction < 1_000_000_000,
            let whole = Interval(hour: Int(packet[8]), minute: Int(packet[9]), second: Int(packet[10]))
        else { return (date, nil) }
        return (date, whole + Interval(nanoseconds: Int64(fraction)))
    }

    /// Latitude and longitude in thousandths of seconds of arc, height in centimetres; `nil` for what is none.
    static func place(_ packet: Span<UInt8>, at offset: Int) -> ReceiverStatus.Place? {
        let latitude = Double(packet.bigInt32(offset)) / 3_600_000
        let longitude = Double(packet.bigInt32(offset + 4)) / 3_600_000
        // All zero is what a receiver has before it knows.
        guard abs(latitude) <= 90, abs(longitude) <= 180, latitude != 0 || longitude != 0 else { return nil }
        return ReceiverStatus.Place(
            latitude: latitude, longitude: longitude, height: Double(packet.bigInt32(offset + 8)) / 100)
    }

    /// 0 and 99.0 and more stand for none.
    private static func dilution(_ tenths: UInt16) -> Double? { (1..<990).contains(tenths) ? Double(tenths) / 10 : nil }

    /// Two bits: 0 good, 1 too much current, 2 too little, 3 no voltage.
    private static func antenna(_ bits: UInt8) -> ReceiverStatus.Antenna {
        let known: [ReceiverStatus.Antenna] = [.good, .short, .open, .short]
        return known[Int(bits & 3)]
    }

    private static func satellite(_ packet: Span<UInt8>, _ block: Int, isUsed: Bool) -> Satellite? {
        guard packet[block] > 0 else { return nil }
        return Satellite(.gps, Int(packet[block]), signal: min(Int(packet[block + 2]), 99), isUsed: isUsed)
    }
}

/// @@En, @@Bn, @@Hn: time receiver autonomous integrity monitoring, and the sawtooth of the next pulse.
///
/// Captures: @@En oncore-binary; none of @@Bn and @@Hn, of which the first is laid out as @@En.
struct OncorePulse: Equatable, Sendable {
    /// Whether there is a pulse.
    let hasPulse: Bool
    /// Whether the integrity of the time has been found wanting; `false` also where it cannot be told.
    let isAlarmed: Bool
    /// Standard deviation of the time, seconds.
    let accuracy: Double
    /// "Negative sawtooth": what is to be added to the stamp of the next pulse, seconds.
    ///
    /// ntpd subtracts it; the name says that the sign is turned already. A source finds that by itself.
    let correction: Double?

    init(_ packet: Span<UInt8>, pulse: Int, traim: Int, accuracy: Int, sawtooth: Int) {
        hasPulse = packet[pulse] != 0
        isAlarmed = packet[traim] == 1
        self.accuracy = Double(packet.bigUInt16(accuracy)) * 1e-9
        correction = isAlarmed ? nil : Double(packet.int8(sawtooth)) * 1e-9
    }
}
