import ConfigurationLanguage
import Discipline
import Receivers
import TimeScale

/// One configured reference clock, without its device: bytes, pulses and samples in, observations out.
///
/// It decodes, pairs pulses with seconds, keeps the reach register and the statistics, and knows what is wrong.
/// All stamps are readings of the clock that is disciplined.
public struct ReferenceClock: Sendable {
    /// Offsets remembered for the jitter.
    private static let offsetMemory = 16
    /// Polls where the configuration gives none: 2⁴ = 16 s, ntpd's recommendation for reference clocks.
    private static let defaultPoll = PollExponent(clamping: 4)
    /// Labels that must agree before a source without pulses is believed.
    private static let votesNeeded = PulsePairing.votesNeeded
    /// Error to be expected of labels whose delay nobody has measured, seconds: receivers are up to 0.7 s late, and a
    /// root dispersion of 1 s makes clients refuse the server.
    private static let unknownDelayError = 0.8

    /// How it was configured.
    public let configuration: ReferenceClockConfiguration
    /// Speed of its line, bit/s: as configured, or as found out.
    public private(set) var baudRate: Int
    /// What it is doing.
    public internal(set) var condition = SourceCondition.waiting
    /// Which polls brought a usable sample.
    public private(set) var reach = ReachRegister()
    /// The last usable sample, and when it came.
    public private(set) var last: (sample: Sample, at: MonotonicInstant)?
    /// Finds out which second a pulse is.
    public internal(set) var pairing: PulsePairing
    /// Usable samples so far.
    public private(set) var samples = 0
    /// Pulses so far.
    public private(set) var pulses = 0
    /// Pulses missed, by gaps in their sequence numbers.
    public private(set) var pulsesMissed = 0
    /// Samples with impossible fields so far.
    public private(set) var malformed = 0

    var decoder: ReceiverDecoder?
    private var offsets: [Double] = []
    /// Labels that agree with each other, uncorrected: those of the proof, later the last one.
    private var agreeing: [Sample] = []
    private var haveAgreed = false
    private var lastSequence: UInt32?
    private var lastPulse: MonotonicInstant?
    /// Whether its pulses have stopped while its sentences come.
    var isPulseless = false
    /// Between the last two usable samples.
    private(set) var usualGap = Interval.zero
    private var nextShift: MonotonicInstant?
    var lastHeard: MonotonicInstant?
    /// When its receiver last said something, and how many messages there were by then.
    var lastSpoken: MonotonicInstant?
    var messages: UInt64 = 0
    /// When each of the topics about the solution was last told.
    var lastTold = [MonotonicInstant?](repeating: nil, count: ReceiverStatus.Topics.solution.count)
    /// What has been told and not been looked at for alarms.
    var told: ReceiverStatus.Topics = []
    /// Whether its device is open; `nil` before anybody has said so.
    private(set) var isPresent: Bool?
    /// The name by which that was opened, where it is not the configured one.
    public private(set) var openedName: String?
    /// Why it could not be opened, where that is not just missing.
    private var obstacle: String?
    /// Whether something came when it was last open, or an attempt to open it has failed since.
    private var isOpeningNews = true
    /// The last second that its receiver has named.
    public internal(set) var lastLabel: SecondLabel?
    var statisticsAtShift = ReceiverStatistics()
    /// Polls that have ended since a usable sample came, or since the device was opened.
    var emptyPolls = 0
    var reportedKind = SourceCondition.waiting.kind
    /// When the next report of a condition is due in the long run.
    var nextReport: MonotonicInstant?
    private var hasRolledOver = false
    var isRefused = false
    var labelError = 0
    var isOutvoted = false
    /// Why its samples are not believed, where they have jumped.
    var departed: SourceCondition?
    /// What it announces about the end of the month; `nil` where it cannot tell.
    public internal(set) var leapAnnouncement: LeapIndicator?
    var health = ReceiverHealth()
    /// What its receiver says about pulses to come.
    var forecast = SawtoothForecast()
    /// How such figures belong to its own pulses.
    var sawtooth = SawtoothCorrection()
    var alarms = ReceiverAlarms()
    /// Whether the receiver has begun anew, and nobody has been told.
    var wasReset = false
    /// What an Oncore is to be asked, and when again.
    var questions: [UInt8] = []
    var nextQuestion: MonotonicInstant?
    /// Tells the receiver what it is to be, where it has a profile.
    var configurator: ReceiverConfigurator?

