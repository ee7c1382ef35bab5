import TimeScale

/// The receiver's binary voice (u-blox M8 and F9 interface descriptions; `shared/reference/nmea-ubx.md` §5).
extension ImaginedReceiver {
    /// The frames for one second: NAV-PVT and NAV-TIMEUTC about the second just begun, TIM-TP about the next pulse.
    ///
    /// - Parameters:
    ///   - second: the second just begun, UTC, as true time has it.
    ///   - sawtooth: by how much the next pulse will be late for the receiver's clock grid, seconds.
    /// - Returns: 152 bytes.
    public func ubxBurst(for second: Instant, sawtooth: Double) -> [UInt8] {
        navigationSolution(for: second) + utcTime(for: second) + timePulse(after: second, sawtooth: sawtooth)
    }

    /// A UBX frame: `b5 62`, class, message, length, payload, and Fletcher's checksum over all from the class on.
    public static func ubxFrame(class messageClass: UInt8, message: UInt8, payload: [UInt8]) -> [UInt8] {
        let body = [messageClass, message] + bytes(UInt16(payload.count)) + payload
        var (first, second) = (UInt8(0), UInt8(0))
        for byte in body {
            first &+= byte
            second &+= first
        }
        return [0xb5, 0x62] + body + [first, second]
    }

    /// UBX-NAV-PVT (0x01 0x07), 92 bytes, with a fixType where there is a fix (3 in space, 5 time only); velocity, accuracy
    /// of place and heading are left at 0.
    func navigationSolution(for second: Instant, kind: UInt8 = 3) -> [UInt8] {
        // Date and time are valid once there is a fix, fully resolved once the leap seconds are known.
        let valid: UInt8 = hasFix ? (assumedLeapSeconds == nil ? 0x07 : 0x03) : 0
        var payload = Self.bytes(timeOfWeek(of: second)) + calendar(of: second) + [valid]
        payload += Self.bytes(timeAccuracy) + Self.bytes(Int32(0))
        payload += [hasFix ? kind : 0, hasFix ? 0x01 : 0x00, 0, hasFix ? 8 : 0]
        // 8.5652500° E, 47.2852167° N, in 1e-7 degrees; heights in mm: the place that the sentences name.
        payload += Self.bytes(Int32(85_652_500)) + Self.bytes(Int32(472_852_167))
        payload += Self.bytes(Int32(498_000)) + Self.bytes(Int32(450_000))
        payload += [UInt8](repeating: 0, count: 92 - payload.count)
        return Self.ubxFrame(class: 0x01, message: 0x07, payload: payload)
    }

    /// UBX-NAV-TIMEUTC (0x01 0x21), 20 bytes.
    func utcTime(for second: Instant) -> [UInt8] {
        // Time of week, week number and UTC valid; UTC as USNO keeps it.
        let valid: UInt8 = hasFix ? (assumedLeapSeconds == nil ? 0x37 : 0x03) : 0
        let payload =
            Self.bytes(timeOfWeek(of: second)) + Self.bytes(timeAccuracy) + Self.bytes(Int32(0))
            + calendar(of: second) + [valid]
        return Self.ubxFrame(class: 0x01, message: 0x21, payload: payload)
    }

    /// UBX-TIM-TP (0x0d 0x01), 16 bytes: the time of the next pulse, GPS time or UTC, as the pulse's grid is.
    func timePulse(after second: Instant, sawtooth: Double, isUTC: Bool = false) -> [UInt8] {
        let next = GNSSWeek.week(
            of: (isUTC ? label(for: second) : gpsTime(of: second)) + .second, leapSeconds: 0)
        // Bit 0: in UTC; bit 1: UTC is known.
        let flags: UInt8 = (isUTC ? 0x01 : 0) | (assumedLeapSeconds == nil ? 0x02 : 0)
        // What is to be added to the pulse's stamp, picoseconds.
        let error = Int32((-sawtooth * 1e12).rounded())
        let payload =
            Self.bytes(UInt32(next.timeOfWeek.nanoseconds / 1_000_000)) + Self.bytes(UInt32(0)) + Self.bytes(error)
            + Self.bytes(UInt16(next.week)) + [flags, 0x00]
        return Self.ubxFrame(class: 0x0d, message: 0x01, payload: payload)
    }

    /// Year, month, day, hour, minute, second as NAV-PVT and NAV-TIMEUTC have them: seven bytes.
    private func calendar(of second: Instant) -> [UInt8] {
        let time = CivilTime(label(for: second))
        return Self.bytes(UInt16(time.year))
            + [time.month, time.day, time.hour, time.minute, time.second].map { UInt8($0) }
    }

    /// GPS time of a second: it needs no leap seconds, so not knowing them leaves it right.
    private func gpsTime(of second: Instant) -> Instant {
        label(for: second) + .seconds(Int64(assumedLeapSeconds ?? Self.leapSeconds))
    }

    /// iTOW: GPS time of week in milliseconds.
    func timeOfWeek(of second: Instant) -> UInt32 {
        UInt32(GNSSWeek.week(of: gpsTime(of: second), leapSeconds: 0).timeOfWeek.nanoseconds / 1_000_000)
    }

    /// tAcc in nanoseconds: as good as a timing receiver says, or all bits set.
    private var timeAccuracy: UInt32 { hasFix ? 20 : .max }

    /// A number in UBX's order, the lowest byte first.
    static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
