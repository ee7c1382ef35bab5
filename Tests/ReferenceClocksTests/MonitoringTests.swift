import Receivers
import Testing
import TimeScale

@testable import ReferenceClocks

@Suite("Labels while the clock numbers the pulses")
struct MonitoringTests {
    /// A pairing that has been monitored for a minute.
    static func pairing(_ train: inout Train) -> PulsePairing {
        var pairing = PulsePairing(baudRate: 9600)
        train.monitor(&pairing, seconds: 0..<60)
        return pairing
    }

    @Test(
        "labels that are whole seconds off are counted apart and never learned", arguments: [-18, -1, 1, 10, 604_800])
    func wholeSeconds(error: Int64) throws {
        var train = Train(delay: 0.4, jitter: 0.02)
        var pairing = Self.pairing(&train)
        let before = try #require(pairing.delay)
        train.error = error
        train.monitor(&pairing, seconds: 60..<4000)
        #expect(pairing.labelError == Int(error))
        #expect(pairing.delay?.centre == before.centre)
        #expect(!pairing.needsNewProof)
        train.error = 0
        train.monitor(&pairing, seconds: 4000..<4002)
        #expect(pairing.labelError == 0)
    }

    @Test("delays met in a proof that did not stand are forgotten")
    func unprovenDelays() {
        var pairing = PulsePairing(baudRate: 9600)
        // It seems to be 0.98 s after the pulse before.
        var train = Train(delay: -0.02)
        #expect(train.number(&pairing, seconds: 0..<20).isEmpty)
        train.monitor(&pairing, seconds: 20..<40)
        #expect(pairing.labelError == 0)
        #expect(abs((pairing.delay?.centre ?? 0) + 0.02) < 1e-6)
    }

    @Test("a wrong delay given by the operator is corrected by the pulses")
    func wrongGivenDelay() {
        var pairing = PulsePairing(givenDelay: 0.7, baudRate: 9600)
        var train = Train(delay: 0.05, jitter: 0.01)
        train.monitor(&pairing, seconds: 0..<30)
        #expect(pairing.labelError == 0)
        #expect(abs((pairing.delay?.centre ?? 0) - 0.05) < 0.01)
    }

    @Test(
        "a receiver without leap seconds that takes back 1 to 18 s while provisional needs a new proof",
        arguments: [1, 3, 18])
    func revision(seconds: Int64) {
        var train = Train(delay: 0.12, jitter: 0.01)
        var pairing = Self.pairing(&train)
        train.error = -seconds
        train.monitor(&pairing, seconds: 60..<89, isProvisional: true)
        #expect(!pairing.needsNewProof)
        train.monitor(&pairing, seconds: 89..<90, isProvisional: true)
        #expect(pairing.needsNewProof)
        #expect(pairing.state == .revised(seconds: -Int(seconds)))
        pairing.restart()
        #expect(!pairing.needsNewProof)
        // The clock is still the wrong one: each edge is the second that the labels say.
        let numbered = train.number(&pairing, seconds: 90..<100)
        #expect(numbered.allSatisfy { $0.edge - $0.second == .seconds(seconds) })
        #expect(numbered.count == 10)
    }

    @Test("no other jump needs a new proof")
    func noRevision() {
        func isRevised(
            error: Int64, labels: Int64 = 200, isProvisional: Bool = true, hasPulses: Bool = true,
            hasAgreed: Bool = true
        ) -> Bool {
            var train = Train(delay: 0.12, jitter: 0.01)
            var pairing = hasAgreed ? Self.pairing(&train) : PulsePairing(baudRate: 9600)
            train.error = error
            train.monitor(&pairing, seconds: 100..<100 + labels, isProvisional: isProvisional, hasPulses: hasPulses)
            return pairing.needsNewProof
        }
        #expect(isRevised(error: -18))
        #expect(!isRevised(error: -18, isProvisional: false))
        #expect(!isRevised(error: -18, labels: 29))
        #expect(!isRevised(error: -18, hasPulses: false))
        #expect(!isRevised(error: -18, hasAgreed: false))
        #expect(!isRevised(error: 1))
        #expect(!isRevised(error: 18))
        #expect(!isRevised(error: -19))
        #expect(!isRevised(error: -604_800))
    }

    @Test("a jump that began when the numbering was no longer provisional stays without effect")
    func lateRevision() {
        var train = Train(delay: 0.12, jitter: 0.01)
        var pairing = Self.pairing(&train)
        train.error = -18
        train.monitor(&pairing, seconds: 60..<61, isProvisional: false)
        train.monitor(&pairing, seconds: 61..<200, isProvisional: true)
        #expect(!pairing.needsNewProof)
    }
}
