import TimeScale

/// How an estimator begins, and begins again.
extension Estimator {
    /// Starts from a frequency known beforehand, as a drift file or another source gives it (s/s, positive = fast).
    ///
    /// - Parameters:
    ///   - frequency: the oscillator's frequency error.
    ///   - deviation: standard deviation of its error, s/s.
    ///   - local: the clock's reading now.
    public mutating func preset(frequency: Double, deviation: Double, at local: Instant) {
        bank.preset(frequency: frequency, deviation: deviation)
        lastUpdate = local
        controlPhaseAtUpdate = control.phase(at: local)
        begin(.moved)
        isReady = false
    }

    /// Starts from what another source has taught about the clock, where that is known better than by this source.
    ///
    /// - Parameters:
    ///   - teacher: what is known; its phase must be that of this source to within both deviations.
    ///   - local: the clock's reading now.
    ///   - isFiner: whether the teacher's samples are the finer ones for certain, so that even what little it has learned
    ///     of the oscillator's wander is more than this source can.
    public mutating func adopt(_ teacher: Estimator, at local: Instant, isFiner: Bool = false) {
        guard let other = teacher.estimate(at: local) else { return }
        guard let own = estimate(at: local) else {
            if let wander = teacher.bank.wander ?? (isFiner ? teacher.bank.youngWander : nil) {
                bank.expect(wander: wander)
            }
            return preset(frequency: other.frequency, deviation: other.frequencyDeviation, at: local)
        }
        carry(to: local)
        if let wander = teacher.bank.wander, other.jitter < own.jitter { bank.expect(wander: wander) }
        if other.frequencyDeviation < own.frequencyDeviation {
            bank.preset(frequency: other.frequency, deviation: other.frequencyDeviation)
        }
        if other.phaseDeviation < own.phaseDeviation {
            bank.preset(phase: other.phase, deviation: other.phaseDeviation)
        }
    }

    /// Moves the beginning to a reading, before the first sample.
    public mutating func expectSamples(after local: Instant) {
        lastUpdate = local
        controlPhaseAtUpdate = control.phase(at: local)
    }

    mutating func begin(_ start: Start) {
        self.start = start
        collected.removeAll(keepingCapacity: true)
    }

    mutating func finish(_ start: Start) {
        let samples = collected
        begin(start)
        self.start = nil
        let last = samples[samples.count - 1].local
        // The offsets as they would be had no correction been made since the last of them.
        let controlPhase = control.phase(at: last)
        let line = RobustLine(
            times: samples.map { ($0.local - last).seconds },
            values: samples.map { $0.offset + control.phase(at: $0.local) - controlPhase })
        let elapsed = max((last - lastUpdate).seconds, 0)
        switch start {
        case .moved where !bank.contradicts(line, elapsed: elapsed): bank.begin(phasesOf: line, elapsed: elapsed)
        case .cold, .moved: bank.begin(with: line)
        }
        bank.shift(by: latency.model.share * latency.model.mean)
        lastUpdate = last
        controlPhaseAtUpdate = controlPhase
        latency.restart()
        surprise = SurpriseDetector()
        usualInterval = (last - samples[0].local).seconds / Double(samples.count - 1)
        isReady = true
    }
}

/// A robust line through a few points (Theil 1950, Sen 1968): the median of the slopes of all pairs.
struct RobustLine {
    /// Value per second.
    let slope: Double
    /// The values less the slope, as if all had been taken at time 0.
    let levels: [Double]
    /// Scatter round the line, standard deviation.
    let deviation: Double
    /// Times of the points, seconds.
    let times: [Double]
    /// Mean distance of the points, seconds.
    let spacing: Double

    /// A line through points in the order of their times, which differ.
    init(times: [Double], values: [Double]) {
        var slopes: [Double] = []
        for later in times.indices {
            for earlier in 0..<later {
                slopes.append((values[later] - values[earlier]) / (times[later] - times[earlier]))
            }
        }
        let slope = RobustStatistics.median(slopes)
        (self.times, self.slope) = (times, slope)
        levels = zip(times, values).map { $1 - slope * $0 }
        // Two parameters were fitted: n/(n − 2) degrees of freedom.
        let count = Double(times.count)
        deviation = max(
            RobustStatistics.deviation(levels) * (count / (count - 2)).squareRoot(), Estimator.leastJitter)
        spacing = (times[times.count - 1] - times[0]) / (count - 1)
    }

    /// The value at time 0.
    var level: Double { RobustStatistics.median(levels) }

    /// Variance of the slope in units of the deviation squared: least squares, doubled for robustness.
    var slopeVariance: Double {
        let count = Double(levels.count)
        return 2 * 12 / (count * (count * count - 1)) / (spacing * spacing)
    }
}
