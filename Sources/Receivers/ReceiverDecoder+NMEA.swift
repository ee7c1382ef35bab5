import TimeScale

/// What is remembered of earlier sentences.
struct NMEAState: Sendable {
    /// What status sentences said.
    var status = NMEAFixStatus()
    /// The last usable dated sentence.
    var dated: NamedMoment?
    /// The first undated time of day since then that is not the dated sentence's own.
    var undated: Interval?
}

/// Sentences.
///
/// * RMC and PGRMF label where they vouch for themselves; ZDA, PUBX,04 and TPS1, which have no validity, where the status
///   sentence (RMC, GGA, GLL, GNS, PUBX,00) of the same time of day does, else the latest one. A status that comes after
///   its ZDA counts from the next on: a label is not held back for it. A receiver that has heard the leap seconds has
///   heard satellites, so PUBX,04 and TPS1 also label where no status sentence has come lately.
/// * GGA, GLL and GNS have no date. They step in for dated sentences that are missing: after one whole epoch without a
///   usable dated sentence, and for `undatedReach` after the last. (Where no dated sentence may label, they label at
///   once.) The date is counted on from the last dated sentence, so the 00:00:00 of a GGA that comes before the RMC of
///   the new day is the new day's. A void RMC or one that jumps takes their date away.
extension ReceiverDecoder {
    /// How far from a dated sentence one without a date may label: 10 s, a few lost sentences of a slow receiver.
    private static let undatedReach = Interval.seconds(10)
    private static let day = Interval.seconds(86_400)

    mutating func take(
        _ sentence: NMEASentence, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        noteStatus(of: sentence, handle)
        if let timeOfDay = sentence.timeOfDay { pass(timeOfDay: timeOfDay) }
        guard sentence.isValid != false, let timeOfDay = sentence.timeOfDay else {
            if sentence.message.isDated { nmea.dated = nil }
            throw .noFix
        }
        // Packets of the same receiver know better, and a sentence without a height does not take it away.
        if var place = sentence.place, ubx.fix == nil {
            place.height = place.height ?? status.place?.height
            status.place = place
        }
        guard let date = sentence.date else {
            return try takeUndated(sentence.message, timeOfDay, arrived: arrived, handle)
        }
        if sentence.isValid == nil { try vouch(for: sentence, at: timeOfDay) }
        return try takeDated(sentence, date, timeOfDay, arrived: arrived, handle)
    }

    private mutating func noteStatus(of sentence: NMEASentence, _ handle: (ReceiverEvent) -> Void) {
        guard let isValid = sentence.isValid else { return }
        nmea.status.note(isValid: isValid, timeOfDay: sentence.timeOfDay)
        note(hasFix: nmea.status.hasFix, handle)
    }

    private func vouch(for sentence: NMEASentence, at timeOfDay: Interval) throws(MessageRejection) {
        do throws(MessageRejection) {
            try nmea.status.vouch(for: timeOfDay)
        } catch {
            guard error == .noStatus, sentence.leapSeconds != nil else { throw error }
        }
    }

    private mutating func takeDated(
        _ sentence: NMEASentence, _ date: SentDate, _ timeOfDay: Interval, arrived: Instant,
        _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        let moment = try date.moment(at: timeOfDay, notBefore: gate.unfoldingPivot)
        do throws(MessageRejection) {
            let conclusion = try label(
                moment, from: sentence.message, arrived: arrived, knowsLeapSeconds: sentence.knowsLeapSeconds,
                handle)
            if let leapSeconds = sentence.leapSeconds { status.leapSeconds = leapSeconds }
            // TPS1 tells of every change that is planned, so that none in it is news too.
            if sentence.message == .furunoTime { status.leapNews = sentence.leapNews ?? leapNews(0) }
            (nmea.dated, nmea.undated) = (moment, nil)
            return conclusion
        } catch {
            if error == .backwards { nmea.dated = nil }
            throw error
        }
    }

    private mutating func takeUndated(
        _ message: LabelMessage, _ timeOfDay: Interval, arrived: Instant, _ handle: (ReceiverEvent) -> Void
    ) throws(MessageRejection) -> Conclusion {
        guard let dated = nmea.dated, timeOfDay < Self.day else { return .accepted(nil) }
        let datedTimeOfDay = dated.utc.nanoseconds % Self.day.nanoseconds
        // The shorter way around the clock.
        let half = Self.day.nanoseconds / 2
        let ahead = (timeOfDay.nanoseconds - datedTimeOfDay + 3 * half) % Self.day.nanoseconds - half
        guard abs(ahead) <= Self.undatedReach.nanoseconds else { return .accepted(nil) }
        let moment = NamedMoment(utc: dated.utc + Interval(nanoseconds: ahead), weekRollovers: dated.weekRollovers)
        // 23:59:60 has the number of the 00:00:00 that follows: which of them is meant is not told.
        guard ahead > 0 else { return .accepted(dated.isLeapSecond ? nil : moment.utc) }
        if !gate.messages.isDisjoint(with: .dated) {
            let missed = nmea.undated ?? timeOfDay
            nmea.undated = missed
            guard missed != timeOfDay else { return .accepted(moment.utc) }
        }
        return try label(moment, from: message, arrived: arrived, handle)
    }
}
