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
    private func timekeeper(_ lines: String...) -> Timekeeper<SimulatedClock> {
        let text = lines.map { "refclock gpsd \($0) minpoll 0 maxpoll 0\n" }.joined()
        let (configuration, diagnostics) = NTPConfiguration.parse(text: Array(text.utf8), file: "test") { _ in nil }
        precondition(diagnostics.isEmpty, "\(diagnostics)")
        let oscillator = Oscillator(OscillatorModel(frequency: 1e-5), seed: 1)
        let clock = SimulatedClock(start: Self.start, offset: 0.3, oscillator: oscillator)
        let earliest = Self.start - .seconds(86_400)
        var settings = Timekeeper<SimulatedClock>.Settings(configuration)
        settings.earliestDate = EarliestDate(earliest)
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
    ///   - device: where gpsd has the receiver.
    ///   - clockOfGPSD: by how much the clock with which gpsd stamps is ahead of ours, seconds.
    ///   - sawtooth: by how much the pulse of a second is late, seconds; gpsd is told.
    private func run(
        _ timekeeper: inout Timekeeper<SimulatedClock>, seconds: Range<Int>, device: String = device,
        clockOfGPSD: Double = 0, sawtooth: (Int) -> Double = { _ in 0 }
    ) {
        var random = RandomSource(seed: UInt64(seconds.lowerBound))
        for number in seconds {
            let second = Self.start + .seconds(Int64(number))
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
            let pulse = GPSDPulse(
                device: device, reference: second, clock: edge + Interval(seconds: clockOfGPSD), precision: -20,
                quantisationError: late == 0 ? nil : Int((-late * 1e12).rounded()))
            for index in timekeeper.sources.indices {
                timekeeper.receive(.pulse(pulse), arrived: edge, from: index)
            }
            let heard = advance(0.15 + random.nextGaussian() * 5e-3)
            let offset = GPSDTimeOffset(
                device: device, reference: second, clock: heard + Interval(seconds: clockOfGPSD))
            for index in timekeeper.sources.indices {
                timekeeper.receive(.timeOffset(offset), arrived: heard, from: index)
            }
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
        run(&timekeeper, seconds: 0..<600) { Double($0 * 8 % 21 - 10) * 0.09e-6 + 1e-12 }
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

    @Test("of several receivers behind a gpsd only the named one is heard")
    func otherReceiver() {
        var timekeeper = timekeeper("unit 0 path \(Self.device)")
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
