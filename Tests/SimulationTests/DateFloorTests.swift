import Discipline
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

/// A machine that does not know what year it is, and dates that cannot be.
@Suite("The earliest date, in a simulated world")
struct DateFloorTests {
    /// 1970, a second after it, and years after 2036 and 2038, where counters of 32 bits begin anew; 2200.
    @Test(
        "a clock that is decades off is set once, before the first answer",
        arguments: [0, 1, 2_300_000_000, 7_258_118_400])
    func decades(seconds: Int64) {
        let offset = Double(seconds - SimulatedAppliance.ordinaryDay.wholeSeconds)
        var appliance = SimulatedAppliance(offset: offset)
        let locked = appliance.run(until: .locked, within: 60)
        #expect(locked != nil)
        appliance.run(seconds: 300)
        #expect(appliance.clock.steps.count == 1)
        #expect(appliance.moments.allSatisfy { !$0.isServed || abs($0.servedError) < 1e-3 })
        #expect(appliance.moments.last?.isServed == true)
        // Nobody was told anything while the clock was wrong.
        let wrong = appliance.moments.filter { abs($0.clockError) > 1 }
        #expect(wrong.count > 2 && wrong.allSatisfy { !$0.isServed })
    }

    @Test("without a receiver, the clock of 1970 is not set to anything and not served")
    func unproven() {
        var appliance = SimulatedAppliance(offset: -Double(SimulatedAppliance.ordinaryDay.wholeSeconds))
        appliance.world.hasSentences = false
        appliance.run(seconds: 600)
        #expect(appliance.clock.steps.isEmpty)
        #expect(appliance.moments.allSatisfy { !$0.isServed })
    }

    /// The clock was last right 400 days after the release: between the two no rollover can be undone.
    static func kept(days: Int64) -> KeptState {
        var kept = KeptState()
        kept.lastGoodTime = SimulatedAppliance.ordinaryDay + .seconds(days * 86_400)
        return kept
    }

    @Test(
        "a date before the last good time is never believed, and both dates are said once",
        arguments: [SimulatedAppliance.oneReceiver, "refclock shm unit 0 minpoll 0 maxpoll 0\nlocal stratum 10\n"])
    func beforeTheFloor(configuration: String) throws {
        var appliance = SimulatedAppliance(configuration, offset: -5, keptState: Self.kept(days: 400))
        appliance.world.producerError = 0
        appliance.run(seconds: 600)
        #expect(appliance.clock.steps.isEmpty)
        #expect(appliance.moments.allSatisfy { !$0.isServed })
        let lines = appliance.logged("not believed")
        #expect(lines.count == 1, "\(appliance.log)")
        let line = try #require(lines.first)
        // 2026-11-20 plus 400 days: 365 days lead to 2027-11-20, 10 to the 30th, 25 to December 25.
        #expect(line.contains("its date 2026-11-20T00:0"))
        #expect(line.contains("is before 2027-12-25T00:00:00.000Z, when the clock was last right; not believed"))
    }

    @Test("a date a day before the last good time is believed: a clock may have been in local time")
    func allowance() {
        var appliance = SimulatedAppliance(start: SimulatedAppliance.ordinaryDay, keptState: Self.kept(days: 0))
        let locked = appliance.run(until: .locked, within: 60)
        #expect(locked != nil)
    }

    /// 1024 weeks after the release a receiver of ten bits says a date that was right then: only the kept state knows.
    @Test("the last good time undoes a rollover that the release could not")
    func rollover() throws {
        let start = SimulatedAppliance.ordinaryDay + GNSSWeek.rollover + .seconds(30 * 86_400)
        for isKept in [true, false] {
            var appliance = SimulatedAppliance(
                start: start, offset: -Double(start.wholeSeconds),
                keptState: isKept ? Self.kept(days: 7168 + 20) : KeptState())
            appliance.receiver.weekRollovers = 1
            appliance.run(seconds: 120)
            #expect(appliance.state == .locked)
            #expect(appliance.moments.contains { $0.isWrong } == !isKept)
            #expect(appliance.logged("1024 weeks behind").count == (isKept ? 1 : 0))
        }
    }

    @Test("a leap second that was announced and believed is still known after a restart, unless the table knows better")
    func leapSeconds() throws {
        let midYear = try #require(CivilTime(year: 2027, month: 7, day: 1)?.instant)
        let newYear = try #require(CivilTime(year: 2027, month: 1, day: 1)?.instant)
        var kept = KeptState()
        // The table built in ends on 2027-06-28.
        kept.leapSeconds = [.init(since: newYear, taiMinusUTC: 38), .init(since: midYear, taiMinusUTC: 39)]
        let appliance = SimulatedAppliance(keptState: kept)
        #expect(appliance.timekeeper.settings.leapSeconds.taiMinusUTC(at: newYear) == 37)
        #expect(appliance.timekeeper.settings.leapSeconds.taiMinusUTC(at: midYear) == 39)
        #expect(appliance.timekeeper.keptState.leapSeconds == kept.leapSeconds)
    }
}
