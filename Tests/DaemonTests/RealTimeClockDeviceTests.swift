import CLinux
import Discipline
import Glibc
import Reports
import SimulatedWorld
import Testing
import TimeScale
import Timekeeping

@testable import Daemon
@testable import LinuxSystem

/// A driver whose interrupts are bytes in a pipe, and whose time is that of a clock.
private final class ImaginedDriver {
    let clock: SimulatedClock
    let writer: FileDescriptor
    private let reader: Int32
    var opened = 0
    /// What it shows less the right time, whole seconds.
    var error = 0
    var wantsInterrupts = false
    /// Requests that are refused, and how.
    var refusals: [UInt32: Int32] = [:]
    var openRefusal: Int32?
    var set: [Instant] = []

    init(_ clock: SimulatedClock) throws {
        self.clock = clock
        var ends: [Int32] = [0, 0]
        // SAFETY: the call writes two descriptors.
        let answer = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
        try #require(answer == 0)
        reader = ends[0]
        writer = FileDescriptor(owning: ends[1])
    }

    deinit { close(reader) }

    func open(_ path: String) throws(SystemError) -> RealTimeClock {
        if let openRefusal { throw SystemError("open", code: openRefusal, subject: path) }
        opened += 1
        return RealTimeClock(path: path, descriptor: FileDescriptor(owning: dup(reader)), call: call)
    }

    private func call(_ request: clx_rtc_request, _ time: inout clx_civil_time) -> Int32 {
        if let code = refusals[request.rawValue] { return -code }
        switch request {
        case CLX_RTC_READ:
            let civil = CivilTime(clock.truth + .seconds(Int64(error)))
            time = clx_civil_time(
                year: Int32(civil.year), month: Int32(civil.month), day: Int32(civil.day), hour: Int32(civil.hour),
                minute: Int32(civil.minute), second: Int32(civil.second))
        case CLX_RTC_SET:
            error = 0
            set.append(clock.now())
        default: wantsInterrupts = request == CLX_RTC_UPDATES_ON
        }
        return 0
    }
}

@Suite("The device of the real-time clock")
struct RealTimeClockDeviceTests {
    /// 2026-11-21T00:00:00Z.
    private static let start = Instant(nanoseconds: 1_795_219_200 * 1_000_000_000)
    private let clock = SimulatedClock(start: start, offset: 0, oscillator: Oscillator(OscillatorModel(), seed: 1))
    private let driver: ImaginedDriver
    private let device: RealTimeClockDevice

    init() throws {
        let driver = try ImaginedDriver(clock)
        self.driver = driver
        device = RealTimeClockDevice(path: "/dev/rtc0", kept: nil, now: clock.monotonicNow()) {
            path throws(SystemError) in try driver.open(path)
        }
    }

    /// Runs the loop as poll(2) would, with an interrupt at each second of the RTC, and counts the seconds from zero.
    private func run(_ seconds: Range<Int>, isClockGood: Bool = true, _ log: Log) throws {
        for second in seconds {
            clock.advance(to: Int64(second) * 1_000_000_000)
            if driver.wantsInterrupts { try driver.writer.write([0xd0, 1, 0, 0, 0, 0, 0, 0].span) }
            var set = PollSet()
            device.register(in: &set)
            _ = try set.wait(timeout: .zero)
            let isReady = device.pollIndex.map { set.isReadable($0) } ?? false
            device.attend(clock.now(), clock.monotonicNow(), isReady: isReady, isClockGood: isClockGood, log)
            // The loop wakes again when the device wants it.
            let next = Int64(second + 1) * 1_000_000_000
            while device.due.nanoseconds > clock.elapsed, device.due.nanoseconds < next {
                clock.advance(to: device.due.nanoseconds + 1_000_000)
                device.attend(clock.now(), clock.monotonicNow(), isReady: false, isClockGood: isClockGood, log)
            }
        }
    }

