import TimeScale

/// What a satellite receiver would write to its serial line.
public struct ImaginedReceiver: Sendable {
    /// Whether it has a fix.
    public var hasFix = true
    /// Whole seconds by which it is wrong.
    public var errorSeconds = 0

    /// A receiver with a fix and the right time.
    public init() {}

    /// The burst of sentences for one second: RMC, GGA, ZDA, each ending in CR LF.
    ///
    /// - Parameter second: the second just begun, UTC, as true time has it.
    /// - Returns: about 190 bytes.
    public func burst(for second: Instant) -> [UInt8] {
        let time = CivilTime(second + .seconds(Int64(errorSeconds)))
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
