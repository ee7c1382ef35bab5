import Receivers
import SimulatedWorld
import Testing
import TimeScale

/// What a receiver says about its own knowledge of UTC, across its languages.
@Suite("Receivers that do not know UTC")
struct DeniedTimeTests {
    /// NAV-TIMEUTC (20 bytes) for 2026-06-01 12:00:00, which is GPS time of week 129 618 s: Monday noon and 18 s.
    private func timeUTC(valid: UInt8, accuracy: UInt32 = 20, timeOfWeek: UInt32 = 129_618_000) -> [UInt8] {
        var payload = little(timeOfWeek) + little(accuracy) + [0, 0, 0, 0]
        payload += [0xea, 0x07, 6, 1, 12, 0, 0, valid]
        return ImaginedReceiver.ubxFrame(class: 0x01, message: 0x21, payload: payload)
    }

    /// TIM-TP in GPS time (flags 0), about 2026-06-01 12:00:01 UTC: week 2421.
    private let pulse = ImaginedReceiver.ubxFrame(
        class: 0x0d, message: 0x01,
        payload: [0xd2, 0xcb, 0xb9, 0x07, 0, 0, 0, 0, 0x10, 0x27, 0, 0, 0x75, 0x09, 0, 0])

    private func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

    private func decoder() -> ReceiverDecoder { ReceiverDecoder(notBefore: utc(2026, 1, 1)) }

    @Test("who denies knowing UTC in a packet is not believed in a sentence, for a quarter of an hour")
    func denied() {
        var decoder = decoder()
        #expect(decoder.events(timeUTC(valid: 0x03)).compactMap(\.rejection) == [.utcUnknown])
        for second in [0, 10, 899] {
            let sentence = sentence(rmc(clock(second), "010626"))
            let events = decoder.events(sentence, startingAt: .unixEpoch + .seconds(Int64(second)))
            #expect(events.compactMap(\.rejection) == [.utcDenied], "\(second)")
        }
        // A refused sentence is no denial by itself: it ends although sentences have come all the time.
        let later = decoder.events(sentence(rmc(clock(902), "010626")), startingAt: .unixEpoch + .seconds(902))
        #expect(later.compactMap(\.label).count == 1)
    }

    @Test("who then says that it knows is believed at once")
    func known() {
        var decoder = decoder()
        _ = decoder.events(timeUTC(valid: 0x03))
        #expect(decoder.events(timeUTC(valid: 0x07)).compactMap(\.label?.utc) == [utc(2026, 6, 1, 12)])
        #expect(decoder.events(sentence(rmc("120001", "010626"))).compactMap(\.label).count == 1)
    }

    @Test("a pulse named in GPS time says nothing about the leap seconds")
    func pulseInGPSTime() {
        var decoder = decoder()
        let events = decoder.events(pulse + sentence(rmc("120000", "010626")))
        #expect(events.compactMap(\.rejection) == [])
        #expect(events.compactMap(\.label).count == 1)
    }

    @Test("a time that its own receiver thinks wrong by more than 10 ms is none")
    func inaccurate() {
        #expect(events(timeUTC(valid: 0x07, accuracy: .max)).compactMap(\.rejection) == [.noFix])
        #expect(events(timeUTC(valid: 0x07, accuracy: 10_000_001)).compactMap(\.rejection) == [.noFix])
        #expect(events(timeUTC(valid: 0x07, accuracy: 10_000_000)).compactMap(\.label).count == 1)
    }

    @Test("a time of week that is not that of the date is refused")
    func inconsistent() {
        // An hour off, and before UTC: GPS is ahead of it by 18 s.
        #expect(events(timeUTC(valid: 0x07, timeOfWeek: 1_234)).compactMap(\.rejection) == [.badTime])
        #expect(events(timeUTC(valid: 0x07, timeOfWeek: 129_599_000)).compactMap(\.rejection) == [.badTime])
    }

    @Test(
        "leap seconds that no satellite can have told are not known",
        arguments: [
            "PGRMF,373,129600,010626,120000,0,4717.11,N,00833.91,E,A,2,0,0,1,1",
            "PERDCRW,TPS1,20260601120000,2,20260101000000,0,18,4", "PUBX,04,120000.00,010626,129600.00,2421,0,0,0,21",
        ])
    func unheard(body: String) {
        #expect(events(stream(gga("120000"), body)).compactMap(\.rejection) == [.utcUnknown])
    }

    @Test("Garmin's sentence does not say who told it the leap seconds")
    func garmin() {
        // 2026-06-01 12:00:18 GPS is 129 618 s into week 2421 = 2 · 1024 + 373.
        let body = "PGRMF,373,129618,010626,120000,18,4717.11,N,00833.91,E,A,2,0,0,1,1"
        #expect(events(sentence(body)).compactMap(\.label).map(\.knowsLeapSeconds) == [false])
    }

    /// Noon and so many seconds, `hhmmss`.
    private func clock(_ seconds: Int) -> String {
        let digits = String(1_000_000 + 120_000 + seconds / 60 * 100 + seconds % 60)
        return String(digits.dropFirst())
    }
}
