import CLinux
import Glibc
import Testing
import TimeScale

@testable import LinuxSystem

/// A driver that keeps what it is told, with a pipe in place of its device.
private final class ImaginedDriver {
    var time = clx_civil_time(year: 2026, month: 11, day: 21, hour: 17, minute: 5, second: 59)
    var refusal: (request: clx_rtc_request, code: Int32)?
    var requests: [clx_rtc_request] = []

    func call(_ request: clx_rtc_request, _ time: inout clx_civil_time) -> Int32 {
        requests.append(request)
        if let refusal, refusal.request == request { return -refusal.code }
        if request == CLX_RTC_READ { time = self.time }
        if request == CLX_RTC_SET { self.time = time }
        return 0
    }
}

@Suite("Real-time clock over an imagined driver")
struct RealTimeClockTests {
    private let driver = ImaginedDriver()

    private func clock() throws -> RealTimeClock {
        let device = try FileDescriptor(opening: "/dev/null", flags: O_RDONLY)
        return RealTimeClock(path: "/dev/rtc0", descriptor: device, call: driver.call)
    }

    @Test("what it shows is UTC, and what it is set to is read back, whole seconds")
    func roundTrip() throws {
        let clock = try clock()
        // `date -u -d '2026-11-21 17:05:59' +%s`
        #expect(try clock.read() == Instant(seconds: 1_795_280_759))
        for seconds in [0, 951_782_399, 4_102_444_799, 1_795_280_760] as [Int64] {
            let moment = try #require(Instant(seconds: seconds, nanosecondsOfSecond: 999_999_999))
            try clock.set(moment)
            #expect(try clock.read() == Instant(seconds: seconds))
        }
        #expect(driver.time.year == 2026 && driver.time.month == 11 && driver.time.minute == 6)
    }

    @Test("before 1970 it is a time too; fields that are none are told, and trap nothing")
    func badTimes() throws {
        let clock = try clock()
        driver.time = clx_civil_time(year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59)
        #expect(try clock.read() == Instant(seconds: -1))
        for field in [\clx_civil_time.year, \.month, \.day, \.hour, \.minute, \.second] {
            for value in [.min, -1, 61, 3000, .max] as [Int32] {
                driver.time = clx_civil_time(year: 2026, month: 11, day: 21, hour: 17, minute: 5, second: 59)
                driver.time[keyPath: field] = value
                #expect(throws: SystemError.self) { try clock.read() }
            }
        }
    }

    @Test("what the driver refuses is told with its reason and what was asked")
    func refusals() throws {
        let clock = try clock()
        driver.refusal = (CLX_RTC_READ, EINVAL)
        let read = #expect(throws: SystemError.self) { try clock.read() }
        #expect(read?.isOf("RTC_RD_TIME") == true)
        driver.refusal = (CLX_RTC_SET, ERANGE)
        #expect(throws: SystemError.self) { try clock.set(.unixEpoch) }
        driver.refusal = (CLX_RTC_UPDATES_ON, ENOTTY)
        let updates = #expect(throws: SystemError.self) { try clock.interruptUpdates(true) }
        #expect(updates?.isOf("RTC_UIE") == true)
        try clock.interruptUpdates(false)
        #expect(driver.requests.last == CLX_RTC_UPDATES_OFF)
    }

    @Test("what is no such clock is refused by the kernel")
    func wrongDevice() throws {
        let clock = try RealTimeClock(path: "/dev/null")
        #expect(throws: SystemError.self) { try clock.read() }
        #expect(throws: SystemError.self) { try clock.interruptUpdates(true) }
        #expect(throws: SystemError.self) { _ = try RealTimeClock(path: "/dev/rtc77") }
    }
}