    @Test("it is open for the three seconds of a comparison, every 128 s")
    func comparison() throws {
        let book = try LogBook()
        try run(1..<300, book.log)
        #expect(driver.opened == 3)
        let report = try #require(device.report(at: clock.monotonicNow()))
        #expect(report.state == "followed" && report.device == "/dev/rtc0")
        #expect(abs(try #require(report.offset)) < 1e-6)
        #expect(driver.set.isEmpty)
        #expect(device.pollIndex == nil)
    }

    @Test("one that is off is set in the middle of a second, and told")
    func setting() throws {
        let book = try LogBook()
        driver.error = 7
        try run(1..<30, book.log)
        let set = try #require(driver.set.first)
        #expect(driver.set.count == 1)
        // Half a second after one begins, and a loop that is 1 ms late.
        #expect(abs(Double(set.nanosecondsOfSecond) - 0.501e9) < 1e5)
        #expect(try book.lines(.info).contains("/dev/rtc0 set, which was 7.000 s fast"))
        #expect(device.report(at: clock.monotonicNow())?.settings == 1)
    }

    @Test("while the clock is not right it is not even opened")
    func notGood() throws {
        let book = try LogBook()
        driver.error = 7
        try run(1..<300, isClockGood: false, book.log)
        device.finish(clock.now(), clock.monotonicNow(), isClockGood: false, book.log)
        #expect(driver.opened == 0 && driver.set.isEmpty)
    }

    @Test("without interrupts it is set every hour, and that is said once", arguments: [ENOTTY, EIO, EINVAL])
    func noInterrupts(code: Int32) throws {
        let book = try LogBook()
        driver.refusals[CLX_RTC_UPDATES_ON.rawValue] = code
        try run(1..<7300, book.log)
        #expect((2...3).contains(driver.set.count))
        #expect(try book.lines(.notice).count == 1)
        #expect(device.report(at: clock.monotonicNow())?.state == "set, but cannot be compared")
    }

    @Test("interrupts that never come are none")
    func silent() throws {
        let book = try LogBook()
        driver.refusals[CLX_RTC_UPDATES_ON.rawValue] = 0
        try run(1..<30, book.log)
        #expect(try book.lines(.notice).count == 1)
        #expect(driver.set.count == 1)
    }

    @Test("one that another program has open is waited for, one that is denied is told once, and its return too")
    func refused() throws {
        let book = try LogBook()
        driver.openRefusal = EBUSY
        try run(1..<1000, book.log)
        #expect(try book.lines(.notice).isEmpty)
        driver.openRefusal = EACCES
        try run(1000..<3000, book.log)
        #expect(try book.lines(.notice).count == 1)
        #expect(device.report(at: clock.monotonicNow())?.state == "open /dev/rtc0: permission denied")
        driver.openRefusal = nil
        try run(3000..<3400, book.log)
        #expect(try book.lines(.notice).last == "/dev/rtc0 can be used again")
        #expect(device.tracking.comparison != nil)
    }

    @Test("one whose driver is loaded after the start is used from then on; until then nothing is said")
    func late() throws {
        let book = try LogBook()
        driver.openRefusal = ENOENT
        try run(1..<1000, book.log)
        #expect(device.report(at: clock.monotonicNow()) == nil)
        #expect(try book.read("log").isEmpty)
        driver.openRefusal = nil
        try run(1000..<1400, book.log)
        #expect(device.report(at: clock.monotonicNow())?.state == "followed")
        driver.openRefusal = ENOENT
        try run(1400..<1600, book.log)
        #expect(device.report(at: clock.monotonicNow())?.state == "open /dev/rtc0: no such file or directory")
    }

    @Test("one that shows no time is set, three times where that does not help")
    func invalid() throws {
        let book = try LogBook()
        driver.refusals[CLX_RTC_READ.rawValue] = EINVAL
        try run(1..<60, book.log)
        #expect(driver.set.count == 3)
        driver.refusals = [:]
        try run(60..<400, book.log)
        #expect(abs(device.tracking.comparison?.offset ?? 1) < 1e-6)
        #expect(driver.set.count == 3)
    }
}
