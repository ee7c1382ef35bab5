import ConfigurationLanguage
import Discipline
import Receivers
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

@Suite("A reference clock without its device")
struct ReferenceClockTests {
    static let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    func clock(_ driver: DriverKind, _ change: (inout ReferenceClockConfiguration) -> Void = { _ in }) -> ReferenceClock
    {
        var configuration = ReferenceClockConfiguration(
            driver: driver, unit: 0, position: SourcePosition(file: "test", line: 1))
        change(&configuration)
        return ReferenceClock(configuration, earliestDate: Self.start)
    }

    func moment(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

    @Test(
        "ntpd's mode bits give the speed, an explicit one wins",
        arguments: [(0, nil, 4800), (17, nil, 9600), (0x50, nil, 115_200), (17, 38400, 38400)] as [(Int, Int?, Int)])
    func speed(mode: Int, baud: Int?, expected: Int) {
        let clock = clock(.nmea) { ($0.mode, $0.baudRate) = (mode, baud) }
        #expect(clock.baudRate == expected)
    }

    @Test("a pulse is taken once, gaps in the sequence are missed pulses, time1 is its delay")
    func pulses() {
        var clock = clock(.pps) { $0.time1 = 0.000_25 }
        #expect(
            clock.consume(pulse: Self.start, sequence: 7, now: moment(0)) == Self.start - Interval(seconds: 0.000_25))
        #expect(clock.consume(pulse: Self.start, sequence: 7, now: moment(0)) == nil)
        #expect(clock.consume(pulse: Self.start + .seconds(3), sequence: 10, now: moment(3)) != nil)
        #expect(clock.pulses == 2)
        #expect(clock.pulsesMissed == 2)
        // The counter of 32 bits wraps.
        var wrapping = self.clock(.pps)
        _ = wrapping.consume(pulse: Self.start, sequence: .max, now: moment(0))
        _ = wrapping.consume(pulse: Self.start + .second, sequence: 0, now: moment(1))
        #expect(wrapping.pulsesMissed == 0)
    }

    @Test("labels alone need six that agree; without a known delay 0.8 s of error is owned up to")
    func labelsAlone() throws {
        var clock = clock(.nmea)
        var last: Sample?
        for second in Int64(0)..<6 {
            let utc = Self.start + .seconds(second)
            let samples = clock.consume(
                Sample(local: utc + .milliseconds(400), reference: utc), measuredDelay: nil, now: moment(second))
            // The proof brings all that it rests on.
            #expect(samples.count == (second < 5 ? 0 : 6))
            last = samples.last
        }
        let sample = try #require(last)
        #expect(sample.systematicError == 0.8)
        var calibrated = self.clock(.nmea) { $0.time2 = 0.4 }
        for second in Int64(0)..<6 {
            let utc = Self.start + .seconds(second)
            last =
                calibrated.consume(
                    Sample(local: utc + .milliseconds(400), reference: utc), measuredDelay: nil, now: moment(second)
                ).last
        }
        #expect(last?.offset == 0)
        #expect(last?.systematicError == 0)
    }

    @Test("a delay that becomes known does not break the agreement")
    func delayLearned() {
        var clock = clock(.nmea)
        var last: Sample?
        for second in Int64(0)..<7 {
            let utc = Self.start + .seconds(second)
            last =
                clock.consume(
                    Sample(local: utc + .milliseconds(400), reference: utc), measuredDelay: second < 5 ? nil : 0.4,
                    now: moment(second)
                ).last
        }
        #expect(last?.offset == 0)
    }

    @Test("reach shifts with the poll; a source that falls silent says so after 8 s, whatever its poll")
    func silence() {
        var clock = clock(.sharedMemory) { $0.minimumPoll = PollExponent(clamping: 1) }
        clock.tick(now: moment(0))
        clock.deliver(Sample(local: Self.start, reference: Self.start), isUsable: true, now: moment(0))
        _ = clock.consume(Sample(local: Self.start, reference: Self.start), measuredDelay: nil, now: moment(0))
        clock.deliver(Sample(local: Self.start, reference: Self.start), isUsable: true, now: moment(0))
        for second in Int64(1)...7 { clock.tick(now: moment(second)) }
        #expect(clock.condition == .delivering)
        for second in Int64(8)...14 { clock.tick(now: moment(second)) }
        #expect(clock.reach.bits == 0x80)
        #expect(clock.condition == .silent)
        for second in Int64(15)...18 { clock.tick(now: moment(second)) }
        #expect(!clock.reach.isReachable)
        #expect(clock.condition == .silent)
    }

