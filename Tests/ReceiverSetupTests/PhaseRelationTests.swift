import SimulatedWorld
import Testing
import TimeScale

@testable import ReceiverSetup

@Suite("How long after a train other moments come")
struct PhaseRelationTests {
    private static let train = EdgeTrain((0..<60).map { .init(sequence: UInt32($0), time: start + .seconds($0)) })

    private func relate(
        _ delay: Double, jitter: Double = 0.004, drift: Double = 0, leastMove: Double = 0.01, seed: UInt64 = 5
    ) -> PhaseRelation? {
        var random = RandomSource(seed: seed)
        let moments = (0..<60).map { second in
            start + .seconds(Int64(second))
                + Interval(seconds: delay + Double(second) * drift + random.nextGaussian() * jitter)
        }
        return PhaseRelation(of: moments, after: Self.train, leastMove: leastMove)
    }

    /// The median of 60 with 4 ms of jitter: 1.2533 × 4/√60 = 0.65 ms; four of those.
    @Test("the delay is found all round the second", arguments: [-0.04, -0.001, 0, 0.2, 0.499, 0.5, 0.501, 0.8, 0.94])
    func everyDelay(delay: Double) throws {
        let relation = try #require(relate(delay))
        #expect(abs(relation.centre - delay) < 0.0026)
        #expect(relation.drift == nil)
        #expect(relation.count == 60)
    }

    @Test("steady jitter is no drift", arguments: 1...50)
    func noDrift(seed: UInt64) throws {
        #expect(try #require(relate(0.3, jitter: 0.02, seed: seed)).drift == nil)
    }

    @Test("a drift is measured, also where it goes round the second", arguments: [0.001, -0.004, 0.02, -0.03])
    func drift(drift: Double) throws {
        let relation = try #require(relate(0.3, drift: drift))
        // Medians of thirds: √2 × 1.2533 × 4/√20 = 1.6 ms in 40 s, besides the drift's own in a third; four of those.
        #expect(abs((relation.drift ?? 0) - drift) < 0.1 * abs(drift) + 0.00016)
    }

    @Test("a few wild moments change nothing")
    func wild() throws {
        var moments = (0..<60).map { start + .seconds(Int64($0)) + .milliseconds(137) }
        for index in stride(from: 3, to: 60, by: 10) { moments[index] = moments[index] + .milliseconds(310) }
        let relation = try #require(PhaseRelation(of: moments, after: Self.train, leastMove: 0.01))
        #expect(abs(relation.centre - 0.137) < 1e-6)
        #expect(relation.drift == nil)
    }

    @Test("too little of either says nothing")
    func tooLittle() {
        let moments = (0..<5).map { start + .seconds(Int64($0)) }
        #expect(PhaseRelation(of: moments, after: Self.train, leastMove: 0) == nil)
        #expect(PhaseRelation(of: [], after: Self.train, leastMove: 0) == nil)
        let empty = EdgeTrain([])
        #expect(PhaseRelation(of: (0..<9).map { start + .seconds($0) }, after: empty, leastMove: 0) == nil)
    }
}
