@testable import Receivers
import Testing
import TimeScale

/// Sentences of the makers' own. Those from gpsd's captures (BSD-2-Clause) are named so.
@Suite("NMEA sentences of the makers")
struct NMEAMakerSentenceTests {
    private func parse(_ text: String) throws(MessageRejection) -> NMEASentence? {
        try NMEASentence.parse(Array(text.utf8).span)
    }

    @Test("u-blox PUBX,04 is read; the sentence is the maker's example without its D")
    func pubx() throws {
        let sentence = try #require(
            try parse("PUBX,04,073731.00,091202,113851.00,1196,15,1930035,-2660.664,43,"))
        #expect(sentence.message == .pubxTime)
        #expect(sentence.timeOfDay == .seconds(27_451))  // 7 h, 37 min, 31 s
        #expect(sentence.date == SentDate(year: 2, month: 12, day: 9))
        #expect(sentence.isValid == nil)
        #expect(sentence.leapSeconds == 15)
    }

    @Test("Garmin's PGRMF is read (capture garmin17n)")
    func garmin() throws {
        let sentence = try #require(
            try parse("PGRMF,290,293895,160305,093802,13,5213.1439,N,02100.6511,E,A,2,0,226,2,1"))
        #expect(sentence.message == .garminFix)
        #expect(sentence.timeOfDay == .seconds(34_682))  // 9 h, 38 min, 2 s
        #expect(sentence.date == SentDate(year: 5, month: 3, day: 16))
        #expect(sentence.isValid == true)
        #expect(sentence.leapSeconds == 13)
        #expect(try parse("PGRMF,,,,,,,,,,A,0,0,226,2,1")?.isValid == false)
        #expect(try parse("PGRMF,,,,,,,,,,A,,0,226,2,1")?.isValid == false)
    }

    @Test("Furuno's TPS1 is read (capture of a GT-88, furuno_gl_ga)")
    func furuno() throws {
        let sentence = try #require(try parse("PERDCRW,TPS1,20220731120213,2,00000000000000,+18,+18,4"))
        #expect(sentence.message == .furunoTime)
        #expect(sentence.timeOfDay == .seconds(43_333))  // 12 h, 2 min, 13 s
        #expect(sentence.date == SentDate(year: 2022, month: 7, day: 31))
        #expect(sentence.leapSeconds == 18)
        #expect(sentence.leapNews == nil)
    }

    @Test(
        "a leap second that TPS1 announces is before midnight, whichever second is named",
        arguments: ["20161231235959", "20161231235960", "20170101000000"])
    func leapNews(event: String) throws {
        let sentence = try parse("PERDCRW,TPS1,20161231120000,2,\(event),+17,+18,4")
        #expect(sentence?.leapNews == ReceiverStatus.LeapNews(change: 1, at: utc(2017, 1, 1)))
    }

    @Test(
        "what cannot be read is rejected with its reason",
        arguments: [
            ("PUBX,04", .tooFewFields), ("PUBX,04,120000,010626,,", .tooFewFields),
            ("PUBX,04,120000.00,010626,129618.00,2421,18D,1,1,43,", .utcUnknown),
            ("PUBX,04,120000.00,010626,129618.00,2421,,1,1,43,", .utcUnknown),
            ("PUBX,04,120000.00,010626,129618.00,2421,x,1,1,43,", .badStatus),
            ("PUBX,04,120000.00,010626,129618.00,2421,999,1,1,43,", .badStatus),
            ("PUBX,04,,010626,129618.00,2421,18,1,1,43,", .noTime),
            ("PUBX,04,126000.00,010626,129618.00,2421,18,1,1,43,", .badTime),
            ("PUBX,04,120000.00,,129618.00,2421,18,1,1,43,", .noDate),
            ("PUBX,04,120000.00,1,129618.00,2421,18,1,1,43,", .badDate),
            ("PGRMF", .tooFewFields), ("PGRMF,290,293895,160305,093802,13,,,,,A", .tooFewFields),
            // A second off: the receiver is at odds with itself about a leap second.
            ("PGRMF,290,293895,160305,093803,13,,,,,A,2", .badTime),
            ("PGRMF,1024,293895,160305,093802,13,,,,,A,2", .badTime),
            ("PGRMF,,293895,160305,093802,13,,,,,A,2", .badTime),
            ("PGRMF,290,604800,160305,093802,13,,,,,A,2", .badTime),
            ("PGRMF,290,293895,160305,093802,,,,,,A,2", .badTime),
            ("PGRMF,290,293895,160305,,13,,,,,A,2", .noTime), ("PGRMF,290,293895,,093802,13,,,,,A,2", .noDate),
            ("PGRMF,290,293895,160305,093802,13,,,,,A,3", .badStatus),
            ("PERDCRW,TPS1", .tooFewFields),
            ("PERDCRW,TPS1,20220731120213,1,00000000000000,+18,+18,4", .utcUnknown),
            ("PERDCRW,TPS1,20220731120213,0,00000000000000,+18,+18,4", .noFix),
            ("PERDCRW,TPS1,20220731120213,3,00000000000000,+18,+18,4", .badStatus),
            ("PERDCRW,TPS1,,2,00000000000000,+18,+18,4", .noTime),
            ("PERDCRW,TPS1,2022073112021,2,00000000000000,+18,+18,4", .badTime),
            ("PERDCRW,TPS1,20220731246000,2,00000000000000,+18,+18,4", .badTime),
            ("PERDCRW,TPS1,2022073112021x,2,00000000000000,+18,+18,4", .badTime),
            ("PERDCRW,TPS1,20220731120213,2,00000000000000,,+18,4", .utcUnknown),
            ("PERDCRW,TPS1,20220731120213,2,00000000000000,-18,+18,4", .utcUnknown),
        ] as [(String, MessageRejection)])
    func rejections(text: String, reason: MessageRejection) {
        #expect(throws: reason) { try parse(text) }
    }

    @Test(
        "a sentence cut anywhere neither traps nor is read as a whole one with another time",
        arguments: [
            "PUBX,04,073731.00,091202,113851.00,1196,15,1930035,-2660.664,43,",
            "PGRMF,290,293895,160305,093802,13,5213.1439,N,02100.6511,E,A,2,0,226,2,1",
            "PERDCRW,TPS1,20220731120213,2,00000000000000,+18,+18,4",
        ])
    func truncated(text: String) throws {
        let whole = try parse(text)
        for length in 0..<text.utf8.count {
            guard let part = try? parse(String(text.prefix(length))), part.isValid != false else { continue }
            #expect(part.timeOfDay == whole?.timeOfDay, "cut at \(length)")
            #expect(part.date == whole?.date, "cut at \(length)")
        }
    }

    @Test("PUBX,04 labels without a status sentence, but not against one")
    func vouching() {
        let time = "PUBX,04,120001.00,010626,129619.00,2421,18,1930035,-2660.664,43,"
        let alone = events(stream(time)).compactMap(\.label)
        #expect(alone.map(\.utc) == [utc(2026, 6, 1, 12, 0, 1)])
        #expect(alone.map(\.knowsLeapSeconds) == [true])
        #expect(events(stream(rmc("120001", "010626", status: "V"), time)).compactMap(\.label) == [])
    }

    @Test("in timing mode PUBX,00 vouches where RMC does not")
    func timeOnly() {
        let position = "PUBX,00,120001.00,4717.1,N,00833.9,E,450.0,TT,1.0,2.0,0,0,0,,1.10,1.50,0.90,9,0,0"
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let events = decoder.events(
            stream(rmc("120001", "010626", status: "V"), position, "GPZDA,120001.00,01,06,2026,00,00"))
        #expect(events.compactMap(\.label?.utc) == [utc(2026, 6, 1, 12, 0, 1)])
        #expect(decoder.status.fix == .time)
        #expect(decoder.hasFix)
        #expect(decoder.status.satellitesUsed == 9)
        #expect(decoder.status.timeDilution == 0.9)
    }
}