    @Test("a condition that changes all the time is told ten times, then twice a minute, and last as it is")
    func flapping() {
        var clock = clock(.sharedMemory)
        var told: [SourceCondition] = []
        for second in Int64(0)..<360 {
            clock.suspend(second % 2 == 0 ? .frozen : .invalid("no fix"))
            if let condition = clock.takeChangedCondition(now: moment(second)) { told.append(condition) }
        }
        // Ten at once, and one more for each half minute of six minutes.
        #expect((21...23).contains(told.count))
        clock.suspend(.beyondPanic(offset: 5000))
        #expect(clock.takeChangedCondition(now: moment(420)) == .beyondPanic(offset: 5000))
    }

    @Test("ticks that jitter do not stretch the polls")
    func jitteringTicks() {
        var clock = clock(.sharedMemory) { $0.minimumPoll = PollExponent(clamping: 0) }
        clock.tick(now: moment(0))
        clock.deliver(Sample(local: Self.start, reference: Self.start), isUsable: true, now: moment(0))
        // Each tick comes a millisecond late or early, in turn.
        for second in Int64(1)...9 {
            let jitter = second % 2 == 0 ? -1_000_000 : 1_000_000
            clock.tick(now: MonotonicInstant(nanoseconds: second * 1_000_000_000 + Int64(jitter)))
        }
        #expect(!clock.reach.isReachable)
    }

    @Test("a device that is missing is named once, what is in the way of opening it each time that changes")
    func absence() {
        var clock = clock(.nmea)
        func reported(_ reason: String, isMissing: Bool = true) -> Bool {
            clock.deviceAbsent(reason, isMissing: isMissing)
            return clock.takeChangedCondition(now: moment(0)) != nil
        }
        func opened() -> Bool { clock.deviceOpened() }
        #expect(reported("no such file"))
        #expect(!reported("no such device"))
        #expect(reported("busy", isMissing: false))
        #expect(!reported("busy", isMissing: false))
        #expect(reported("permission denied", isMissing: false))
        #expect(reported("no such file"))
        #expect(opened())
        #expect(reported("end of file"))
        #expect(!reported("no such file"))
        // Opened and lost without a failure between: a port that is broken, until something comes.
        #expect(opened())
        #expect(reported("input/output error"))
        #expect(!opened())
        #expect(!reported("input/output error"))
        #expect(!opened())
        clock.consume([0x24].span, arrived: Self.start, now: moment(1)) { _ in }
        _ = reported("input/output error")
        #expect(opened())
    }

    @Test("a device that is opened anew has its labels proven anew, and perhaps by another name")
    func reopened() {
        var clock = clock(.nmea)
        func take(_ second: Int64) -> Int {
            let utc = Self.start + .seconds(second)
            return clock.consume(
                Sample(local: utc + .milliseconds(400), reference: utc), measuredDelay: 0.4, now: moment(second)
            ).count
        }
        #expect((0..<7).map(take) == [0, 0, 0, 0, 0, 6, 1])
        clock.deviceOpened(as: "/dev/serial/by-id/usb-A")
        #expect(clock.openedName == "/dev/serial/by-id/usb-A")
        #expect((7..<14).map(take) == [0, 0, 0, 0, 0, 6, 1])
        clock.deviceAbsent("gone")
        #expect(clock.openedName == nil)
    }

    /// NAV-TIMELS (u-blox M8 §32.17.28): +1 s at the end of day 2 of week 2447, 2026-11-30; bit 0 of the last byte says that
    /// the present leap seconds are known, bit 1 that the change is.
    @Test("an announced leap second that the receiver takes back is not announced any more")
    func leapSecondWithdrawn() {
        var clock = clock(.nmea)
        func tell(valid: UInt8, change: UInt8) {
            let payload: [UInt8] =
                [0, 0, 0, 0, 0, 0, 0, 0, 2, 18, 2, change, 1, 0, 0, 0, 0x8f, 0x09, 2, 0, 0, 0, 0, valid]
            let bytes = ImaginedReceiver.ubxFrame(class: 0x01, message: 0x26, payload: payload)
            clock.consume(bytes.span, arrived: Self.start, now: moment(0)) { _ in }
        }
        #expect(clock.leapAnnouncement == nil)
        tell(valid: 3, change: 1)
        #expect(clock.leapAnnouncement == .insertSecond)
        tell(valid: 1, change: 1)
        #expect(clock.leapAnnouncement == nil)
        tell(valid: 3, change: 1)
        tell(valid: 3, change: 0)
        #expect(clock.leapAnnouncement == LeapIndicator.none)
    }

    @Test("a source is called refused as long as it is, and not longer")
    func refusal() {
        var clock = clock(.sharedMemory)
        let wrong = Sample(local: Self.start, reference: Self.start + .seconds(3600))
        clock.deliver(wrong, isUsable: true, now: moment(0))
        clock.refuse(wrong.offset)
        clock.deliver(wrong, isUsable: true, now: moment(1))
        #expect(clock.condition == .beyondPanic(offset: 3600))
        clock.refuse(nil)
        #expect(clock.condition == .delivering)
    }
}
