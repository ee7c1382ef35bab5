import Simulation
import Testing

/// Jitter σ and wander q of a cell, and the steady-state Kalman bound of the clock error for one pulse a second.
struct Cell: Sendable, CustomTestStringConvertible {
    let jitter: Double
    let wander: Double
    var testDescription: String { "σ \(jitter) s, q \(wander) per √s" }

    /// The bound: √P of the filter that knows σ and q, iterated to its fixed point (discrete Riccati equation,
    /// derived here and not taken from the product).
    var bound: Double {
        var (xx, xy, yy) = (jitter * jitter, 0.0, 1e-12)
        let (r, q) = (jitter * jitter, wander * wander)
        for _ in 0..<200_000 {
            // Predict over 1 s with ẋ = y, ẏ = white of density q.
            (xx, xy, yy) = (xx + 2 * xy + yy + q / 3, xy + yy + q / 2, yy + q)
            // Update with a phase of variance r.
            let (kx, ky) = (xx / (xx + r), xy / (xx + r))
            (xx, xy, yy) = (xx - kx * xx, xy - kx * xy, yy - ky * xy)
        }
        // The error that clients see is that of the prediction: one second after the last correction.
        return (xx + 2 * xy + yy + q / 3).squareRoot()
    }
}

@Suite("Accuracy in a simulated world; no physical receiver")
struct AccuracyTests {
    static let cells = [1e-7, 1e-6, 1e-5].flatMap { jitter in
        [1e-11, 1e-10, 1e-9].map { Cell(jitter: jitter, wander: $0) }
    }

    @Test("the derived bound is that of the issue's table", arguments: [(1e-7, 1e-11, 11.9e-9), (1e-5, 1e-9, 1193e-9)])
    func bound(jitter: Double, wander: Double, expected: Double) {
        #expect(abs(Cell(jitter: jitter, wander: wander).bound / expected - 1) < 0.01)
    }

    @Test("the RMS error stays within 1.25 of the bound, untuned", arguments: cells)
    func rms(cell: Cell) {
        // One seed and 40 minutes, so the margin is for chance as well; issue 3 tightens it with more of both.
        var appliance = SimulatedAppliance(frequency: 10e-6, wander: cell.wander, seed: 7)
        appliance.world.pulseJitter = cell.jitter
        appliance.run(seconds: 3600)
        let rms = appliance.errors.suffix(2400).rootMeanSquare
        print("σ \(cell.jitter) q \(cell.wander): RMS \(rms), bound \(cell.bound), ratio \(rms / cell.bound)")
        #expect(rms < 1.25 * cell.bound)
    }

    @Test("late outliers of 50 to 500 µs, one in a hundred, cost little")
    func outliers() {
        var appliance = SimulatedAppliance(frequency: 10e-6, seed: 7)
        appliance.world.outliers = 0.01
        appliance.run(seconds: 2400)
        // The bound without outliers is 119 ns.
        #expect(appliance.errors.suffix(1200).rootMeanSquare < 200e-9)
        #expect(appliance.errors.suffix(1200).largest < 2e-6)
    }

    @Test("within half a minute of a cold start the error is below 10 µs and stays there", arguments: 1...20)
    func settling(seed: UInt64) {
        var appliance = SimulatedAppliance(seed: seed)
        appliance.run(seconds: 90)
        #expect(appliance.errors[30...].largest < 10e-6)
    }
}
