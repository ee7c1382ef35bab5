import TimeScale

/// Why a line of gpsd's is not understood.
public enum GPSDLineError: Error, Equatable, Sendable {
    /// No JSON object, alone on its line; where it stops being one.
    case notAnObject(offset: Int)
    /// The first member is no `class`.
    case noClass
    /// A member that is read stands twice; where the second does.
    case repeated(offset: Int)
    /// A number that is read is none, or beyond what its place allows; where it stands.
    case badNumber(offset: Int)
    /// A PPS or TOFF without one of its times, or with one outside `Instant`'s range.
    case incomplete
    /// libgps takes nothing from it.
    case notDecoded
}

/// What is read from a line of gpsd's by ourselves: which message it is, and all of PPS and TOFF.
///
/// libgps decodes TOFF as PPS before 3.25, takes seconds through a C `int`, which ends on 2038-01-19, drops the precision
/// of a pulse, and refuses a DEVICE that has gone. It does not tell whether a SKY has satellites, nor that a TPV is of
/// second 60.
public struct GPSDLine: Equatable, Sendable {
    /// The messages that count (`class`).
    public enum Kind: Equatable, Sendable {
        /// VERSION: the first line of a connection, and the answer to `?VERSION;`.
        case version
        /// DEVICES: all that gpsd has.
        case devices
        /// DEVICE: one that has come, gone or been recognised.
        case device
        /// TPV: time, position, velocity.
        case fix
        /// SKY: satellites and dilutions.
        case sky
        /// TOFF: the time of the sentences, and when they came.
        case timeOffset
        /// PPS: an edge.
        case pulse
        /// ERROR: a request that gpsd does not take.
        case error
        /// Everything else: WATCH, GST, ATT, IMU, ...
        case other
    }

    /// Which message it is.
    public let kind: Kind
    /// The device that it is about, where it says so; for DEVICE its `path`.
    public private(set) var device: String?
    /// Whether it is a DEVICE that gpsd has closed: `activated` is then the number 0, else a date.
    public private(set) var isClosed = false
    /// Whether it has `satellites`.
    public private(set) var hasSatellites = false
    /// Whether its `time` is the inserted second 60.
    public private(set) var isLeapSecond = false

    private var times = Times()

    /// The whole numbers of PPS and TOFF.
    private struct Times: Equatable, Sendable {
        var realSeconds, realNanoseconds, clockSeconds, clockNanoseconds, precision, quantisationError: Int64?
    }

    /// Reads a line.
    ///
    /// - Parameter text: without its end.
    /// - Throws: `GPSDLineError`.
    public init(_ text: Span<UInt8>) throws(GPSDLineError) {
        var (line, hasClass) = (GPSDLine(.other), false)
        try JSONObject.read(text) { member throws(GPSDLineError) in
            if hasClass {
                try line.take(member, of: text)
            } else {
                // gpsd puts it first, and libgps looks for the first.
                guard text.holds("class", at: member.name), member.kind == .string else { throw .noClass }
                (line, hasClass) = (GPSDLine(Self.kind(text, member.value)), true)
            }
        }
        guard hasClass else { throw .noClass }
        self = line
    }

    private init(_ kind: Kind) { self.kind = kind }

    private static func kind(_ text: Span<UInt8>, _ value: Range<Int>) -> Kind {
        if text.holds("TPV", at: value) { return .fix }
        if text.holds("SKY", at: value) { return .sky }
        if text.holds("PPS", at: value) { return .pulse }
        if text.holds("TOFF", at: value) { return .timeOffset }
        if text.holds("DEVICE", at: value) { return .device }
        if text.holds("DEVICES", at: value) { return .devices }
        if text.holds("VERSION", at: value) { return .version }
        return text.holds("ERROR", at: value) ? .error : .other
    }

