import Receivers
import ReferenceClocks
import TimeScale

/// The text form: a line `key value…` for each number that is known, SI units, a format line first, a checksum last.
///
///     timeball-state 1
///     sequence 17                             counts the writings, modulo 2³²
///     last-good-time 1795132800000000000      nanoseconds since 1970, UTC
///     frequency 3.0e-05                       s/s
///     frequency-deviation 1e-09
///     leap-second 1798761600000000000 38      from when (ns since 1970), TAI − UTC (s)
///     rtc 1795132800000000000 0.003           when compared (ns since 1970), right time − RTC (s)
///     rtc-rate 1.2e-05 3e-07                  s/s, positive = fast, and its standard deviation
///     source NMEA(0)                          what follows is about this source
///     jitter 1e-06                            s
///     wander 1e-10                            s/s per √s
///     latency-mean 2e-05                      s
///     latency-share 0.1
///     delay rmc 9600 0.137 0.02 240           message, bit/s, centre (s), deviation (s), labels
///     crc32 0a1b2c3d                          of all bytes before this line
///
/// Keys that this version does not know are skipped, so that a newer file still serves. Line ends may follow.
extension KeptState {
    private static let format = "timeball-state 1"
    private static let checksumKey = "crc32"
    /// Largest frequency error, s/s (Linux MAXFREQ, 500 ppm).
    private static let largestFrequency = 500e-6
    /// Largest magnitude of any other number: 10⁶ s is beyond every jitter and delay.
    private static let largestNumber = 1e6

    /// Largest error of a real-time clock, s: one that lost its battery begins anew in 1970, and `Instant` ends in 2262.
    private static let largestRTCOffset = 1e10
    /// TAI − UTC in seconds: from what it was in 1972 to more than a century of leap seconds adds.
    private static let taiMinusUTC = Int64(10)...200

    /// The state as text; every number reads back exactly.
    public var text: String {
        var lines = [Self.format, "sequence \(sequence)"]
        func add(_ key: String, _ value: Double?) {
            if let value, value.isFinite { lines.append("\(key) \(value)") }
        }
        if let lastGoodTime { lines.append("last-good-time \(lastGoodTime.nanoseconds)") }
        add("frequency", frequency.flatMap { abs($0) <= Self.largestFrequency ? $0 : nil })
        add("frequency-deviation", frequencyDeviation)
        lines += leapSeconds.sorted { $0.since < $1.since }.map {
            "leap-second \($0.since.nanoseconds) \($0.taiMinusUTC)"
        }
        if let clock = realTimeClock {
            lines.append("rtc \(clock.comparedAt.nanoseconds) \(clock.offset)")
            if let rate = clock.rate { lines.append("rtc-rate \(rate) \(clock.rateDeviation)") }
        }
        for source in sources {
            lines.append("source \(source.name)")
            add("jitter", source.jitter)
            add("wander", source.wander)
            add("latency-mean", source.latencyMean)
            add("latency-share", source.latencyShare)
            for delay in source.delays {
                lines.append(
                    "delay \(delay.message) \(delay.baudRate) \(delay.centre) \(delay.deviation) \(delay.count)")
            }
        }
        let body = lines.reduce("") { $0 + $1 + "\n" }
        return body + Self.checksumLine(CRC32.of(Array(body.utf8)[...])) + "\n"
    }

    private static func checksumLine(_ checksum: UInt32) -> String {
        let digits = String(checksum, radix: 16)
        return "\(checksumKey) \(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)"
    }

    /// Reads the text form; all of it or none.
    ///
    /// - Parameter text: any bytes.
    /// - Throws: `KeptStateError`.
    public init(text: [UInt8]) throws(KeptStateError) {
        self.init()
        let body = try Self.checkedBody(of: text)
        let lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.first.map({ String(decoding: $0, as: UTF8.self) }) == Self.format else { throw .unknownFormat }
        for (number, line) in lines.enumerated().dropFirst() {
            guard take(String(decoding: line, as: UTF8.self)) else { throw .malformed(line: number + 1) }
        }
    }

    /// What stands before the checksum, once that is right.
    private static func checkedBody(of text: [UInt8]) throws(KeptStateError) -> ArraySlice<UInt8> {
        guard text.starts(with: format.utf8) else { throw .unknownFormat }
        let end = UInt8(ascii: "\n")
        guard text.last == end, let last = text.lastIndex(where: { $0 != end }) else { throw .noChecksum }
        let start = text[...last].lastIndex(of: end).map { $0 + 1 } ?? 0
        let line = String(decoding: text[start...last], as: UTF8.self)
        guard let expected = UInt32(line.suffix(8), radix: 16), line == checksumLine(expected) else {
            throw .noChecksum
        }
        let body = text[..<start]
        let found = CRC32.of(body)
        guard found == expected else { throw .damaged(expected: expected, found: found) }
        return body
    }