@Suite("Announced leap seconds")
struct LeapNewsTests {
    private func tps1(_ time: String, _ event: String, _ later: Int) -> String {
        "PERDCRW,TPS1,20161231\(time),2,\(event),+17,+\(later),2"
    }

    @Test("Furuno takes an announcement back, and says that there is none")
    func withdrawn() {
        var decoder = ReceiverDecoder(notBefore: utc(2016, 1, 1))
        _ = decoder.events(sentence(tps1("120000", "20170101000000", 18)))
        #expect(decoder.status.leapNews == .init(change: 1, at: utc(2017, 1, 1)))
        _ = decoder.events(sentence(tps1("120001", "00000000000000", 17)))
        #expect(decoder.status.leapNews == .init(change: 0, at: utc(2017, 1, 1)))
    }

    @Test("a sentence that cannot tell leaves what another has told")
    func other() {
        var decoder = ReceiverDecoder(notBefore: utc(2016, 1, 1))
        _ = decoder.events(sentence(tps1("120000", "20170101000000", 18)))
        _ = decoder.events(sentence("PUBX,04,120001.00,311216,561618.00,1929,17,1930035,-2660.664,43,"))
        #expect(decoder.status.leapNews == .init(change: 1, at: utc(2017, 1, 1)))
    }

    /// Minor alarms of A3-00: 0x04 pending, 0x100 inserted, 0x200 deleted.
    @Test(
        "A3-00 says which way, and the end of the half-year is when",
        arguments: [(0x104, 1), (0x204, -1), (0x04, nil), (0, nil)] as [(UInt32, Int?)])
    func trimble(minor: UInt32, change: Int?) {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let alarms = tsip1(0xa3, 0x00, big(minor) + big(UInt32.max) + big(UInt32(0)) + big(UInt32.max))
        // Before a date is known, nothing tells when.
        _ = decoder.events(alarms)
        #expect(decoder.status.leapNews == nil)
        _ = decoder.events(sentence(rmc("120000", "010826")) + alarms)
        #expect(decoder.status.leapNews == change.map { .init(change: $0, at: utc(2027, 1, 1)) })
        _ = decoder.events(tsip1(0xa3, 0x00, [UInt8](repeating: 0, count: 16)))
        #expect(decoder.status.leapNews == nil)
    }

