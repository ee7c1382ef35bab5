import ConfigurationLanguage
import Discipline
import GPSDWire
import Receivers
import TimeScale

/// What a source's receiver says: its messages, its health, its pulses to come.
extension ReferenceClock {
    /// Receivers count their uptime in 32 bits of milliseconds: a fall by so many seconds is that counter's end (49.7 days).
    private static let uptimeWrap = 4_290_000.0

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
        if isOurs { take(events, arrived: arrived, now: now, handle) }
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
            case .answer(let answer): answers.append(answer)
            case .frame: break
            }
        }
        configure(answers, now)
        if let news = decoder?.status.leapNews { announce(news, at: arrived) }
        if let fault = receiversFault(at: now) { condition = fault }
    }

    /// Goes on telling the receiver what it is to be; the answers count as of the state that they came with.
    mutating func configure(_ answers: [ReceiverAnswer], _ now: MonotonicInstant) {
        guard configurator != nil, let status = decoder?.status else { return }
        for answer in answers { configurator?.take(answer, status: status, now: now) }
        configurator?.tick(status: status, now: now)
    }

    /// Takes the bytes that the receiver is to be sent. What cannot be written is asked for again by itself.
    public mutating func takeOutput() -> [UInt8] { configurator?.takeOutput() ?? [] }

    /// Takes what there is to tell about the receiver's profile.
    public mutating func takeProfileNews() -> [ReceiverConfigurator.News] { configurator?.takeNews() ?? [] }

    /// What the receiver's own messages say is wrong with it, also while its pulses go on; `nil` for nothing.
    public func receiversFault(at now: MonotonicInstant) -> SourceCondition? {
        if let reason = health.reason, health.isInvalid(at: now) { return .invalid(reason.description) }
        if health.isFrozen(at: now) { return .frozen }
        return health.wrongRate(at: now).map { .labelsAtWrongRate($0) }
    }

    /// Notes what its receiver has heard about a leap second, which may be years away or past.
    private mutating func announce(_ news: ReceiverStatus.LeapNews, at now: Instant) {
        let isThisMonth = news.at > now && Self.isSameMonth(news.at - .second, now)
        let announced: LeapIndicator = news.change == 0 ? .none : news.change > 0 ? .insertSecond : .deleteSecond
        leapAnnouncement = isThisMonth ? announced : LeapIndicator.none
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

    /// What the receiver says about itself; `nil` for a source without a receiver that we hear.
    public var status: ReceiverStatus? { decoder?.status }

    /// What its decoder has counted; `nil` for a source without a receiver that we hear.
    public var receiverStatistics: ReceiverStatistics? { decoder?.statistics }

    /// The languages in which it has spoken.
    public var languages: [ReceiverProtocol] {
        guard let statistics = decoder?.statistics else { return [] }
        return ReceiverProtocol.allCases.filter { statistics.messages(of: $0) > 0 }
    }

    /// The alarms of the receiver that are in force.
    public var alarmsInForce: [ReceiverAlarm] { alarms.inForce }

    /// What a receiver's figures about pulses are to its own pulses, in words; `nil` where none have come.
    public var sawtoothUse: String? {
        guard sawtooth.isFed else { return nil }
        guard sawtooth.isDecided else { return "not told apart from the scatter of the stamps" }
        return sawtooth.sign > 0
            ? "corrected" : sawtooth.sign < 0 ? "corrected, with the other sign" : "not of these pulses"
    }

    /// The alarms that have come (`true`) or are over (`false`) since the last call, and whether the receiver was reset.
    public mutating func takeReceiverNews(
        now: MonotonicInstant
    ) -> (alarms: [(alarm: ReceiverAlarm, isRaised: Bool)], wasReset: Bool) {
        guard let status = decoder?.status else { return ([], false) }
        let fall = if let uptime, let new = status.uptime { uptime - new } else { 0.0 }
        uptime = status.uptime ?? uptime
        return (alarms.update(ReceiverAlarm.of(status), now: now), fall > 0 && fall < Self.uptimeWrap)
    }
}
