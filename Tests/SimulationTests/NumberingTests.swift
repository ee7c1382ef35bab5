import Discipline
import ReferenceClocks
import Reports
import SimulatedWorld
import Simulation
import Testing

@testable import Timekeeping

@Suite("Which second is which, in a simulated world")
struct NumberingTests {
    static let withDelay = """
        refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0 time2 0.48
        local stratum 10
        """

    @Test("sentences 30 to 380 ms after the pulse number it at once", arguments: [0.03, 0.12, 0.25, 0.38])
    func proven(delay: Double) throws {
        var appliance = SimulatedAppliance()
        appliance.world.labelDelay = delay
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }

    @Test(
        "sentences that may belong to a neighbouring pulse are ambiguous and never serve a second",
        arguments: [(0.48, 0.03), (0.51, 0.02), (0.87, 0.02), (-0.02, 0.02)])
    func ambiguous(delay: Double, jitter: Double) {
        for seed in UInt64(1)...40 {
            var appliance = SimulatedAppliance(seed: seed)
            (appliance.world.labelDelay, appliance.world.labelJitter) = (delay, jitter)
            appliance.run(seconds: 60)
            #expect(appliance.state == .starting, "seed \(seed)")
            #expect(!appliance.logged("may be the wrong one; set time2").isEmpty, "seed \(seed)")
        }
    }

