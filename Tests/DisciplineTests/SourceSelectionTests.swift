import Testing

@testable import Discipline

typealias Candidate = SourceSelection.Candidate
typealias Policy = SourceSelection.Policy

/// A sample source whose interval is `offset` ± 0.1 s, unless said otherwise.
func source(
    _ offset: Double, within distance: Double = 0.1, deviation: Double = 0.01, rank: Int = 1, _ change: String = ""
) -> Candidate {
    Candidate(
        offset: offset, deviation: deviation, distance: distance, rank: rank, isPreferred: change.contains("prefer"),
        isTrusted: change.contains("trust"), isRequired: change.contains("require"), isForced: change.contains("true"))
}

/// ntpd's policy with a margin of nothing, so that intervals are what the candidates say.
var plain: Policy {
    var policy = Policy()
    policy.minimumDistance = 0
    return policy
}

/// One letter for each candidate: ntpq's tally codes, `u` for those outside of the trusted, `~` for the distant.
func tally(_ candidates: [Candidate], _ policy: Policy = plain, incumbent: Int? = nil) -> String {
    SourceSelection.choose(among: candidates, policy: policy, incumbent: incumbent).standings.map { standing in
        switch standing {
        case .distant: "~"
        case .falseticker: "x"
        case .untrusted: "u"
        case .outlier: "-"
        case .backup: "#"
        case .survivor: "+"
        case .systemPeer: "*"
        }
    }.joined()
}

@Suite("Selection: which sources agree")
struct SourceIntersectionTests {
    @Test(
        "more than half must meet; half is enough on the incumbent's side, then on the preferred's",
        arguments: [
            ([], nil, ""), ([source(0)], nil, "*"),
            // [-0.1, 0.1] and [0.05, 0.25] meet, [-0.1, 0.1] and [0.15, 0.35] do not.
            ([source(0), source(0.15)], nil, "*+"), ([source(0), source(0.25)], nil, "xx"),
            ([source(0), source(0.25)], 1, "x*"), ([source(0, "prefer"), source(0.25)], nil, "*x"),
            ([source(0, "prefer"), source(0.25)], 1, "x*"),
            ([source(0, "prefer"), source(0.25, "prefer")], nil, "xx"),
            // Two of three, even against a preferred one.
            ([source(0), source(0.05), source(5)], 2, "*+x"),
            ([source(5, rank: 0, "prefer"), source(0), source(0.05)], 0, "x*+"),
            // Two of four: half, so somebody has to break the tie; the lone incumbent cannot.
            ([source(0), source(0.05), source(5), source(9)], nil, "xxxx"),
            ([source(0), source(0.05), source(5), source(9)], 0, "*+xx"),
            ([source(0), source(0.05), source(5), source(9)], 2, "xxxx"),
            ([source(0), source(0.05, "prefer"), source(5), source(9)], nil, "#*xx"),
            ([source(0), source(0.05), source(5), source(5.05)], nil, "xxxx"),
            ([source(0), source(0.05), source(5), source(5.05)], 3, "xx+*"),
            // One of three is no majority, whoever it is.
            ([source(0, "prefer"), source(5), source(9)], 0, "xxx"),
        ] as [([Candidate], Int?, String)])
    func votes(candidates: [Candidate], incumbent: Int?, expected: String) {
        #expect(tally(candidates, incumbent: incumbent) == expected)
    }

    @Test(
        "two majorities that share a coarse source: the incumbent's, the preferred's, else that of the better source",
        arguments: [
            ("", 1, 2, "#x*"), ("", 1, 1, "#*x"), ("prefer", 1, nil, "#*x"), ("", 0, nil, "#x*"),
        ] as [(String, Int, Int?, String)])
    func twoMajorities(change: String, rank: Int, incumbent: Int?, expected: String) {
        // Labels [-0.3, 0.3] meet both [-0.35, -0.15] and [0.15, 0.35], which do not meet each other.
        let candidates = [source(0, within: 0.3, rank: 2), source(-0.25, change), source(0.25, rank: rank)]
        #expect(tally(candidates, incumbent: incumbent) == expected)
    }

