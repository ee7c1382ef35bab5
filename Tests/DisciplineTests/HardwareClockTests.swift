import Discipline
import SimulatedWorld
import Testing
import TimeScale

/// An imagined card beside an imagined system: both begin at moments of their own and run at rates of their own.
private struct ImaginedCard {
    /// The card's reading at the beginning: TAI of 2023.
    var card: Int64 = 1_700_000_037_000_000_000
    /// CLOCK_REALTIME at the beginning.
    var system: Int64 = 1_700_000_000_000_000_000
    /// Rates beside true time, s/s: the card's, the raw clock's, and what steering adds to the latter.
    var cardRate = 37e-6
    var rawRate = -8e-6
    var steering = 12.5e-6

    /// Goes on by some seconds.
    mutating func advance(_ seconds: Double) {
        card += Int64((seconds * 1e9 * (1 + cardRate)).rounded())
        system += Int64((seconds * 1e9 * (1 + rawRate) * (1 + steering)).rounded())
        raw += Int64((seconds * 1e9 * (1 + rawRate)).rounded())
    }

    /// CLOCK_MONOTONIC_RAW.
    private(set) var raw: Int64 = 5_000_000_000

    /// A reading whose bracket is so wide, and whose middle is so much later than the card was read, seconds.
    func reading(width: Double = 1e-6, late: Double = 0) -> HardwareClockReading {
        HardwareClockReading(card: card, raw: raw + Int64((late * 1e9).rounded()), width: width)
    }

    /// The system's clocks.
    var clocks: SystemClockReading {
        SystemClockReading(system: Instant(nanoseconds: system), raw: raw, steering: steering)
    }

    /// By how much an estimate is wrong about now, seconds.
    func error(of estimate: HardwareClockEstimate) throws -> Double { try error(of: estimate.map(at: clocks)) }

    /// By how much a map is wrong about now, seconds.
    func error(of map: HardwareClockMap?) throws -> Double {
        let mapped = try #require(map?.systemTime(of: card, reach: 60))
        return (mapped - Instant(nanoseconds: system)).seconds
    }
}

@Suite("PTP hardware clock")
struct HardwareClockTests {
    private func estimate(minimum: Int = 2, maximum: Int = 16) -> HardwareClockEstimate {
        HardwareClockEstimate(precision: 100e-9, minimumSamples: minimum, maximumSamples: maximum)
    }

    /// Rounding to nanoseconds, some of them in a row.
    private static let rounding = 5e-9

    @Test("two readings of clocks that run evenly tell the third")
    func line() throws {
        var (world, estimate) = (ImaginedCard(), estimate())
        estimate.take(world.reading())
        #expect(estimate.map(at: world.clocks) == nil)
        world.advance(1)
        estimate.take(world.reading())
        #expect(abs(try world.error(of: estimate)) <= Self.rounding)
        let map = try #require(estimate.map(at: world.clocks))
        // (1 − 8e-6)·(1 + 12.5e-6)/(1 + 37e-6) − 1 = −3.25011e-5, to a nanosecond in a second.
        #expect(abs(map.rate + 3.25e-5) < 3e-9)
        world.advance(1)
        #expect(abs(try world.error(of: map)) <= Self.rounding)
    }

    @Test("as many readings as are wanted make a line, and no more than are wanted are kept")
    func counts() {
        var (world, estimate) = (ImaginedCard(), estimate(minimum: 4, maximum: 6))
        var known: [Bool] = []
        for _ in 0..<8 {
            estimate.take(world.reading())
            known.append(estimate.map(at: world.clocks) != nil)
            world.advance(1)
        }
        #expect(known == [false, false, false, true, true, true, true, true])
        #expect(estimate.count == 6)
    }

    @Test("jitter is averaged")
    func jitter() throws {
        var (world, estimate, random) = (ImaginedCard(), estimate(), RandomSource(seed: 1))
        var squares = 0.0
        for second in 0..<1000 {
            let late = 20e-9 * random.nextGaussian()
            estimate.take(world.reading(late: late))
            world.advance(1)
            if second >= 16 { squares += try world.error(of: estimate) * world.error(of: estimate) }
        }
        // A line through 16 points at distances of 1, one step beyond its end: σ·√(1/16 + 8.5²/340) = 0.524·20 ns.
        let deviation = (squares / 984).squareRoot()
        #expect(deviation > 8e-9 && deviation < 13e-9)
    }

    @Test("the bound holds where the bus takes longer one way than the other")
    func bound() throws {
        for seed in 0..<200 as Range<UInt64> {
            var (world, estimate, random) = (ImaginedCard(), estimate(), RandomSource(seed: seed))
            // The card is read somewhere in the bracket, mostly at the same place.
            let place = random.nextUnit() - 0.5
            for _ in 0..<20 {
                let late = 1e-6 * min(max(place + 0.05 * random.nextGaussian(), -0.5), 0.5)
                world.advance(1)
                estimate.take(world.reading(width: 1e-6, late: late))
            }
            let map = try #require(estimate.map(at: world.clocks))
            #expect(map.error >= 0.5e-6 && map.error < 1e-6)
            #expect(abs(try world.error(of: map)) <= map.error, "seed \(seed)")
        }
    }

