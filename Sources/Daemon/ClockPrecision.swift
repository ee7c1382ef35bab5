import Discipline
import TimeScale

/// Measures how finely a clock can be read (RFC 5905 §7.3, precision).
enum ClockPrecision {
    /// Readings taken: the shortest difference between neighbours is what counts.
    private static let readings = 256

    /// Precision as log₂ s, rounded up, within −30 ... −6 (what Windows accepts of a server: KB 940742).
    static func measure(_ clock: some ClockControl) -> Int8 {
        var shortest = Int64.max
        var last = clock.now()
        for _ in 0..<readings {
            let reading = clock.now()
            let difference = (reading - last).nanoseconds
            if difference > 0 { shortest = min(shortest, difference) }
            last = reading
        }
        // 2⁻³⁰ s is 0.93 ns: each doubling beyond it is one more.
        var exponent: Int8 = -30
        while exponent < -6, Double(shortest) > 1e9 / Double(Int64(1) << Int64(-exponent)) { exponent += 1 }
        return exponent
    }
}
