import TimeScale

/// Turns the bytes of a satellite receiver into labels for seconds, and into what is known of the receiver.
///
/// It understands NMEA 0183, UBX, TSIP and Oncore, mixed as they come; nobody has to say which.
///
/// * A message labels where it vouches for itself, or another of the same receiver vouches for it.
/// * Each epoch is reported once; another kind of message with the same epoch confirms it in silence.
/// * Time does not go backwards (`ReportedEpochs`).
///
/// Sentences that tell the time and nothing else are read without allocation; one decoder belongs to one device and one
/// thread.
public struct ReceiverDecoder: Sendable {
    /// A moment that cannot lie in the future: the build date, the last good time; dates before it are moved up by
    /// 1024 weeks. Kept within 1980-01-06 ... 2150-01-01.
    public var pivot: Instant {
        get { gate.pivot }
        set { gate.pivot = newValue }
    }

    /// Time that one byte takes on the line, 10/baud; 0 ... 1 s, zero where it is not known.
    public var characterTime = Interval.zero {
        didSet { characterTime = min(max(characterTime, .zero), .second) }
    }

    /// Whether each frame is reported too, as `timeball decode --verdicts` shows them.
    public var reportsFrames = false

    /// Which of gpsd's receivers is heard.
    public var gpsdChoice = GPSDChoice()

    /// What has been seen so far; `reset` does not touch it.
    public internal(set) var statistics = ReceiverStatistics()

    /// What the receiver says about itself; its place to a tenth of a degree unless `holdsExactPlace`.
    public internal(set) var status = ReceiverStatus() {
        didSet { if !holdsExactPlace { status.place?.blur() } }
    }

    /// Whether the receiver's place is held as exactly as it is told: nobody needs to learn from a time server's reports
    /// where an antenna stands.
    public var holdsExactPlace = false

    /// The last moment that a message vouched for, whether or not it was believed; `nil` before the first.
    public private(set) var namedMoment: Instant?

    /// Whether the receiver has a fix, as the last `ReceiverEvent.fix` said; `false` before the first.
    public internal(set) var hasFix = false

    /// Whether the receiver has said, in whichever message, that it has heard the leap seconds from a satellite, and has
    /// not denied it since.
    public private(set) var knowsLeapSeconds = false

    /// How long a receiver that has denied knowing UTC, and has said nothing more about it, is taken to: it learns the
    /// leap seconds every 12.5 minutes (IS-GPS-200 §20.3.3.5).
    private static let denialLifetime = Interval.seconds(900)

    /// What was told this long ago, by the receiver's own seconds, and not again, is no longer so: 1 minute. Lists of
    /// satellites come every few seconds, and an error is told again if it lasts.
    private static let memory = Interval.seconds(60)
    private static let day = Interval.seconds(86_400)

    var gate: LabelGate
    private var scanner = FrameScanner()
    /// The messages that last said that the receiver does not know UTC, and when.
    private var denials: [(name: MessageName, at: Instant)] = []
    var nmea = NMEAState()
    var reports = NMEAReportState()
    var ubx = UBXState()
    var tsip = TSIPState()
    var oncore = OncoreState()
    var gpsd = GPSDState()

    /// A decoder that has heard nothing yet.
    ///
    /// - Parameters:
    ///   - pivot: a moment that cannot lie in the future; see `pivot`.
    ///   - messages: which messages may produce labels.
    public init(notBefore pivot: Instant, messages: LabelMessageSet = .all) {
        gate = LabelGate(notBefore: pivot, messages: messages)
    }

    /// Takes bytes from the line.
    ///
    /// However the stream is cut into pieces, the events are the same, given the right arrival times.
    ///
    /// - Parameters:
    ///   - bytes: the next bytes of the stream, any number.
    ///   - arrived: local clock time at which the *last* of them arrived; that of a message's first byte is counted back
    ///     from it by `characterTime`.
    ///   - handle: called for each event, in the order of the stream.
    public mutating func consume(_ bytes: Span<UInt8>, arrived: Instant, handle: (ReceiverEvent) -> Void) {
        statistics.bytes += UInt64(bytes.count)
        for offset in 0..<bytes.count {
            let later = Int64(bytes.count - 1 - offset)
            scanner.append(bytes[offset], arrived: arrived - Interval(nanoseconds: later * characterTime.nanoseconds))
            while let frame = scanner.next() { take(frame, handle) }
        }
        statistics.skippedBytes = scanner.lexer.skippedBytes
    }

