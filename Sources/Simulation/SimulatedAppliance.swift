import ConfigurationLanguage
import Discipline
import NTPServer
import Receivers
import ReferenceClocks
import SimulatedWorld
import TimeScale
import Timekeeping

/// The production timekeeper in an imagined world: a quartz, receivers on serial lines, their pulses, and perhaps
/// producers of shared-memory samples.
///
/// Everything happens in the order of true time; one step is one second of it, which begins with a record of the errors
/// and then the pulses.
public struct SimulatedAppliance {
    /// A change of the state of quality.
    public struct Transition: Equatable, Sendable {
        /// Seconds since the beginning.
        public let second: Int
        /// The state from then on.
        public let state: QualityState
    }

    /// What the world does; may be changed at any time.
    public var world: World
    /// The clock that is steered.
    public let clock: SimulatedClock
    /// The production code.
    public var timekeeper: Timekeeper<SimulatedClock>
    /// Everything that went to the log: second, level, words.
    public private(set) var log: [String] = []
    /// What was recorded, second by second.
    public private(set) var moments: [Moment] = []
    /// Changes of the state of quality.
    public private(set) var transitions: [Transition] = []
    /// Seconds gone by.
    public private(set) var second: Int64 = 0

    var chance: [Chance]
    var producerChance: [RandomSource]
    var occurrences: [Occurrence] = []
    var ideal: IdealFilter?
    let wiring: Wiring
    private var events: ArraySlice<Scenario.Event>

    /// 2026-11-20T00:00:00Z: an ordinary day.
    public static let ordinaryDay = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    /// NMEA with its own pulses, as one receiver gives them, and a local clock at stratum 10.
    public static let oneReceiver = """
        refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0
        local stratum 10
        """

    /// An appliance at the beginning of a scenario.
    ///
    /// - Parameters:
    ///   - scenario: the story; its configuration must be without faults.
    ///   - seed: of all chance; the same seed tells the same story.
    ///   - earliestDate: for week rollovers, where the configuration says nothing.
    ///   - leapSeconds: what the appliance knows of leap seconds.
    ///   - keptState: what an earlier run has left.
    public init(
        scenario: Scenario, seed: UInt64, earliestDate: Instant = ordinaryDay,
        leapSeconds: LeapSecondTable = .builtIn, keptState: KeptState = KeptState()
    ) {
        let (configuration, diagnostics) = NTPConfiguration.parse(
            text: Array(scenario.configuration.utf8), file: "simulation", include: { _ in nil })
        precondition(diagnostics.isEmpty, "\(diagnostics)")
        clock = SimulatedClock(
            start: scenario.start, offset: scenario.offset, oscillator: Oscillator(scenario.oscillator, seed: seed),
            inheritedMaximumError: scenario.inheritedMaximumError)
        let origin = configuration.earliestDate ?? earliestDate
        var earliest = EarliestDate(origin)
        if let kept = keptState.lastGoodTime, kept > origin { earliest = .kept(kept) }
        let sources = configuration.referenceClocks.filter { $0.driver != .localClock }.map {
            var source = ReferenceClock($0, earliestDate: origin)
            source.notBefore(earliest.date)
            return source
        }
        var settings = Timekeeper<SimulatedClock>.Settings(configuration)
        settings.leapSeconds = leapSeconds
        settings.keptState = keptState
        settings.earliestDate = earliest
        if let frequency = keptState.frequency {
            let age = scenario.inheritedMaximumError.flatMap { _ in keptState.lastGoodTime.map { scenario.start - $0 } }
            settings.knownFrequency = frequency
            settings.knownFrequencyDeviation = keptState.frequencyDeviation(after: age)
        }
        timekeeper = Timekeeper(clock: clock, sources: sources, settings: settings)
        wiring = Wiring(sources)
        world = scenario.world
        while world.receivers.count < wiring.receivers.count { world.receivers.append(World.Receiver()) }
        while world.producers.count < wiring.producers.count { world.producers.append(World.Producer()) }
        events = scenario.events[...]
        ideal = scenario.ideal.map { IdealFilter(jitter: $0.jitter, wander: $0.wander) }
        chance = world.receivers.indices.map { Chance(seed: seed, receiver: $0) }
        producerChance = world.producers.indices.map { RandomSource(seed: seed &+ 0x5eed &+ UInt64($0)) }
    }

