import ConfigurationLanguage
import Discipline
import GPSDWire
import NTPServer
import ReferenceClocks
import Reports
import SimulatedWorld
import Testing
import TimeScale

@testable import Timekeeping

/// What gpsd tells of a receiver, of its pulses above all: Debian's gpsd makes such reports only with real hardware.
@Suite("Reports of gpsd's")
struct GPSDReportTests {
    /// 2026-06-03T12:00:00Z.
    private static let start = Instant.unixEpoch + .seconds(1_780_488_000)
    private static let device = "/dev/ttyACM0"

    /// A timekeeper with gpsd clocks; its clock is 0.3 s and 10 ppm fast.
    private func timekeeper(_ lines: String...) -> Timekeeper<SimulatedClock> { timekeeper(lines) }

    private func timekeeper(
        _ lines: [String], start: Instant = start, table: LeapSecondTable = .builtIn
    ) -> Timekeeper<SimulatedClock> {
        let text = lines.map { "refclock gpsd \($0) minpoll 0 maxpoll 0\n" }.joined()
        let (configuration, diagnostics) = NTPConfiguration.parse(text: Array(text.utf8), file: "test") { _ in nil }
        precondition(diagnostics.isEmpty, "\(diagnostics)")
        let oscillator = Oscillator(OscillatorModel(frequency: 1e-5), seed: 1)
        let clock = SimulatedClock(start: start, offset: 0.3, oscillator: oscillator)
        let earliest = start - .seconds(86_400)
        var settings = Timekeeper<SimulatedClock>.Settings(configuration)
        settings.earliestDate = EarliestDate(earliest)
        settings.leapSeconds = table
        return Timekeeper(
            clock: clock,
            sources: configuration.referenceClocks.map { ReferenceClock($0, earliestDate: earliest) },
            settings: settings)
    }

    /// Lets a receiver work: a pulse with 1 µs of jitter, which is late by a sawtooth, and sentences after 0.15 s.
    ///
    /// - Parameters:
    ///   - timekeeper: is told.
    ///   - seconds: of the test.
    ///   - start: the second 0.
    ///   - device: where gpsd has the receiver.
    ///   - pulseDevice: where gpsd has its pulses; `nil` for where it has the receiver.
    ///   - clockOfGPSD: by how much the clock with which gpsd stamps is ahead of ours, seconds.
    ///   - status: gpsd's number for the kind of fix; `nil` where there is no fix.
    ///   - leapSeconds: what gpsd tells of them; `nil` for nothing.
    ///   - ahead: by how many seconds the receiver's time is ahead.
    ///   - isLeapSecond: whether a second is told as :60.
    ///   - sawtooth: by how much the pulse of a second is late, seconds; gpsd is told.
    private func run(
        _ timekeeper: inout Timekeeper<SimulatedClock>, seconds: Range<Int>, start: Instant = start,
        device: String = device, pulseDevice: String? = nil, clockOfGPSD: Double = 0, status: Int? = 1,
        leapSeconds: Int? = 18,
        ahead: (Int) -> Int64 = { _ in 0 }, isLeapSecond: (Int) -> Bool = { _ in false },
        sawtooth: (Int) -> Double = { _ in 0 }
    ) {
        var random = RandomSource(seed: UInt64(seconds.lowerBound))
        for number in seconds {
            let second = start + .seconds(Int64(number))
            func advance(_ after: Double) -> Instant {
                timekeeper.clock.advance(to: Int64(number) * 1_000_000_000 + Int64(after * 1e9))
                return timekeeper.clock.now()
            }
            _ = advance(0)
            timekeeper.tick()
            // A receiver says what is to be added to the stamp: nothing but lateness with the other sign, in picoseconds.
            let late = sawtooth(number)
            let edge = advance(100e-6 + late + random.nextGaussian() * 1e-6) - Interval(seconds: 100e-6)
            _ = advance(0.02)
            let told = second + .seconds(ahead(number))
            let pulse = GPSDPulse(
                device: pulseDevice ?? device, reference: second, clock: edge + Interval(seconds: clockOfGPSD),
                precision: -20,
                quantisationError: late == 0 ? nil : Int((-late * 1e12).rounded()))
            for index in timekeeper.sources.indices {
                timekeeper.receive(.pulse(pulse), arrived: edge, from: index)
            }
            let heard = advance(0.15 + random.nextGaussian() * 5e-3)
            let offset = GPSDTimeOffset(
                device: device, reference: told, clock: heard + Interval(seconds: clockOfGPSD))
            let fix = GPSDFix(
                device: device, time: told, isLeapSecond: isLeapSecond(number),
                mode: status == nil ? .none : .threeDimensional, status: status ?? 0, leapSeconds: leapSeconds)
            for index in timekeeper.sources.indices {
                if status != nil { timekeeper.receive(.timeOffset(offset), arrived: heard, from: index) }
                timekeeper.receive(.fix(fix), arrived: heard, from: index)
            }
        }
    }