    @Test("so does Oncore's @@Bj", arguments: [(1, 1), (2, -1), (0, 0)] as [(UInt8, Int)])
    func motorola(byte: UInt8, change: Int) {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(sentence(rmc("120000", "300626")) + oncore("Bj", [byte]))
        #expect(decoder.status.leapNews == .init(change: change, at: utc(2026, 7, 1)))
    }

    @Test("once a receiver has said that it knows the leap seconds, its other sentences are known to")
    func knownByAnother() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        func furuno(_ second: Int) -> String { "PERDCRW,TPS1,2026060112000\(second),2,00000000000000,+18,+18,2" }
        var labels = decoder.events(stream(rmc("120000", "010626"), furuno(0), rmc("120001", "010626"), furuno(1)))
            .compactMap(\.label)
        #expect(labels.map(\.message) == [.rmc, .rmc])
        #expect(labels.map(\.knowsLeapSeconds) == [false, true])
        #expect(decoder.knowsLeapSeconds)
        // Status 1: it does no longer.
        _ = decoder.events(sentence("PERDCRW,TPS1,20260601120002,1,00000000000000,+18,+18,1"))
        #expect(!decoder.knowsLeapSeconds)
        labels = decoder.events(stream(furuno(3), rmc("120003", "010626"))).compactMap(\.label)
        #expect(labels.map(\.knowsLeapSeconds) == [true])
    }
}
