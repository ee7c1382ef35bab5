import SimulatedWorld
import Testing

@testable import Discipline

@Suite("Selection: properties")
struct SourceSelectionPropertyTests {
    /// Offsets and distances are small whole numbers, so that ends often coincide and no rounding decides.
    private func randomCandidates(_ generator: inout RandomSource, trusting: Bool) -> [Candidate] {
        (0..<Int.random(in: 1...6, using: &generator)).map { _ in
            var candidate = source(
                Double(Int.random(in: 0...12, using: &generator)),
                within: Double(Int.random(in: 0...4, using: &generator)))
            candidate.isTrusted = trusting && Bool.random(using: &generator)
            return candidate
        }
    }

    private var wide: Policy {
        var policy = plain
        (policy.maximumDistance, policy.minimumSurvivors) = (100, 255)
        return policy
    }

    /// Every subset whose intervals have a common point, by trying all: the largest ones.
    private func largestGroups(of voters: [Int], _ candidates: [Candidate]) -> [Set<Int>] {
        let groups = (1..<1 << voters.count).map { bits in
            Set(voters.indices.filter { bits >> $0 & 1 == 1 }.map { voters[$0] })
        }.filter { group in
            let low = group.map { candidates[$0].offset - candidates[$0].distance }.max() ?? 0
            let high = group.map { candidates[$0].offset + candidates[$0].distance }.min() ?? 0
            return low <= high
        }
        let size = groups.map(\.count).max() ?? 0
        return groups.filter { $0.count == size }
    }

    @Test("those that agree are a largest group of all that could be, if it is a majority", arguments: [false, true])
    func oracle(trusting: Bool) {
        var generator = RandomSource(seed: 20_261_121)
        for _ in 0..<2000 {
            let candidates = randomCandidates(&generator, trusting: trusting)
            let trusted = candidates.indices.filter { candidates[$0].isTrusted }
            let voters = trusted.isEmpty ? Array(candidates.indices) : trusted
            let groups = largestGroups(of: voters, candidates)
            let choice = SourceSelection.choose(among: candidates, policy: wide, incumbent: nil)
            let agreeing = Set(voters.filter { [.systemPeer, .survivor].contains(choice.standings[$0]) })
            if 2 * groups[0].count > voters.count {
                #expect(groups.contains(agreeing), "\(candidates)")
            } else {
                #expect(choice.systemPeer == nil, "\(candidates)")
            }
        }
    }

    @Test("a falseticker far away changes nothing, whatever it claims")
    func falseticker() {
        var generator = RandomSource(seed: 5905)
        for _ in 0..<500 {
            let honest = (0..<Int.random(in: 2...6, using: &generator)).map { _ in
                source(0.01 * generator.nextGaussian(), within: 0.1, deviation: 0.005 + 0.01 * generator.nextUnit())
            }
            let rank = Int.random(in: 0...2, using: &generator)
            let liar = source(1 + 1e6 * generator.nextUnit(), within: 1e-6, deviation: 1e-9, rank: rank, "prefer")
            let alone = SourceSelection.choose(among: honest, policy: Policy(), incumbent: nil)
            let beside = SourceSelection.choose(among: honest + [liar], policy: Policy(), incumbent: nil)
            #expect(beside.systemPeer == alone.systemPeer)
            #expect(beside.weights == alone.weights + [0])
            #expect(beside.shift == alone.shift)
            #expect(beside.standings == alone.standings + [.falseticker])
        }
    }

    @Test("the order of the sources does not matter")
    func permutation() {
        var generator = RandomSource(seed: 11)
        for _ in 0..<500 {
            let candidates = (0..<Int.random(in: 1...7, using: &generator)).map { _ in
                Candidate(
                    offset: 0.2 * generator.nextGaussian(), deviation: 0.01 * generator.nextUnit(),
                    distance: 0.3 * generator.nextUnit(), stratum: Int.random(in: 0...3, using: &generator),
                    rank: Int.random(in: 0...2, using: &generator), isPreferred: generator.nextUnit() < 0.1,
                    isTrusted: generator.nextUnit() < 0.1, isForced: generator.nextUnit() < 0.05)
            }
            let incumbent = Bool.random(using: &generator) ? candidates.indices.randomElement(using: &generator) : nil
            let order = candidates.indices.shuffled(using: &generator)
            let straight = SourceSelection.choose(among: candidates, policy: Policy(), incumbent: incumbent)
            let shuffled = SourceSelection.choose(
                among: order.map { candidates[$0] }, policy: Policy(),
                incumbent: incumbent.flatMap { order.firstIndex(of: $0) })
            #expect(shuffled.standings == order.map { straight.standings[$0] })
            #expect(shuffled.systemPeer.map { order[$0] } == straight.systemPeer)
            #expect(shuffled.refusal == straight.refusal)
            // The sums are taken in another order: a few units in the last place.
            for (place, index) in order.enumerated() {
                #expect(abs(shuffled.weights[place] - straight.weights[index]) < 1e-12)
            }
            #expect(abs(shuffled.shift - straight.shift) < 1e-12)
        }
    }

    @Test("equals never take turns, however their distances waver by a half")
    func noHopping() {
        var generator = RandomSource(seed: 3)
        var incumbent = 0
        for _ in 0..<1000 {
            let candidates = (0..<3).map { _ in source(0, within: 0.1 * (1 + 0.5 * generator.nextUnit())) }
            let choice = SourceSelection.choose(among: candidates, policy: plain, incumbent: incumbent)
            #expect(choice.systemPeer == 0)
            incumbent = choice.systemPeer ?? -1
        }
    }
}