    /// Tells each source what gpsd has.
    private func list(_ paths: String..., to timekeeper: inout Timekeeper<SimulatedClock>) {
        let devices = paths.map { GPSDDevice(path: $0, driver: nil, model: nil, firmware: nil, isActive: true) }
        for index in timekeeper.sources.indices {
            timekeeper.receive(.devices(devices), arrived: timekeeper.clock.now(), from: index)
        }
    }

    @Test("pulses are followed to better than their jitter, numbered by the labels")
    func pulses() {
        var timekeeper = timekeeper("unit 0 prefer")
        run(&timekeeper, seconds: 0..<300)
        #expect(timekeeper.ladder.state == .locked)
        #expect(timekeeper.sources[0].pulses >= 290)
        // What is left of 1 µs of jitter when it is averaged, and no 0.15 s of the labels.
        #expect(abs(timekeeper.clock.error) < 1e-6, "\(timekeeper.clock.error)")
        #expect(timekeeper.serverState.stratum == 1)
    }

    @Test("stamps of another computer's clock are not taken for ours")
    func remote() {
        // gpsd's computer is 2 s slow; ours is what it is.
        var timekeeper = timekeeper("unit 0 prefer host 192.0.2.1")
        run(&timekeeper, seconds: 0..<60, clockOfGPSD: -2)
        #expect(timekeeper.sources[0].pulses == 0)
        #expect(abs(timekeeper.clock.error) < 0.5, "\(timekeeper.clock.error)")
    }

    @Test("the quantisation error that gpsd adds to a pulse corrects that pulse")
    func quantisationError() throws {
        var timekeeper = timekeeper("unit 0 prefer")
        // ± 0.9 µs, in steps that repeat after 21 s: no receiver's clock ticks slower than at 1 MHz.
        run(&timekeeper, seconds: 0..<600, sawtooth: { Double($0 * 8 % 21 - 10) * 0.09e-6 + 1e-12 })
        #expect(timekeeper.ladder.state == .locked)
        let receiver = try #require(timekeeper.snapshot().receivers.first)
        #expect(receiver.sawtooth == "corrected")
        #expect(abs(timekeeper.clock.error) < 1e-6, "\(timekeeper.clock.error)")
    }

    @Test("what labels have taught of their delay is kept for the same receiver, and not for another")
    func otherDevice() {
        var timekeeper = timekeeper("unit 0 prefer")
        run(&timekeeper, seconds: 0..<60)
        #expect(timekeeper.sources[0].pairing.delay != nil)
        timekeeper.deviceOpened(0, isSame: true)
        #expect(timekeeper.sources[0].pairing.delay != nil)
        timekeeper.deviceOpened(0, isSame: false)
        #expect(timekeeper.sources[0].pairing.delay == nil)
        // The clock numbers the pulses meanwhile.
        let before = timekeeper.sources[0].samples
        run(&timekeeper, seconds: 60..<65)
        #expect(timekeeper.sources[0].samples >= before + 4)
        #expect(timekeeper.ladder.state == .locked)
    }

    @Test("ntpd's unit from 128 on has the pulses, the one below the labels")
    func pulseUnit() {
        var timekeeper = timekeeper("unit 0", "unit 128 prefer")
        run(&timekeeper, seconds: 0..<300)
        #expect(timekeeper.ladder.state == .locked)
        #expect(timekeeper.sources.map { $0.pulses > 0 } == [false, true])
        #expect(timekeeper.snapshot().tracking.source == "GPSD(128)")
        #expect(abs(timekeeper.clock.error) < 1e-6, "\(timekeeper.clock.error)")
    }