    /// Moves what is remembered of arrival times when the local clock is stepped.
    ///
    /// - Parameter step: how much later the clock now says it is.
    public mutating func shift(by step: Interval) {
        scanner.shift(by: step)
        denials = denials.map { ($0.name, $0.at + step) }
    }

    /// What the receiver has told about itself since the last call, be it the same as before.
    public mutating func takeTold() -> ReceiverStatus.Topics {
        defer { status.told = [] }
        return status.told
    }

    /// Forgets the stream and the receiver, as for a device that was opened anew; the pivot, the character time and the
    /// statistics stay.
    public mutating func reset() {
        scanner.reset()
        gate.reset()
        (status, hasFix, denials) = (ReceiverStatus(), false, [])
        (namedMoment, knowsLeapSeconds) = (nil, false)
        (nmea, reports, gpsd) = (NMEAState(), NMEAReportState(), GPSDState())
        (ubx, tsip, oncore) = (UBXState(), TSIPState(), OncoreState())
    }

    // MARK: - Messages

    private mutating func take(_ frame: FrameScanner.Frame, _ handle: (ReceiverEvent) -> Void) {
        switch frame {
        case .rejected(let language, let reason):
            reject(reason, handle)
            let name = language == .nmea ? scanner.lexer.withSentence { MessageName(brokenSentence: $0) } : nil
            report(name ?? MessageName(language, code: 0), .rejected(reason), handle)
        case .sentence:
            statistics.count(.nmea)
            let name = scanner.lexer.withSentence { MessageName(sentence: $0) }
            let arrived = scanner.arrived
            conclude(name, handle) { decoder throws(MessageRejection) in
                try decoder.readSentence(arrived: arrived, handle)
            }
        case .packet(let language):
            statistics.count(language)
            let name = scanner.withPacket { MessageName(language, packet: $0) }
            let arrived = scanner.arrived
            conclude(name, handle) { decoder throws(MessageRejection) in
                try decoder.readPacket(language, arrived: arrived, handle)
            }
        }
    }

    /// What a message has come to.
    enum Conclusion {
        /// It is no message about time.
        case ignored
        /// It tells something about time; the moment where it names one that is believed.
        case accepted(Instant?)
    }

    private mutating func conclude(
        _ name: MessageName, _ handle: (ReceiverEvent) -> Void,
        _ read: (inout ReceiverDecoder) throws(MessageRejection) -> Conclusion
    ) {
        // What a message has denied it alone takes back, unless one that is about UTC knows it.
        let denial = denials.firstIndex { $0.name == name }.map { denials.remove(at: $0) }
        do throws(MessageRejection) {
            switch try read(&self) {
            case .ignored:
                if let denial { denials.append(denial) }
                report(name, .ignored, handle)
            case .accepted(let moment): report(name, .accepted(moment), handle)
            }
        } catch {
            if error == .utcUnknown {
                denials.append((name, scanner.arrived))
                knowsLeapSeconds = false
            } else if let denial {
                denials.append(denial)
            }
            reject(error, handle)
            report(name, .rejected(error), handle)
        }
    }

    private mutating func readSentence(
        arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        // A report comes first: what it says about the solution holds for the time in the same sentence.
        if let report = scanner.lexer.withSentence({ NMEAReport.parse($0) }) {
            take(report, handle)
        } else {
            reports.sky.endSolution()
        }
        let parsed = try scanner.lexer.withSentence { text throws(MessageRejection) in try NMEASentence.parse(text) }
        guard let sentence = parsed else { return .ignored }
        return try take(sentence, arrived: arrived, handle)
    }

