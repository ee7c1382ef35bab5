import ConfigurationLanguage
import Discipline
import GPSDWire
import Receivers
import TimeScale

/// What a source's receiver says: its messages, its health, its pulses to come.
extension ReferenceClock {
    /// How often an Oncore is asked until it answers: 10 s, some bytes among what it sends each second.
    private static let questionInterval = Interval.seconds(10)
    /// A receiver that says nothing for this long was silent; the slowest speak every five seconds.
    private static let pause = Interval.seconds(10)

    /// Takes a report of gpsd's about its receiver.
    ///
    /// - Parameters:
    ///   - report: any but a pulse.
    ///   - arrived: the clock's reading when what it tells of came, as far as it is known.
    ///   - now: when it was read.
    ///   - handle: called for each label.
    public mutating func consume(
        _ report: GPSDReport, arrived: Instant, now: MonotonicInstant, handle: (SecondLabel) -> Void
    ) {
        var events: [ReceiverEvent] = []
        let isOurs = decoder?.consume(report, arrived: arrived) { events.append($0) } ?? false
        let heard = lastHeard
        if isOurs { take(events, arrived: arrived, now: now, handle) }
        // What gpsd answers by itself is no sign of life of the receiver.
        if !report.isAboutReceiver { lastHeard = heard }
        if let absence = decoder?.gpsdAbsence { condition = .absent(absence) }
    }

    /// Whether pulses that gpsd tells of are those of its receiver, and are to be used.
    public mutating func believesPulses(of device: String?) -> Bool {
        // ntpd's flag2 has a clock of gpsd's ignore them; its pulse units have nothing else.
        guard configuration.flag2 != true || configuration.unit >= 128 else { return false }
        return decoder?.believesPulses(of: device) ?? false
    }

    /// Takes bytes of a serial line.
    ///
    /// - Parameters:
    ///   - bytes: as read.
    ///   - arrived: the clock's reading when the last of them arrived.
    ///   - now: when they were read.
    ///   - handle: called for each label.
    public mutating func consume(
        _ bytes: Span<UInt8>, arrived: Instant, now: MonotonicInstant, handle: (SecondLabel) -> Void
    ) {
        var events: [ReceiverEvent] = []
        decoder?.consume(bytes, arrived: arrived) { events.append($0) }
        take(events, arrived: arrived, now: now, handle)
    }

    /// Notes what a receiver says about a pulse.
    public mutating func note(_ sawtooth: PulseSawtooth) { forecast.note(sawtooth) }

    private mutating func take(
        _ events: [ReceiverEvent], arrived: Instant, now: MonotonicInstant, _ handle: (SecondLabel) -> Void
    ) {
        lastHeard = now
        noteTold(now)
        var answers: [ReceiverAnswer] = []
        for event in events {
            switch event {
            case .label(let label):
                health.note(label, now: now)
                lastLabel = label
                handle(label)
            case .rejected(let reason): health.note(reason, now: now)
            case .fix(let hasFix): health.note(hasFix: hasFix)
            case .sawtooth(let sawtooth): forecast.note(sawtooth)
            case .reset:
                wasReset = true
                alarms.forgetReceiver()
                alarms.resume(at: now)
                configurator?.receiverWasReset()
            case .answer(let answer): answers.append(answer)
            case .frame: break
            }
        }
        configure(answers, now)
        health.note(pulseFault: decoder?.status.pulseFault, now: now)
        leapAnnouncement = decoder?.status.leapNews.map { Self.announcement($0, at: arrived) }
        if let fault = receiversFault(at: now) { condition = fault }
    }

    /// Goes on telling the receiver what it is to be; the answers count as of the state that they came with.
    mutating func configure(_ answers: [ReceiverAnswer], _ now: MonotonicInstant) {
        guard configurator != nil, let status = decoder?.status else { return }
        for answer in answers { configurator?.take(answer, status: status, now: now) }
        configurator?.tick(status: status, now: now)
    }

    /// Takes the bytes that the receiver is to be sent. What cannot be written is asked for again by itself.
    public mutating func takeOutput() -> [UInt8] {
        defer { questions = [] }
        return questions + (configurator?.takeOutput() ?? [])
    }

    /// Asks an Oncore what its times mean, which it does not tell by itself: without an answer they name no seconds.
    ///
    /// @@Aw ff asks whether it shows UTC, and changes nothing; @@Bo 01 has it tell GPS − UTC now and whenever that changes
    /// (Motorola's VP Oncore and M12+ user's guides; asked of no hardware).
    mutating func askOncore(_ now: MonotonicInstant) {
        guard configuration.driver == .oncore, decoder?.knowsOncoreTimes == false, now >= nextQuestion ?? now else {
            return
        }
        nextQuestion = now + Self.questionInterval
        questions = [
            0x40, 0x40, 0x41, 0x77, 0xff, 0xc9, 0x0d, 0x0a, 0x40, 0x40, 0x42, 0x6f, 0x01, 0x2c, 0x0d, 0x0a,
        ]
    }

    /// Takes what there is to tell about the receiver's profile.
    public mutating func takeProfileNews() -> [ReceiverConfigurator.News] { configurator?.takeNews() ?? [] }

    /// What the receiver's own messages say is wrong with it, also while its pulses go on; `nil` for nothing.
    public func receiversFault(at now: MonotonicInstant) -> SourceCondition? {
        if let reason = health.reason, health.isInvalid(at: now) { return .invalid(reason.description) }
        if health.isFrozen(at: now) { return .frozen }
        return health.wrongRate(at: now).map { .labelsAtWrongRate($0) }
    }

