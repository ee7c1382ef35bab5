import Simulation

import func Glibc.log10
import func Glibc.pow

/// The magnitude of the clock's error against time, on a logarithmic scale, in characters.
///
/// Each column is an equal share of the time: a bar from the RMS error to the largest.
struct ErrorPlot {
    private let moments: [Moment]

    private static let width = 100
    private static let height = 20
    /// Decades in the plot at most: more would say nothing about the smallest.
    private static let decades = 12.0

    init(_ moments: [Moment]) { self.moments = moments }

    var text: String {
        let columns = (0..<min(Self.width, moments.count)).map { column in
            moments[bounds(column)..<bounds(column + 1)].lazy.map(\.clockError)
        }.map { (rms: $0.rootMeanSquare, largest: $0.largest) }
        let values = columns.flatMap { [$0.rms, $0.largest] }.filter { $0 > 0 }
        guard let greatest = values.max(), let least = values.min() else { return "" }
        let top = log10(greatest).rounded(.up)
        let bottom = max(log10(least).rounded(.down), top - Self.decades)
        let rowsPerDecade = Double(Self.height) / max(top - bottom, 1)
        func row(_ value: Double) -> Int { Int(((top - log10(max(value, 1e-15))) * rowsPerDecade).rounded()) }
        let labels = Dictionary(
            stride(from: bottom, through: top, by: 1).map { (row(pow(10, $0)), Self.decade(Int($0))) },
            uniquingKeysWith: { first, _ in first })
        return (0...Self.height).map { line in
            let marks = columns.map { column in
                line == row(column.rms) ? "•" : (row(column.largest)..<row(column.rms)).contains(line) ? "│" : " "
            }
            return Format.column(labels[line] ?? "", 8) + "┤" + marks.joined() + "\n"
        }.joined() + axis(columns.count)
    }

    private func bounds(_ column: Int) -> Int { column * moments.count / min(Self.width, moments.count) }

    private func axis(_ width: Int) -> String {
        let end = "\(moments.count) s"
        return String(repeating: " ", count: 8) + "└" + String(repeating: "─", count: width) + "\n"
            + String(repeating: " ", count: 9) + Format.column("0", max(2, width - end.count)) + end + "\n"
            + String(repeating: " ", count: 9) + "│ largest, • RMS error of the clock in each column\n"
    }

    /// A power of ten seconds, in the largest unit that leaves no decimals.
    private static func decade(_ exponent: Int) -> String {
        let units = [(0, "s"), (-3, "ms"), (-6, "µs"), (-9, "ns"), (-12, "ps"), (-15, "fs")]
        guard let unit = units.first(where: { exponent >= $0.0 }) else { return "0" }
        return "1" + String(repeating: "0", count: exponent - unit.0) + " " + unit.1
    }
}
