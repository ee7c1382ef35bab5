import SimulatedWorld

/// The stories that are told of every release: `timeball simulate --list`.
extension Scenario {
    /// All scenarios, each name once.
    public static let all = cells + pulseFaults + oscillators + losses + lies

    /// The scenario of a name.
    public static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

    private static let minute = 60
    private static let hour = 3600
    private static let day = 86_400

    /// White jitter and random-walk wander only, where theory says what is best.
    ///
    /// Four hours are longer than the slowest filter's memory, √(σ/q) = 1000 s.
    public static let cells: [Scenario] = [("100ns", 1e-7), ("1us", 1e-6), ("10us", 1e-5)].flatMap { name, jitter in
        [("1e-11", 1e-11), ("1e-10", 1e-10), ("1e-9", 1e-9)].map { walk, wander in
            Scenario(
                name: "white-\(name)-walk-\(walk)", summary: "white jitter of \(name), wander of \(walk) per √s",
                duration: 16 * hour, measuredFrom: 4 * hour,
                oscillator: OscillatorModel(frequency: 30e-6, wander: wander)
            ) { $0.pulseJitter = jitter }
        }
    }

    /// Pulses that are worse than white; six hours, the last four measured.
    private static let pulseFaults: [Scenario] = [
        onPulses("outliers", "1 % of the pulses late by 50 to 500 µs") { $0.pulse.outlierShare = 0.01 },
        onPulses("late-interrupts", "5 % of the pulses late by 20 to 200 µs") {
            ($0.pulse.outlierShare, $0.pulse.outlierRange) = (0.05, 20e-6...200e-6)
        },
        onPulses("missing", "10 % of the pulses missing") { $0.pulse.missingShare = 0.1 },
        onPulses("spurious", "a stray pulse in 1 % of the seconds") { $0.pulse.spuriousShare = 0.01 },
        onPulses("latency", "every pulse late by 20 µs·Exp(1)", note: "the mean of the latency is 20 µs") {
            $0.pulse.latency = 20e-6
        },
        onPulses("sawtooth", "a receiver's clock grid of ±15 ns") { $0.pulse.sawtoothAmplitude = 15e-9 },
    ]

    private static func onPulses(
        _ name: String, _ summary: String, note: String = "", _ change: (inout World) -> Void
    ) -> Scenario {
        Scenario(
            name: name, summary: summary, duration: 6 * hour, measuredFrom: 2 * hour, note: note, world: change)
    }

    /// Quartzes that do more than walk.
    private static let oscillators: [Scenario] = [
        Scenario(
            name: "cold-start", summary: "the first ten minutes from 0.3 s and 30 ppm off", duration: 10 * minute,
            measuredFrom: minute),
        Scenario(
            name: "sine-1200s", summary: "±0.5 ppm of temperature in 1200 s", duration: 6 * hour,
            measuredFrom: 2 * hour,
            oscillator: OscillatorModel(
                frequency: 30e-6, wander: 1e-10, sines: [.init(amplitude: 0.5e-6, period: 1200)])),
        Scenario(
            name: "sine-day", summary: "±0.5 ppm of temperature in a day", duration: 2 * day, measuredFrom: day,
            oscillator: OscillatorModel(
                frequency: 30e-6, wander: 1e-10, sines: [.init(amplitude: 0.5e-6, period: Double(day))])),
        Scenario(
            name: "frequency-step", summary: "the quartz jumps by 0.1 ppm", duration: 6 * hour, measuredFrom: 4 * hour,
            oscillator: OscillatorModel(
                frequency: 30e-6, wander: 1e-10, steps: [.init(at: Int64(4 * hour), size: 1e-7)])),
        Scenario(
            name: "tcxo", summary: "TCXO: white and flicker 1e-10, ageing 1e-8 a day, 1e-7 a day of temperature",
            duration: 2 * day, measuredFrom: day,
            oscillator: OscillatorModel(
                frequency: 1e-6, white: 1e-10, flicker: 1e-10, wander: 1e-12, ageing: 1e-8 / Double(day),
                sines: [.init(amplitude: 1e-7, period: Double(day))])),
        Scenario(
            name: "ocxo", summary: "OCXO: white and flicker 1e-11, ageing 5e-10 a day, 1e-9 a day of temperature",
            duration: 2 * day, measuredFrom: day,
            oscillator: OscillatorModel(
                frequency: 5e-8, white: 1e-11, flicker: 1e-11, wander: 1e-14, ageing: 5e-10 / Double(day),
                sines: [.init(amplitude: 1e-9, period: Double(day))])),
    ]

    /// No signal after a day of lock; measured from the loss to ten minutes after the return.
    private static let losses: [Scenario] = [("20m", 20 * minute), ("2h", 2 * hour), ("24h", day)].map { name, length in
        Scenario(
            name: "loss-\(name)", summary: "\(name) without signal after 24 h of lock",
            duration: day + length + 10 * minute, measuredFrom: day,
            events: [.at(day) { $0.hasSignal = false }, .at(day + length) { $0.hasSignal = true }],
            note: "max is the end of the holdover")
    }

    /// Receivers that say what is not so, from the end of the second hour; the two hours after are measured.
    private static let lies: [Scenario] = [
        onLie("labels-10s-minute", "sentences 10 s ahead for a minute", until: 2 * hour + minute) {
            $0.receiver.errorSeconds = 10
        } truth: {
            $0.receiver.errorSeconds = 0
        },
        onLie("labels-10s", "sentences 10 s ahead for ever") { $0.receiver.errorSeconds = 10 },
        onLie("labels-1s", "sentences a second ahead for ever") { $0.receiver.errorSeconds = 1 },
        onLie("labels-frozen", "sentences that repeat one second, status valid") { $0.receiver.frozenAt = $0.utc },
        onLie("pulses-jump-5us", "pulses late by 5 µs for ever", note: "alone, nobody can tell") {
            $0.pulse.phaseOffset = 5e-6
        },
        onLie("pulses-jump-100ms", "pulses late by 100 ms for ever") { $0.pulse.phaseOffset = 0.1 },
        onLie("pulses-5ppm", "pulses 5 ppm slow for ten minutes", until: 2 * hour + 10 * minute) {
            $0.pulse.rateError = 5e-6
        } truth: {
            ($0.pulse.rateError, $0.pulse.phaseOffset) = (0, 0)
        },
        onLie("pulses-tug", "pulses drift by 1 µs an hour", note: "alone, nobody can tell; 2 µs at the end") {
            $0.pulse.rateError = 1e-6 / 3600
        },
        twoReceivers,
    ]

    private static func onLie(
        _ name: String, _ summary: String, note: String = "", until end: Int? = nil,
        _ lie: @escaping @Sendable (inout World) -> Void, truth: @escaping @Sendable (inout World) -> Void = { _ in }
    ) -> Scenario {
        var events = [Event.at(2 * hour, lie)]
        if let end { events.append(.at(end, truth)) }
        return Scenario(
            name: name, summary: summary, duration: 4 * hour, measuredFrom: 2 * hour, events: events, note: note)
    }

    /// The receiver that is followed turns wrong, and the other one stays right.
    private static var twoReceivers: Scenario {
        var scenario = onLie("two-receivers", "of two receivers the one followed lies: pulses 100 ms late, labels too")
        {
            $0.pulse.phaseOffset = 0.1
            $0.labelDelay += 0.1
        }
        scenario.configuration = """
            refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0
            refclock nmea unit 1 baud 9600 flag1 1 minpoll 0 maxpoll 0
            local stratum 10
            """
        scenario.world.receivers.append(World.Receiver())
        return scenario
    }
}