    /// A clock that has not been heard.
    ///
    /// - Parameters:
    ///   - configuration: the clock as configured.
    ///   - earliestDate: a moment that cannot lie in the future, for week rollovers.
    public init(_ configuration: ReferenceClockConfiguration, earliestDate: Instant) {
        self.configuration = configuration
        pairing = PulsePairing()
        baudRate = configuration.effectiveBaudRate
        if configuration.driver.isReceiver {
            let messages: LabelMessageSet =
                configuration.driver == .nmea ? Self.messages(ofMode: configuration.mode) : .all
            var decoder = ReceiverDecoder(notBefore: earliestDate, messages: messages)
            decoder.holdsExactPlace = configuration.reportsExactPlace
            if configuration.driver == .gpsd {
                decoder.gpsdChoice = GPSDChoice(
                    path: configuration.devicePath, pulsePath: configuration.pulsePath, unit: configuration.unit % 128)
            }
            if configuration.driver.isSerial { decoder.characterTime = configuration.characterTime(at: baudRate) }
            self.decoder = decoder
            configurator = ReceiverProfile(configuration, baudRate: baudRate).map { ReceiverConfigurator($0) }
        }
    }

    // MARK: - What it is

    /// Prepares for pulses that are numbered by another source, or by its own labels.
    ///
    /// Sentences follow their second by a delay that is learned, or that `time2` gives; samples of a producer are late as
    /// well, gpsd's by the serial line, unless `time1` says that this is taken care of.
    public mutating func beNumbered(by numberer: ReferenceClock) {
        let isLine = numberer.configuration.driver.isReceiver
        pairing = PulsePairing(
            givenDelay: isLine ? numberer.configuration.labelDelay : numberer.configuration.time1.map { _ in 0 },
            baudRate: numberer.configuration.driver.isSerial ? numberer.baudRate : nil)
    }

    /// Takes the delays of labels that number its pulses, as kept from an earlier run.
    public mutating func recall(_ delays: [LearnedDelay]) { pairing.recall(delays) }

    /// Takes a later moment that cannot lie in the future, so that a rollover is undone after years of running too.
    public mutating func notBefore(_ date: Instant) {
        guard let pivot = decoder?.pivot, date > pivot else { return }
        decoder?.pivot = date
    }

    /// Whether its labels and samples can number pulses.
    public var canNumber: Bool {
        switch configuration.driver {
        case .pps, .ptpHardwareClock, .localClock: false
        // ntpd's units from 128 on have the pulses of those below.
        case .gpsd: configuration.unit < 128
        default: true
        }
    }

    /// Whether pulses have come lately.
    public func hasPulses(at now: MonotonicInstant) -> Bool {
        lastPulse.map { now - $0 < Self.silence } ?? false
    }

    /// Whether there were pulses, and have been none lately.
    func hasLostPulses(at now: MonotonicInstant) -> Bool { lastPulse != nil && !hasPulses(at: now) }

    /// Whether the receiver itself says, and has said for 3 s, that it has no fix; a silent line says nothing.
    public func isInvalid(at now: MonotonicInstant) -> Bool { health.isInvalid(at: now) }

    /// Whether the receiver claims a fix but repeats the same second: its pulses mean nothing either.
    public func isFrozen(at now: MonotonicInstant) -> Bool { health.isFrozen(at: now) }

    /// Whether the receiver was seen without a fix and began less than 15 minutes ago to name seconds: it may not know
    /// the leap seconds yet.
    public func isProvisional(at now: MonotonicInstant) -> Bool { health.isProvisional(at: now) }

    /// Whether the receiver has lately named a second 60.
    public func hasNamedLeapSecond(at now: MonotonicInstant) -> Bool { health.hasNamedLeapSecond(at: now) }

    /// The poll interval: how long a shift of the reach register takes.
    public var poll: PollExponent { configuration.minimumPoll ?? Self.defaultPoll }

