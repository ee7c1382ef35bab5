import TimeScale

/// What a decoder has to tell.
public enum NMEAEvent: Sendable, Equatable {
    /// A moment has been named.
    case label(SecondLabel)
    /// A sentence was not used.
    case rejected(NMEARejection)
    /// The receiver has won (`true`) or lost (`false`) its fix; it starts without.
    case fix(Bool)
}

/// Turns the bytes of an NMEA 0183 receiver into labels for seconds.
///
/// * RMC labels where it vouches for itself; ZDA, which has no validity, where the status sentence (RMC, GGA, GLL, GNS)
///   of the same time of day does, else the latest one. A status that comes after its ZDA counts from the next on: a
///   label is not held back for it.
/// * GGA, GLL and GNS have no date. They step in for dated sentences that are missing: after one whole epoch without a
///   usable dated sentence, and for `undatedReach` after the last. (Where no dated sentence may label, they label at
///   once.) The date is counted on from the last dated sentence, so the 00:00:00 of a GGA that comes before the RMC of
///   the new day is the new day's. A void RMC or one that jumps takes their date away.
/// * Each epoch is reported once; another kind of sentence with the same epoch confirms it in silence.
/// * Time does not go backwards (`ReportedEpochs`).
///
/// No allocation; one decoder belongs to one device and one thread.
public struct NMEADecoder: Sendable {
    /// How far from a dated sentence one without a date may label: 10 s, a few lost sentences of a slow receiver.
    static let undatedReach = Interval.seconds(10)

    /// A moment that cannot lie in the future: the build date, the last good time; dates before it are moved up by
    /// 1024 weeks. Kept within 1980-01-06 ... 2150-01-01.
    public var pivot: Instant {
        didSet { pivot = Self.clamped(pivot) }
    }

    /// Time that one byte takes on the line, 10/baud; 0 ... 1 s, zero where it is not known.
    public var characterTime = Interval.zero {
        didSet { characterTime = min(max(characterTime, .zero), .second) }
    }

    /// Which sentences may produce labels; the others still bring status and date.
    public let messages: LabelMessageSet

    /// What has been seen so far; `reset` does not touch it.
    public private(set) var statistics = NMEAStatistics()

    /// Whether the receiver has a fix, as the last `NMEAEvent.fix` said; `false` before the first.
    public private(set) var hasFix = false

    private var lexer = NMEALexer()
    /// Local time of the `$` of the sentence being received.
    private var sentenceArrived = Instant.unixEpoch
    private var status = NMEAFixStatus()
    private var epochs = ReportedEpochs()
    /// The last usable dated sentence.
    private var dated: (utc: Instant, weekRollovers: Int)?
    /// The first undated time of day since then that is not the dated sentence's own.
    private var undated: Interval?

    /// A decoder that has heard nothing yet.
    ///
    /// - Parameters:
    ///   - pivot: a moment that cannot lie in the future; see `pivot`.
    ///   - messages: which sentences may produce labels.
    public init(notBefore pivot: Instant, messages: LabelMessageSet = .nmea) {
        self.pivot = Self.clamped(pivot)
        self.messages = messages
    }

    /// Takes bytes from the line.
    ///
    /// However the stream is cut into pieces, the events are the same, given the right arrival times.
    ///
    /// - Parameters:
    ///   - bytes: the next bytes of the stream, any number.
    ///   - arrived: local clock time at which the *last* of them arrived; that of a `$` is counted back from it by
    ///     `characterTime`.
    ///   - handle: called for each event, in the order of the stream.
    public mutating func consume(_ bytes: Span<UInt8>, arrived: Instant, handle: (NMEAEvent) -> Void) {
        statistics.bytes += UInt64(bytes.count)
        for offset in 0..<bytes.count {
            let byte = bytes[offset]
            switch lexer.push(byte) {
            case nil: break
            case .sentence: readSentence(handle)
            case .rejected(let reason): reject(reason, handle)
            }
            if byte == UInt8(ascii: "$") {
                let later = Int64(bytes.count - 1 - offset)
                sentenceArrived = arrived - Interval(nanoseconds: later * characterTime.nanoseconds)
            }
        }
        statistics.skippedBytes = lexer.skippedBytes
    }

