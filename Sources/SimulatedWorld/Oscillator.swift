/// An imagined quartz: its frequency walks at random, its counter counts nanoseconds of its own.
///
/// The frequency holds for each second of true time and then moves by a Gaussian step, so that the counter's error is
/// a known sum and not an approximation.
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

    /// Step of the random walk over one second (s/s per √s).
    private let wander: Double
    private var random: RandomSource
    private var segments: [Segment]
    private var newest = 0

    /// 16 s of the past stay exact: a time stamp from the kernel is a few seconds old at most.
    private static let segmentsKept = 16
    private static let segmentLength: Int64 = 1_000_000_000

    /// An oscillator whose counter stands at 0 at true time 0.
    ///
    /// - Parameters:
    ///   - frequency: error at the beginning, s/s, positive fast; within ±0.1.
    ///   - wander: standard deviation of the frequency after one second (s/s per √s, 0+).
    ///   - seed: of the random walk.
    public init(frequency: Double, wander: Double, seed: UInt64) {
        precondition(abs(frequency) <= 0.1 && wander >= 0, "no quartz is off by a tenth")
        self.wander = wander
        random = RandomSource(seed: seed)
        let first = Segment(start: 0, excess: 0, remainder: 0, frequency: frequency)
        segments = Array(repeating: first, count: Self.segmentsKept)
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
        newest = (newest + 1) % Self.segmentsKept
        segments[newest] = Segment(
            start: last.start + Self.segmentLength, excess: last.excess + Int64(whole), remainder: gained - whole,
            frequency: last.frequency + wander * random.nextGaussian())
    }
}
