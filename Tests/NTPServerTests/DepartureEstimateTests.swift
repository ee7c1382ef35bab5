import NTPServer
import Testing
import TimeScale

@Suite("When a reply leaves")
struct DepartureEstimateTests {
    private let begun = Instant(nanoseconds: 1_700_000_000_000_000_000)

    /// Probes with such delays after the beginning of their groups, s.
    private func estimate(_ delays: [Double], place: Int = 0) -> DepartureEstimate {
        var estimate = DepartureEstimate()
        for (number, delay) in delays.enumerated() {
            let timestamp = NTPTimestamp(bits: UInt64(number + 1))
            estimate.expect(timestamp, place: place, begun: begun)
            estimate.learn(timestamp, departed: begun + Interval(seconds: delay))
        }
        return estimate
    }

    private func delay(_ estimate: DepartureEstimate, place: Int = 0) -> Double {
        (estimate.departure(of: place, begun: begun) - begun).seconds
    }

    @Test("without a probe a reply leaves when it is stamped")
    func unknown() { #expect(delay(DepartureEstimate()) == 0) }

    @Test("probes teach the delay, and one that took long by accident hardly counts")
    func learns() {
        // A gain of 1/8 leaves (7/8)^64 = 2e-4 of a first error.
        #expect(abs(delay(estimate(Array(repeating: 3e-6, count: 64))) - 3e-6) < 5e-9)
        let disturbed = estimate(Array(repeating: 3e-6, count: 64) + [45e-6])
        #expect(delay(disturbed) <= 3e-6 + 0.5e-6)
        #expect(abs(delay(estimate(Array(repeating: 3e-6, count: 64) + [10e-3, -10e-3])) - 3e-6) < 5e-9)
    }

    @Test("no delay is negative, nor longer than a system takes")
    func limits() {
        #expect(delay(estimate(Array(repeating: -2e-6, count: 100))) == 0)
        #expect(delay(estimate(Array(repeating: 90e-6, count: 1000))) <= 50e-6)
    }

    @Test("another reply's departure teaches nothing")
    func stranger() {
        var estimate = DepartureEstimate()
        estimate.expect(NTPTimestamp(bits: 2), place: 0, begun: begun)
        estimate.learn(NTPTimestamp(bits: 3), departed: begun + Interval(seconds: 3e-6))
        #expect(delay(estimate) == 0)
    }

    @Test("a provisional stamp counts once it is clear that no better one comes")
    func provisional() {
        var estimate = DepartureEstimate()
        estimate.expect(NTPTimestamp(bits: 2), place: 0, begun: begun)
        estimate.learn(NTPTimestamp(bits: 2), departed: begun + Interval(seconds: 2e-6), isProvisional: true)
        #expect(delay(estimate) == 0)
        // An eighth of 2 µs.
        var unheard = estimate
        unheard.expect(NTPTimestamp(bits: 4), place: 0, begun: begun)
        #expect(abs(delay(unheard) - 0.25e-6) < 1e-9)
        // An eighth of 4 µs, and nothing of the 2.
        estimate.learn(NTPTimestamp(bits: 2), departed: begun + Interval(seconds: 4e-6))
        estimate.expect(NTPTimestamp(bits: 4), place: 0, begun: begun)
        #expect(abs(delay(estimate) - 0.5e-6) < 1e-9)
    }

    @Test("later replies of a group leave later, by what groups have taken for each")
    func spacing() {
        var estimate = DepartureEstimate()
        for _ in 0..<100 { estimate.learnSpacing(elapsed: Interval(nanoseconds: 16_000), count: 8) }
        #expect(abs(delay(estimate, place: 3) - 3 * 2e-6) < 2e-9)
    }

    @Test("probes are due now and then")
    func probes() {
        var estimate = DepartureEstimate()
        var due = 0
        for millisecond in 0..<1000 as Range<Int64>
        where estimate.isProbeDue(at: MonotonicInstant(nanoseconds: millisecond * 1_000_000)) { due += 1 }
        #expect(due == 8)
    }
}