    @Test(
        "gpsd's arrangement for the Raspberry Pi: sentences by the line, pulses by /dev/pps0",
        arguments: [
            ["unit 0"], ["unit 0 path \(device) ppspath /dev/pps0"], ["unit 0", "unit 128 prefer"],
            ["unit 0 path \(device)", "unit 128 path /dev/pps0 prefer"],
        ], [[device, "/dev/pps0"], ["/dev/pps0", device]])
    func pulseDevice(lines: [String], devices: [String]) {
        var timekeeper = timekeeper(lines)
        list(devices[0], devices[1], to: &timekeeper)
        // gpsd tells of a device again when it has recognised it.
        let port = GPSDDevice(path: Self.device, driver: "u-blox", model: nil, firmware: nil, isActive: true)
        run(&timekeeper, seconds: 0..<5, pulseDevice: "/dev/pps0")
        for index in timekeeper.sources.indices {
            timekeeper.receive(.device(port), arrived: timekeeper.clock.now(), from: index)
        }
        run(&timekeeper, seconds: 5..<300, pulseDevice: "/dev/pps0")
        #expect(timekeeper.ladder.state == .locked)
        #expect((timekeeper.sources.last?.pulses ?? 0) >= 290)
        #expect(abs(timekeeper.clock.error) < 1e-6, "\(timekeeper.clock.error)")
    }

    @Test("with flag2 the pulses are ignored, as ntpd does; its pulse unit has them all the same")
    func withoutPulses() {
        var timekeeper = timekeeper("unit 0 flag2 1", "unit 1 path \(Self.device)", "unit 128")
        run(&timekeeper, seconds: 0..<20)
        #expect(timekeeper.sources.map { $0.pulses > 0 } == [false, true, true])
    }

    @Test("a simulated receiver is not believed, and called so", arguments: [0, 86_400] as [Int64])
    func simulated(ahead: Int64) {
        var timekeeper = timekeeper("unit 0 prefer")
        run(&timekeeper, seconds: 0..<60, status: 8, ahead: { _ in ahead })
        #expect(timekeeper.ladder.state == .starting)
        #expect(timekeeper.sources[0].samples == 0)
        #expect(timekeeper.sources[0].condition == .invalid("test time"))
    }

    @Test("a receiver that learns the leap seconds is followed, seen without a fix before or not", arguments: [0, 5])
    func learnsLeapSeconds(withoutFix: Int) {
        var timekeeper = timekeeper("unit 0 prefer")
        if withoutFix > 0 { run(&timekeeper, seconds: 0..<withoutFix, status: nil, leapSeconds: nil) }
        run(&timekeeper, seconds: withoutFix..<40, leapSeconds: nil, ahead: { _ in 2 })
        #expect(abs(timekeeper.clock.error - 2) < 0.01, "\(timekeeper.clock.error)")
        // Thirty labels that stay back, and some seconds to prove the numbering anew.
        run(&timekeeper, seconds: 40..<90)
        #expect(timekeeper.ladder.state == .locked)
        #expect(abs(timekeeper.clock.error) < 1e-3, "\(timekeeper.clock.error)")
        let said = timekeeper.takeJournal().map(\.text)
        #expect(said.contains("GPSD(0): the seconds served so far were wrong; proving them anew"), "\(said)")
    }

    @Test("once labels that know the leap seconds have agreed, a receiver that goes back is not followed")
    func goesBack() {
        var timekeeper = timekeeper("unit 0 prefer")
        run(&timekeeper, seconds: 0..<40, leapSeconds: nil)
        run(&timekeeper, seconds: 40..<60)
        run(&timekeeper, seconds: 60..<200, ahead: { _ in -2 })
        #expect(abs(timekeeper.clock.error) < 1e-3, "\(timekeeper.clock.error)")
        #expect(timekeeper.sources[0].condition == .mislabelled(seconds: -2))
    }

