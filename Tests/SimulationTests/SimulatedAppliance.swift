import ConfigurationLanguage
import Daemon
import Discipline
import Receivers
import NTPServer
import ReferenceClocks
import SimulatedWorld
import TimeScale

/// The production timekeeper in an imagined world: a quartz, a receiver on a serial line, and its pulses.
///
/// One step is one second of true time: a pulse, then a burst of sentences, then a tick.
struct SimulatedAppliance {
    /// What the world does to the appliance.
    struct World {
        /// White jitter of the pulse stamps, standard deviation in seconds.
        var pulseJitter = 1e-6
        /// Share of pulses that are late by 50 to 500 µs.
        var outliers = 0.0
        /// Delay from the second to the first byte of its sentences, seconds.
        var labelDelay = 0.137
        /// Jitter of that delay, standard deviation in seconds.
        var labelJitter = 0.005
        /// Whether there are pulses.
        var hasPulses = true
        /// Whether the serial line says anything.
        var hasSentences = true
    }

    var world = World()
    var receiver = ImaginedReceiver()
    let clock: SimulatedClock
    var timekeeper: Timekeeper<SimulatedClock>
    /// Everything that went to the log.
    private(set) var log: [String] = []
    /// Errors of the served time at each second, seconds, positive = fast.
    private(set) var errors: [Double] = []
    private var random: RandomSource
    private var second: Int64 = 0
    private var sequence: UInt32 = 0

    /// 2026-11-20T00:00:00Z: an ordinary day.
    static let ordinaryDay = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    init(
        _ text: String, start: Instant = ordinaryDay, offset: Double = 0.3, frequency: Double = 30e-6,
        wander: Double = 1e-10, seed: UInt64 = 1, inheritedMaximumError: Double? = nil,
        earliestDate: Instant = ordinaryDay
    ) {
        let (configuration, diagnostics) = NTPConfiguration.parse(
            text: Array(text.utf8), file: "simulation", include: { _ in nil })
        precondition(!diagnostics.contains { $0.severity == .error }, "\(diagnostics)")
        clock = SimulatedClock(
            start: start, offset: offset, oscillator: Oscillator(frequency: frequency, wander: wander, seed: seed),
            inheritedMaximumError: inheritedMaximumError)
        let sources = configuration.referenceClocks.filter { $0.driver != .localClock }.map {
            ReferenceClock($0, earliestDate: configuration.earliestDate ?? earliestDate)
        }
        timekeeper = Timekeeper(clock: clock, sources: sources, settings: .init(configuration))
        random = RandomSource(seed: seed &+ 1)
    }

    /// NMEA with its own pulses, as one receiver gives them, and a local clock at stratum 10.
    static let oneReceiver = """
        refclock nmea unit 0 mode 0x11 baud 9600 flag1 1 minpoll 0 maxpoll 0
        local stratum 10
        """.replacing("0x11", with: "17")

    /// Lets some seconds pass.
    mutating func run(seconds: Int) {
        for _ in 0..<seconds { step() }
    }

    /// Runs until the state is reached; `nil` where it is not within the seconds given.
    mutating func run(until state: QualityState, within seconds: Int) -> Int? {
        for elapsed in 0..<seconds {
            if timekeeper.ladder.state == state { return elapsed }
            step()
        }
        return timekeeper.ladder.state == state ? seconds : nil
    }

    private mutating func step() {
        second += 1
        let start = second * 1_000_000_000
        if world.hasPulses { pulse(at: start) }
        if world.hasSentences { sentences(for: start) }
        clock.advance(to: start + 900_000_000)
        timekeeper.tick()
        record()
    }

    private mutating func pulse(at start: Int64) {
        sequence += 1
        var late = random.nextGaussian() * world.pulseJitter
        if random.nextUnit() < world.outliers { late += 50e-6 + 450e-6 * random.nextUnit() }
        // The stamp is what the clock read at the edge; the jitter is the stamp's.
        clock.advance(to: start)
        let stamp = clock.now() + Interval(seconds: late)
        clock.advance(to: start + 10_000_000)
        timekeeper.receive(pulse: stamp, sequence: sequence, from: 0)
    }

    private mutating func sentences(for start: Int64) {
        let delay = world.labelDelay + random.nextGaussian() * world.labelJitter
        let bytes = receiver.burst(for: clock.start + Interval(nanoseconds: start))
        let duration = Interval(nanoseconds: Int64(bytes.count) * 1_041_667)
        clock.advance(to: max(start + 10_000_000, start + Int64(delay * 1e9) + duration.nanoseconds))
        timekeeper.receive(bytes: bytes.span, arrived: clock.now(), from: 0)
    }

    private mutating func record() {
        let state = timekeeper.serverState
        errors.append((state.servedTime(at: clock.now()) - clock.truth).seconds)
        log += timekeeper.takeJournal().map { "\(second) \($0.level): \($0.text)" }
    }
}
