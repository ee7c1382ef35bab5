import CLinux
import Discipline
import Glibc
import Testing
import TimeScale

@testable import LinuxSystem

/// A card that answers as it is told.
private final class ImaginedCard {
    /// What a way of reading answers: the negative `errno`, or 0 where it reads.
    var answers: [clx_clock_method: Int32] = [:]
    /// How long a reading takes, ns.
    var duration: Int64 = 2_000
    /// Ways that were tried, and how many readings were asked for.
    private(set) var calls: [(method: clx_clock_method, count: Int32)] = []

    func open(usesCrossTimestamps: Bool = true) throws -> PTPHardwareClock {
        PTPHardwareClock(
            path: "/dev/ptp0", descriptor: try FileDescriptor(opening: "/dev/null", flags: O_RDONLY),
            usesCrossTimestamps: usesCrossTimestamps
        ) { method, count, readings in
            self.calls.append((method, count))
            let answer = self.answers[method] ?? 0
            guard answer == 0 else { return answer }
            let made = method == CLX_CLOCK_PRECISE ? 1 : count
            let now = SystemClock.reading().system.nanoseconds
            for index in 0..<Int(made) {
                let before = now - (Int64(made) - Int64(index)) * self.duration
                readings[index] = clx_clock_reading(card: before - 5_000_000_000, before: before, after: before + 500)
            }
            return made
        }
    }

    func takeCalls() -> [clx_clock_method] {
        defer { calls = [] }
        return calls.map(\.method)
    }
}

extension clx_clock_method: @retroactive Hashable {}

@Suite("Reading a PTP hardware clock")
struct PTPHardwareClockTests {
    private static let all = [CLX_CLOCK_PRECISE, CLX_CLOCK_EXTENDED, CLX_CLOCK_PLAIN]

    @Test("the best way that the driver has is taken, and what it has not is not asked for again")
    func best() throws {
        let card = ImaginedCard()
        var clock = try card.open()
        _ = try clock.read(precision: 1e-7)
        #expect(card.takeCalls() == [CLX_CLOCK_PRECISE])
        // As of igb, of old kernels, and of drivers that know the request but not the card.
        for refusal in [EOPNOTSUPP, ENOTTY, EINVAL] {
            card.answers = [CLX_CLOCK_PRECISE: -refusal]
            var clock = try card.open()
            let reading = try clock.read(precision: 1e-7)
            #expect(reading != nil)
            _ = try clock.read(precision: 1e-7)
            #expect(card.takeCalls() == [CLX_CLOCK_PRECISE, CLX_CLOCK_EXTENDED, CLX_CLOCK_EXTENDED])
        }
        var told = try card.open(usesCrossTimestamps: false)
        _ = try told.read(precision: 1e-7)
        #expect(card.takeCalls() == [CLX_CLOCK_EXTENDED])
    }

    @Test(
        "a way that has worked is kept when it fails once, and only a reading is missed",
        arguments: [ETIMEDOUT, EBUSY, EIO, EAGAIN], [CLX_CLOCK_PRECISE, CLX_CLOCK_EXTENDED])
    func oneFailure(code: Int32, method: clx_clock_method) throws {
        let card = ImaginedCard()
        if method == CLX_CLOCK_EXTENDED { card.answers = [CLX_CLOCK_PRECISE: -EOPNOTSUPP] }
        var clock = try card.open()
        _ = try clock.read(precision: 1e-7)
        card.answers[method] = -code
        _ = card.takeCalls()
        let missed = try clock.read(precision: 1e-7)
        #expect(missed == nil)
        #expect(card.takeCalls() == [method])
        card.answers[method] = 0
        let reading = try clock.read(precision: 1e-7)
        #expect(reading != nil)
        #expect(card.takeCalls() == [method])
    }

    @Test("a way that fails before it has ever worked gives way to the next, and is tried again")
    func notYet() throws {
        let card = ImaginedCard()
        card.answers = [CLX_CLOCK_PRECISE: -ETIMEDOUT]
        var clock = try card.open()
        let first = try clock.read(precision: 1e-7)
        #expect(first != nil)
        #expect(card.takeCalls() == [CLX_CLOCK_PRECISE, CLX_CLOCK_EXTENDED])
        card.answers = [:]
        _ = try clock.read(precision: 1e-7)
        #expect(card.takeCalls() == [CLX_CLOCK_PRECISE])
        card.answers = [CLX_CLOCK_PRECISE: -ETIMEDOUT, CLX_CLOCK_EXTENDED: -ETIMEDOUT, CLX_CLOCK_PLAIN: -ETIMEDOUT]
        var silent = try card.open()
        let none = try silent.read(precision: 1e-7)
        #expect(none == nil)
        #expect(card.takeCalls() == Self.all)
    }

    /// get_device_system_crosststamp (Linux) answers ENODEV where the system's clocksource is not what the card latches.
    @Test("latching both clocks may be impossible by the system's counter; only a card that is gone is gone")
    func gone() throws {
        let card = ImaginedCard()
        card.answers = [CLX_CLOCK_PRECISE: -ENODEV]
        var clock = try card.open()
        let reading = try clock.read(precision: 1e-7)
        #expect(reading != nil)
        for method in Self.all { card.answers[method] = -ENODEV }
        let error = failure { () throws(SystemError) in try clock.read(precision: 1e-7) }
        #expect(error?.description == "read /dev/ptp0: no such device")
        for method in Self.all { card.answers[method] = -EOPNOTSUPP }
        var other = try card.open()
        for _ in 0..<2 {
            let error = failure { () throws(SystemError) in try other.read(precision: 1e-7) }
            #expect(error?.code == EOPNOTSUPP)
        }
    }

    /// CM4: 1.7 ms a reading, CM5: 3.1 ms (raspberrypi/linux #5231 and #4151; rpi-cm4-ptp-guide #52): 10 ms hold 5 and 3.
    @Test(
        "a row takes ten milliseconds at most, however slow the bus is",
        arguments: [(2_000, 25), (390_000, 25), (1_700_000, 5), (3_100_000, 3), (30_000_000, 1)] as [(Int64, Int32)])
    func rows(duration: Int64, count: Int32) throws {
        let card = ImaginedCard()
        card.duration = duration
        var clock = try card.open(usesCrossTimestamps: false)
        for _ in 0..<3 {
            let reading = try clock.read(precision: 1e-7)
            #expect(reading?.width == 5e-7)
        }
        #expect(card.calls.map(\.count) == [3, count, count])
    }
}