    /// Takes in a line.
    ///
    /// - Returns: whether it is blank, unknown, or can be true.
    private mutating func take(_ line: String) -> Bool {
        let words = line.split(separator: " ", maxSplits: 1)
        guard let key = words.first else { return true }
        let value = words.count > 1 ? words[1] : ""
        switch key {
        case "sequence":
            guard let number = UInt32(value) else { return false }
            sequence = number
            return true
        case "last-good-time":
            lastGoodTime = Int64(value).map(Instant.init(nanoseconds:))
            return lastGoodTime != nil
        case "leap-second": return readLeapSecond(value)
        case "rtc", "rtc-rate": return readRealTimeClock(key, value)
        case "frequency":
            return Self.read(value, within: -Self.largestFrequency...Self.largestFrequency, into: &frequency)
        case "frequency-deviation": return Self.read(value, within: 0...Self.largestNumber, into: &frequencyDeviation)
        case "source":
            guard !value.isEmpty, source(named: String(value)) == nil else { return false }
            sources.append(Source(name: String(value)))
            return true
        case "jitter": return readOfSource(value, within: 0...Self.largestNumber, \.jitter)
        case "wander": return readOfSource(value, within: 0...Self.largestNumber, \.wander)
        case "latency-mean": return readOfSource(value, within: 0...Self.largestNumber, \.latencyMean)
        case "latency-share": return readOfSource(value, within: 0...1, \.latencyShare)
        case "delay": return readDelay(value)
        default: return true
        }
    }

    private static func read(_ text: Substring, within range: ClosedRange<Double>, into number: inout Double?) -> Bool {
        // A NaN is in no range.
        number = Double(text).flatMap { range.contains($0) ? $0 : nil }
        return number != nil
    }

    private mutating func readOfSource(
        _ text: Substring, within range: ClosedRange<Double>, _ path: WritableKeyPath<Source, Double?>
    ) -> Bool {
        guard !sources.isEmpty else { return false }
        return Self.read(text, within: range, into: &sources[sources.count - 1][keyPath: path])
    }

    private mutating func readLeapSecond(_ text: Substring) -> Bool {
        let numbers = text.split(separator: " ").map { Int64($0) }
        guard numbers.count == 2, let nanoseconds = numbers[0], let difference = numbers[1],
            Self.taiMinusUTC.contains(difference),
            leapSeconds.last.map({ $0.since.nanoseconds < nanoseconds }) ?? true
        else { return false }
        leapSeconds.append(.init(since: Instant(nanoseconds: nanoseconds), taiMinusUTC: Int(difference)))
        return true
    }

    private mutating func readRealTimeClock(_ key: Substring, _ text: Substring) -> Bool {
        let words = text.split(separator: " ")
        var (first, second): (Double?, Double?)
        guard words.count == 2 else { return false }
        if key == "rtc" {
            guard let nanoseconds = Int64(words[0]), nanoseconds >= 0,
                Self.read(words[1], within: -Self.largestRTCOffset...Self.largestRTCOffset, into: &second), let second
            else { return false }
            realTimeClock = RealTimeClock(comparedAt: Instant(nanoseconds: nanoseconds), offset: second)
            return true
        }
        guard Self.read(words[0], within: -0.1...0.1, into: &first), realTimeClock != nil,
            Self.read(words[1], within: 0...Self.largestNumber, into: &second), let second
        else { return false }
        realTimeClock?.rate = first
        realTimeClock?.rateDeviation = second
        return true
    }

    private mutating func readDelay(_ text: Substring) -> Bool {
        let words = text.split(separator: " ")
        guard !sources.isEmpty, words.count == 5 else { return false }
        // A message of a newer version is skipped as an unknown key is.
        guard let message = LabelMessage.allCases.first(where: { "\($0)" == words[0] }) else { return true }
        var (centre, deviation): (Double?, Double?)
        guard let baudRate = Int(words[1]), baudRate > 0, let count = Int(words[4]), count >= 0,
            Self.read(words[2], within: -Self.largestNumber...Self.largestNumber, into: &centre),
            Self.read(words[3], within: 0...Self.largestNumber, into: &deviation), let centre, let deviation
        else { return false }
        sources[sources.count - 1].delays.append(
            LearnedDelay(message: message, baudRate: baudRate, centre: centre, deviation: deviation, count: count))
        return true
    }
}

/// The checksum of Ethernet, gzip and PNG (ISO/IEC 3309, reflected polynomial 0xedb88320).
enum CRC32 {
    /// The checksum of some bytes.
    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 == 1 ? 0xedb8_8320 : 0) }
        }
    }
}
