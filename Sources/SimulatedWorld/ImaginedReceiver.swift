import TimeScale

/// What a satellite receiver would write to its serial line, and how long after the second.
public struct ImaginedReceiver: Sendable {
    /// Whether it has a fix.
    public var hasFix = true
    /// Whole seconds by which it is wrong.
    public var errorSeconds = 0
    /// The second that it goes on naming, with a valid status, while time passes; `nil` while it does not hang.
    public var frozenAt: Instant?
    /// GPS − UTC in seconds as it believes while it has not heard it from a satellite; `nil` once it knows.
    public var assumedLeapSeconds: Int?
    /// How often 1024 weeks its date is behind.
    public var weekRollovers = 0
    /// Mean delay from the second to the first byte of its burst, seconds; below 0 where it comes before its second.
    public var labelDelay = 0.137
    /// Jitter of that delay, standard deviation in seconds.
    public var labelJitter = 0.005

    /// GPS − UTC in seconds since 2017.
    static let leapSeconds = 18

    /// A receiver with a fix and the right time.
    public init() {}

    /// The moment that it names when a second begins.
    ///
    /// - Parameter second: the second just begun, UTC, as true time has it.
    /// - Returns: UTC as the receiver has it.
    public func label(for second: Instant) -> Instant {
        let leapError = assumedLeapSeconds.map { Self.leapSeconds - $0 } ?? 0
        let error = Int64(errorSeconds + leapError - 1024 * 604_800 * weekRollovers)
        return (frozenAt ?? second) + .seconds(error)
    }

    /// The delay of one burst, seconds.
    public func delay(_ random: inout RandomSource) -> Double { labelDelay + random.nextGaussian() * labelJitter }

    /// The burst of sentences for one second: RMC, GGA, ZDA, each ending in CR LF.
    ///
    /// - Parameter second: the second just begun, UTC, as true time has it.
    /// - Returns: about 190 bytes.
    public func burst(for second: Instant) -> [UInt8] {
        let time = CivilTime(label(for: second))
        let clock = Self.digits(time.hour, 2) + Self.digits(time.minute, 2) + Self.digits(time.second, 2) + ".00"
        let date = Self.digits(time.day, 2) + Self.digits(time.month, 2) + Self.digits(time.year % 100, 2)
        let place = "4717.1130,N,00833.9150,E"
        let status = hasFix ? "A" : "V"
        return Self.sentence("GPRMC,\(clock),\(status),\(place),0.00,0.00,\(date),,,\(hasFix ? "A" : "N")")
            + Self.sentence("GPGGA,\(clock),\(place),\(hasFix ? 1 : 0),08,1.0,450.0,M,48.0,M,,")
            + Self.sentence(
                "GPZDA,\(clock),\(Self.digits(time.day, 2)),\(Self.digits(time.month, 2)),\(Self.digits(time.year, 4)),00,00"
            )
    }

    /// A sentence with its frame: `$`, checksum, CR LF.
    public static func sentence(_ body: String) -> [UInt8] {
        let checksum = body.utf8.reduce(0) { $0 ^ $1 }
        let hex = String(checksum, radix: 16, uppercase: true)
        return Array("$\(body)*\(hex.utf8.count < 2 ? "0" : "")\(hex)\r\n".utf8)
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
