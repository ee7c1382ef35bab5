import Receivers
import Testing
import TimeScale

/// What fuzzing has found.
@Suite("UBX robustness")
struct UBXRobustnessTests {
    @Test("a leap second in a week beyond all dates is no news")
    func lateLeapSecond() {
        // NAV-TIMELS: current from GPS (2), 18; change from GPS (2), +1; in week 65535 = 0xffff, day 7; both valid.
        var payload = [UInt8](repeating: 0, count: 24)
        (payload[8], payload[9], payload[10], payload[11]) = (2, 18, 2, 1)
        (payload[16], payload[17], payload[18], payload[23]) = (0xff, 0xff, 7, 3)
        var decoder = ReceiverDecoder(notBefore: .unixEpoch)
        decoder.consume(UBXFrame(0x0126, payload).bytes.span, arrived: .unixEpoch) { _ in }
        #expect(decoder.status.leapSeconds == 18 && decoder.status.leapNews == nil)
        // Week 2450 = 0x0992 ends 2026-12-27 (`date -d '1980-01-06 +17157 days'`, 2451 · 7).
        (payload[16], payload[17]) = (0x92, 0x09)
        decoder.consume(UBXFrame(0x0126, payload).bytes.span, arrived: .unixEpoch) { _ in }
        #expect(decoder.status.leapNews == .init(change: 1, at: utc(2026, 12, 27)))
    }
}
