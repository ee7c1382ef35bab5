import func Glibc.log

/// Random numbers that repeat with their seed (SplitMix64; Steele, Lea, Flood: OOPSLA 2014).
public struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: UInt64
    /// The second of a pair of Gaussian numbers, which come in twos.
    private var spareGaussian: Double?

    /// The sequence of a seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }

    /// A number evenly spread over 0 ..< 1, in steps of 2⁻⁵³.
    public mutating func nextUnit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number with the normal distribution of mean 0 and variance 1 (Marsaglia's polar method).
    public mutating func nextGaussian() -> Double {
        if let spare = spareGaussian {
            spareGaussian = nil
            return spare
        }
        var (x, y, square) = (0.0, 0.0, 0.0)
        repeat {
            (x, y) = (2 * nextUnit() - 1, 2 * nextUnit() - 1)
            square = x * x + y * y
        } while square >= 1 || square == 0
        let scale = (-2 * log(square) / square).squareRoot()
        spareGaussian = y * scale
        return x * scale
    }
}
