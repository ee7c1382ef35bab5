import TimeScale

/// Sentences of the makers' own that tell the time.
extension NMEASentence {
    /// Reads a sentence whose address begins with P.
    ///
    /// - Returns: `nil` for a sentence that does not tell the time.
    static func maker(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence? {
        if fields.matches(0, "PUBX", in: text), fields.matches(1, "04", in: text) {
            return try pubxTime(fields, in: text)
        }
        if fields.matches(0, "PGRMF", in: text) { return try garminFix(fields, in: text) }
        if fields.matches(0, "PERDCRW", in: text), fields.matches(1, "TPS1", in: text) {
            return try furunoTime(fields, in: text)
        }
        return nil
    }

    /// `$PUBX,04`: 2 time, 3 date `ddmmyy`, 6 leap seconds, with the suffix D where the firmware only assumes them
    /// (u-blox 6 to M8 receiver descriptions).
    ///
    /// Field 4, the time of week, is UTC in the maker's example and GPS time in other documents, so it is not compared.
    /// No capture of hardware; synthetic/pubx04.
    private static func pubxTime(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        guard fields.count > 6 else { throw .tooFewFields }
        let timeOfDay = try fields.timeOfDay(2, in: text)
        let date = try fields.shortDate(3, in: text)
        let leap = fields.range(6)
        guard let last = leap.last, text[last] != UInt8(ascii: "D") else { throw .utcUnknown }
        guard let leapSeconds = fields.integer(6, in: text), leapSeconds < 128 else { throw .badStatus }
        // 0 is what firmware has before it has heard them; it will not be 0 again in our lifetime.
        guard leapSeconds > 0 else { throw .utcUnknown }
        return NMEASentence(
            message: .pubxTime, timeOfDay: timeOfDay, date: date, isValid: nil, leapSeconds: leapSeconds)
    }

    /// `$PGRMF`: 1 week in ten bits, 2 time of week, 3 date `ddmmyy`, 4 time, 5 leap seconds, 11 fix 0, 1 (plane) or 2
    /// (space) (Garmin GPS 18x technical specifications). Capture garmin17n.
    ///
    /// The time of week less the leap seconds must be the time of day: a receiver that has just learnt of a leap second
    /// may be a second off in one of them.
    private static func garminFix(_ fields: NMEAFields, in text: Span<UInt8>) throws(MessageRejection) -> NMEASentence {
        guard fields.count > 11 else { throw .tooFewFields }
        switch fields.character(11, in: text) {
        case UInt8(ascii: "1"), UInt8(ascii: "2"): break
        case UInt8(ascii: "0"): return void(.garminFix, time: 4, fields, in: text)
        default:
            guard fields.isEmpty(11) else { throw .badStatus }
            return void(.garminFix, time: 4, fields, in: text)
        }
        let timeOfDay = try fields.timeOfDay(4, in: text)
        let date = try fields.shortDate(3, in: text)
        guard let week = fields.integer(1, in: text), (0...1023).contains(week),
            let timeOfWeek = fields.integer(2, in: text), (0..<604_800).contains(timeOfWeek),
            let leapSeconds = fields.integer(5, in: text), (0..<128).contains(leapSeconds),
            (timeOfWeek - leapSeconds + 86_400) % 86_400 == Int(timeOfDay.nanoseconds / 1_000_000_000) % 86_400
        else { throw .badTime }
        guard leapSeconds > 0 else { throw .utcUnknown }
        return NMEASentence(
            message: .garminFix, timeOfDay: timeOfDay, date: date, isValid: true, leapSeconds: leapSeconds)
    }

    /// `$PERDCRW,TPS1`: 2 date and time `yyyymmddhhmmss`; 3 what it is: 0 the battery clock, 1 GPS time, 2 UTC; 4 when
    /// the leap seconds change, 5 how many there are, 6 how many after that, 7 what the pulse follows: 0 the battery clock,
    /// 1 GPS, 2 and more UTC (Furuno eSIP, SE17-600-004; Novus's manual N4430, p. 56).
    ///
    /// Field 3 stays 2 once the leap seconds have been heard; a pulse that follows the battery clock tells that there are
    /// no satellites. Checked against a capture of a GT-88 (gpsd's furuno_gl_ga), which has no change of leap seconds.
    private static func furunoTime(
        _ fields: NMEAFields, in text: Span<UInt8>
    ) throws(MessageRejection) -> NMEASentence {
        guard fields.count > 6 else { throw .tooFewFields }
        switch fields.character(3, in: text) {
        case UInt8(ascii: "2"): break
        case UInt8(ascii: "1"): throw .utcUnknown
        case UInt8(ascii: "0"): throw .noFix
        default: throw .badStatus
        }
        guard fields.character(7, in: text) != UInt8(ascii: "0") else { throw .noFix }
        guard !fields.isEmpty(2) else { throw .noTime }
        guard let (date, timeOfDay) = longTime(fields.range(2), in: text) else { throw .badTime }
        guard let leapSeconds = fields.integer(5, in: text), (1..<128).contains(leapSeconds) else { throw .utcUnknown }
        var sentence = NMEASentence(
            message: .furunoTime, timeOfDay: timeOfDay, date: date, isValid: nil, leapSeconds: leapSeconds)
        if let later = fields.integer(6, in: text), later != leapSeconds,
            let (day, time) = longTime(fields.range(4), in: text), day.year >= 1980,
            let midnight = CivilTime(year: day.year, month: day.month, day: day.day)?.instant
        {
            // 23:59:59 or 23:59:60 before the change and 00:00:00 after it mean the same.
            let at = time >= .seconds(86_399) ? midnight + .seconds(86_400) : midnight + time
            sentence.leapNews = ReceiverStatus.LeapNews(change: (later - leapSeconds).signum(), at: at)
        }
        return sentence
    }

    /// Reads `yyyymmddhhmmss`; `nil` for what is none. The date need not exist.
    private static func longTime(
        _ range: Range<Int>, in text: Span<UInt8>
    ) -> (date: SentDate, timeOfDay: Interval)? {
        guard range.count == 14 else { return nil }
        let first = range.lowerBound
        guard let day = NMEAFields.number(first..<first + 8, in: text),
            let time = NMEAFields.number(first + 8..<first + 14, in: text)
        else { return nil }
        return Interval(hour: time / 10_000, minute: time / 100 % 100, second: time % 100).map {
            (SentDate(year: day / 10_000, month: day / 100 % 100, day: day % 100), $0)
        }
    }
}
