@testable import Receivers
import Testing
import TimeScale

@Suite("NMEA sentence")
struct NMEASentenceTests {
    private func parse(_ text: String) throws(MessageRejection) -> NMEASentence? {
        try NMEASentence.parse(Array(text.utf8).span)
    }

    /// Seconds and nanoseconds of a time of day.
    private static func time(_ seconds: Int64, _ nanoseconds: Int64 = 0) -> Interval {
        .seconds(seconds) + Interval(nanoseconds: nanoseconds)
    }

    @Test(
        "the five sentences are read",
        arguments: [
            ("GPRMC,092751.000,A,5321.6802,N,00630.3371,W,0.06,31.66,280511,,,A", .rmc, true),
            ("GPRMC,092751,A,5321.6802,N,00630.3371,W,0.06,31.66,280511,,", .rmc, true),
            ("GPRMC,092751,A,5321.6802,N,00630.3371,W,0.06,31.66,280511", .rmc, true),
            ("GNRMC,092751.,A,5321.6802,N,00630.3371,W,,,280511,,,D,V", .rmc, true),
            ("GPZDA,092751.00,28,05,2011,00,00", .zda, nil),
            ("GPZDA,092751.00,28,05,2011", .zda, nil),
            ("GPGGA,092751.00,5321.6802,N,00630.3371,W,2,8,1.03,61.7,M,55.3,M,,", .gga, true),
            ("GPGGA,092751.00,5321.6802,N,00630.3371,W,9,8,1.03,61.7,M,55.3,M,,", .gga, true),
            ("GNGLL,5321.6802,N,00630.3371,W,092751.00,A,A", .gll, true),
            ("GPGLL,5321.6802,N,00630.3371,W,092751.00,A", .gll, true),
            ("GNGNS,092751.00,5321.6802,N,00630.3371,W,NNNA,8,1.03,61.7,55.3,,", .gns, true),
            ("GNGNS,092751.00,5321.6802,N,00630.3371,W,R,8,1.03,61.7,55.3,,", .gns, true),
        ] as [(String, LabelMessage, Bool?)])
    func reading(text: String, message: LabelMessage, isValid: Bool?) throws {
        let sentence = try #require(try parse(text))
        #expect(sentence.message == message)
        #expect(sentence.isValid == isValid)
        #expect(sentence.timeOfDay == .seconds(34_071))  // 9 h, 27 min, 51 s
        #expect(sentence.date == nil || message.isDated)
        if message == .rmc { #expect(sentence.date == SentDate(year: 11, month: 5, day: 28)) }
        if message == .zda { #expect(sentence.date == SentDate(year: 2011, month: 5, day: 28)) }
    }

    @Test(
        "a solution that the receiver does not vouch for is void, whatever else the sentence says",
        arguments: [
            "GPRMC,092751.000,V,,,,,,,280511,,,N", "GPRMC,,V,,,,,,,,,,N", "GPRMC,,,,,,,,,",
            "GPRMC,092751.000,A,,,,,,,280511,,,N", "GPRMC,092751.000,A,,,,,,,280511,,,E",
            "GPRMC,092751.000,A,,,,,,,280511,,,M", "GPRMC,092751.000,A,,,,,,,280511,,,S",
            "GPRMC,999999,V,,,,,,,999999", "GPGGA,092751.00,,,,,0,,,,,,,,", "GPGGA,092751.00,,,,,6,,,,,,,,",
            "GPGGA,092751.00,,,,,7,,,,,,,,", "GPGGA,092751.00,,,,,8,,,,,,,,", "GPGGA,,,,,,,",
            "GPGLL,,,,,092751.00,V,N", "GPGLL,,,,,092751.00,A,E", "GPGLL,,,,,,", "GNGNS,092751.00,,,,,NNNN,,,,,,",
            "GNGNS,092751.00,,,,,NEMS,,,,,,", "GNGNS,092751.00,,,,,,,,,,,",
        ])
    func void(text: String) throws {
        #expect(try parse(text)?.isValid == false)
    }

    @Test(
        "times of day are cut to nanoseconds, never rounded",
        arguments: [
            ("000000", time(0)), ("235959", time(86_399)), ("235960", time(86_400)),
            ("235960.5", time(86_400, 500_000_000)),
            ("120000.", time(43_200)), ("120000.5", time(43_200, 500_000_000)),
            ("120000.42", time(43_200, 420_000_000)),
            ("120000.123456789", time(43_200, 123_456_789)), ("120000.1234567899", time(43_200, 123_456_789)),
            ("120059.99999999999999999999999999", time(43_259, 999_999_999)),
        ])
    func times(text: String, expected: Interval) throws {
        #expect(try parse("GPGGA,\(text),,,,,1")?.timeOfDay == expected)
    }

    @Test(
        "what cannot be read is rejected with its reason",
        arguments: [
            ("XXRMC,092751,A,,,,,,,280511", .unknownTalker), ("II\u{47}GA,092751,,,,,1", .unknownTalker),
            ("GPZDG,120000.00,01,06,2026,00", .notUTC), ("GPRMC", .tooFewFields),
            ("GPRMC,092751,A,,,,,,", .tooFewFields), ("GPZDA,092751,1,1", .tooFewFields),
            ("GPGLL,,,,,092751", .tooFewFields), ("GPRMC,092751,B,,,,,,,280511", .badStatus),
            ("GPRMC,092751,AA,,,,,,,280511", .badStatus), ("GPRMC,092751,a,,,,,,,280511", .badStatus),
            ("GPRMC,092751,A,,,,,,,280511,,,1", .badStatus), ("GPRMC,092751,A,,,,,,,280511,,,AN", .badStatus),
            ("GPGGA,092751,,,,,11", .badStatus), ("GPGGA,092751,,,,,A", .badStatus),
            ("GPRMC,,A,,,,,,,280511", .noTime), ("GPZDA,,28,05,2011", .noTime), ("GPGGA,,,,,,1", .noTime),
            ("GPRMC,240000,A,,,,,,,280511", .badTime), ("GPRMC,126000,A,,,,,,,280511", .badTime),
            ("GPRMC,120060,A,,,,,,,280511", .badTime), ("GPRMC,235961,A,,,,,,,280511", .badTime),
            ("GPRMC,-12000.0,A,,,,,,,280511", .badTime), ("GPRMC,12000,A,,,,,,,280511", .badTime),
            ("GPRMC,1200000,A,,,,,,,280511", .badTime), ("GPRMC,120000.0a,A,,,,,,,280511", .badTime),
            ("GPRMC,120000..,A,,,,,,,280511", .badTime), ("GPRMC,120000 ,A,,,,,,,280511", .badTime),
            ("GPRMC,+1+2+3,A,,,,,,,280511", .badTime), ("GPRMC,120000,A,,,,,,,", .noDate),
            ("GPZDA,120000,,05,2011", .noDate), ("GPZDA,120000,28,,2011", .noDate), ("GPZDA,120000,28,05,", .noDate),
            ("GPRMC,120000,A,,,,,,,28511", .badDate), ("GPRMC,120000,A,,,,,,,2805111", .badDate),
            ("GPRMC,120000,A,,,,,,,28051a", .badDate), ("GPZDA,120000,-1,05,2011", .badDate),
            ("GPZDA,120000,28,05,99999999999999999999", .badDate),
        ] as [(String, MessageRejection)])
    func rejections(text: String, reason: MessageRejection) {
        #expect(throws: reason) { try parse(text) }
    }

    @Test(
        "sentences about other things are none of ours",
        arguments: [
            "", ",", "GPGSV,1,1,00", "GPGSA,A,1", "PUBX,03,120000.00,010626", "PRMC,1", "GPRMCX,1", "GPVTG", "XXGSV",
        ])
    func others(text: String) throws {
        #expect(try parse(text) == nil)
    }

    @Test(
        "every talker of a satellite receiver is known",
        arguments: ["GP", "GL", "GA", "GB", "BD", "GQ", "QZ", "GI", "GN", "IN", "EC"])
    func talkers(talker: String) throws {
        #expect(try parse("\(talker)RMC,092751,A,,,,,,,280511")?.message == .rmc)
    }
}
