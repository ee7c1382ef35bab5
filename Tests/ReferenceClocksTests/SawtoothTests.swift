import Receivers
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

/// A receiver's figures about its pulses, and whether they belong to the stamps.
@Suite("Sawtooth of the pulses")
struct SawtoothTests {
    /// Half the period of a 23.1 MHz oscillator: the quantisation error of an Antaris 4 timing receiver is ±21 ns.
    private static let halfPeriod = 21.6e-9

    /// Scatter of the pulses in the last half of a run, standard deviation in seconds.
    ///
    /// Each pulse is late by its own figure times `sign`, and by the scatter of the stamp. What is left is derived: the
    /// figures are uniform in ±21.6 ns, a standard deviation of 21.6/√3 = 12.5 ns, which add to the stamp's in quadrature
    /// where they are not taken out.
    private func scatter(sign: Double, stamp: Double, pulses: Int = 600, seed: UInt64) -> (
        scatter: Double, sign: Double
    ) {
        var random = RandomSource(seed: seed)
        var correction = SawtoothCorrection()
        var squares = 0.0
        for second in 0..<pulses {
            let figure = (2 * random.nextUnit() - 1) * Self.halfPeriod
            let late = -sign * figure + random.nextGaussian() * stamp
            let moved = correction.take(second: start + .seconds(Int64(second)), offset: -late, figure: figure)
            // The stamp, moved, against the true second.
            let rest = late + moved
            if second >= pulses / 2 { squares += rest * rest }
        }
        return ((squares / Double(pulses / 2)).squareRoot(), correction.sign)
    }

    @Test("figures that are to be added are found out, and taken out", arguments: 1...5 as ClosedRange<UInt64>)
    func positive(seed: UInt64) {
        let (scatter, sign) = scatter(sign: 1, stamp: 5e-9, seed: seed)
        #expect(sign == 1)
        // 5 ns of stamp are left; 5/√(2·300) = 0.2 ns is the error of a standard deviation of 300 pulses.
        #expect(abs(scatter - 5e-9) < 1e-9)
    }

    @Test("figures that count the other way are found out", arguments: 1...5 as ClosedRange<UInt64>)
    func negative(seed: UInt64) {
        let (scatter, sign) = scatter(sign: -1, stamp: 5e-9, seed: seed)
        #expect(sign == -1)
        #expect(abs(scatter - 5e-9) < 1e-9)
    }

    @Test("figures of another receiver's pulses are not taken", arguments: 1...5 as ClosedRange<UInt64>)
    func foreign(seed: UInt64) {
        let (scatter, sign) = scatter(sign: 0, stamp: 5e-9, seed: seed)
        #expect(sign == 0)
        #expect(abs(scatter - 5e-9) < 1e-9)
    }

    @Test("stamps of a microsecond are left as they are, or made no worse", arguments: 1...20 as ClosedRange<UInt64>)
    func coarse(seed: UInt64) {
        let (scatter, _) = scatter(sign: 1, stamp: 1e-6, seed: seed)
        // 12.5 ns in quadrature with 1 µs are 0.08 ns; the standard deviation of 300 pulses is known to 41 ns.
        #expect(abs(scatter - 1e-6) < 4 * 41e-9)
    }

    @Test("a figure counts for the second that it names, the last word about it, and no other")
    func forecast() {
        var forecast = SawtoothForecast()
        forecast.note(PulseSawtooth(second: start + .second, correction: 3e-9))
        forecast.note(PulseSawtooth(second: start + .second, correction: 4e-9))
        forecast.note(PulseSawtooth(second: start + .seconds(2), correction: nil))
        #expect(forecast.correction(ofPulseAt: start + .second) == 4e-9)
        #expect(forecast.correction(ofPulseAt: start) == nil)
        #expect(forecast.correction(ofPulseAt: start + .seconds(2)) == nil)
    }

    @Test("after pulses were missed, the changes begin anew")
    func gaps() {
        var random = RandomSource(seed: 9)
        var correction = SawtoothCorrection()
        for second in 0..<900 where second % 3 != 2 {
            let figure = (2 * random.nextUnit() - 1) * Self.halfPeriod
            _ = correction.take(second: start + .seconds(Int64(second)), offset: figure, figure: figure)
        }
        // Never three in a row: nothing to learn from.
        #expect(correction.sign == 0)
    }
}
