import ConfigurationLanguage
import Discipline
import NTPServer
import Receivers
import ReferenceClocks
import Reports
import TimeScale

/// The decisions of the appliance in one place: observations in, a steered clock and a server state out.
///
/// It touches no device and no socket, so the same code runs in the daemon and in a simulated year. Stamps of
/// observations are kernel times (CLOCK_REALTIME); the clock translates them to its own.
public struct Timekeeper<Clock: ClockControl> {
    /// What it is built from besides clock and sources.
    public struct Settings: Sendable {
        /// When to step.
        public var stepPolicy = StepPolicy()
        /// What to fall back to.
        public var local: LocalService?
        /// Leap seconds.
        public var leapSeconds = LeapSecondTable.builtIn
        /// The operator's rules of selection.
        public var selection = SourceSelection.Policy()
        /// A moment that lies in the past for certain; dates before it are not believed.
        public var earliestDate: EarliestDate?
        /// How long lost sources are bridged.
        public var holdover: HoldoverRule?
        /// The last day on which a leap second is believed; `nil` = there is no last.
        public var leapSecondsEnd: Instant?
        /// Precision of the clock, log₂ s.
        public var precision: Int8 = -20
        /// Whether to believe the first reference against a clock that was synchronised before (`-g`).
        public var overridesFirstPanic = false
        /// Frequency error of the oscillator as known from before, s/s, positive = fast.
        public var knownFrequency: Double?
        /// Standard deviation of `knownFrequency`, s/s; where nothing is said, that of a drift file.
        public var knownFrequencyDeviation = KeptState.hourlyWander
        /// What an earlier run has learned.
        public var keptState = KeptState()

        /// The defaults.
        public init() {}
    }

    /// A line for the log.
    public struct JournalEntry: Equatable, Sendable {
        /// How important it is.
        public let level: LogLevel
        /// Words, without time and level.
        public let text: String
    }

    /// Observations this soon after a step may carry stamps from before it.
    static var settlingTime: Interval { .milliseconds(300) }
    /// While the bound of the phase is below this, the clock numbers pulses by itself, seconds.
    static var numberingLimit: Double { 0.25 }
    /// Growth of the kernel's own bound, s/s (Linux MAXFREQ, 500 ppm).
    static var kernelErrorGrowth: Double { 500e-6 }
    /// Stamps older than this, or from the future, are no stamps of what has just happened.
    static var oldestStamp: Interval { .seconds(5) }
    /// A clock that was synchronised to better than this bears witness at the start, seconds.
    static var witnessLimit: Double { 0.4 }

    /// The clock that is steered.
    public internal(set) var clock: Clock
    /// The sources, in the order of the configuration.
    public internal(set) var sources: [ReferenceClock]
    /// What the server tells.
    public internal(set) var serverState: ServerState
    /// The state of quality.
    public internal(set) var ladder: QualityLadder
    /// Lines for the log since they were last taken.
    public internal(set) var journal: [JournalEntry] = []

    var settings: Settings
    let firstReading: Instant
    let started: MonotonicInstant
    /// What is made of each source, in the order of `sources`.
    var tracks: [SourceTrack]
    /// The clock's own memory: what the followed sources last showed, carried on. The clock is steered by it.
    var flywheel: Estimator
    /// Bound of the last pulse's error that averaging does not remove, by source, seconds.
    private var pulseErrors: [Double]
    var holdover = HoldoverCalibration()
    var selected: Int?
    var refusal: SourceSelection.Refusal?
    var combinationShift = 0.0
    var leapVetting: LeapVetting
    var updates = 0
    var referenceTime: Instant
    /// When the last pulse that the clock followed came, by the clock; `nil` where there was none.
    var pulsedTime: Instant?
    var systematicError = 0.0
    var isClockTrusted = true
    var isRefusalReported = false
    var interferenceReported: MonotonicInstant?
    var isLeapVetoed = false
    /// What the clock read when it was seen to have made a leap second.
    var lastLeap: Instant?
    /// Leap seconds that sources have announced and the table did not know.
    var announcedLeapSeconds: [LeapSecondTable.Entry] = []
    /// The source that was followed last.
    var lastFollowed: Int?
    var isStatusOurs = false
    var lastReason = ""
    var quietUntil: MonotonicInstant
    var candidateSince: MonotonicInstant?
    var lastReading: (clock: Instant, monotonic: MonotonicInstant)?
    /// The clock less the one that is never set, ns, as last looked at; `nil` where a step would not show in it, or the
    /// timekeeper itself has just made one.
    public var seenLead: Int64? {
        guard clock.isMonotonicSteered else { return nil }
        return lastReading.map { $0.clock.nanoseconds - $0.monotonic.nanoseconds }
    }
    /// All steps of the clock so far.
    var totalStep = Interval.zero
    /// When sources are next told how late it is at least.
    var nextDateNotice: MonotonicInstant?
    let numberedBy: [Int?]

