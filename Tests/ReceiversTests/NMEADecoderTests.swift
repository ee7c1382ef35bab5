import Receivers
import Testing
import TimeScale

@Suite("NMEA decoder")
struct NMEADecoderTests {
    @Test("an RMC with a fix labels its second, with the time of its first byte")
    func label() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        decoder.characterTime = .milliseconds(1)
        let start = utc(2026, 6, 1, 12, 0, 0, nanosecond: 300_000_000)
        let bytes = Array("noise\r\n".utf8) + sentence(rmc("120000.25", "010626"))
        let expected = SecondLabel(
            utc: utc(2026, 6, 1, 12, 0, 0, nanosecond: 250_000_000), isLeapSecond: false,
            arrived: start + .milliseconds(7), message: .rmc, weekRollovers: 0)
        #expect(decoder.events(bytes, startingAt: start) == [.fix(true), .label(expected)])
    }

    @Test("without a character time the sentence arrives with its piece")
    func unknownCharacterTime() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let bytes = sentence(rmc("120000", "010626"))
        let half = Array(bytes[..<20])
        let (first, second) = (utc(2026, 6, 1, 12), utc(2026, 6, 1, 12, 0, 1))
        #expect(decoder.events(half, startingAt: first).isEmpty)
        #expect(decoder.events(Array(bytes[20...]), startingAt: second).last?.label?.arrived == first)
    }

    @Test("a step of the local clock moves the arrival of the sentence that has begun")
    func shift() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let bytes = sentence(rmc("120000", "010626"))
        _ = decoder.events(Array(bytes[..<20]), startingAt: utc(2026, 6, 1, 12))
        decoder.shift(by: .seconds(-3))
        let label = decoder.events(Array(bytes[20...]), startingAt: utc(2026, 6, 1, 12)).last?.label
        #expect(label?.arrived == utc(2026, 6, 1, 11, 59, 57))
    }

    @Test("a reset forgets what was said, and keeps the statistics")
    func reset() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let second = sentence(rmc("120000", "010626"))
        _ = decoder.events(second + second[..<20])
        decoder.reset()
        #expect(!decoder.hasFix)
        #expect(decoder.events(Array(second[20...])).isEmpty)
        #expect(decoder.events(second).last?.label != nil)
        #expect(decoder.statistics.labels == 2)
    }

    @Test("statistics count bytes, noise, sentences, labels and rejections by reason")
    func statistics() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let bytes =
            Array("junk".utf8) + stream(rmc("120000", "010626"), rmc("120000", "010626"), "GPGSV,1,1,00")
            + Array("$GPRMC*00\r\n".utf8)
        _ = decoder.events(bytes)
        #expect(decoder.statistics.bytes == UInt64(bytes.count))
        #expect(decoder.statistics.skippedBytes == 4)
        #expect(decoder.statistics.messages == 3)
        #expect(decoder.statistics.labels == 1)
        #expect(decoder.statistics.rejections(.duplicate) == 1)
        #expect(decoder.statistics.rejections(.badChecksum) == 1)
        #expect(decoder.statistics.rejections(.noFix) == 0)
    }

    @Test("the fix is told once when it comes and once when it goes")
    func fix() {
        let void = Array(repeating: sentence(rmc("120001", "010626", status: "V")), count: 6).flatMap(\.self)
        let events = events(sentence(rmc("120000", "010626")) + void + sentence(rmc("120002", "010626")))
        let changes = events.filter { $0.label == nil && $0.rejection == nil }
        #expect(changes == [.fix(true), .fix(false), .fix(true)])
    }

    @Test("every reason has a description of its own")
    func descriptions() {
        #expect(Set(MessageRejection.allCases.map(\.description)).count == MessageRejection.allCases.count)
    }
}

@Suite("NMEA dates")
struct NMEADateTests {
    // 1024 weeks are 7168 days: 1999-08-22 + 7168 d = 2019-04-07 + 7168 d = 2038-11-21 (IS-GPS-200 week numbers 1024,
    // 2048 and 3072).
    @Test(
        "the century and the rollovers are those that the pivot demands",
        arguments: [
            ("220899", utc(2019, 1, 1), utc(2019, 4, 7), 1),
            ("220899", utc(2038, 6, 1), utc(2038, 11, 21), 2),
            ("070419", utc(2019, 1, 1), utc(2019, 4, 7), 0),
            ("070419", utc(2038, 6, 1), utc(2038, 11, 21), 1),
            ("060180", utc(2038, 6, 1), utc(2038, 11, 21), 3),
            ("010626", utc(2026, 1, 1), utc(2026, 6, 1), 0),
            ("310526", utc(2026, 6, 1), utc(2026, 5, 31), 0),
            ("010679", utc(2026, 1, 1), utc(2079, 6, 1), 0),
            ("010699", utc(1999, 1, 1), utc(1999, 6, 1), 0),
            ("290200", utc(2000, 1, 1), utc(2000, 2, 29), 0),
            ("010105", utc(2101, 1, 1), utc(2105, 1, 1), 0),
        ])
    func pivot(date: String, pivot: Instant, expected: Instant, rollovers: Int) {
        var decoder = ReceiverDecoder(notBefore: pivot)
        let label = decoder.events(sentence(rmc("000000", date))).last?.label
        #expect(label?.utc == expected)
        #expect(label?.weekRollovers == rollovers)
    }