    @Test(
        "a leap second that the table could not know is followed where the receiver named it, and no other",
        arguments: [(true, true), (true, false), (false, true)])
    func unknownLeapSecond(isNamed: Bool, isExpired: Bool) throws {
        // The second 30 of the test is 23:59:60; the simulated clock, which does not know it either, calls it 00:00:00.
        let start = try #require(CivilTime(year: 2026, month: 6, day: 30, hour: 23, minute: 59, second: 30)).instant
        let table = LeapSecondTable(
            entries: LeapSecondTable.builtIn.entries, expires: start + .seconds(isExpired ? -86_400 : 86_400))
        var timekeeper = timekeeper(["unit 0 prefer"], start: start, table: table)
        run(
            &timekeeper, seconds: 0..<90, start: start, ahead: { $0 > 30 ? -1 : 0 },
            isLeapSecond: { isNamed && $0 == 30 })
        let error = isNamed && isExpired ? -1.0 : 0
        #expect(abs(timekeeper.clock.error - error) < 1e-3, "\(timekeeper.clock.error)")
        #expect(timekeeper.ladder.state == .locked)
        #expect(timekeeper.sources[0].condition == (isNamed && isExpired ? .delivering : .mislabelled(seconds: -1)))
    }

    @Test("errors that gpsd tells do not trouble a source that delivers")
    func errors() {
        var timekeeper = timekeeper("unit 0 prefer")
        let error = GPSDReport.error("Unrecognized request")
        timekeeper.receive(error, arrived: timekeeper.clock.now(), from: 0)
        #expect(timekeeper.sources[0].condition == .absent("gpsd: Unrecognized request"))
        run(&timekeeper, seconds: 0..<30)
        _ = timekeeper.takeJournal()
        for number in 30..<60 {
            run(&timekeeper, seconds: number..<number + 1)
            timekeeper.receive(error, arrived: timekeeper.clock.now(), from: 0)
        }
        #expect(timekeeper.takeJournal().isEmpty)
    }

    @Test("a gpsd that tells something else all the time does not fill the log")
    func flood() {
        var timekeeper = timekeeper("unit 0 prefer")
        run(&timekeeper, seconds: 0..<30)
        _ = timekeeper.takeJournal()
        let lost = GPSDDevice(path: Self.device, driver: nil, model: nil, firmware: nil, isActive: false)
        for number in 30..<90 {
            for _ in 0..<10 { timekeeper.receive(.device(lost), arrived: timekeeper.clock.now(), from: 0) }
            run(&timekeeper, seconds: number..<number + 1)
        }
        // Ten at once, and one in six seconds.
        #expect(timekeeper.takeJournal().count <= 22)
    }

    @Test("of several receivers behind a gpsd only the named one is heard")
    func otherReceiver() {
        var timekeeper = timekeeper("unit 0 path \(Self.device)")
        list(Self.device, "/dev/ttyACM1", to: &timekeeper)
        run(&timekeeper, seconds: 0..<20, device: "/dev/ttyACM1")
        #expect(timekeeper.sources[0].samples == 0)
        #expect(timekeeper.sources[0].pulses == 0)
        run(&timekeeper, seconds: 20..<60)
        #expect(timekeeper.ladder.state == .locked)
    }

    @Test("a receiver that gpsd has lost is named once, and good once it is back")
    func lostReceiver() {
        var timekeeper = timekeeper("unit 0 prefer")
        run(&timekeeper, seconds: 0..<30)
        _ = timekeeper.takeJournal()
        let lost = GPSDDevice(path: Self.device, driver: nil, model: nil, firmware: nil, isActive: false)
        for _ in 0..<3 { timekeeper.receive(.device(lost), arrived: timekeeper.clock.now(), from: 0) }
        let warnings = timekeeper.takeJournal().filter { $0.level == .warning }.map(\.text)
        #expect(warnings == ["GPSD(0): gpsd has no receiver at /dev/ttyACM0, will try again"])
        run(&timekeeper, seconds: 30..<60)
        let said = timekeeper.takeJournal().map(\.text)
        #expect(said.filter { $0.hasSuffix(": good") }.count == 1, "\(said)")
    }
}
