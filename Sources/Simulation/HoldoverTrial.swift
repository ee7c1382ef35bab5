import Discipline
import SimulatedWorld
import TimeScale

import func Glibc.pow

/// An oscillator drawn by lot, followed for days: is the bound of its error without a signal true?
///
/// The clock is never touched: pulses of the free oscillator go to the estimator, and at moments of its life the bound
/// for outages of several lengths is asked for and later compared with what became of the oscillator.
public struct HoldoverTrial: Sendable {
    /// What is peculiar about an oscillator, beside jitter and random walk.
    public enum Family: String, Sendable, CaseIterable {
        /// Nothing.
        case walk = "random walk"
        /// It ages, by 3e-13 per s (standard deviation).
        case ageing
        /// Flicker noise of 1e-11 to 3e-10, little random walk.
        case flicker
        /// It follows a temperature of the day, by 1e-9 to 1e-7.
        case diurnal
    }

    /// Lengths of the outages, seconds.
    public static let horizons = [60, 600, 3600, 21_600, 86_400]

    /// What became of outages of one length.
    public struct Counts: Equatable, Sendable {
        /// Outages.
        public var outages = 0
        /// Those whose error went beyond the bound.
        public var beyond = 0
        /// Sum of (error / bound)².
        public var squares = 0.0

        /// No outages.
        public init() {}

        /// Share of the outages within the bound, 0 ... 1.
        public var coverage: Double { outages > 0 ? 1 - Double(beyond) / Double(outages) : 1 }

        /// How many times wider the bound is than one that an oracle would need: 3.29 standard deviations (99.9 % of a
        /// normal distribution) of the errors that did happen, each in units of its own bound.
        public var width: Double { squares > 0 ? 1 / (3.29 * (squares / Double(outages)).squareRoot()) : 0 }

        /// Adds others.
        public mutating func add(_ other: Counts) {
            outages += other.outages
            beyond += other.beyond
            squares += other.squares
        }
    }

    /// How long it is followed, seconds.
    private static let duration = 4 * 86_400
    /// Between two outages that begin, seconds; the first after as much.
    private static let outageInterval = 7200
    /// The outages of the longest kind of which the bound is judged begin after a day: what a day brings cannot be known
    /// before.
    private static let firstOutages = [3600, 3600, 21_600, 86_400, 86_400]

    /// What is peculiar about this oscillator.
    public let family: Family
    private let oscillator: OscillatorModel
    private let jitter: Double
    private let seed: UInt64