    @Test("RMC and ZDA of a receiver in the wrong era agree")
    func agreement() {
        var decoder = ReceiverDecoder(notBefore: utc(2019, 1, 1))
        let bytes = stream(rmc("000000", "220899"), "GPZDA,000001,22,08,1999,00,00")
        #expect(decoder.events(bytes).compactMap(\.label?.utc) == [utc(2019, 4, 7), utc(2019, 4, 7, 0, 0, 1)])
    }

    @Test("a pivot that is raised by 1024 weeks and more counts from the next sentence on")
    func raisedPivot() {
        var decoder = ReceiverDecoder(notBefore: utc(2010, 1, 1))
        decoder.pivot = utc(2038, 6, 1)
        #expect(decoder.events(sentence(rmc("000000", "070419"))).last?.label?.utc == utc(2038, 11, 21))
    }

    @Test("a pivot that was learnt and is wrong does not move a date that stands by itself")
    func wrongPivot() {
        // A spoofed day in 2030 was kept as the last good time; built in 2026, the receiver is right in 2027.
        var decoder = ReceiverDecoder(notBefore: utc(2026, 11, 1))
        decoder.pivot = utc(2030, 1, 1)
        let label = decoder.events(sentence(rmc("120000", "010327"))).last?.label
        #expect(label?.utc == utc(2027, 3, 1, 12))
        #expect(label?.weekRollovers == 0)
    }

    @Test("a date 1024 weeks ahead, once, does not move the right ones that follow")
    func oneDateAhead() {
        // 2026-06-01 and 1024 weeks are 2046-01-15.
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        var bytes = sentence(rmc("120000", "150146"))
        for second in 1...9 { bytes += sentence(rmc("12000\(second)", "010626")) }
        let labels = decoder.events(bytes).compactMap(\.label)
        #expect(labels.first?.utc == utc(2046, 1, 15, 12))
        // Followed after five in a row, as any correction of a receiver is.
        #expect(labels.dropFirst().map(\.utc) == (5...9).map { utc(2026, 6, 1, 12, 0, $0) })
    }

    @Test(
        "what is no date of a receiver is rejected",
        arguments: [
            (rmc("120000", "320626"), .badDate), (rmc("120000", "011326"), .badDate),
            (rmc("120000", "290227"), .badDate), (rmc("120000", "000000"), .badDate),
            ("GPZDA,120000,01,06,0126", .badDate), ("GPZDA,120000,01,06,2300", .badDate),
            ("GPZDA,120000,05,01,1980", .dateOutOfRange), ("GPZDA,120000,01,06,2199", .dateOutOfRange),
            ("GPZDA,120000,31,12,1900", .dateOutOfRange),
        ] as [(String, MessageRejection)])
    func rejections(body: String, reason: MessageRejection) {
        // A status sentence first, which ZDA needs.
        #expect(events(stream(gga("120000"), body)).compactMap(\.rejection) == [reason])
    }

    @Test("any pivot and any date are safe", arguments: [Int64.min, -1, 0, 1 << 60, Int64.max])
    func extremes(nanoseconds: Int64) {
        var decoder = ReceiverDecoder(notBefore: Instant(nanoseconds: nanoseconds))
        for year in [0, 79, 80, 99, 100, 1677, 1899, 1980, 2100, 2199, 2200, 2262, 9999, 999_999_999] {
            _ = decoder.events(stream(gga("235960"), "GPZDA,235960.999999999,31,12,\(year)"))
        }
    }

    @Test(
        "second 60 is a leap second at the end of a quarter, and nowhere else",
        arguments: [
            ("311226", utc(2027, 1, 1)), ("300626", utc(2026, 7, 1)), ("310326", utc(2026, 4, 1)),
            ("300926", utc(2026, 10, 1)), ("311026", nil), ("301226", nil), ("280226", nil),
        ])
    func leapSecond(date: String, expected: Instant?) {
        let event = events(sentence(rmc("235960", date))).last
        #expect(event?.label?.utc == expected)
        #expect(event?.label?.isLeapSecond == (expected == nil ? nil : true))
        #expect(event?.rejection == (expected == nil ? .badLeapSecond : nil))
    }

    @Test("a leap second of a receiver in the wrong era is judged by its true date")
    func leapSecondInWrongEra() {
        // 2016-12-31 − 7168 days = 1997-05-17.
        var decoder = ReceiverDecoder(notBefore: utc(2016, 1, 1))
        let label = decoder.events(sentence(rmc("235960", "170597"))).last?.label
        #expect(label?.utc == utc(2017, 1, 1))
        #expect(label?.isLeapSecond == true)
    }
}
