import Receivers
import Testing
import TimeScale

/// Pulses and leap seconds in UBX. Layouts as in `UBXTests`.
@Suite("UBX pulses and leap seconds")
struct UBXTimeTests {
    /// TIM-TP: time of week (ms and 2⁻³² ms), figure (ps), week, flags, whose time.
    private func pulse(
        _ milliseconds: UInt32, rest: UInt32 = 0, _ figure: Int32, _ week: UInt16, flags: UInt8, system: UInt8 = 0
    ) -> [UInt8] {
        let fields: [Int: [UInt8]] = [
            0: little(milliseconds), 4: little(rest), 8: little(figure), 12: little(week), 14: [flags, system],
        ]
        return ubx(0x0d01, 16, fields)
    }

    private func sawtooths(_ stream: [UInt8], notBefore pivot: Instant) -> [PulseSawtooth] {
        var decoder = ReceiverDecoder(notBefore: pivot)
        return decoder.events(stream).compactMap { if case .sawtooth(let sawtooth) = $0 { sawtooth } else { nil } }
    }

    /// The first three from gpsd's captures of an AEK-4T and a LEA-4T, whose NAV-TIMEUTC of the second before is 23:11:24
    /// and 20:35:43: UTC is the base, and known. 333 344 s are Wednesday 20:35:44.
    @Test("a pulse named in UTC, with its figure in picoseconds")
    func captured() {
        let rows: [([UInt8], Instant, Double)] = [
            (pulse(83_485_000, 21_478, 1459, flags: 3), utc(2007, 12, 23, 23, 11, 25), 21.478e-9),
            (pulse(83_487_000, -19_370, 1459, flags: 3), utc(2007, 12, 23, 23, 11, 27), -19.370e-9),
            (pulse(333_344_000, -16_813, 1516, flags: 3), utc(2009, 1, 28, 20, 35, 44), -16.813e-9),
            // gpsd has seen 4294967168 · 2⁻³² ms: 30 ps before the full millisecond, cut to nanoseconds.
            (
                pulse(83_484_999, rest: 4_294_967_168, 5, 1459, flags: 3),
                utc(2007, 12, 23, 23, 11, 24, nanosecond: 999_999_999), 5e-12
            ),
            // RAIM is active (bits 2 and 3): no matter.
            (pulse(83_485_000, .min, 1459, flags: 0x0b), utc(2007, 12, 23, 23, 11, 25), -0.002147483648),
        ]
        for (frame, second, correction) in rows {
            let sawtooths = sawtooths(frame, notBefore: utc(2007, 1, 1))
            #expect(sawtooths.map(\.second) == [second])
            #expect(isNear(sawtooths.first?.correction, correction, within: 1e-18))
        }
    }

    @Test("a figure that is not valid, or of a pulse that is not locked, is none", arguments: [0x13, 0x23, 0x33])
    func invalid(flags: UInt8) {
        let expected = [PulseSawtooth(second: utc(2007, 12, 23, 23, 11, 25), correction: nil)]
        #expect(sawtooths(pulse(83_485_000, 7, 1459, flags: flags), notBefore: utc(2007, 1, 1)) == expected)
    }

    @Test("a pulse in a UTC that the receiver does not know is not named")
    func unknownUTC() {
        #expect(sawtooths(pulse(83_485_000, 7, 1459, flags: 1), notBefore: utc(2007, 1, 1)) == [])
    }

    /// NAV-TIMEUTC of 2026-06-01 12:00:00, 129 618 s of GPS week 2421: 18 s ahead. Galileo's weeks began 1024 later.
    /// BeiDou's time is 14 s behind, GLONASS's is Moscow's; 15 is unknown.
    @Test(
        "a pulse in the time of satellites is named where that is GPS time but for whole rollovers",
        arguments: [
            (0, 2421, true), (3, 1397, true), (4, 1397, true), (1, 2421, false), (2, 1065, false), (15, 2421, false),
        ] as [(UInt8, UInt16, Bool)])
    func satelliteTime(system: UInt8, week: UInt16, isNamed: Bool) {
        let fields: [Int: [UInt8]] = [
            0: little(UInt32(129_618_000)), 4: [20], 12: little(UInt16(2026)) + [6, 1, 12, 0, 0, 0x37],
        ]
        let stream = ubx(0x0121, 20, fields) + pulse(129_619_000, 3141, week, flags: 2, system: system)
        let expected = PulseSawtooth(second: utc(2026, 6, 1, 12, 0, 1), correction: 3141 * 1e-12)
        #expect(sawtooths(stream, notBefore: utc(2026, 1, 1)) == (isNamed ? [expected] : []))
    }

