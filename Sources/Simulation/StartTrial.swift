import Discipline
import SimulatedWorld
import TimeScale

/// A cold start with everything drawn by lot: is a second ever served that is not the right one?
public struct StartTrial: Sendable {
    /// When the receiver's sentences come.
    public enum Labels: String, Sendable, CaseIterable {
        /// 30 to 380 ms after their pulse, as most receivers.
        case usual = "30 … 380 ms"
        /// 380 to 900 ms after it.
        case late = "380 … 900 ms"
        /// 20 ms before it.
        case early = "−20 ms"
        /// 480 ± 30 ms after it: half of them look like the next second's.
        case trap = "480 ± 30 ms"
        /// 512 ms after it.
        case half = "512 ms"
        /// 870 ms after it.
        case nearlyNext = "870 ms"
    }

    /// What else is special.
    public enum Circumstance: String, Sendable, CaseIterable {
        /// Nothing.
        case alone = "one receiver"
        /// The clock was synchronised before, and tells seconds apart.
        case inherited = "clock synchronised before"
        /// A second receiver of the usual kind.
        case second = "a second receiver"
        /// A thousandth of the bytes are wrong.
        case corrupted = "corrupted bytes"
    }

    /// How it ended.
    public enum Outcome: Sendable, CaseIterable {
        /// Served, and right.
        case right
        /// Served with a wrong second, if only once.
        case wrong
        /// Nothing served within 40 s.
        case unserved
    }

    /// When sentences come.
    public let labels: Labels
    /// What else is special.
    public let circumstance: Circumstance
    private let scenario: Scenario
    private let seed: UInt64

    /// After so many seconds without a lock a start is given up: three times what a good one takes.
    private static let patience = 40
    /// Seconds for which the served time is watched after the lock.
    private static let watch = 4

    /// Draws a start.
    public init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        labels = Labels.allCases.randomElement(using: &random) ?? .usual
        circumstance = Circumstance.allCases.randomElement(using: &random) ?? .alone
        let baud = [4800, 9600, 38_400, 115_200].randomElement(using: &random) ?? 9600
        var scenario = Scenario(
            name: "start", summary: "", duration: Self.patience,
            oscillator: OscillatorModel(frequency: 1e-4 * (2 * random.nextUnit() - 1), wander: 1e-10))
        scenario.start = SimulatedAppliance.ordinaryDay + .seconds(Int64(random.nextUnit() * 30_000_000))
        scenario.offset = Self.offset(&random)
        scenario.world.receivers[0] = Self.receiver(labels, &random)
        scenario.configuration = "refclock nmea unit 0 baud \(baud) flag1 1 minpoll 0 maxpoll 0\n"
        switch circumstance {
        case .alone: break
        case .inherited:
            let bound = 0.001 + 0.3 * random.nextUnit()
            (scenario.inheritedMaximumError, scenario.offset) = (bound, bound * (2 * random.nextUnit() - 1))
        case .second:
            scenario.world.receivers.append(Self.receiver(.usual, &random))
            scenario.configuration += "refclock nmea unit 1 baud 9600 flag1 1 minpoll 0 maxpoll 0\n"
        case .corrupted: scenario.world.receivers[0].corruption = 1e-3
        }
        (self.scenario, self.seed) = (scenario, seed)
    }

    /// Runs it until it is locked, or has had 40 s.
    public func run() -> Outcome {
        var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
        let locked = appliance.run(until: .locked, within: Self.patience)
        if locked != nil { appliance.run(seconds: Self.watch) }
        if appliance.moments.contains(where: \.isWrong) { return .wrong }
        return locked == nil ? .unserved : .right
    }

    /// Within half a second, an hour, or thirty years, each as often.
    private static func offset(_ random: inout RandomSource) -> Double {
        let ranges: [Double] = [0.5, 3600, 30 * 365.25 * 86_400]
        let range = ranges.randomElement(using: &random) ?? 0
        return range * (2 * random.nextUnit() - 1)
    }

    private static func receiver(_ labels: Labels, _ random: inout RandomSource) -> World.Receiver {
        var receiver = World.Receiver()
        receiver.pulse.jitter = [1e-7, 1e-6, 1e-5].randomElement(using: &random) ?? 1e-6
        receiver.voice.labelJitter = 0.001 + 0.029 * random.nextUnit()
        switch labels {
        case .usual: receiver.voice.labelDelay = 0.03 + 0.35 * random.nextUnit()
        case .late: receiver.voice.labelDelay = 0.38 + 0.52 * random.nextUnit()
        case .early: receiver.voice.labelDelay = -0.02
        case .trap: (receiver.voice.labelDelay, receiver.voice.labelJitter) = (0.48, 0.03)
        case .half: receiver.voice.labelDelay = 0.512
        case .nearlyNext: receiver.voice.labelDelay = 0.87
        }
        return receiver
    }
}

/// Many starts counted.
public struct StartTally: Sendable {
    /// Counts by outcome.
    public struct Counts: Equatable, Sendable {
        /// Served, and right.
        public var right = 0
        /// Served with a wrong second.
        public var wrong = 0
        /// Nothing served.
        public var unserved = 0

        /// Nothing counted.
        public init() {}

        mutating func count(_ outcome: StartTrial.Outcome) {
            switch outcome {
            case .right: right += 1
            case .wrong: wrong += 1
            case .unserved: unserved += 1
            }
        }
    }

    /// By when the sentences come.
    public private(set) var byLabels: [StartTrial.Labels: Counts] = [:]
    /// By what else is special.
    public private(set) var byCircumstance: [StartTrial.Circumstance: Counts] = [:]
    /// All of them.
    public private(set) var total = Counts()
    /// Seeds of starts that served a wrong second, for a closer look.
    public private(set) var wrongSeeds: [UInt64] = []

    /// Nothing counted.
    public init() {}

    /// Runs the starts of some seeds.
    public init(seeds: Range<UInt64>) {
        for seed in seeds {
            let trial = StartTrial(seed: seed)
            let outcome = trial.run()
            total.count(outcome)
            byLabels[trial.labels, default: Counts()].count(outcome)
            byCircumstance[trial.circumstance, default: Counts()].count(outcome)
            if outcome == .wrong { wrongSeeds.append(seed) }
        }
    }

    /// Counts others in.
    public mutating func add(_ other: StartTally) {
        total = Self.sum(total, other.total)
        byLabels.merge(other.byLabels, uniquingKeysWith: Self.sum)
        byCircumstance.merge(other.byCircumstance, uniquingKeysWith: Self.sum)
        wrongSeeds += other.wrongSeeds
    }

    private static func sum(_ one: Counts, _ other: Counts) -> Counts {
        var sum = one
        sum.right += other.right
        sum.wrong += other.wrong
        sum.unserved += other.unserved
        return sum
    }
}