    @Test("of readings in a row those with narrow brackets count")
    func narrowest() throws {
        let world = ImaginedCard()
        let disturbed = world.reading(width: 30e-6, late: 14e-6)
        let calm = [world.reading(width: 1e-6, late: 20e-9), world.reading(width: 1.09e-6, late: 40e-9)]
        let best = HardwareClockReading.best(of: [disturbed] + calm + [disturbed], precision: 100e-9)
        // The mean of 20 and 40 ns.
        #expect(best == world.reading(width: 1e-6, late: 30e-9))
        #expect(HardwareClockReading.best(of: [], precision: 1e-7) == nil)
        #expect(HardwareClockReading.best(of: calm + [world.reading(width: -1e-6)], precision: 1e-7) == nil)
    }

    @Test("a wide bracket hardly counts beside narrow ones, and one beyond a millisecond not at all")
    func wide() throws {
        var (world, estimate) = (ImaginedCard(), estimate())
        for _ in 0..<8 {
            estimate.take(world.reading())
            world.advance(1)
        }
        estimate.take(world.reading(width: 400e-6, late: 150e-6))
        // A weight of (1/400)² beside seven others, times 150 µs, is less than 1 ns.
        #expect(abs(try world.error(of: estimate)) <= Self.rounding)
        world.advance(1)
        let map = estimate.map(at: world.clocks)
        estimate.take(world.reading(width: 1.1e-3, late: 0.5e-3))
        #expect(estimate.map(at: world.clocks) == map)
        #expect(estimate.restarts == 0)
    }

    @Test("where the card is set, everything begins anew", arguments: [37e9, -37e9, 1e6, -1e6, 50e3, -50e3])
    func cardStep(nanoseconds: Double) throws {
        var (world, estimate) = (ImaginedCard(), estimate())
        for _ in 0..<20 {
            estimate.take(world.reading())
            world.advance(1)
        }
        world.card += Int64(nanoseconds)
        estimate.take(world.reading())
        #expect(estimate.map(at: world.clocks) == nil)
        #expect(estimate.restarts == 1)
        world.advance(1)
        estimate.take(world.reading())
        #expect(abs(try world.error(of: estimate)) <= Self.rounding)
        #expect(estimate.restarts == 1)
    }

    @Test("a step or slew of the system's clock is followed as soon as it is looked at")
    func systemStep() throws {
        var (world, estimate) = (ImaginedCard(), estimate())
        for second in 0..<40 {
            if second == 20 { world.system += 300_000_000 }
            if second == 30 { world.steering = -400e-6 }
            estimate.take(world.reading())
            if second > 0 { #expect(abs(try world.error(of: estimate)) <= Self.rounding) }
            world.advance(1)
            if second > 0 { #expect(abs(try world.error(of: estimate)) <= Self.rounding) }
        }
        #expect(estimate.restarts == 0)
        #expect(estimate.count == 16)
    }

    @Test("where the card's rate changes, old readings are given up and the map stays within a bracket")
    func rateChange() throws {
        var (world, estimate) = (ImaginedCard(), estimate())
        for second in 0..<60 {
            if second == 30 { world.cardRate += 1e-6 }
            estimate.take(world.reading(width: 200e-9))
            if second > 0 { #expect(abs(try world.error(of: estimate)) <= 100e-9 + Self.rounding) }
            // In the first second after the change nobody can know of it: 1 µs.
            world.advance(1)
        }
        #expect(estimate.restarts == 0)
        #expect(abs(try world.error(of: estimate)) <= Self.rounding)
    }

    @Test("readings without sense do not trap, and what follows them is right")
    func hostile() throws {
        for card in [Int64.min, -1, 0, .max] {
            for raw in [Int64.min, 0, .max] {
                var (world, estimate) = (ImaginedCard(), estimate())
                estimate.take(world.reading())
                for width in [0, -1, .nan, 1e300] {
                    estimate.take(
                        HardwareClockReading(card: card, raw: raw, width: width))
                }
                for _ in 0..<20 {
                    world.advance(1)
                    estimate.take(world.reading())
                }
                #expect(abs(try world.error(of: estimate)) <= Self.rounding)
                let readings = [card, 0, .max, .min].map {
                    HardwareClockReading(card: $0, raw: $0, width: 0)
                }
                #expect(HardwareClockReading.best(of: readings, precision: 1) == nil)
            }
        }
    }

    @Test("a stamp that is farther from the last reading than the map reaches is of another time")
    func reach() {
        let map = HardwareClockMap(
            card: 1_000_000_000, system: Instant(nanoseconds: 5_000_000_000), rate: 0.5, error: 0)
        // Half as much again, because the system's clock is that much faster.
        #expect(map.systemTime(of: 3_000_000_000, reach: 2) == Instant(nanoseconds: 8_000_000_000))
        #expect(map.systemTime(of: -1_000_000_000, reach: 2) == Instant(nanoseconds: 2_000_000_000))
        for stamp in [3_000_000_001, -1_000_000_001, Int64.max, .min] {
            #expect(map.systemTime(of: stamp, reach: 2) == nil)
        }
    }
}
