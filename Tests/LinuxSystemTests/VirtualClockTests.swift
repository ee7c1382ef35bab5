import LinuxSystem
import SimulatedWorld
import Testing
import TimeScale

@Suite("Virtual clock")
struct VirtualClockTests {
    /// How well the clock and the system's are compared when the clock is made; however long the machine takes for what
    /// else is read, before and after bound it.
    private let tolerance = Interval.milliseconds(1)

    /// Whether the clock is ahead of the system's by so much.
    private func isAhead(_ clock: VirtualClock, by lead: Interval) -> Bool {
        let before = KernelClock.realTime()
        let reading = clock.now() - lead
        return before - tolerance < reading && reading < KernelClock.realTime() + tolerance
    }

    @Test("it begins at the system's time plus its offset")
    func beginning() { #expect(isAhead(VirtualClock(offset: .seconds(-3600), oscillator: nil), by: .seconds(-3600))) }

    @Test("a kernel stamp becomes what the clock showed then, with an imagined quartz too", arguments: [false, true])
    func kernelStamps(isImagined: Bool) {
        let oscillator = isImagined ? Oscillator(OscillatorModel(frequency: 40e-6, wander: 1e-8), seed: 5) : nil
        let clock = VirtualClock(offset: .seconds(100), oscillator: oscillator)
        let before = clock.now()
        let stamp = KernelClock.realTime()
        let after = clock.now()
        let reading = clock.reading(atKernelTime: stamp)
        #expect(before - tolerance < reading && reading < after + tolerance)
    }

    @Test("a stamp in the future leaves the imagined quartz where it is")
    func futureStamp() {
        let clock = VirtualClock(offset: .zero, oscillator: Oscillator(OscillatorModel(), seed: 1))
        let future = KernelClock.realTime() + .seconds(1_000_000_000)
        #expect((clock.reading(atKernelTime: future) - future).magnitude < tolerance)
    }

    @Test("steps move the reading, frequencies are rounded as the kernel does and clamped")
    func steering() {
        let clock = VirtualClock(offset: .zero, oscillator: nil)
        #expect(clock.step(by: .seconds(10)) == .seconds(10))
        #expect(isAhead(clock, by: .seconds(10)))
        // 1 ppm is 65536 kernel units exactly.
        #expect(abs(clock.setFrequencyCorrection(1e-6) - 1e-6) < 1e-18)
        #expect(abs(clock.setFrequencyCorrection(1) - 500e-6) < 1e-15)
        #expect(clock.frequencyCorrection == clock.setFrequencyCorrection(.nan))
    }

    @Test("an imagined quartz that runs fast shows as a fast clock")
    func imaginedFrequency() {
        // A tenth fast: seen within a few ms, with 500 ppm of correction far below.
        let clock = VirtualClock(offset: .zero, oscillator: Oscillator(OscillatorModel(frequency: 0.1), seed: 1))
        let start = (before: clock.monotonicNow(), reading: clock.now(), after: clock.monotonicNow())
        while clock.monotonicNow() - start.after < .milliseconds(5) {}
        let end = (before: clock.monotonicNow(), reading: clock.now(), after: clock.monotonicNow())
        let elapsed = (end.reading - start.reading).seconds
        // At least, and at most, 1.1 times what the other clock has shown.
        #expect(elapsed > 1.09 * (end.before - start.after).seconds)
        #expect(elapsed < 1.11 * (end.after - start.before).seconds)
    }
}