    /// An appliance with one receiver in a quiet world.
    ///
    /// - Parameters:
    ///   - text: its configuration, as an ntp.conf.
    ///   - start: true UTC at the beginning.
    ///   - offset: how far the clock is ahead, seconds.
    ///   - frequency: how fast it is, s/s.
    ///   - wander: random walk of the frequency, s/s per √s.
    ///   - seed: of all chance.
    ///   - inheritedMaximumError: bound of the error in seconds as an earlier daemon left it, if one did.
    ///   - earliestDate: for week rollovers.
    ///   - leapSeconds: what the appliance knows of leap seconds.
    ///   - keptState: what an earlier run has left.
    public init(
        _ text: String = oneReceiver, start: Instant = ordinaryDay, offset: Double = 0.3, frequency: Double = 30e-6,
        wander: Double = 1e-10, seed: UInt64 = 1, inheritedMaximumError: Double? = nil,
        earliestDate: Instant = ordinaryDay, leapSeconds: LeapSecondTable = .builtIn,
        keptState: KeptState = KeptState()
    ) {
        var scenario = Scenario(
            name: "", summary: "", duration: 0, oscillator: OscillatorModel(frequency: frequency, wander: wander))
        (scenario.configuration, scenario.start, scenario.offset) = (text, start, offset)
        scenario.inheritedMaximumError = inheritedMaximumError
        self.init(
            scenario: scenario, seed: seed, earliestDate: earliestDate, leapSeconds: leapSeconds, keptState: keptState)
    }

    /// What the first receiver writes.
    public var receiver: ImaginedReceiver {
        get { world.receiver }
        set { world.receiver = newValue }
    }

    /// The state of quality.
    public var state: QualityState { timekeeper.ladder.state }

    /// Errors of the served time at each second, seconds, positive = fast.
    public var errors: [Double] { moments.map(\.servedError) }

    /// What the log says of a word.
    public func logged(_ word: String) -> [String] { log.filter { $0.contains(word) } }

    /// Lets some seconds pass.
    public mutating func run(seconds: Int) {
        moments.reserveCapacity(moments.count + seconds)
        for _ in 0..<seconds { step() }
    }

    /// Lets true time pass with nothing but the clock running, as if the loop had slept.
    public mutating func skip(seconds: Int) {
        second += Int64(seconds)
        occurrences.removeAll()
    }

    /// Runs until the state is reached.
    ///
    /// - Returns: seconds that it took; `nil` where it was not reached within those given.
    public mutating func run(until state: QualityState, within seconds: Int) -> Int? {
        for elapsed in 0...seconds {
            if self.state == state { return elapsed }
            step()
        }
        return nil
    }

    // MARK: - One second

    /// UTC of the second just begun; the inserted leap second counts as the 00:00:00 that follows it.
    private var utc: Instant {
        let counted = clock.start + .seconds(second)
        return world.insertsLeapSecond && counted >= midnight ? counted - .second : counted
    }

    private var midnight: Instant {
        Instant(nanoseconds: (clock.start.wholeSeconds / 86_400 + 1) * 86_400 * 1_000_000_000)
    }

    private mutating func step() {
        second += 1
        let start = second * 1_000_000_000
        world.utc = utc
        while let event = events.first, event.second <= second {
            event.action(&world)
            events.removeFirst()
        }
        advance(to: start)
        record()
        plan(from: start)
        happen(until: start + 1_000_000_000)
        let state = self.state
        if state != transitions.last?.state ?? .starting {
            transitions.append(Transition(second: Int(second), state: state))
        }
        log += timekeeper.takeJournal().map { "\(second) \($0.level): \($0.text)" }
    }

    func advance(to elapsed: Int64) { clock.advance(to: max(elapsed, clock.elapsed)) }

    private mutating func record() {
        let reading = clock.now()
        let state = timekeeper.serverState
        ideal?.predict()
        moments.append(
            Moment(
                clockError: (reading - world.utc).seconds,
                servedError: (state.servedTime(at: reading) - world.utc).seconds,
                rootDispersion: Float(state.rootDispersion(at: reading)),
                idealError: Float(ideal.map { $0.phase - freeRunningPhase } ?? .nan), stratum: state.stratum))
    }

    /// How far the oscillator has gained on true time since the beginning, seconds.
    var freeRunningPhase: Double { Double(clock.monotonicNow().nanoseconds - clock.elapsed) / 1e9 }
}