    private mutating func readPacket(
        _ language: ReceiverProtocol, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        switch language {
        case .ubx:
            let message = try scanner.withPacket { packet throws(MessageRejection) in try UBXMessage.parse(packet) }
            return try message.map { message throws(MessageRejection) in
                try take(message, arrived: arrived, handle)
            } ?? .ignored
        case .tsip:
            let message = try scanner.withPacket { packet throws(MessageRejection) in try TSIPMessage.parse(packet) }
            return try message.map { message throws(MessageRejection) in
                try take(message, arrived: arrived, handle)
            } ?? .ignored
        case .oncore:
            let message = try scanner.withPacket { packet throws(MessageRejection) in try OncoreMessage.parse(packet) }
            return try message.map { message throws(MessageRejection) in
                try take(message, arrived: arrived, handle)
            } ?? .ignored
        case .nmea, .skyTraq, .sirf, .gpsd, .garmin: return .ignored
        }
    }

    // MARK: - Events

    /// Notes a fix won or lost, and tells of it.
    mutating func note(hasFix: Bool, _ handle: (ReceiverEvent) -> Void) {
        guard hasFix != self.hasFix else { return }
        self.hasFix = hasFix
        handle(.fix(hasFix))
    }

    /// Hands out a label, where the second is new.
    ///
    /// A receiver that says in one message that it does not know UTC yet is not believed in another that cannot say so, nor
    /// in NAV-PVT, which says only that its seconds are resolved.
    ///
    /// - Returns: the moment, believed.
    mutating func label(
        _ moment: NamedMoment, from message: LabelMessage, arrived: Instant, knowsLeapSeconds: Bool = false,
        _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        namedMoment = moment.utc
        if knowsLeapSeconds, message != .navPVT {
            denials.removeAll()
        } else if denials.contains(where: { (arrived - $0.at).magnitude < Self.denialLifetime }) {
            throw .utcDenied
        }
        if knowsLeapSeconds { self.knowsLeapSeconds = true }
        let label = try gate.label(
            moment, from: message, arrived: arrived, knowsLeapSeconds: self.knowsLeapSeconds)
        pass(timeOfDay: Interval(nanoseconds: moment.utc.nanoseconds % Self.day.nanoseconds))
        if let label {
            statistics.labels += 1
            handle(.label(label))
        }
        return .accepted(moment.utc)
    }

    /// Forgets what has not been told again for a minute.
    ///
    /// - Parameter timeOfDay: that the receiver has just told, in whichever message.
    mutating func pass(timeOfDay: Interval) {
        guard timeOfDay != reports.now else { return }
        reports.now = timeOfDay
        func isOver(_ told: inout Interval?) -> Bool {
            let since = told ?? timeOfDay
            told = since
            // What seems to lie ahead is the other half of the day: some receivers interleave two seconds.
            let age = (timeOfDay.nanoseconds - since.nanoseconds + Self.day.nanoseconds) % Self.day.nanoseconds
            return age > Self.memory.nanoseconds && age < Self.day.nanoseconds / 2
        }
        if reports.hasError, isOver(&reports.errorTold) {
            reports.hasError = false
            setAlarm("error", nil)
        }
        if let fault = status.pulseFault, isOver(&reports.pulseFaultTold) { setPulseFault(fault, false) }
        if reports.sky.forget(isOver) { status.satellites = reports.sky.all() }
        if !tsip.satellites.isEmpty, isOver(&tsip.listTold) { forgetTSIPSatellites() }
    }

    /// What a message says about the next leap second that does not say when it will be: at the end of the half-year, as
    /// every one has been that satellites have announced; `nil` before a moment has been named.
    func leapNews(_ change: Int) -> ReceiverStatus.LeapNews? {
        guard let named = namedMoment else { return nil }
        let now = CivilTime(named)
        let isFirstHalf = now.month <= 6
        return CivilTime(year: isFirstHalf ? now.year : now.year + 1, month: isFirstHalf ? 7 : 1, day: 1).map {
            ReceiverStatus.LeapNews(change: change, at: $0.instant)
        }
    }

    private mutating func reject(_ reason: MessageRejection, _ handle: (ReceiverEvent) -> Void) {
        statistics.count(reason)
        handle(.rejected(reason))
    }

    private func report(_ name: MessageName, _ verdict: FrameVerdict.Verdict, _ handle: (ReceiverEvent) -> Void) {
        guard reportsFrames else { return }
        handle(
            .frame(
                FrameVerdict(
                    name: name, offset: scanner.offset, length: scanner.length, arrived: scanner.arrived,
                    verdict: verdict)))
    }
}