    /// NAV-TIMELS: who told GPS − UTC and what; who told the change, what, the week and the day after which it comes.
    private func leap(
        source: UInt8 = 2, _ current: UInt8 = 18, news: UInt8 = 0, change: UInt8 = 0, week: UInt16 = 0, day: UInt16 = 0,
        valid: UInt8 = 1
    ) -> [UInt8] {
        let fields: [Int: [UInt8]] = [
            8: [source, current, news, change], 16: little(week) + little(day), 23: [valid],
        ]
        return ubx(0x0126, 24, fields)
    }

    /// The leap second at the end of 2016, Saturday of week 1929 (as a ZED-F9P has told it in 2019): day 7 where days are 1
    /// to 7, and 6 for BeiDou, whose days are 0 to 6.
    @Test("the day of a leap second is that of who tells it", arguments: [(2, 7), (5, 7), (4, 6)])
    func day(news: UInt8, day: UInt16) {
        var decoder = ReceiverDecoder(notBefore: utc(2016, 1, 1))
        _ = decoder.events(leap(news: news, change: 1, week: 1929, day: day, valid: 3))
        #expect(decoder.status.leapNews == .init(change: 1, at: utc(2017, 1, 1)))
        #expect(decoder.status.leapSeconds == 18)
    }

    @Test("leap seconds that the firmware assumes, or that are not valid, are no leap seconds")
    func assumed() {
        for frame in [leap(source: 0, 17), leap(source: 255), leap(valid: 2)] {
            #expect(events(frame).compactMap(\.rejection) == [.utcUnknown])
        }
        // Somebody has configured them (7): neither known nor denied.
        #expect(events(leap(source: 7)).compactMap(\.rejection) == [])
    }

    @Test("who goes by assumed leap seconds is not believed in a sentence before it has heard them")
    func denied() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(leap(source: 0, 17))
        #expect(decoder.status.leapSeconds == nil)
        #expect(decoder.events(sentence(rmc("120001", "010626"))).compactMap(\.rejection) == [.utcDenied])
        _ = decoder.events(leap())
        #expect(decoder.events(sentence(rmc("120001", "010626"))).compactMap(\.label).count == 1)
    }

    /// A minute of 2026-06-01 12:00, second by second: NAV-PVT and NAV-TIMEUTC.
    private func second(_ second: UInt8, solution: UInt8, utc valid: UInt8) -> [UInt8] {
        let timeOfWeek = little(UInt32(129_618_000 + 1000 * Int(second)))
        let date = little(UInt16(2026)) + [6, 1, 12, 0, second]
        return ubx(0x0107, 92, [0: timeOfWeek, 4: date + [solution], 12: [20], 20: [3, 1, 0, 9]])
            + ubx(0x0121, 20, [0: timeOfWeek, 4: [20], 12: date + [valid]])
    }

    @Test("a solution whose seconds are resolved is not believed while UTC is denied, and is as soon as UTC is known")
    func deniedSolution() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let assumed = leap(source: 0, 17)
        // Nobody has denied anything before the first.
        _ = decoder.events(second(0, solution: 3, utc: 3) + assumed)
        for number in 1...3 as ClosedRange<UInt8> {
            let events = decoder.events(second(number, solution: 7, utc: 3) + assumed)
            #expect(events.compactMap(\.rejection) == [.utcDenied, .utcUnknown, .utcUnknown], "\(number)")
            #expect(decoder.status.leapSeconds == nil)
        }
        #expect(decoder.events(second(4, solution: 7, utc: 7)).compactMap(\.label?.message) == [.navTimeUTC])
        #expect(decoder.events(second(5, solution: 7, utc: 7)).compactMap(\.label?.message) == [.navPVT])
    }

    @Test("a receiver that sends its solution alone is believed as soon as that is resolved")
    func solutionAlone() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let alone = { (number: UInt8, valid: UInt8) in Array(second(number, solution: valid, utc: 0).prefix(100)) }
        #expect(decoder.events(alone(0, 3)).compactMap(\.rejection) == [.utcUnknown])
        #expect(decoder.events(alone(1, 7)).compactMap(\.label).count == 1)
    }
}
