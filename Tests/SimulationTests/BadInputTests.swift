import Discipline
import NTPServer
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

@Suite("Bad input in a simulated world")
struct BadInputTests {
    static let receiverAndProducers = """
        refclock nmea unit 0 baud 9600 flag1 1 minpoll 0 maxpoll 0
        refclock shm unit 2 minpoll 0 maxpoll 0
        local stratum 10
        """

    @Test("a receiver without a fix is named, and nothing is served")
    func noFix() {
        var appliance = SimulatedAppliance()
        appliance.receiver.hasFix = false
        appliance.run(seconds: 120)
        #expect(appliance.state == .starting)
        #expect(appliance.logged("no valid time (no fix)").count == 1)
    }

    @Test("a date 1024 weeks early is corrected, and said once")
    func rollover() throws {
        var appliance = SimulatedAppliance()
        appliance.receiver.errorSeconds = -1024 * 604_800
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 20)
        #expect(appliance.errors.suffix(5).largest < 20e-6)
        #expect(appliance.logged("1024 weeks behind").count == 1)
    }

    @Test("a receiver an hour off is outvoted by nobody alone: two that disagree serve nothing")
    func disagreement() {
        var appliance = SimulatedAppliance(Self.receiverAndProducers)
        appliance.world.producerError = 0
        appliance.receiver.errorSeconds = 3600
        appliance.run(seconds: 120)
        #expect(appliance.state == .starting)
        #expect(!appliance.logged("from the others; not believed").isEmpty)
    }

    @Test("a source that turns an hour wrong after the lock is named and not followed")
    func producerTurnsWrong() {
        var appliance = SimulatedAppliance(Self.receiverAndProducers)
        appliance.world.producerError = 0
        appliance.run(seconds: 120)
        #expect(appliance.state == .locked)
        appliance.world.producerError = 3600
        appliance.run(seconds: 120)
        #expect(appliance.state == .locked)
        #expect(appliance.errors.suffix(120).largest < 10e-6)
        #expect(!appliance.logged("SHM(2): samples have jumped by +3600 s").isEmpty)
    }

    @Test("an inserted leap second passes without a wrong time on either side of it")
    func leapSecond() throws {
        var appliance = try beforeLeapSecond()
        #expect(appliance.timekeeper.serverState.leapIndicator == .insertSecond)
        appliance.run(seconds: 292)
        #expect(appliance.timekeeper.serverState.leapIndicator == .none)
        #expect(appliance.state == .locked)
        #expect(appliance.errors[100..<595].largest < 10e-6)
        #expect(appliance.errors.suffix(280).largest < 10e-6)
        #expect(appliance.clock.steps.count == 1)
        #expect(appliance.logged("leap second: the clock went back 1 s").count == 1)
    }

    /// The kernel was armed while the clock was locked: what is served must know of it, or be a second off.
    @Test("a leap second passes without a wrong time while the signal is lost too, announced at stratum 10")
    func leapSecondAlone() throws {
        var appliance = try beforeLeapSecond(isSignalLost: true)
        #expect(appliance.timekeeper.serverState.stratum == 10)
        #expect(appliance.timekeeper.serverState.leapIndicator == .insertSecond)
        appliance.run(seconds: 292)
        #expect(appliance.timekeeper.serverState.leapIndicator == .none)
        #expect(appliance.clock.steps.count == 1)
        #expect(appliance.logged("leap second: the clock went back 1 s").count == 1)
        #expect(appliance.errors.suffix(280).largest < 1e-3)
    }

    /// An appliance two seconds before a leap second that 2026-12-31 is made to end with, locked, or alone for 5 min.
    private func beforeLeapSecond(isSignalLost: Bool = false) throws -> SimulatedAppliance {
        let midnight = try #require(CivilTime(year: 2027, month: 1, day: 1)).instant
        let table = LeapSecondTable(
            entries: LeapSecondTable.builtIn.entries + [.init(since: midnight, taiMinusUTC: 38)], expires: nil)
        var appliance = SimulatedAppliance(start: midnight - .seconds(600), leapSeconds: table)
        appliance.world.insertsLeapSecond = true
        appliance.run(seconds: 298)
        #expect(appliance.state == .locked)
        if isSignalLost { (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false) }
        appliance.run(seconds: 300)
        #expect(appliance.state == (isSignalLost ? .local : .locked))
        return appliance
    }

    @Test("a clock that does not make its leap second is set right, and serves no wrong second")
    func missedLeapSecond() throws {
        var appliance = try beforeLeapSecond()
        // Another program tells the kernel that there is none, and nobody looks until it should be over.
        appliance.clock.setStatus(
            ClockStatus(
                isSynchronised: true, leapIndicator: .none, maximumError: 1e-3, estimatedError: 1e-3, taiMinusUTC: 37))
        appliance.skip(seconds: 3)
        appliance.run(seconds: 300)
        #expect(appliance.logged("has not made the leap second").count == 1)
        // At the first moment afterwards nobody has looked yet: threads that serve withhold by themselves (`Service.until`).
        #expect(appliance.moments.dropFirst(599).allSatisfy { !$0.isServed || abs($0.servedError) < 10e-6 })
        #expect(appliance.state == .locked)
        #expect(appliance.errors.suffix(200).largest < 10e-6)
        #expect(appliance.clock.steps.count == 2)
    }

    @Test("a leap second that is slept through is no hand of another program")
    func sleptLeapSecond() throws {
        var appliance = try beforeLeapSecond()
        appliance.skip(seconds: 8)
        appliance.run(seconds: 60)
        #expect(appliance.logged("leap second: the clock went back 1 s").count == 1)
        #expect(appliance.logged("another program").isEmpty)
        #expect(appliance.clock.steps.count == 1)
        #expect(appliance.errors.suffix(50).largest < 10e-6)
    }

    @Test("another program that sets the clock is noticed, and nothing is served until the seconds are proven again")
    func anotherHand() throws {
        var appliance = SimulatedAppliance()
        appliance.run(seconds: 120)
        appliance.clock.disturb(by: .seconds(7))
        appliance.run(seconds: 1)
        #expect(appliance.state == .starting)
        #expect(appliance.timekeeper.serverState.leapIndicator == .unsynchronised)
        #expect(appliance.logged("another program set the clock by").count == 1)
        try #require(appliance.run(until: .locked, within: 30) != nil)
        appliance.run(seconds: 30)
        #expect(appliance.errors.suffix(10).largest < 10e-6)
    }

    @Test("pulses that nothing numbers serve nothing")
    func pulsesAlone() {
        var appliance = SimulatedAppliance()
        appliance.world.hasSentences = false
        appliance.run(seconds: 120)
        #expect(appliance.state == .starting)
        #expect(appliance.logged("nothing tells which seconds they are").count == 1)
    }

    @Test("half-sentences and noise between good sentences do no harm")
    func noise() throws {
        var appliance = SimulatedAppliance()
        let noise: [UInt8] = Array("$GPRMC,1200\u{0}\u{ff}$$*".utf8)
        for _ in 0..<60 {
            appliance.timekeeper.receive(bytes: noise.span, arrived: appliance.clock.now(), from: 0)
            appliance.run(seconds: 1)
        }
        #expect(appliance.state == .locked)
        #expect(appliance.errors.suffix(10).largest < 10e-6)
    }

    @Test("a speed that is wrong is suspected when bytes make no sentences")
    func wrongSpeed() {
        var appliance = SimulatedAppliance()
        (appliance.world.hasPulses, appliance.world.hasSentences) = (false, false)
        let garbage = [UInt8](repeating: 0xa5, count: 400)
        for _ in 0..<30 {
            appliance.timekeeper.receive(bytes: garbage.span, arrived: appliance.clock.now(), from: 0)
            appliance.run(seconds: 1)
        }
        #expect(appliance.logged("the speed may be wrong").count == 1)
    }
}
