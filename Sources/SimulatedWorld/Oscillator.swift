import func Glibc.cos

/// An imagined quartz: its frequency does what its model says, its counter counts nanoseconds of its own.
///
/// The frequency holds for each second of true time, at the mean of what the model says for that second, so that the
/// counter's error is a known sum and not an approximation.
public struct Oscillator: Sendable {
    /// One second of true time.
    private struct Segment {
        /// True time at its beginning, ns.
        var start: Int64
        /// Counter minus true time at its beginning, whole ns and the part of one lost in them (0 ..< 1).
        var excess: Int64
        var remainder: Double
        /// s/s, positive fast.
        var frequency: Double
    }

    /// Frequency error in the newest second asked for, s/s, positive fast.
    public var frequency: Double { segments[newest].frequency }

    private let model: OscillatorModel
    private var random: RandomSource
    private var flicker: FlickerNoise
    /// The initial frequency, the random walk and the steps so far.
    private var walk: Double
    /// Cosine of each sine's argument at the end of the newest second: the next mean begins there.
    private var cosines: [Double]
    private var segments: [Segment]
    private var newest = 0

    /// 16 s of the past stay exact: a time stamp from the kernel is a few seconds old at most.
    private static let segmentsKept = 16
    private static let segmentLength: Int64 = 1_000_000_000

    /// An oscillator whose counter stands at 0 at true time 0.
    ///
    /// - Parameters:
    ///   - model: what its frequency does.
    ///   - seed: of all noise.
    public init(_ model: OscillatorModel, seed: UInt64) {
        self.model = model
        random = RandomSource(seed: seed)
        flicker = FlickerNoise(deviation: model.flicker, random: &random)
        walk = model.frequency
        cosines = model.sines.map { cos($0.phase) }
        let empty = Segment(start: 0, excess: 0, remainder: 0, frequency: 0)
        segments = Array(repeating: empty, count: Self.segmentsKept)
        segments[newest].frequency = nextFrequency(second: 0)
    }

    /// The counter at a moment of true time, both in ns; never falls as true time grows.
    ///
    /// - Parameter trueNanoseconds: 0 or more; may lie up to 15 s before the latest asked for.
    /// - Returns: the count, exact to 1 ns.
    public mutating func count(at trueNanoseconds: Int64) -> Int64 {
        while trueNanoseconds - segments[newest].start >= Self.segmentLength { advance() }
        var index = newest
        for _ in 1..<Self.segmentsKept where trueNanoseconds < segments[index].start {
            index = (index + Self.segmentsKept - 1) % Self.segmentsKept
        }
        let segment = segments[index]
        let gained = segment.remainder + Double(trueNanoseconds - segment.start) * segment.frequency
        return trueNanoseconds + segment.excess + Int64(gained.rounded(.down))
    }

    /// Begins the next second.
    private mutating func advance() {
        let last = segments[newest]
        let gained = last.remainder + Double(Self.segmentLength) * last.frequency
        let whole = gained.rounded(.down)
        let start = last.start + Self.segmentLength
        walk += model.wander * random.nextGaussian()
        newest = (newest + 1) % Self.segmentsKept
        segments[newest] = Segment(
            start: start, excess: last.excess + Int64(whole), remainder: gained - whole,
            frequency: nextFrequency(second: start / Self.segmentLength))
    }

    /// Mean frequency of the second that begins, s/s; to be called once for each.
    private mutating func nextFrequency(second: Int64) -> Double {
        for step in model.steps where step.second == second { walk += step.size }
        // Ageing and sines at their means over the second, so that their phase is exact at every second's end.
        var sum = walk + model.ageing * (Double(second) + 0.5)
        for index in model.sines.indices {
            let sine = model.sines[index]
            let rate = 2 * Double.pi / sine.period
            let end = cos(rate * Double(second + 1) + sine.phase)
            sum += sine.amplitude * (cosines[index] - end) / rate
            cosines[index] = end
        }
        if model.flicker > 0 { sum += flicker.next(&random) }
        if model.white > 0 { sum += model.white * random.nextGaussian() }
        return sum
    }
}