    /// Moves what is remembered of arrival times when the local clock is stepped.
    ///
    /// - Parameter step: how much later the clock now says it is.
    public mutating func shift(by step: Interval) {
        sentenceArrived = sentenceArrived + step
    }

    /// Forgets the stream, as for a device that was opened anew; the pivot, the character time and the statistics stay.
    public mutating func reset() {
        lexer.reset()
        (status, hasFix, epochs) = (NMEAFixStatus(), false, ReportedEpochs())
        (dated, undated) = (nil, nil)
    }

    private mutating func readSentence(_ handle: (NMEAEvent) -> Void) {
        statistics.sentences += 1
        do throws(NMEARejection) {
            let parsed = try lexer.withSentence { text throws(NMEARejection) in try NMEASentence.parse(text) }
            guard let sentence = parsed else { return }
            noteStatus(of: sentence, handle)
            if let label = try label(for: sentence) {
                statistics.labels += 1
                handle(.label(label))
            }
        } catch {
            reject(error, handle)
        }
    }

    private mutating func reject(_ reason: NMEARejection, _ handle: (NMEAEvent) -> Void) {
        statistics.count(reason)
        handle(.rejected(reason))
    }

    private mutating func noteStatus(of sentence: NMEASentence, _ handle: (NMEAEvent) -> Void) {
        guard let isValid = sentence.isValid else { return }
        status.note(isValid: isValid, timeOfDay: sentence.timeOfDay)
        guard status.hasFix != hasFix else { return }
        hasFix = status.hasFix
        handle(.fix(hasFix))
    }

    private mutating func label(for sentence: NMEASentence) throws(NMEARejection) -> SecondLabel? {
        guard sentence.isValid != false, let timeOfDay = sentence.timeOfDay else {
            if sentence.message.isDated { dated = nil }
            throw .noFix
        }
        guard let date = sentence.date else {
            return try undatedLabel(sentence.message, timeOfDay)
        }
        if sentence.isValid == nil { try status.vouch(for: timeOfDay) }
        return try datedLabel(sentence.message, date, timeOfDay)
    }

    private mutating func datedLabel(
        _ message: LabelMessage, _ date: NMEADate, _ timeOfDay: Interval
    ) throws(NMEARejection) -> SecondLabel? {
        let (unfolded, rolloversBefore) = try date.moment(at: timeOfDay, notBefore: pivot)
        let (utc, rolloversSince) = epochs.continued(unfolded)
        let moment = (utc: utc, weekRollovers: rolloversBefore + rolloversSince)
        do throws(NMEARejection) {
            let label = try label(moment, isLeapSecond: timeOfDay >= Self.day, from: message)
            (dated, undated) = (moment, nil)
            return label
        } catch {
            if error == .backwards { dated = nil }
            throw error
        }
    }

    private mutating func undatedLabel(
        _ message: LabelMessage, _ timeOfDay: Interval
    ) throws(NMEARejection) -> SecondLabel? {
        guard let dated, timeOfDay < Self.day else { return nil }
        let datedTimeOfDay = dated.utc.nanoseconds % Self.day.nanoseconds
        let ahead = (timeOfDay.nanoseconds - datedTimeOfDay + Self.day.nanoseconds) % Self.day.nanoseconds
        guard ahead > 0, ahead <= Self.undatedReach.nanoseconds else { return nil }
        if !messages.isDisjoint(with: .dated) {
            let missed = undated ?? timeOfDay
            undated = missed
            guard missed != timeOfDay else { return nil }
        }
        let utc = dated.utc + Interval(nanoseconds: ahead)
        return try label((utc, dated.weekRollovers), isLeapSecond: false, from: message)
    }

    private mutating func label(
        _ moment: (utc: Instant, weekRollovers: Int), isLeapSecond: Bool, from message: LabelMessage
    ) throws(NMEARejection) -> SecondLabel? {
        guard messages.contains(message),
            try epochs.enter(moment.utc, isLeapSecond: isLeapSecond, from: message)
        else { return nil }
        return SecondLabel(
            utc: moment.utc, isLeapSecond: isLeapSecond, arrived: sentenceArrived, message: message,
            weekRollovers: moment.weekRollovers)
    }

    private static func clamped(_ pivot: Instant) -> Instant {
        min(max(pivot, NMEADate.pivotRange.lowerBound), NMEADate.pivotRange.upperBound)
    }

    private static let day = Interval.seconds(86_400)
}