    /// Takes what counts of a member behind the class.
    private mutating func take(_ member: JSONObject.Member, of text: Span<UInt8>) throws(GPSDLineError) {
        if text.holds("class", at: member.name) { throw .repeated(offset: member.name.lowerBound) }
        if text.holds(kind == .device ? "path" : "device", at: member.name), member.kind == .string {
            guard device == nil else { throw .repeated(offset: member.name.lowerBound) }
            device = Self.printable(text, member.value)
        } else if kind == .device, text.holds("activated", at: member.name) {
            isClosed = member.kind == .number && JSONObject.integer(text, member.value) == 0
        } else if kind == .fix, text.holds("time", at: member.name), member.kind == .string {
            // `2016-12-31T23:59:60.000Z`.
            let start = member.value.lowerBound + 17
            isLeapSecond = member.value.count >= 19 && text.holds("60", at: start..<start + 2)
        } else if kind == .sky, text.holds("satellites", at: member.name) {
            hasSatellites = true
        } else if kind == .pulse || kind == .timeOffset {
            try takeNumber(member, of: text)
        }
    }

    private mutating func takeNumber(_ member: JSONObject.Member, of text: Span<UInt8>) throws(GPSDLineError) {
        let path: WritableKeyPath<Times, Int64?>
        if text.holds("real_sec", at: member.name) {
            path = \.realSeconds
        } else if text.holds("real_nsec", at: member.name) {
            path = \.realNanoseconds
        } else if text.holds("clock_sec", at: member.name) {
            path = \.clockSeconds
        } else if text.holds("clock_nsec", at: member.name) {
            path = \.clockNanoseconds
        } else if text.holds("precision", at: member.name) {
            path = \.precision
        } else if text.holds("qErr", at: member.name) {
            path = \.quantisationError
        } else {
            return
        }
        guard times[keyPath: path] == nil else { throw .repeated(offset: member.name.lowerBound) }
        guard member.kind == .number, let number = JSONObject.integer(text, member.value) else {
            throw .badNumber(offset: member.value.lowerBound)
        }
        times[keyPath: path] = number
    }

    /// The times of a TOFF.
    ///
    /// - Throws: `GPSDLineError.incomplete`.
    public func timeOffset() throws(GPSDLineError) -> GPSDTimeOffset {
        let (reference, clock) = try moments()
        return GPSDTimeOffset(device: device, reference: reference, clock: clock)
    }

    /// The times of a PPS, and how good they are.
    ///
    /// - Throws: `GPSDLineError.incomplete`.
    public func pulse() throws(GPSDLineError) -> GPSDPulse {
        let (reference, clock) = try moments()
        // A precision of −32 would be a quarter of a nanosecond; gpsd sends −1 for networks, −10 for USB, −20 else.
        let precision = times.precision.flatMap { (-32...0).contains($0) ? Int($0) : nil }
        // A receiver's clock ticks at 1 MHz or faster, so its rounding is below 1 µs.
        let error = times.quantisationError.flatMap { (-1_000_000...1_000_000).contains($0) ? Int($0) : nil }
        return GPSDPulse(
            device: device, reference: reference, clock: clock, precision: precision, quantisationError: error)
    }

    private func moments() throws(GPSDLineError) -> (reference: Instant, clock: Instant) {
        guard let reference = Self.moment(times.realSeconds, times.realNanoseconds),
            let clock = Self.moment(times.clockSeconds, times.clockNanoseconds)
        else { throw .incomplete }
        return (reference, clock)
    }

    /// 1970 ... 2242: what is beyond is no time, and would not leave room for sums.
    private static let seconds: Range<Int64> = 0..<(1 << 33)

    private static func moment(_ seconds: Int64?, _ nanoseconds: Int64?) -> Instant? {
        guard let seconds, let nanoseconds, Self.seconds.contains(seconds), (0..<1_000_000_000).contains(nanoseconds)
        else { return nil }
        return Instant(seconds: seconds, nanosecondsOfSecond: nanoseconds)
    }

    /// A text for log lines: what is not printable ASCII becomes `?`, escapes stay as they are.
    private static func printable(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
        var bytes: [UInt8] = []
        for index in range.prefix(GPSDText.longest) { bytes.append(text[index]) }
        return GPSDText.printable(bytes)
    }
}

/// Texts from gpsd, which may come from a receiver or from the network.
public enum GPSDText {
    /// The longest text that is told, in bytes: gpsd's paths have 127 at most (GPS_PATH_MAX).
    public static let longest = 127

    /// A text as it may stand in a log line: cut, and what is not printable ASCII becomes `?`.
    public static func printable(_ bytes: some Collection<UInt8>) -> String {
        let characters = bytes.prefix(longest).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: characters, as: Unicode.ASCII.self)
    }
}