    /// A timekeeper that has not heard anything.
    ///
    /// - Parameters:
    ///   - clock: the clock to steer.
    ///   - sources: the sources, without the local clock.
    ///   - settings: everything else.
    public init(clock: Clock, sources: [ReferenceClock], settings: Settings) {
        (self.clock, self.sources, self.settings) = (clock, sources, settings)
        let now = clock.now()
        started = clock.monotonicNow()
        quietUntil = started
        (referenceTime, firstReading) = (now, now)
        flywheel = Estimator(correction: clock.frequencyCorrection, at: now)
        let estimator = flywheel
        tracks = sources.map { _ in SourceTrack(estimator: estimator) }
        pulseErrors = sources.map { _ in 0 }
        leapVetting = LeapVetting(end: settings.leapSecondsEnd)
        ladder = QualityLadder(local: settings.local)
        serverState = .unsynchronised(precision: settings.precision, asOf: now)
        numberedBy = Self.numbering(of: sources)
        for (index, numberer) in numberedBy.enumerated() {
            if let numberer { self.sources[index].beNumbered(by: sources[numberer]) }
        }
        recallSources()
        recallLeapSeconds()
        if let frequency = settings.knownFrequency { preset(frequency: frequency) }
    }

    /// Begins with a frequency known from before, so that the clock keeps it until the first samples.
    private mutating func preset(frequency: Double) {
        setCorrection(-frequency)
        let now = clock.now()
        flywheel.preset(frequency: frequency, deviation: settings.knownFrequencyDeviation, at: now)
    }

    /// Which source numbers the pulses of each: itself, else the preferred, else the first that can.
    private static func numbering(of sources: [ReferenceClock]) -> [Int?] {
        let able = sources.indices.filter { sources[$0].canNumber }
        return sources.indices.map { index in
            let others = able.filter { $0 != index }
            switch sources[index].configuration.driver {
            case .nmea, .ublox, .trimble, .oncore: return index
            case .gpsd: return others.first { isPulseUnit(index, of: $0, in: sources) } ?? index
            case .pps, .ptpHardwareClock, .sampleSocket, .sharedMemory:
                return others.first { sources[$0].configuration.prefer } ?? others.first
            case .localClock: return nil
            }
        }
    }

    /// Whether a clock of gpsd's has the pulses of another: ntpd's units from 128 on.
    static func isPulseUnit(_ index: Int, of other: Int, in sources: [ReferenceClock]) -> Bool {
        let (pulses, labels) = (sources[index].configuration, sources[other].configuration)
        return pulses.driver == .gpsd && labels.driver == .gpsd && pulses.unit == labels.unit + 128
    }

    /// The sources whose pulses a source numbers; itself among them where it has pulses of its own.
    func numbered(by index: Int) -> [Int] { sources.indices.filter { numberedBy[$0] == index } }

    // MARK: - Observations

    /// Takes bytes from a serial line.
    ///
    /// - Parameters:
    ///   - bytes: as read.
    ///   - arrived: kernel time at which the last of them arrived.
    ///   - index: the source.
    public mutating func receive(bytes: Span<UInt8>, arrived: Instant, from index: Int) {
        watchClock()
        var labels: [SecondLabel] = []
        sources[index].consume(
            bytes, arrived: clock.reading(atKernelTime: arrived), now: clock.monotonicNow()
        ) { labels.append($0) }
        receive(labels, from: index)
        reportConditions()
    }

