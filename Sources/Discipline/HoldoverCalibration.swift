/// Learns, while the reference is there, how wrong the clock would be without it.
///
/// At every checkpoint it imagines that the signal was lost some time ago, and compares what would have been predicted
/// with what the reference has shown since. The ratio of these real errors to the deviations that the estimator
/// claimed scales the bound: the estimator's model says how errors grow, the past says by how much it is wrong.
public struct HoldoverCalibration: Sendable {
    /// A state that an imagined outage begins with.
    fileprivate struct Checkpoint {
        /// Seconds of the clock's own.
        let time: Double
        /// What was predicted for the end of the outage: phase of the clock without any correction, seconds.
        let predicted: Double
        /// Frequency predicted for then, s/s.
        let frequency: Double
        /// Variance of that phase as it was claimed, s².
        let variance: Double
    }

    /// Imagined outages of one length.
    fileprivate struct Horizon: Sendable {
        /// Seconds.
        let length: Double
        var checkpoints: [Checkpoint] = []
        var next = 0
        var lastTime = -Double.infinity
        /// Mean of (error / claimed deviation)².
        var meanSquare = 0.0
        /// Independent outages that it is the mean of.
        var count = 0.0
    }

    /// Shortest horizon, seconds; each is twice the one before, the last is over a day.
    private static let shortest = 60.0
    private static let horizons = 12
    /// Outages of one length that are under way at the same time. Neighbours share much of their past, so each counts
    /// for a part.
    private static let overlap = 8
    /// Outages remembered at each length: the world changes.
    private static let memory = 200.0
    /// How many outages the model's own claim is worth, and at longer horizons that of the next shorter one.
    private static let trust = 16.0
    /// Standard deviations of the bound: 3.29 would be 99.9 % of a normal distribution whose scale is known; half as
    /// much again for errors that are not normal and scales that change (1000 simulated oscillators).
    private static let quantile = 4.8
    /// A change of frequency that must be reckoned with over times that were never seen: a day's temperature, s/s.
    /// Every outage seen at that length halves it.
    private static let unseen = 2e-8

    private var horizons = (0..<horizons).map { Horizon(length: shortest * Double(1 << $0)) }

    /// A calibration that trusts the model.
    public init() {}

    /// Notes the state at a moment while the clock follows a reference; about once a second, or less often.
    ///
    /// - Parameters:
    ///   - time: seconds of the clock's own, from any zero.
    ///   - free: what is believed now, of a clock that is not corrected.
    ///   - prediction: the same for so many seconds from now; `nil` where there is none.
    public mutating func note(time: Double, free: Estimate, prediction: (Double) -> Estimate?) {
        for index in horizons.indices {
            let spacing = horizons[index].length / Double(Self.overlap)
            guard time - horizons[index].lastTime >= spacing else { continue }
            guard let predicted = prediction(horizons[index].length) else { return }
            horizons[index].enter(
                Checkpoint(
                    time: time, predicted: predicted.phase, frequency: predicted.frequency,
                    variance: predicted.phaseDeviation * predicted.phaseDeviation),
                now: free, overlap: Self.overlap, memory: Self.memory)
        }
    }

    /// Forgets the outages under way, because the reference was lost or the clock set; what they taught stays.
    public mutating func interrupt() {
        for index in horizons.indices {
            horizons[index].checkpoints.removeAll(keepingCapacity: true)
            (horizons[index].next, horizons[index].lastTime) = (0, -Double.infinity)
        }
    }

    /// The error not exceeded in 99.9 % of outages.
    ///
    /// - Parameters:
    ///   - deviation: standard deviation that the estimator claims, seconds.
    ///   - age: seconds since the last sample.
    /// - Returns: seconds.
    public func bound(deviation: Double, age: Double) -> Double {
        var (scale, freedom) = (1.0, Self.trust)
        let place = max(0, (max(age, Self.shortest) / Self.shortest).logarithm / 2.0.logarithm)
        let upper = min(Int(place) + 1, horizons.count - 1)
        var (bound, shorter) = (0.0, 0.0)
        for (index, horizon) in horizons.enumerated() where index <= upper {
            freedom = Self.trust + horizon.count
            scale = (Self.trust * scale + horizon.count * horizon.meanSquare) / freedom
            shorter = bound
            bound = scale.squareRoot() * Self.studentQuantile(freedom) * deviation
            bound += Self.unseen * age * (-horizon.count * 0.693).exponential
        }
        return shorter + (bound - shorter) * min(place - Double(upper - 1), 1)
    }

    /// The quantile of Student's distribution that belongs to `quantile` of the normal one (Abramowitz and Stegun
    /// 26.7.5), good to a per cent from 4 degrees of freedom.
    private static func studentQuantile(_ freedom: Double) -> Double {
        let z = quantile
        let (z3, z5) = (z * z * z, z * z * z * z * z)
        let (z7, z9) = (z5 * z * z, z5 * z * z * z * z)
        let first = (z3 + z) / 4
        let second = (5 * z5 + 16 * z3 + 3 * z) / 96
        let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
        let fourth = (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / 92_160
        return z + (first + (second + (third + fourth / freedom) / freedom) / freedom) / freedom
    }
}

extension HoldoverCalibration.Horizon {
    /// Ends the outage that has lasted its time, and begins one.
    fileprivate mutating func enter(
        _ checkpoint: HoldoverCalibration.Checkpoint, now: Estimate, overlap: Int, memory: Double
    ) {
        lastTime = checkpoint.time
        guard checkpoints.count == overlap else { return checkpoints.append(checkpoint) }
        let begun = checkpoints[next]
        checkpoints[next] = checkpoint
        next = (next + 1) % overlap
        let time = checkpoint.time - begun.time
        // A checkpoint may come late; an outage of another length tells nothing.
        guard abs(time - length) < length / 4 else { return }
        let error = now.phase - (begun.predicted - begun.frequency * (time - length))
        let known = now.phaseDeviation * now.phaseDeviation
        // What is known at the end is the projection of the truth: claim = what this error shows + what stays unknown.
        // An outage that has taught less than its end hides tells nothing.
        guard begun.variance > 2 * known else { return }
        let square = error * error / (begun.variance - known)
        let weight = 2 / Double(overlap)
        count = min(count + weight, memory)
        meanSquare += weight / count * (square - meanSquare)
    }
}
