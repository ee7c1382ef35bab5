import Discipline
import Testing
import TimeScale

@testable import ReferenceClocks

@Suite("Pairing of pulse and second")
struct PulsePairingTests {
    static let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    /// Feeds pulses and labels of a clock that is `offset` slow, each label `delay` after its pulse.
    func feed(
        _ pairing: inout PulsePairing, seconds: ClosedRange<Int64>, delay: Double, offset: Double = 0.3,
        wrongBy: Int64 = 0, witness: ((Instant) -> Instant)? = nil
    ) -> [[PulsePairing.NumberedPulse]] {
        seconds.map { second in
            let edge = Self.start + .seconds(second) - Interval(seconds: offset)
            pairing.observe(pulse: edge)
            return pairing.observe(
                label: Self.start + .seconds(second + wrongBy), arrived: edge + Interval(seconds: delay),
                witness: witness)
        }
    }

    @Test("six agreeing labels number the pulse, five do not")
    func proof() {
        var pairing = PulsePairing()
        let numbered = feed(&pairing, seconds: 1...6, delay: 0.12)
        #expect(numbered[..<5].allSatisfy { $0.isEmpty })
        #expect(numbered[5].last?.second == Self.start + .seconds(6))
        #expect(numbered[5].last?.edge == Self.start + .seconds(6) - .milliseconds(300))
        #expect(pairing.state == .proven)
    }

    @Test("a label that breaks the count begins the proof anew")
    func brokenCount() {
        var pairing = PulsePairing()
        _ = feed(&pairing, seconds: 1...5, delay: 0.12)
        _ = feed(&pairing, seconds: 6...6, delay: 0.12, wrongBy: 1)
        #expect(pairing.state == .proving(votes: 1))
        let numbered = feed(&pairing, seconds: 7...12, delay: 0.12)
        #expect(numbered[..<5].allSatisfy { $0.isEmpty })
        #expect(numbered[5].last?.second == Self.start + .seconds(12))
    }

    @Test("delays that two pulses could have are ambiguous", arguments: [0.44, 0.48, 0.6, 0.87, 0.99])
    func ambiguity(delay: Double) {
        var pairing = PulsePairing()
        let numbered = feed(&pairing, seconds: 1...60, delay: delay)
        #expect(numbered.allSatisfy { $0.isEmpty })
        guard case .ambiguous(let learned, _) = pairing.state else {
            Issue.record("\(pairing.state)")
            return
        }
        #expect(abs(learned - delay) < 1e-6)
    }

    @Test("a given delay of 0.87 s or 1.2 s finds the right pulse", arguments: [0.87, 1.2, -0.05])
    func givenDelay(delay: Double) {
        var pairing = PulsePairing(givenDelay: delay)
        var numbered: [PulsePairing.NumberedPulse] = []
        // The label of a second may arrive after the next pulse, or before its own.
        for step in Int64(0)..<2000 {
            let now = Self.start + .milliseconds(step * 10)
            if step % 100 == 0 { pairing.observe(pulse: now) }
            let labelled = now - Interval(seconds: delay)
            guard labelled == labelled.startOfSecond else { continue }
            numbered += pairing.observe(label: labelled, arrived: now, witness: nil)
        }
        // Of 20 pulses, the ones before the last label.
        #expect(numbered.count >= 18)
        #expect(numbered.allSatisfy { $0.edge == $0.second })
    }

    @Test("a witness settles what is ambiguous, and is heard where it contradicts")
    func witness() {
        var pairing = PulsePairing()
        let numbered = feed(&pairing, seconds: 1...6, delay: 0.87, offset: 0.1) { $0.nearestSecond }
        #expect(numbered.last?.last?.second == Self.start + .seconds(6))
        var contradicted = PulsePairing()
        _ = feed(&contradicted, seconds: 1...6, delay: 0.12, offset: 0.1, wrongBy: 3) { $0.nearestSecond }
        #expect(contradicted.state == .contradicted(seconds: 3))
    }

    @Test("no label, no number; a pulse older than a second and a half is no partner")
    func absence() {
        var pairing = PulsePairing()
        pairing.observe(pulse: Self.start)
        #expect(pairing.state == .unpaired)
        let late = pairing.observe(label: Self.start, arrived: Self.start + .milliseconds(1600), witness: nil)
        #expect(late.isEmpty)
        #expect(pairing.state == .unpaired)
    }

    @Test("while the clock numbers, labels a second wrong are noticed after six and forgiven after one")
    func monitoring() {
        var pairing = PulsePairing()
        _ = feed(&pairing, seconds: 1...6, delay: 0.12)
        for second in Int64(7)...11 {
            let utc = Self.start + .seconds(second)
            pairing.monitor(label: utc + .second, arrived: utc + .milliseconds(120), clockOffset: 0)
        }
        #expect(pairing.labelError == 0)
        let utc = Self.start + .seconds(12)
        pairing.monitor(label: utc + .second, arrived: utc + .milliseconds(120), clockOffset: 0)
        #expect(pairing.labelError == 1)
        pairing.monitor(label: utc, arrived: utc + .milliseconds(125), clockOffset: 0)
        #expect(pairing.labelError == 0)
    }

    @Test("labels an hour off are not learned as a delay of an hour")
    func implausibleDelay() {
        var pairing = PulsePairing()
        for second in Int64(1)...6 {
            let utc = Self.start + .seconds(second)
            pairing.monitor(label: utc + .seconds(3600), arrived: utc + .milliseconds(120), clockOffset: 0)
        }
        #expect(pairing.labelError == 3600)
        #expect(pairing.delay == nil)
    }

    @Test("a step of the clock between two labels does not break the proof")
    func step() {
        var pairing = PulsePairing()
        _ = feed(&pairing, seconds: 1...3, delay: 0.12, offset: 0.3)
        pairing.apply(ClockChange(step: .milliseconds(300)))
        let numbered = feed(&pairing, seconds: 4...6, delay: 0.12, offset: 0)
        #expect(numbered.last?.last?.second == Self.start + .seconds(6))
    }
}
