import func Glibc.exp

/// Flicker noise as a sum of first-order Gauss–Markov processes whose time constants are two octaves apart.
///
/// With variance s² each and time constants in the ratio r, the sum has the spectral density s²/(ln r · f) between the
/// shortest and the longest, because Σ 4s²τ/(1 + (2πfτ)²) becomes an integral over ln τ. Flicker of density h₋₁/f has
/// the Allan variance 2·ln 2·h₋₁ (NIST SP 1065 table 3), so for r = 4 the Allan variance is s² itself.
struct FlickerNoise: Sendable {
    /// One process.
    private struct Process {
        var value: Double
        /// What is left of the value after a second.
        let persistence: Double
        /// Standard deviation of what is added in a second.
        let innovation: Double
    }

    private var processes: [Process]

    /// 4⁰ … 4¹⁰ s: from a second to twelve days.
    private static let octaves = stride(from: 0, through: 20, by: 2)

    /// Noise that has gone on for ever.
    ///
    /// - Parameters:
    ///   - deviation: Allan deviation of the floor, 0+; with 0 there is no noise and no cost.
    ///   - random: where the first values come from.
    init(deviation: Double, random: inout RandomSource) {
        processes = []
        guard deviation > 0 else { return }
        for octave in Self.octaves {
            let persistence = exp(-1 / Double(1 << octave))
            let innovation = deviation * (1 - persistence * persistence).squareRoot()
            processes.append(
                Process(value: deviation * random.nextGaussian(), persistence: persistence, innovation: innovation))
        }
    }

    /// Its mean over the next second.
    mutating func next(_ random: inout RandomSource) -> Double {
        var sum = 0.0
        for index in processes.indices {
            let process = processes[index]
            processes[index].value = process.persistence * process.value + process.innovation * random.nextGaussian()
            sum += processes[index].value
        }
        return sum
    }
}