    mutating func receive(_ labels: [SecondLabel], from index: Int) {
        for label in labels where !label.isLeapSecond {
            if label.weekRollovers > 0 { reportRollover(label, from: index) }
            // Once the clock numbers pulses by itself, it is what shows a label to be wrong.
            guard numberingOffset(at: label.arrived) != nil || believes(label.utc, of: index) else { continue }
            receive(label: Sample(local: label.arrived, reference: label.utc), message: label.message, from: index)
        }
    }

    /// Takes a pulse.
    ///
    /// - Parameters:
    ///   - edge: kernel time of the edge.
    ///   - sequence: the kernel's count of edges, where there is one.
    ///   - error: bound of the stamp's error that averaging does not remove, seconds.
    ///   - index: the source.
    public mutating func receive(pulse edge: Instant, sequence: UInt32?, error: Double = 0, from index: Int) {
        watchClock()
        pulseErrors[index] = error
        let now = clock.monotonicNow()
        let stamp = clock.reading(atKernelTime: edge)
        guard isRecent(stamp) else { return sources[index].countMalformed() }
        guard now >= quietUntil,
            let start = sources[index].consume(pulse: stamp, sequence: sequence, now: now)
        else { return }
        if let numberer = numberedBy[index], let fault = sources[numberer].pulsesFault(at: now) {
            // A receiver without a fix, or with frozen data, lets its pulses run free; or it says that they are wrong.
            sources[index].suspend(fault)
        } else if let offset = numberingOffset(at: start) {
            let second = (start + Interval(seconds: offset)).nearestSecond
            let pulse = Sample(local: start, reference: second, systematicError: error)
            deliver([corrected(pulse, of: index)], from: index, isPulse: true)
        } else if sources[index].pairing.state == .unpaired {
            sources[index].noteUnnumbered()
        }
        reportConditions()
    }

    /// Takes a whole sample from shared memory or a socket.
    ///
    /// - Parameters:
    ///   - local: kernel time of the comparison.
    ///   - reference: what it should have been.
    ///   - isPulse: whether only the fraction of the second is meant.
    ///   - leap: what the producer says about the end of the month.
    ///   - index: the source.
    public mutating func receive(
        sampleAt local: Instant, reference: Instant, isPulse: Bool, leap: LeapIndicator = .none, from index: Int
    ) {
        guard leap != .unsynchronised else { return sources[index].suspend(.invalid("it is not synchronised")) }
        sources[index].announce(leap)
        guard isPulse || believes(reference, of: index) else { return reportConditions() }
        if isPulse {
            receive(pulse: local - (reference - reference.nearestSecond), sequence: nil, from: index)
        } else {
            watchClock()
            let stamp = clock.reading(atKernelTime: local)
            guard isRecent(stamp) else { return sources[index].countMalformed() }
            let correction = Interval(seconds: sources[index].configuration.time1 ?? 0)
            receive(label: Sample(local: stamp, reference: reference + correction), message: nil, from: index)
            reportConditions()
        }
    }

    /// Whether a date can be true; a source whose date cannot, or whose receiver reckons with other leap seconds than a
    /// table that is valid, says so from then on.
    private mutating func believes(_ date: Instant, of index: Int) -> Bool {
        if let earliest = settings.earliestDate, let fault = earliest.fault(of: date) {
            sources[index].suspend(.impossibleDate(fault, remedy: earliest.remedy))
            return false
        }
        let (table, told) = (settings.leapSeconds, sources[index].status(at: clock.monotonicNow())?.leapSeconds)
        guard let told, told != table.gpsMinusUTC(at: date), !table.isExpired(at: date), !table.isLeapNear(date) else {
            return true
        }
        sources[index].suspend(.otherLeapSeconds(told, table: table.gpsMinusUTC(at: date)))
        return false
    }

    /// Whether a stamp can be that of something that has just happened.
    func isRecent(_ stamp: Instant) -> Bool {
        let age = clock.now() - stamp
        return age > -.milliseconds(100) && age < Self.oldestStamp
    }

    /// Notes that a sample of a source could not be true.
    public mutating func receiveMalformed(from index: Int) { sources[index].countMalformed() }

    /// Takes the bytes that a source's receiver is to be sent.
    public mutating func takeOutput(for index: Int) -> [UInt8] { sources[index].takeOutput() }

