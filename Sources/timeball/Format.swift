import Reports

/// Numbers for people.
enum Format {
    /// A signed time with a unit that leaves one to three digits before the point: `+1.234 µs`.
    static func time(_ seconds: Double) -> String { sign(seconds) + duration(abs(seconds)) }

    /// A length of time with a unit that leaves one to three digits before the point: `1.234 µs`.
    static func duration(_ seconds: Double) -> String {
        let units = [(1e-6, 1e-9, "ns"), (1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms")]
        let (scale, name) = units.first { seconds < $0.0 }.map { ($0.1, $0.2) } ?? (1, "s")
        return "\(FixedDecimal.text(seconds / scale, digits: name == "ns" ? 0 : 3)) \(name)"
    }

    /// A frequency in ppm: `+12.345 ppm`.
    static func frequency(_ value: Double) -> String {
        "\(sign(value))\(FixedDecimal.text(abs(value) * 1e6, digits: 3)) ppm"
    }

    /// Eight bits as ntpq shows reach.
    static func reach(_ bits: Int) -> String { String(bits, radix: 8) }

    /// Text in a column of a width, in characters.
    static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func sign(_ value: Double) -> String { value < 0 ? "-" : "+" }
}
