import func Glibc.log

/// What happens between the true beginning of a second and the stamp of the pulse that should mark it.
///
/// Every number is a time in seconds by which the stamp is late, or the share of pulses that something happens to.
public struct PulseModel: Equatable, Sendable {
    /// White jitter of the stamps, standard deviation in seconds.
    public var jitter = 1e-6
    /// Mean of a one-sided exponential latency, seconds: interrupts are only ever late.
    public var latency = 0.0
    /// Share of pulses that have this latency, 0 ... 1.
    public var latencyShare = 1.0
    /// Share of pulses that are late by an amount evenly spread over `outlierRange`, 0 ... 1.
    public var outlierShare = 0.0
    /// How late outliers are, seconds.
    public var outlierRange = 50e-6...500e-6
    /// Share of pulses that do not come, 0 ... 1.
    public var missingShare = 0.0
    /// Share of seconds that have one more pulse, anywhere in them, 0 ... 1.
    public var spuriousShare = 0.0
    /// Largest error that the receiver's clock grid makes, seconds: its pulse comes at the nearest tick.
    public var sawtoothAmplitude = 0.0
    /// Seconds in which the receiver's clock drifts by one tick, > 0.
    public var sawtoothPeriod = 37.3
    /// Constant delay of cable and electronics, seconds.
    public var delay = 0.0
    /// A lie: how far the whole train of pulses is moved, seconds, positive = late; below half a second.
    public var phaseOffset = 0.0
    /// A lie: how fast the train moves, s/s; it adds to `phaseOffset` each second.
    public var rateError = 0.0

    /// Pulses with a microsecond of white jitter.
    public init() {}

    /// Whether white jitter is all that is wrong with those pulses that come on time.
    public var isPureJitter: Bool {
        (latency == 0 || latencyShare == 0) && sawtoothAmplitude == 0 && delay == 0 && phaseOffset == 0
            && rateError == 0
    }

    /// Quantisation error of the pulse of a second, seconds, positive = late; what TIM-TP's qErr takes back.
    public func sawtooth(_ second: Int64) -> Double {
        guard sawtoothAmplitude > 0 else { return 0 }
        let ticks = Double(second) / sawtoothPeriod
        return sawtoothAmplitude * (2 * (ticks - ticks.rounded(.down)) - 1)
    }

    /// The pulses of a second; to be called once for each, since lies go on.
    ///
    /// - Parameters:
    ///   - second: count of the second, for the sawtooth.
    ///   - random: source of all chance.
    /// - Returns: by how much each is late, seconds: one, or none, or two.
    public mutating func pulses(_ second: Int64, _ random: inout RandomSource) -> [Double] {
        defer { phaseOffset += rateError }
        var pulses: [Double] = []
        if missingShare == 0 || random.nextUnit() >= missingShare {
            pulses.append(delay + phaseOffset + sawtooth(second) + chance(&random))
        }
        if spuriousShare > 0, random.nextUnit() < spuriousShare { pulses.append(random.nextUnit()) }
        return pulses
    }

    private func chance(_ random: inout RandomSource) -> Double {
        var late = random.nextGaussian() * jitter
        if latency > 0, random.nextUnit() < latencyShare { late += latency * random.nextExponential() }
        if random.nextUnit() < outlierShare {
            late += outlierRange.lowerBound + (outlierRange.upperBound - outlierRange.lowerBound) * random.nextUnit()
        }
        return late
    }
}

extension RandomSource {
    /// A number with the exponential distribution of mean 1.
    public mutating func nextExponential() -> Double { -log(1 - nextUnit()) }
}