    /// Notes that a card stamps something of a source's that cannot be used, and why.
    public mutating func receive(unusableStamp fault: SourceCondition, from index: Int) {
        sources[index].noteUnusableStamp(fault, now: clock.monotonicNow())
        reportConditions()
    }

    /// Notes by what the edges of pulses are told apart where nobody has told their width.
    ///
    /// - Parameters:
    ///   - width: the shorter gap between them, seconds.
    ///   - index: the source.
    public mutating func receiveLearnedWidth(_ width: Double, from index: Int) {
        let learned = Int((width * 1000).rounded())
        note(
            .notice, index,
            "both edges are stamped, and pulses taken to last \(learned) ms; if they last \(1000 - learned) ms, set width "
                + "\(Double(1000 - learned) / 1000)")
    }

    /// Takes a label or whole sample: it numbers the pulses that look to this source, and may be a sample itself.
    private mutating func receive(label: Sample, message: LabelMessage?, from index: Int) {
        let now = clock.monotonicNow()
        guard now >= quietUntil, !settings.leapSeconds.isLeapNear(label.reference) else { return }
        let pulsing = numbered(by: index).filter { hasPulses($0, now) }
        for pulsed in pulsing {
            number(pulsesOf: pulsed, by: label, message: message, from: index)
        }
        // A step just made has overtaken the label.
        guard now >= quietUntil else { return }
        guard !pulsing.contains(index), !remembersPulses(of: index, now) else { return }
        // A label that contradicts the pulses it numbers is not believed as a source of its own either.
        let isContradicted = sources[index].isMislabelled || pulsing.contains { sources[$0].pairing.isContradicted }
        guard !isContradicted else { return sources[index].restartVotes() }
        deliver(
            sources[index].consume(label, measuredDelay: measuredDelay(of: index, message), now: now), from: index,
            isPulse: false)
    }

    private mutating func number(pulsesOf index: Int, by label: Sample, message: LabelMessage?, from numberer: Int) {
        if let offset = numberingOffset(at: label.local) {
            let now = clock.monotonicNow()
            // A leap second that the table could not know of: who has named it is believed when its labels stay back.
            let isLeap = sources[numberer].hasNamedLeapSecond(at: now)
            let isUnforeseen = isLeap && settings.leapSeconds.isExpired(at: label.reference)
            let error = sources[index].monitor(
                label: label, message: message, clockOffset: offset,
                isProvisional: sources[numberer].isProvisional(at: now) || isUnforeseen)
            guard !sources[index].pairing.needsNewProof else { return distrustNumbering(by: numberer) }
            return sources[numberer].noteLabelError(error)
        }
        let witness: ((Instant) -> Instant)? = clockIsWitness && isClockTrusted ? { $0.nearestSecond } : nil
        let pulses = sources[index].number(by: label, message: message, witness: witness)
        let error = pulseErrors[index]
        let samples = pulses.map {
            corrected(Sample(local: $0.edge, reference: $0.second, systematicError: error), of: index)
        }
        deliver(samples, from: index, isPulse: true)
    }

    /// A numbered pulse, moved by what its receiver has said about it.
    private mutating func corrected(_ pulse: Sample, of index: Int) -> Sample {
        let figure = numberedBy[index].flatMap { sources[$0].sawtoothFigure(ofPulseAt: pulse.reference) }
        return sources[index].corrected(pulse, figure: figure)
    }

    /// Whether what an earlier program knew of the clock still tells seconds apart; it ages as the kernel ages it.
    var clockIsWitness: Bool {
        guard let inherited = clock.inheritedMaximumError, !settings.overridesFirstPanic else { return false }
        let age = (clock.monotonicNow() - started).seconds
        return inherited + Self.kernelErrorGrowth * age < Self.witnessLimit
    }

    /// Delay of a source's labels as the pulses that they number have taught it, seconds.
    private func measuredDelay(of index: Int, _ message: LabelMessage?) -> Double? {
        numbered(by: index).lazy.compactMap { sources[$0].pairing.delay(of: message)?.centre }.first
    }

    /// Reference − clock at a reading, while the clock is good enough to number pulses by; else `nil`.
    private func numberingOffset(at reading: Instant) -> Double? {
        guard ladder.wasLocked, let estimate = flywheel.estimate(at: reading),
            bound(of: estimate) < Self.numberingLimit
        else { return nil }
        return estimate.phase
    }
}