    /// Scatter of the offsets, standard deviation in seconds, from their differences; 0 before the third sample.
    public var jitter: Double {
        guard offsets.count > 2 else { return 0 }
        let differences = (1..<offsets.count).map { offsets[$0] - offsets[$0 - 1] }
        return RobustStatistics.deviation(differences) / 2.0.squareRoot()
    }

    /// Messages that could not be used.
    public var rejected: Int {
        malformed
            + MessageRejection.allCases.reduce(0) { $0 + Int(clamping: decoder?.statistics.rejections($1) ?? 0) }
    }

    /// ntpd's mode bits 0 to 3 choose sentences; none set means all.
    private static func messages(ofMode mode: Int) -> LabelMessageSet {
        let rows: [(bit: Int, message: LabelMessage)] = [(0x01, .rmc), (0x02, .gga), (0x04, .gll), (0x08, .zda)]
        let chosen = rows.filter { mode & $0.bit != 0 }
        guard !chosen.isEmpty else { return .all }
        let sentences = LabelMessageSet([.rmc, .gga, .gll, .zda, .gns].map { LabelMessageSet($0) })
        return LabelMessageSet.all.subtracting(sentences).union(
            LabelMessageSet(chosen.map { LabelMessageSet($0.message) }))
    }

    // MARK: - What it hears

    /// Takes a pulse.
    ///
    /// - Parameters:
    ///   - edge: the clock's reading at the edge, before `fudge time1`.
    ///   - sequence: the kernel's count of edges, where there is one.
    ///   - now: when it was noticed.
    /// - Returns: the start of the second that the pulse marks, by the clock; `nil` for a pulse already seen.
    public mutating func consume(pulse edge: Instant, sequence: UInt32?, now: MonotonicInstant) -> Instant? {
        if let sequence, let lastSequence {
            guard sequence != lastSequence else { return nil }
            pulsesMissed += Int(clamping: Int64(sequence &- lastSequence) - 1)
        }
        lastSequence = sequence
        (lastPulse, lastHeard, isPulseless) = (now, now, false)
        pulses += 1
        let start = edge - Interval(seconds: configuration.pulseCorrection)
        pairing.observe(pulse: start)
        return start
    }

    /// Takes a label or a whole sample as evidence of this source's own time, for use where there are no pulses.
    ///
    /// - Parameters:
    ///   - sample: the label, uncorrected, or the producer's sample with its `time1`.
    ///   - measuredDelay: delay of the labels as learned from pulses, seconds.
    ///   - now: when it came.
    /// - Returns: none before enough have agreed, then those, then each as it comes; corrected.
    public mutating func consume(_ sample: Sample, measuredDelay: Double?, now: MonotonicInstant) -> [Sample] {
        lastHeard = now
        // Compared before the correction, which changes when the delay has been measured.
        if let last = agreeing.last, abs(sample.offset - last.offset) > PulsePairing.agreement { restartVotes() }
        agreeing.append(sample)
        guard haveAgreed || agreeing.count >= Self.votesNeeded else {
            condition = .proving
            return []
        }
        let isLabel = configuration.driver.isReceiver
        let known = isLabel ? configuration.labelDelay ?? measuredDelay : 0
        let corrected = (haveAgreed ? [sample] : agreeing).map {
            Sample(
                local: $0.local, reference: $0.reference + Interval(seconds: known ?? 0),
                systematicError: isLabel && known == nil ? Self.unknownDelayError : 0)
        }
        (agreeing, haveAgreed) = ([sample], true)
        return corrected
    }

    /// Whether a week rollover is seen for the first time.
    public mutating func takeFirstRollover() -> Bool {
        defer { hasRolledOver = true }
        return !hasRolledOver
    }

    /// Notes what it says about the end of the month.
    public mutating func announce(_ indicator: LeapIndicator) { leapAnnouncement = indicator }

    /// Counts a sample whose fields could not be true.
    public mutating func countMalformed() { malformed += 1 }