    @Test(
        "the trusted alone vote, and nobody else can stand against them",
        arguments: [
            ([source(0, "trust"), source(5), source(5.01), source(5.02)], "*uuu"),
            ([source(0, "trust"), source(5, "trust"), source(5.01), source(5.02)], "xxxx"),
            ([source(0, "trust"), source(0.05, "trust"), source(5, "trust"), source(0.02)], "*+x+"),
        ])
    func trust(candidates: [Candidate], expected: String) { #expect(tally(candidates) == expected) }

    @Test("a forced source survives what others say; it is combined with those that it agrees with only")
    func forced() {
        #expect(tally([source(0), source(0.05), source(5, "true")]) == "*+#")
        #expect(tally([source(0), source(5, "true")]) == "x*")
    }

    @Test("honest receivers with a little cable between them agree thanks to mindist")
    func cable() {
        let receivers = [source(0, within: 100e-9, rank: 0), source(300e-9, within: 100e-9, rank: 0)]
        #expect(tally(receivers) == "xx")
        #expect(tally(receivers, Policy()) == "*+")
    }

    @Test("sources without a usable bound of their error are left out", arguments: [.nan, .infinity, 1.6, -1])
    func distant(distance: Double) {
        #expect(tally([source(0), source(0, within: distance)]) == "*~")
        #expect(tally([source(.nan), source(0, deviation: .infinity), source(0)]) == "~~*")
        var policy = plain
        policy.maximumDistance = 16
        #expect(tally([source(0, within: 1.6)], policy) == "*")
    }

    @Test("it is said why none is chosen")
    func refusals() {
        func refusal(_ candidates: [Candidate], _ policy: Policy = plain) -> SourceSelection.Refusal? {
            let choice = SourceSelection.choose(among: candidates, policy: policy, incumbent: nil)
            #expect(choice.systemPeer == nil || choice.refusal == nil)
            #expect(choice.weights.reduce(0, +) == (choice.systemPeer == nil ? 0 : 1))
            return choice.refusal
        }
        var (two, required) = (plain, plain)
        two.minimumSane = 2
        required.demandsRequired = true
        #expect(refusal([]) == .noCandidates)
        #expect(refusal([source(0), source(5), source(9)]) == .noMajority(voters: 3, agreeing: 1))
        #expect(refusal([source(0)], two) == .tooFew(agreeing: 1, needed: 2))
        #expect(refusal([source(0), source(0)], two) == nil)
        #expect(refusal([source(0), source(0.05), source(5, "require")]) == .requiredMissing)
        #expect(refusal([source(0), source(0.05, "require"), source(5, "require")]) == nil)
        #expect(refusal([source(0)], required) == .requiredMissing)
    }
}

@Suite("Selection: who is followed, and how much each counts")
struct SourceCombiningTests {
    /// Three within 2 ms of each other and one 50 ms off, which all meet.
    func crowd(_ change: String = "", deviation: Double = 0.002) -> [Candidate] {
        [0, 0.001, -0.001].map { source($0, deviation: 0.002) } + [source(0.05, deviation: deviation, change)]
    }

    @Test("the farthest is cast out while there are more than minclock")
    func clustering() {
        #expect(tally(crowd()) == "*++-")
        var four = plain
        four.minimumSurvivors = 4
        #expect(tally(crowd(), four) == "*+++")
    }

    @Test("the preferred, the forced, and those that agree within the deviations are not cast out")
    func keptInCluster() {
        // The preferred stays, so the one that is farthest from it goes.
        #expect(tally(crowd("prefer")) == "##-*")
        #expect(tally(crowd("true")) == "*+++")
        // 0.05 is less than 0.002 + 0.049.
        #expect(tally(crowd(deviation: 0.049)) == "*+++")
    }

