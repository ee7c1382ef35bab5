import ConfigurationLanguage
import Discipline
import NTPServer
import Receivers
import ReferenceClocks
import SimulatedWorld
import TimeScale
import Timekeeping

/// The production timekeeper in an imagined world: a quartz, a receiver on a serial line, its pulses, and perhaps a
/// producer of shared-memory samples.
///
/// One step is one second of true time: a pulse, a sample, then a burst of sentences, then a tick.
public struct SimulatedAppliance {
    /// What the world does to the appliance.
    public struct World {
        /// White jitter of the pulse stamps, standard deviation in seconds.
        public var pulseJitter = 1e-6
        /// Share of pulses that are late by 50 to 500 µs.
        public var outliers = 0.0
        /// Delay from the second to the first byte of its sentences, seconds.
        public var labelDelay = 0.137
        /// Jitter of that delay, standard deviation in seconds.
        public var labelJitter = 0.005
        /// Whether there are pulses.
        public var hasPulses = true
        /// Whether the serial line says anything.
        public var hasSentences = true
        /// Error of the shared-memory producer, seconds; `nil` where there is none.
        public var producerError: Double?
        /// Whether a leap second is inserted at the end of the UTC day that the run begins in.
        public var insertsLeapSecond = false

        /// A quiet world.
        public init() {}
    }

    public var world = World()
    public var receiver = ImaginedReceiver()
    public let clock: SimulatedClock
    public var timekeeper: Timekeeper<SimulatedClock>
    /// Everything that went to the log.
    public private(set) var log: [String] = []
    /// Errors of the served time at each second, seconds, positive = fast; whole seconds of UTC as POSIX counts them.
    public private(set) var errors: [Double] = []
    private var random: RandomSource
    private var second: Int64 = 0
    private var sequence: UInt32 = 0
    private let pulseIndex: Int?
    private let sentenceIndex: Int?
    private let producerIndex: Int?

    /// 2026-11-20T00:00:00Z: an ordinary day.
    public static let ordinaryDay = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    /// NMEA with its own pulses, as one receiver gives them, and a local clock at stratum 10.
    public static let oneReceiver = """
        refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0
        local stratum 10
        """

    public init(
        _ text: String = oneReceiver, start: Instant = ordinaryDay, offset: Double = 0.3, frequency: Double = 30e-6,
        wander: Double = 1e-10, seed: UInt64 = 1, inheritedMaximumError: Double? = nil,
        earliestDate: Instant = ordinaryDay, leapSeconds: LeapSecondTable = .builtIn,
        keptState: KeptState = KeptState()
    ) {
        let (configuration, diagnostics) = NTPConfiguration.parse(
            text: Array(text.utf8), file: "simulation", include: { _ in nil })
        precondition(diagnostics.isEmpty, "\(diagnostics)")
        clock = SimulatedClock(
            start: start, offset: offset, oscillator: Oscillator(frequency: frequency, wander: wander, seed: seed),
            inheritedMaximumError: inheritedMaximumError)
        let sources = configuration.referenceClocks.filter { $0.driver != .localClock }.map {
            ReferenceClock($0, earliestDate: configuration.earliestDate ?? earliestDate)
        }
        pulseIndex = sources.firstIndex { $0.configuration.driver == .pps || $0.configuration.flag1 == true }
        sentenceIndex = sources.firstIndex { $0.configuration.driver == .nmea }
        producerIndex = sources.firstIndex { $0.configuration.driver == .sharedMemory }
        var settings = Timekeeper<SimulatedClock>.Settings(configuration)
        settings.leapSeconds = leapSeconds
        settings.keptState = keptState
        timekeeper = Timekeeper(clock: clock, sources: sources, settings: settings)
        random = RandomSource(seed: seed &+ 1)
    }

    /// The state of quality.
    public var state: QualityState { timekeeper.ladder.state }

    /// What the log says of a word.
    public func logged(_ word: String) -> [String] { log.filter { $0.contains(word) } }

    /// Lets some seconds pass.
    public mutating func run(seconds: Int) {
        for _ in 0..<seconds { step() }
    }

    /// Lets true time pass with nothing but the clock running, as if the loop had slept.
    public mutating func skip(seconds: Int) { second += Int64(seconds) }

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
        if world.hasPulses, let pulseIndex { pulse(at: start, to: pulseIndex) }
        if let error = world.producerError, let producerIndex { sample(at: start, error: error, to: producerIndex) }
        if world.hasSentences, let sentenceIndex { sentences(for: start, to: sentenceIndex) }
        advance(to: start + 900_000_000)
        timekeeper.tick()
        record()
    }

    private func advance(to elapsed: Int64) { clock.advance(to: max(elapsed, clock.elapsed)) }

    private mutating func pulse(at start: Int64, to index: Int) {
        sequence += 1
        var late = random.nextGaussian() * world.pulseJitter
        if random.nextUnit() < world.outliers { late += 50e-6 + 450e-6 * random.nextUnit() }
        // The stamp is what the clock read at the edge; the jitter is the stamp's.
        advance(to: start)
        let stamp = clock.now() + Interval(seconds: late)
        advance(to: start + 10_000_000)
        timekeeper.receive(pulse: stamp, sequence: sequence, from: index)
    }

    private mutating func sample(at start: Int64, error: Double, to index: Int) {
        advance(to: start + 50_000_000)
        let jitter = random.nextGaussian() * 1e-3
        let truth = utc + .milliseconds(50)
        timekeeper.receive(
            sampleAt: clock.now(), reference: truth + Interval(seconds: error + jitter), isPulse: false, from: index)
    }

    /// Sentences may begin before their second where the delay is negative, and end after the next where it is long.
    private mutating func sentences(for start: Int64, to index: Int) {
        let delay = world.labelDelay + random.nextGaussian() * world.labelJitter
        let whole = Int64(delay.rounded(.down))
        let bytes = receiver.burst(for: utc - .seconds(whole))
        let duration = Int64(bytes.count) * 1_041_667
        advance(to: start + Int64((delay - Double(whole)) * 1e9))
        let begun = clock.now()
        advance(to: min(clock.elapsed + duration, start + 890_000_000))
        // The driver counts back from the last byte; where the burst was cut short here, the stamp makes up for it.
        timekeeper.receive(bytes: bytes.span, arrived: begun + Interval(nanoseconds: duration - 1_041_667), from: index)
    }

    private mutating func record() {
        let served = timekeeper.serverState.servedTime(at: clock.now())
        let truth = utc + Interval(nanoseconds: clock.elapsed - second * 1_000_000_000)
        errors.append((served - truth).seconds)
        log += timekeeper.takeJournal().map { "\(second) \($0.level): \($0.text)" }
    }
}

extension Sequence where Element == Double {
    /// Root of the mean square.
    public var rootMeanSquare: Double {
        let (sum, count) = reduce((0.0, 0.0)) { ($0.0 + $1 * $1, $0.1 + 1) }
        return (sum / count).squareRoot()
    }

    /// The largest magnitude.
    public var largest: Double { reduce(0) { Swift.max($0, abs($1)) } }
}
