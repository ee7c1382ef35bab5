import Reports

/// Numbers for people, with no more digits than a minute of measuring is worth.
enum Figures {
    /// A length of time: `820 ns`, `1.2 µs`, `137 ms`.
    static func duration(_ seconds: Double) -> String {
        let units = [(1e-6, 1e-9, "ns"), (1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms")]
        let magnitude = abs(seconds)
        let (scale, unit) = units.first { magnitude < $0.0 }.map { ($0.1, $0.2) } ?? (1, "s")
        let digits = magnitude / scale < 9.95 && unit != "ns" ? 1 : 0
        return "\(FixedDecimal.text(seconds / scale, digits: digits)) \(unit)"
    }

    /// Seconds with three digits behind the point, as the configuration takes them.
    static func seconds(_ seconds: Double) -> String { FixedDecimal.text(seconds, digits: 3) }

    /// A frequency, in parts per million: `1.3 ppm`.
    static func frequency(_ value: Double) -> String { "\(FixedDecimal.text(value * 1e6, digits: 1)) ppm" }

    /// `none missing`, `2 of 58 missing`.
    static func missing(_ count: Int, of all: Int) -> String {
        count == 0 ? "none missing" : "\(count) of \(all) missing"
    }

    /// `UBX`, `UBX and NMEA`, `UBX, NMEA and TSIP`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last else { return "nothing" }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Two digits.
    static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