    /// Notes a sample.
    ///
    /// - Parameters:
    ///   - sample: the sample.
    ///   - isUsable: whether it lies where it can be believed; one that does not counts as not received.
    ///   - now: when it came.
    public mutating func deliver(_ sample: Sample, isUsable: Bool, now: MonotonicInstant) {
        samples += 1
        guard isUsable else { return }
        usualGap = last.map { min(now - $0.at, .seconds(60)) } ?? .zero
        last = (sample, now)
        reach.mark()
        offsets.append(sample.offset)
        if offsets.count > Self.offsetMemory { offsets.removeFirst() }
        let fault = hasPulses(at: now) ? pulsesFault(at: now) : receiversFault(at: now)
        if !isOutvoted, !isRefused { condition = departed ?? fault ?? usualCondition }
    }

    // MARK: - What happens to it

    /// Notes that its line is read at another speed from now on: what comes is another stream, by other delays.
    public mutating func changeSpeed(to baudRate: Int) {
        self.baudRate = baudRate
        decoder?.characterTime = configuration.characterTime(at: baudRate)
        forgetReceiver()
        configurator = ReceiverProfile(configuration, baudRate: baudRate).map { ReceiverConfigurator($0) }
    }

    /// Lets time pass: shifts the reach register at the end of each poll.
    public mutating func tick(now: MonotonicInstant) {
        noteSilence(now: now)
        if case .absent = condition {
        } else {
            configure([], now)
            askOncore(now)
        }
        guard let due = nextShift else {
            nextShift = now + poll.interval
            return
        }
        let interval = poll.interval
        // Ticks jitter: one that comes a little early is this poll's, and the next poll counts from when this was due.
        guard now + Interval(nanoseconds: interval.nanoseconds / 8) >= due else { return }
        nextShift = now - due < interval ? due + interval : now + interval
        emptyPolls = (reach.bits & 1 == 0 ? emptyPolls : 0) + 1
        reach.shift()
        if !reach.isReachable { diagnose(now: now) }
        statisticsAtShift = decoder?.statistics ?? statisticsAtShift
    }

    /// Forgets what its receiver has said: it may have begun anew, or be another. Alarms stay until it says otherwise, or
    /// says nothing more about them.
    private mutating func forgetReceiver() {
        decoder?.reset()
        health.reset()
        alarms.forgetReceiver()
        (forecast, wasReset, leapAnnouncement, lastLabel, lastSpoken) = (SawtoothForecast(), false, nil, nil, nil)
        for index in lastTold.indices { lastTold[index] = nil }
    }

    /// Notes that its device was opened or came back, perhaps with another receiver behind it.
    ///
    /// - Parameter name: by which it was opened, where it is not the configured one.
    /// - Returns: whether that is news; not where it has opened before, given nothing, and was lost.
    @discardableResult
    public mutating func deviceOpened(as name: String? = nil) -> Bool {
        forgetReceiver()
        restartVotes()
        configurator?.restart()
        (questions, nextQuestion) = ([], nil)
        (lastSequence, lastHeard, emptyPolls, obstacle) = (nil, nil, 0, nil)
        (isPresent, openedName, condition) = (true, name, .waiting)
        return isOpeningNews
    }

    /// Notes that its device is not there.
    ///
    /// - Parameters:
    ///   - reason: the system's words.
    ///   - isMissing: whether there is nothing to open; else something is in the way, which is told when it changes.
    public mutating func deviceAbsent(_ reason: String, isMissing: Bool = true) {
        let (isLoss, obstacle) = (isPresent == true, isMissing ? nil : reason)
        // A loss is told where the opening was.
        if isLoss ? isOpeningNews : obstacle != self.obstacle { reportedKind = SourceCondition.waiting.kind }
        isOpeningNews = isLoss ? lastHeard != nil : true
        (isPresent, openedName, self.obstacle, condition) = (false, nil, obstacle, .absent(reason))
    }

    /// Forgets which second is which.
    public mutating func restartProof() {
        pairing.restart()
        health.restartProof()
        labelError = 0
        restartVotes()
    }

    /// Forgets how many labels have agreed.
    public mutating func restartVotes() { (agreeing, haveAgreed) = ([], false) }

    /// Follows a change of the clock.
    public mutating func apply(_ change: ClockChange) {
        pairing.apply(change)
        sawtooth.restart()
        decoder?.shift(by: change.step)
        health.apply(change)
        for index in agreeing.indices { agreeing[index].apply(change) }
        last?.sample.apply(change)
        for index in offsets.indices { offsets[index] += change.offsetChange.seconds }
    }
}
