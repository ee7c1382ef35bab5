/// What is recorded each second, just before its pulse: so errors are those of a prediction over one second.
public struct Moment: Sendable {
    /// Error of the clock itself, seconds, positive = fast.
    public let clockError: Double
    /// Error of the time that is served, which counts the correction still to be slewed, seconds, positive = fast.
    public let servedError: Double
    /// Root dispersion served, seconds.
    public let rootDispersion: Float
    /// Error of the ideal filter's prediction, seconds; NaN where there is none.
    public let idealError: Float
    /// Stratum served; 16 while unsynchronised.
    public let stratum: UInt8

    /// Whether time is served.
    public var isServed: Bool { stratum < 16 }
    /// Whether it is served with a wrong second.
    public var isWrong: Bool { isServed && abs(servedError) > 0.5 }
    /// Whether what is served lies within the bound that is served with it.
    public var isHonest: Bool { abs(servedError) <= Double(rootDispersion) }
}

extension Sequence where Element == Double {
    /// Root of the mean square.
    public var rootMeanSquare: Double {
        let (sum, count) = reduce((0.0, 0.0)) { ($0.0 + $1 * $1, $0.1 + 1) }
        return (sum / count).squareRoot()
    }

    /// The largest magnitude.
    public var largest: Double { reduce(0) { Swift.max($0, abs($1)) } }
}