    @Test("pulses of a PTP hardware clock are numbered by another source, as a pulse device's are")
    func ptpHardwareClock() throws {
        var appliance = SimulatedAppliance(
            "refclock nmea unit 0 baud 9600 minpoll 0\nrefclock phc unit 0 extpps minpoll 0\n")
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 30)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
        let report = appliance.timekeeper.snapshot()
        #expect(report.sources.map(\.name) == ["NMEA(0)", "PHC(0)"])
        #expect(report.tracking.referenceID == "PHC")
    }

    @Test("pulses that begin after the sentences are followed as soon as they can be, sentences do not hold them up")
    func latePulses() throws {
        var appliance = SimulatedAppliance(
            "refclock nmea unit 0 baud 9600 minpoll 0\nrefclock phc unit 0 extpps minpoll 0\n")
        appliance.world.hasPulses = false
        appliance.run(seconds: 4)
        appliance.world.hasPulses = true
        // Six labels prove the pulses, the eighth pulse makes a line; and one second to spare.
        #expect(appliance.run(until: .locked, within: 10) != nil)
    }

    @Test("the bound of a stamp's error is served, from the first pulse on")
    func stampError() throws {
        let text = "refclock nmea unit 0 baud 9600 minpoll 0\nrefclock phc unit 0 extpps minpoll 0\n"
        var dispersions: [Double] = []
        for error in [0, 100e-6] {
            var appliance = SimulatedAppliance(text)
            appliance.world.namedError = error
            try #require(appliance.run(until: .locked, within: 30) != nil)
            // A second is recorded before its pulse.
            appliance.run(seconds: 1)
            dispersions.append(Double(try #require(appliance.moments.last).rootDispersion))
        }
        // One seed tells one story: only the bound differs, and a Float of 1e-4 s has steps of 7e-12.
        #expect(abs(dispersions[1] - dispersions[0] - 100e-6) < 1e-8)
    }

    @Test("an operator's time2 settles it")
    func givenDelay() throws {
        var appliance = SimulatedAppliance(Self.withDelay)
        (appliance.world.labelDelay, appliance.world.labelJitter) = (0.48, 0.03)
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }

    @Test("a clock that was synchronised before settles it")
    func witness() throws {
        var appliance = SimulatedAppliance(offset: 0.02, inheritedMaximumError: 0.05)
        (appliance.world.labelDelay, appliance.world.labelJitter) = (0.87, 0.02)
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }

    @Test("a receiver that contradicts a synchronised clock is not believed", arguments: [1, -10, 3600])
    func contradiction(seconds: Int) {
        var appliance = SimulatedAppliance(offset: 0.001, frequency: 0, inheritedMaximumError: 0.05)
        appliance.receiver.errorSeconds = seconds
        appliance.run(seconds: 60)
        #expect(appliance.state == .starting)
        #expect(appliance.clock.steps.isEmpty)
        #expect(!appliance.logged("not believed").isEmpty)
    }

    @Test("once locked, sentences that turn wrong while pulses stay right move nothing", arguments: [1, -1, 10])
    func mislabelling(seconds: Int) {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 120)
        appliance.receiver.errorSeconds = seconds
        appliance.run(seconds: 600)
        #expect(appliance.errors.suffix(600).largest < 10e-6)
        #expect(appliance.clock.steps.count == 1)
        #expect(!appliance.logged("s off the pulses they number; labels ignored").isEmpty)
        appliance.receiver.errorSeconds = 0
        appliance.run(seconds: 60)
        #expect(appliance.timekeeper.sources[0].pairing.labelError == 0)
    }

    @Test(
        "a producer's samples number the pulses of another source, late by as much as time1 says", arguments: [0, 0.3])
    func producer(lateness: Double) throws {
        var appliance = SimulatedAppliance(
            """
            refclock shm unit 0 minpoll 0 maxpoll 0 time1 \(lateness)
            refclock pps unit 0 minpoll 0 maxpoll 0
            """)
        appliance.world.hasSentences = false
        appliance.world.producerError = -lateness
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
        #expect(appliance.timekeeper.snapshot().tracking.source == "PPS(0)")
    }

    @Test("time2 of the sentences counts for pulses of another device too")
    func separatePulses() throws {
        var appliance = SimulatedAppliance(
            """
            server 127.127.20.0 mode 17 minpoll 0 maxpoll 0 prefer
            fudge 127.127.20.0 time2 0.48
            server 127.127.22.0 minpoll 0 maxpoll 0
            """)
        (appliance.world.labelDelay, appliance.world.labelJitter) = (0.48, 0.03)
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }

    @Test("the delay from pulse to sentence is learned to 5 ms within a minute")
    func learnedDelay() throws {
        var appliance = SimulatedAppliance()
        (appliance.world.labelDelay, appliance.world.labelJitter) = (0.137, 0.02)
        appliance.run(seconds: 60)
        let delay = try #require(appliance.timekeeper.sources[0].pairing.delay)
        #expect(abs(delay.centre - 0.137) < 0.005)
    }

    @Test("the phase is known within seven seconds of the first sentence")
    func coldStart() throws {
        var appliance = SimulatedAppliance()
        appliance.world.hasSentences = false
        appliance.run(seconds: 30)
        appliance.world.hasSentences = true
        // The sixth sentence proves sixteen pulses, twice as many as the first fit takes.
        let locked = appliance.run(until: .locked, within: 30)
        let seconds = try #require(locked)
        #expect(seconds <= 7)
        // The record of a second is made just before its pulse.
        appliance.run(seconds: 2)
        #expect(appliance.errors.suffix(1).largest < 10e-6)
    }

    @Test("what one run has learned of the delay lets the next one number what was ambiguous", arguments: [0.48, 0.87])
    func keptDelay(delay: Double) throws {
        var teacher = SimulatedAppliance(offset: 0.02, inheritedMaximumError: 0.05)
        (teacher.world.labelDelay, teacher.world.labelJitter) = (delay, 0.02)
        teacher.run(seconds: 120)
        let kept = teacher.timekeeper.keptState
        #expect(kept.lastGoodTime != nil)
        var appliance = SimulatedAppliance(keptState: kept)
        (appliance.world.labelDelay, appliance.world.labelJitter) = (delay, 0.02)
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }

    @Test("a receiver that learns the leap seconds minutes after its fix is followed, after a time without service")
    func lateLeapSeconds() throws {
        var appliance = SimulatedAppliance()
        (appliance.receiver.hasFix, appliance.receiver.errorSeconds) = (false, 18)
        appliance.run(seconds: 10)
        appliance.receiver.hasFix = true
        appliance.run(seconds: 300)
        #expect(appliance.state == .locked)
        appliance.receiver.errorSeconds = 0
        appliance.run(seconds: 60)
        #expect(!appliance.logged("labels went back by 18 s").isEmpty)
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
    }
}