    /// Draws an oscillator.
    public init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        family = Family.allCases[Int(seed % UInt64(Family.allCases.count))]
        func lot(_ low: Double, _ high: Double) -> Double { low * pow(high / low, random.nextUnit()) }
        let wander = lot(1e-12, 1e-9)
        jitter = lot(1e-7, 1e-5)
        var model = OscillatorModel(frequency: 1e-5 * random.nextGaussian(), wander: wander)
        switch family {
        case .walk: break
        case .ageing: model.ageing = 3e-13 * random.nextGaussian()
        case .flicker:
            model.flicker = lot(1e-11, 3e-10)
            model.wander /= 10
        case .diurnal:
            model.sines = [
                .init(amplitude: lot(1e-9, 1e-7), period: 86_400, phase: 2 * Double.pi * random.nextUnit())
            ]
        }
        (oscillator, self.seed) = (model, seed)
    }

    /// An outage that is imagined and goes on.
    fileprivate struct Outage {
        let begun: Int
        /// The clock's reading then.
        let local: Instant
        /// What was predicted for the end of each of the outages, and the bound of its error.
        let predictions: [(estimate: Estimate, bound: Double)]
    }

    /// Follows the oscillator.
    ///
    /// - Parameter spacing: seconds between two pulses that are used; 1 for all of them.
    /// - Returns: counts for each of `horizons`.
    public func run(spacing: Int = 1) -> [Counts] {
        var oscillator = Oscillator(oscillator, seed: seed)
        var random = RandomSource(seed: seed &+ 1)
        let start = SimulatedAppliance.ordinaryDay
        var estimator = Estimator(correction: 0, at: start)
        var calibration = HoldoverCalibration()
        var counts = [Counts](repeating: Counts(), count: Self.horizons.count)
        var outages: [Outage] = []
        for second in stride(from: spacing, through: Self.duration, by: spacing) {
            let local = start + Interval(nanoseconds: oscillator.count(at: Int64(second) * 1_000_000_000))
            let reference = start + .seconds(Int64(second))
            let stamp = local + Interval(seconds: jitter * random.nextGaussian())
            _ = estimator.update(Sample(local: stamp, reference: reference))
            guard let estimate = estimator.estimate(at: local) else { continue }
            let predict = { estimator.estimate(at: local + Interval(seconds: $0)) }
            calibration.note(time: (local - start).seconds, free: estimate, prediction: predict)
            let phase = (reference - local).seconds
            for outage in outages { outage.judge(second: second, local: local, phase: phase, &counts) }
            guard second % Self.outageInterval < spacing else { continue }
            outages.removeAll { second - $0.begun > Self.horizons[Self.horizons.count - 1] }
            outages.append(
                Outage(
                    begun: second, local: local,
                    predictions: Self.horizons.map { horizon in
                        let prediction = predict(Double(horizon)) ?? estimate
                        let bound = calibration.bound(deviation: prediction.phaseDeviation, age: Double(horizon))
                        return (prediction, bound)
                    }))
        }
        return counts
    }
}

extension HoldoverTrial.Outage {
    /// Compares the prediction with the truth, where the outage has lasted one of the lengths.
    fileprivate func judge(second: Int, local: Instant, phase: Double, _ counts: inout [HoldoverTrial.Counts]) {
        let age = second - begun
        for (index, horizon) in HoldoverTrial.horizons.enumerated()
        where age == horizon && begun >= HoldoverTrial.firstOutages[index] {
            let (estimate, bound) = predictions[index]
            // The prediction is for so many of the clock's own seconds.
            let excess = (local - self.local).seconds - Double(horizon)
            let share = (phase - (estimate.phase - estimate.frequency * excess)) / bound
            counts[index].outages += 1
            if abs(share) > 1 { counts[index].beyond += 1 }
            counts[index].squares += share * share
        }
    }
}

/// Many oscillators.
public struct HoldoverTally: Equatable, Sendable {
    /// Oscillators of each family.
    public private(set) var oscillators: [HoldoverTrial.Family: Int] = [:]
    /// Counts of each family for each of `HoldoverTrial.horizons`.
    public private(set) var counts: [HoldoverTrial.Family: [HoldoverTrial.Counts]] = [:]

    /// None.
    public init() {}

    /// The oscillators of some seeds, followed.
    ///
    /// - Parameters:
    ///   - seeds: one for each oscillator.
    ///   - spacing: seconds between two pulses that are used.
    public init(seeds: Range<UInt64>, spacing: Int = 1) {
        for seed in seeds {
            let trial = HoldoverTrial(seed: seed)
            add(trial.family, 1, trial.run(spacing: spacing))
        }
    }

    /// Adds others.
    public mutating func add(_ other: HoldoverTally) {
        for (family, number) in other.oscillators { add(family, number, other.counts[family] ?? []) }
    }

    /// All families together.
    public var total: [HoldoverTrial.Counts] {
        counts.values.reduce(into: [HoldoverTrial.Counts](repeating: .init(), count: HoldoverTrial.horizons.count)) {
            for index in $0.indices { $0[index].add($1[index]) }
        }
    }

    private mutating func add(_ family: HoldoverTrial.Family, _ number: Int, _ others: [HoldoverTrial.Counts]) {
        oscillators[family, default: 0] += number
        var known = counts[family] ?? [HoldoverTrial.Counts](repeating: .init(), count: others.count)
        for index in others.indices { known[index].add(others[index]) }
        counts[family] = known
    }
}