    @Test("the closest claim is no protection against the others' agreement")
    func boldOutlier() {
        let bold = source(0.005, within: 0.006, deviation: 1e-5)
        let others = [0, 1e-4, -1e-4, 2e-4].map { source($0, within: 0.01, deviation: 2e-4) }
        #expect(tally([bold] + others) == "-*+++")
    }

    @Test("coarser sources never cast out a pulse, however many they are")
    func pulseStays() {
        let samples = [0.05, 0.0501, 0.0502, 0.0503].map { source($0, deviation: 1e-5) }
        #expect(tally([source(0, within: 1e-5, deviation: 1e-7, rank: 0)] + samples) == "*##--")
    }

    @Test(
        "pulses first, then the preferred, then the rank, then the distance",
        arguments: [
            // As classic files have it: `prefer` for the sentences, and the pulses take over.
            ([source(0, rank: 2, "prefer"), source(0, rank: 0)], "#*"),
            ([source(0, rank: 0, "prefer"), source(0, rank: 0)], "*#"),
            ([source(0, rank: 1), source(0, rank: 2, "prefer")], "#*"),
            ([source(0, within: 0.01), source(0, rank: 0)], "#*"),
            ([source(0, within: 0.01), source(0, within: 0.009)], "+*"),
        ])
    func order(candidates: [Candidate], expected: String) { #expect(tally(candidates) == expected) }

    @Test("a stratum costs a millisecond")
    func stratum() {
        var near = source(0, within: 0.0095)
        near.stratum = 1
        #expect(tally([near, source(0, within: 0.01)]) == "+*")
        near.distance = 0.0085
        #expect(tally([near, source(0, within: 0.01)]) == "*+")
    }

    @Test(
        "an incumbent stays until a rival is twice as good, preferred or of a better rank",
        arguments: [
            (source(0, within: 0.06), "+*"), (source(0, within: 0.04), "*+"), (source(0, "prefer"), "*#"),
            (source(0, rank: 0), "*#"),
        ])
    func hysteresis(rival: Candidate, expected: String) {
        #expect(tally([rival, source(0)], incumbent: 1) == expected)
    }

    /// Without bias 1/0.001² : 1/0.002² = 4 : 1; without noise 1/(3²/3) : 1/(1²/3) = 1 : 9.
    @Test("weights are the inverse mean square errors, and the combination is shifted by them")
    func weights() {
        let noisy = [source(0, within: 0, deviation: 1e-3), source(5e-4, within: 0, deviation: 2e-3)]
        let choice = SourceSelection.choose(among: noisy, policy: Policy(), incumbent: nil)
        #expect(choice.systemPeer == 0)
        #expect(abs(choice.weights[0] - 0.8) < 1e-12 && abs(choice.weights[1] - 0.2) < 1e-12)
        #expect(abs(choice.shift - 1e-4) < 1e-15)
        let biased = [source(0, within: 0.3, deviation: 0), source(0, within: 0.1, deviation: 0)]
        let other = SourceSelection.choose(among: biased, policy: plain, incumbent: nil)
        #expect(abs(other.weights[0] - 0.1) < 1e-12 && abs(other.weights[1] - 0.9) < 1e-12)
        #expect(
            SourceSelection.choose(among: [source(0, within: 0, deviation: 0)], policy: plain, incumbent: nil).weights
                == [1])
    }

    @Test("labels add nothing to a pulse, nor others to a preferred source")
    func notCombined() {
        let pulse = [source(0, within: 1e-5, deviation: 1e-7, rank: 0), source(0.05, rank: 2), source(-0.05, rank: 2)]
        let choice = SourceSelection.choose(among: pulse, policy: Policy(), incumbent: nil)
        #expect((choice.weights, choice.shift) == ([1, 0, 0], 0))
        let preferred = [source(0, "prefer"), source(0.05)]
        #expect(SourceSelection.choose(among: preferred, policy: Policy(), incumbent: nil).weights == [1, 0])
    }
}
