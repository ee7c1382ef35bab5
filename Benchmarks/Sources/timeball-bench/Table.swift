import LinuxSystem

/// A table in Markdown, columns aligned for the eye too.
struct Table {
    private var rows: [[String]]

    init(_ titles: [String]) { rows = [titles] }

    mutating func add(_ row: [String]) { rows.append(row) }

    func print() {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for (index, row) in rows.enumerated() {
            let cells = row.enumerated().map { column, text in
                let fill = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + fill : fill + text
            }
            Console.write("| " + cells.joined(separator: " | ") + " |\n")
            guard index == 0 else { continue }
            let rules = widths.enumerated().map { column, width in
                String(repeating: "-", count: max(1, width - 1)) + (column == 0 ? "-" : ":")
            }
            Console.write("| " + rules.joined(separator: " | ") + " |\n")
        }
        Console.write("\n")
    }
}

/// A number with so many decimals.
func decimal(_ value: Double, _ digits: Int = 2) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value.magnitude * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let sign = value < 0 && scaled > 0 ? "−" : ""
    guard digits > 0 else { return sign + String(scaled) }
    return "\(sign)\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

/// The middle one, or the mean of the two in the middle; NaN of none.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Root of the mean of the squares; NaN of none.
func rootMeanSquare(_ values: [Double]) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}
