import LinuxSystem
import SimulatedWorld
import Testing
import TimeScale

@Suite("Virtual clock")
struct VirtualClockTests {
    /// 1 ms: what a busy machine may take between two readings.
    private let tolerance = Interval.milliseconds(1)

    @Test("it begins at the system's time plus its offset")
    func beginning() {
        let clock = VirtualClock(offset: .seconds(-3600), oscillator: nil)
        let difference = clock.now() - KernelClock.realTime() + .seconds(3600)
        #expect(difference.magnitude < tolerance)
    }

    @Test("a kernel stamp becomes what the clock showed then, with an imagined quartz too", arguments: [false, true])
    func kernelStamps(isImagined: Bool) {
        let oscillator = isImagined ? Oscillator(OscillatorModel(frequency: 40e-6, wander: 1e-8), seed: 5) : nil
        let clock = VirtualClock(offset: .seconds(100), oscillator: oscillator)
        let stamp = KernelClock.realTime()
        let reading = clock.now()
        #expect((clock.reading(atKernelTime: stamp) - reading).magnitude < tolerance)
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
        #expect((clock.now() - KernelClock.realTime() - .seconds(10)).magnitude < tolerance)
        // 1 ppm is 65536 kernel units exactly.
        #expect(abs(clock.setFrequencyCorrection(1e-6) - 1e-6) < 1e-18)
        #expect(abs(clock.setFrequencyCorrection(1) - 500e-6) < 1e-15)
        #expect(clock.frequencyCorrection == clock.setFrequencyCorrection(.nan))
    }

    @Test("an imagined quartz that runs fast shows as a fast clock")
    func imaginedFrequency() {
        // A tenth fast: seen within a few ms, with 500 ppm of correction far below.
        let clock = VirtualClock(offset: .zero, oscillator: Oscillator(OscillatorModel(frequency: 0.1), seed: 1))
        let start = (clock.now(), clock.monotonicNow())
        while clock.monotonicNow() - start.1 < .milliseconds(5) {}
        let ratio = (clock.now() - start.0).seconds / (clock.monotonicNow() - start.1).seconds
        // Two readings some µs apart over 5 ms; a preemption between them only brings the ratio down to 1.
        #expect(ratio > 1.02 && ratio < 1.2)
    }
}
