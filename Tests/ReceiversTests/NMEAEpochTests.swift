import Receivers
import Testing
import TimeScale

/// Which of several sentences labels, and which does not.
@Suite("NMEA epochs")
struct NMEAEpochTests {
    private let noon = utc(2026, 6, 1, 12)

    /// The seconds after noon that are labelled, with the message.
    private func labelled(_ bodies: [String], messages: LabelMessageSet = .all) -> [String] {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1), messages: messages)
        return decoder.events(bodies.flatMap(sentence)).compactMap(\.label).map {
            "\(($0.utc - noon).nanoseconds / 1_000_000_000) \($0.message)"
        }
    }

    private func zda(_ time: String) -> String { "GPZDA,\(time),01,06,2026,00,00" }

    @Test("ZDA needs a status sentence")
    func lonelyZDA() {
        #expect(events(sentence(zda("120000"))) == [.rejected(.noStatus)])
    }

    @Test("ZDA follows the status of its own time of day, not a later one")
    func sameTimeStatus() {
        #expect(labelled([gga("120000"), gga("120001", quality: "0"), zda("120000"), zda("120001")]) == ["0 zda"])
    }

    @Test("ZDA follows the latest status where there is none of its own time")
    func latestStatus() {
        #expect(labelled([gga("120000"), zda("120001")]) == ["1 zda"])
        #expect(labelled([gga("120000"), gga("", quality: "0"), zda("120001")]) == [])
    }

    @Test("a status of more than a minute ago vouches for nothing")
    func staleStatus() {
        #expect(labelled([gga("115900"), zda("120000")]) == ["0 zda"])
        #expect(events(stream(gga("115859"), zda("120000"))).last == .rejected(.noStatus))
    }

    @Test("a second that RMC has labelled is confirmed by ZDA in silence, and a second RMC is a duplicate")
    func duplicates() {
        let events = events(stream(rmc("120000", "010626"), zda("120000"), rmc("120000", "010626"), zda("120000")))
        #expect(events.dropFirst(2) == [.rejected(.duplicate), .rejected(.duplicate)])
    }

    @Test("sentences without a date do not label while dated ones come")
    func undatedStayBehind() {
        let bodies = ["00", "01", "02"].flatMap { [gga("1200\($0)"), rmc("1200\($0)", "010626")] }
        #expect(labelled(bodies) == ["0 rmc", "1 rmc", "2 rmc"])
    }

    @Test("sentences without a date step in after one epoch without a dated one, for ten seconds")
    func undatedStepIn() {
        let undated = (1...12).map { gga("1200" + ($0 < 10 ? "0\($0)" : "\($0)")) }
        let expected = (2...10).map { "\($0) gga" }
        #expect(labelled([rmc("120000", "010626")] + undated) == ["0 rmc"] + expected)
    }

    @Test("sentences without a date label at once where dated ones may not")
    func undatedOnly() {
        let bodies = [rmc("120000", "010626"), gga("120001"), rmc("120001", "010626"), gga("120002")]
        #expect(labelled(bodies, messages: LabelMessageSet(.gga)) == ["1 gga", "2 gga"])
    }

    @Test("at midnight a sentence without a date gets the new day's")
    func midnight() {
        let bodies = [rmc("235959", "010626"), gga("000000"), gga("000001"), rmc("000001", "020626")]
        #expect(labelled(bodies) == ["43199 rmc", "43201 gga"])
        #expect(
            labelled([rmc("235959", "010626"), gga("000000")], messages: LabelMessageSet(.gga)) == ["43200 gga"])
    }

    @Test("a void RMC takes the date from sentences without one")
    func voidDate() {
        let bodies = [rmc("120000", "010626"), rmc("120001", "010626", status: "V")]
        #expect(labelled(bodies + [gga("120001"), gga("120002"), gga("120003")]) == ["0 rmc"])
    }

    @Test("an RMC that jumps back takes the date from sentences without one")
    func backwardsDate() {
        let bodies = [rmc("120000", "010626"), rmc("120001", "010526")]
        #expect(labelled(bodies + [gga("120001"), gga("120002"), gga("120003")]) == ["0 rmc"])
    }

    @Test("a repeated RMC leaves the date to sentences without one")
    func duplicateDate() {
        let bodies = [rmc("120000", "010626"), rmc("120000", "010626"), gga("120001"), gga("120002")]
        #expect(labelled(bodies) == ["0 rmc", "2 gga"])
    }

    @Test("sentences without a date never label second 60")
    func undatedLeapSecond() {
        let bodies = [rmc("235958", "311226"), gga("235959"), gga("235960"), gga("000000")]
        let midnight = (utc(2027, 1, 1) - noon).nanoseconds / 1_000_000_000
        #expect(labelled(bodies) == ["\(midnight - 2) rmc", "\(midnight) gga"])
    }

    @Test("an epoch slightly late is still labelled, once")
    func interleaved() {
        let bodies = ["120000", "120002", "120001", "120003", "120001"].map { rmc($0, "010626") }
        #expect(labelled(bodies) == ["0 rmc", "2 rmc", "1 rmc", "3 rmc"])
    }

    @Test("an epoch older than all that are remembered is not labelled again")
    func forgotten() {
        let bodies = (0...9).map { rmc("120000.\($0)", "010626") }
        #expect(events((bodies + [bodies[0]]).flatMap(sentence)).last == .rejected(.backwards))
    }

    @Test("time that goes back is followed when it has persisted for five epochs")
    func backwards() {
        let earlier = (0...6).map { rmc("12000\($0)", "010626") }
        #expect(labelled([rmc("120100", "010626")] + earlier) == ["60 rmc", "4 rmc", "5 rmc", "6 rmc"])
    }

    @Test("a repeated epoch does not count as persistence")
    func backwardsRepeated() {
        let bodies = [rmc("120100", "010626")] + Array(repeating: rmc("120000", "010626"), count: 20)
        #expect(labelled(bodies) == ["60 rmc"])
    }

    @Test("time that goes forward is followed at once")
    func forwards() {
        #expect(labelled([rmc("120000", "010626"), rmc("130000", "010626")]) == ["0 rmc", "3600 rmc"])
    }

    @Test("a leap second and the midnight after it are two epochs")
    func leapSecond() {
        let events = events(
            stream(rmc("235959", "311226"), gga("235960"), rmc("235960", "311226"), rmc("000000", "010127")))
        let midnight = utc(2027, 1, 1)
        #expect(events.compactMap(\.label?.utc) == [midnight - .second, midnight, midnight])
        #expect(events.compactMap(\.label?.isLeapSecond) == [false, true, false])
    }

    @Test("messages that may not label still bring date and status")
    func selected() {
        let bodies = [rmc("120000", "010626"), zda("120000"), rmc("120001", "010626"), zda("120001")]
        #expect(labelled(bodies, messages: LabelMessageSet(.zda)) == ["0 zda", "1 zda"])
    }
}
