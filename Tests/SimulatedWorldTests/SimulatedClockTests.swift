import Discipline
import SimulatedWorld
import Testing
import TimeScale

@Suite("Simulated clock")
struct SimulatedClockTests {
    @Test("another program's frequency is rounded as Linux rounds it, and makes the clock gain")
    func disturbedFrequency() {
        let clock = SimulatedClock(
            start: .unixEpoch, offset: 0, oscillator: Oscillator(OscillatorModel(), seed: 1))
        clock.disturb(frequency: 10e-6)
        // Units of 2⁻¹⁶ ppm: 10 ppm is a whole number of them.
        #expect(clock.frequencyCorrection == 0)
        #expect(abs(clock.readFrequencyCorrection() - 10e-6) < 1e-18)
        clock.advance(to: 100_000_000_000)
        #expect(abs(clock.error - 1e-3) < 2e-9)
        clock.disturb(frequency: 1)
        #expect(clock.readFrequencyCorrection() == 500e-6)
    }
}
