import CLinux
import Discipline
import Glibc
import Testing
import TimeScale

@testable import LinuxSystem

/// An adjtimex that keeps what it is asked for and changes no clock.
private final class ImaginedKernel {
    var state = timex()
    var requests: [timex] = []
    var refusal: Int32?

    init() {
        state.tick = 10_000
    }

    func adjust(_ request: inout timex) -> Int32 {
        guard request.modes != 0 else {
            request = state
            return 0
        }
        if let refusal { return -refusal }
        requests.append(request)
        if request.modes & UInt32(ADJ_OFFSET_SINGLESHOT) == UInt32(ADJ_OFFSET_SINGLESHOT) { return 0 }
        if request.modes & UInt32(ADJ_FREQUENCY) != 0 { state.freq = request.freq }
        if request.modes & UInt32(ADJ_TICK) != 0 { state.tick = request.tick }
        (request.freq, request.tick) = (state.freq, state.tick)
        return 0
    }
}

@Suite("System clock over an imagined kernel")
struct SystemClockTests {
    private let kernel = ImaginedKernel()

    private func clock() throws -> SystemClock { try SystemClock(call: kernel.adjust) }

    @Test("creating it asks and changes nothing")
    func creation() throws {
        kernel.state.freq = 3 * 65536
        kernel.state.tick = 10_001
        kernel.state.maxerror = 5000
        let clock = try clock()
        // 3 ppm, and a tick of 10 001 µs for 10 000: 100 ppm.
        #expect(abs(clock.frequencyCorrection - 103e-6) < 1e-15)
        #expect(clock.inheritedMaximumError == 0.005)
        #expect(kernel.requests.isEmpty)
    }

    @Test("whether it may be set is asked by setting the tick as it is, and a refusal says what to do")
    func permission() throws {
        kernel.state.tick = 10_001
        let clock = try clock()
        try clock.requirePermission()
        #expect(kernel.requests.map(\.modes) == [UInt32(ADJ_TICK)])
        #expect(kernel.state.tick == 10_001)
        kernel.refusal = EPERM
        let error = failure { () throws(ClockControlError) in try clock.requirePermission() }
        guard case .refused(let words) = error else {
            Issue.record("not refused")
            return
        }
        #expect(words.contains("operation not permitted") && words.contains("CAP_SYS_TIME"))
    }

    @Test("an unsynchronised kernel leaves no bound behind")
    func unsynchronised() throws {
        kernel.state.status = Int32(STA_UNSYNC)
        #expect(try clock().inheritedMaximumError == nil)
    }

    @Test("a kernel loop left running is emptied and switched off before the first change, once")
    func takeOver() throws {
        kernel.state.status = Int32(STA_PLL | STA_INS | STA_NANO)
        kernel.state.offset = 77
        var clock = try clock()
        _ = try clock.setFrequencyCorrection(1e-6)
        // What is in force already is not set again.
        _ = try clock.setFrequencyCorrection(1e-6)
        _ = try clock.setFrequencyCorrection(2e-6)
        let frequency = UInt32(ADJ_FREQUENCY | ADJ_TICK)
        #expect(
            kernel.requests.map(\.modes) == [
                UInt32(ADJ_OFFSET_SINGLESHOT), UInt32(ADJ_OFFSET | ADJ_STATUS | ADJ_NANO),
                UInt32(ADJ_STATUS | ADJ_NANO), frequency, frequency,
            ])
        #expect(kernel.requests[1].status == Int32(STA_PLL | STA_INS) && kernel.requests[1].offset == 0)
        #expect(kernel.requests[2].status == Int32(STA_INS))
    }

    @Test("frequencies are rounded to 2⁻¹⁶ ppm, clamped to 500 ppm, and NaN changes nothing")
    func frequency() throws {
        var clock = try clock()
        #expect(abs(try clock.setFrequencyCorrection(-12.5e-6) + 12.5e-6) < 1e-17)
        #expect(kernel.state.freq == -819_200)
        #expect(abs(try clock.setFrequencyCorrection(1) - 500e-6) < 1e-15)
        #expect(kernel.state.freq == 32_768_000)
        #expect(try clock.setFrequencyCorrection(.nan) == clock.frequencyCorrection)
        #expect(kernel.state.freq == 32_768_000)
    }

    @Test("a step back is given as whole seconds down and nanoseconds up")
    func stepBack() throws {
        var clock = try clock()
        #expect(try clock.step(by: Interval(nanoseconds: -1_500_000_001)) == Interval(nanoseconds: -1_500_000_001))
        let request = try #require(kernel.requests.last)
        #expect(request.modes == UInt32(ADJ_SETOFFSET | ADJ_NANO))
        #expect(request.time.tv_sec == -2 && request.time.tv_usec == 499_999_999)
    }

    @Test("bounds are rounded up to microseconds, and what is no number is the largest")
    func status() throws {
        var clock = try clock()
        try clock.setStatus(
            ClockStatus(
                isSynchronised: true, leapIndicator: .deleteSecond, maximumError: 1.000_000_1e-3, estimatedError: .nan,
                taiMinusUTC: 37))
        let request = try #require(kernel.requests.last)
        #expect(request.status == Int32(STA_DEL))
        #expect(request.maxerror == 1001 && request.esterror == 16_000_000)
        #expect(request.modes & UInt32(ADJ_TAI) != 0 && request.constant == 37)
    }

    @Test("an unsynchronised clock still carries out its leap second, and TAI − UTC is left alone")
    func unsynchronisedStatus() throws {
        var clock = try clock()
        try clock.setStatus(
            ClockStatus(
                isSynchronised: false, leapIndicator: .insertSecond, maximumError: 1, estimatedError: -1,
                taiMinusUTC: nil))
        let request = try #require(kernel.requests.last)
        #expect(request.status == Int32(STA_UNSYNC) | Int32(STA_INS))
        #expect(request.esterror == 0 && request.modes & UInt32(ADJ_TAI) == 0)
    }

    @Test("a refusal names the operation and the reason")
    func refusal() throws {
        var clock = try clock()
        kernel.refusal = EPERM
        #expect(throws: ClockControlError.refused("adjtimex end of adjtime: operation not permitted")) {
            try clock.step(by: .second)
        }
    }
}

@Suite("System clock, read only")
struct SystemClockReadingTests {
    @Test("creating it reads a frequency and an error bound that the kernel allows")
    func state() throws {
        let clock = try SystemClock()
        // Kernel MAXFREQ, and ticks of ±10 % that chronyd may leave.
        #expect(abs(clock.frequencyCorrection) <= 500e-6 + 0.1)
        if let error = clock.inheritedMaximumError { #expect(error >= 0 && error <= 16) }
    }

    @Test("it reads CLOCK_REALTIME, and a kernel stamp is its own reading")
    func readings() throws {
        let clock = try SystemClock()
        let before = KernelClock.realTime()
        let reading = clock.now()
        #expect(before <= reading && reading <= KernelClock.realTime())
        #expect(clock.reading(atKernelTime: before) == before)
        let earlier = clock.monotonicNow()
        #expect(earlier <= clock.monotonicNow())
    }
}