    /// Why the pulses of its receiver cannot be used, by the receiver's own messages; `nil` for nothing.
    public func pulsesFault(at now: MonotonicInstant) -> SourceCondition? {
        receiversFault(at: now) ?? health.pulseFault(at: now).map { .pulsesDenied($0) }
    }

    /// Whether its receiver says that its pulses are not to be used.
    public func deniesPulses(at now: MonotonicInstant) -> Bool { health.pulseFault(at: now) != nil }

    /// Notes which topics have been told, and when.
    private mutating func noteTold(_ now: MonotonicInstant) {
        guard let count = decoder?.statistics.messages, count != messages else { return }
        messages = count
        if lastSpoken.map({ now - $0 > Self.pause }) ?? true { alarms.resume(at: now) }
        lastSpoken = now
        let topics = decoder?.takeTold() ?? []
        told.formUnion(topics)
        for (index, topic) in ReceiverStatus.Topics.solution.enumerated() where topics.contains(topic) {
            lastTold[index] = now
        }
    }

    /// What a receiver's news about a leap second, which may be years away or past, say about the end of this month.
    private static func announcement(_ news: ReceiverStatus.LeapNews, at now: Instant) -> LeapIndicator {
        guard news.change != 0, news.at > now, isSameMonth(news.at - .second, now) else { return .none }
        return news.change > 0 ? .insertSecond : .deleteSecond
    }

    // MARK: - What its receiver says about pulses

    /// What its receiver says is to be added to the stamp of the pulse that begins a second, seconds.
    public func sawtoothFigure(ofPulseAt second: Instant) -> Double? { forecast.correction(ofPulseAt: second) }

    /// Moves a pulse of its own by what a receiver says about it, as far as that has proven to belong to it.
    ///
    /// - Parameters:
    ///   - pulse: the stamp, and the second that it begins.
    ///   - figure: what is to be added to the stamp, seconds; `nil` where nothing was said.
    /// - Returns: the pulse, moved.
    public mutating func corrected(_ pulse: Sample, figure: Double?) -> Sample {
        let correction = sawtooth.take(second: pulse.reference, offset: pulse.offset, figure: figure)
        return Sample(
            local: pulse.local + Interval(seconds: correction), reference: pulse.reference,
            systematicError: pulse.systematicError)
    }

    private static func isSameMonth(_ one: Instant, _ other: Instant) -> Bool {
        let (one, other) = (CivilTime(one), CivilTime(other))
        return one.year == other.year && one.month == other.month
    }

    /// How far the receiver has come to being what its profile says, in words; `nil` without a profile.
    public var profileState: String? {
        guard let configurator else { return nil }
        let lacks = configurator.missing.isEmpty ? "" : ", but for \(configurator.missing.joined(separator: ", "))"
        return switch configurator.state {
        case .identifying: "the receiver is being asked what it is"
        case .applying: "the receiver is being told"
        case .applied: "read back and right\(lacks)"
        case .unanswered: "the receiver does not answer"
        }
    }

    // MARK: - What it says about itself

    /// What the receiver says about itself, but for what is old: the solution after a minute, and what it used to tell
    /// beside other things and does not any more.
    ///
    /// - Parameter now: the moment.
    /// - Returns: `nil` for a source without a receiver that we hear, or whose device is not there.
    public func status(at now: MonotonicInstant) -> ReceiverStatus? {
        guard var status = decoder?.status else { return nil }
        if case .absent = condition { return nil }
        guard isPresent != false else { return nil }
        status.forget(alarms.lapsed(spoken: lastSpoken))
        for (told, topic) in zip(lastTold, ReceiverStatus.Topics.solution)
        where now - (told ?? now) > ReceiverAlarms.lifetime { status.forget(topic) }
        return status
    }

    /// How long its receiver has said nothing, seconds; `nil` before it has said anything.
    public func silence(at now: MonotonicInstant) -> Double? { lastSpoken.map { (now - $0).seconds } }

    /// What its decoder has counted; `nil` for a source without a receiver that we hear.
    public var receiverStatistics: ReceiverStatistics? { decoder?.statistics }

    /// The languages in which it has spoken.
    public var languages: [ReceiverProtocol] {
        guard let statistics = decoder?.statistics else { return [] }
        return ReceiverProtocol.allCases.filter { statistics.messages(of: $0) > 0 }
    }

    /// The alarms of the receiver that are in force, but for those that it has just said are over.
    public var alarmsInForce: [ReceiverAlarm] { alarms.inForce }

    /// What a receiver's figures about pulses are to its own pulses, in words; `nil` where none have come.
    public var sawtoothUse: String? {
        guard sawtooth.isFed else { return nil }
        guard sawtooth.isDecided else { return "not told apart from the scatter of the stamps" }
        return sawtooth.sign > 0
            ? "corrected" : sawtooth.sign < 0 ? "corrected, with the other sign" : "not of these pulses"
    }

    /// What has come of alarms since the last call, and whether the receiver was reset.
    public mutating func takeReceiverNews(now: MonotonicInstant) -> (alarms: [ReceiverNews], wasReset: Bool) {
        guard let status = decoder?.status else { return ([], false) }
        defer { (told, wasReset) = ([], false) }
        return (alarms.update(status, told: told, spoken: lastSpoken, now: now), wasReset)
    }
}
