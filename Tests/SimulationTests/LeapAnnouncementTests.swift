import Discipline
import NTPServer
import SimulatedWorld
import Simulation
import Testing
import TimeScale

@testable import Timekeeping

@Suite("Leap seconds announced over shared memory, in a simulated world")
struct LeapAnnouncementTests {
    /// Two hours of the last day of 2026, by a table that has expired; segments of two receivers.
    static func appliance() throws -> SimulatedAppliance {
        let start = try #require(CivilTime(year: 2026, month: 12, day: 31)).instant
        let expired = LeapSecondTable(entries: LeapSecondTable.builtIn.entries, expires: start - .seconds(86_400))
        var appliance = SimulatedAppliance(
            """
            refclock shm unit 0 minpoll 0 maxpoll 0
            refclock shm unit 2 minpoll 0 maxpoll 0
            local stratum 10
            """, start: start, offset: 0.001, leapSeconds: expired)
        for index in appliance.world.producers.indices { appliance.world.producers[index].error = nil }
        return appliance
    }

    /// Lets the receivers write a sample each second, and say what they do about the end of the month.
    static func run(_ appliance: inout SimulatedAppliance, seconds: Int, announcing: [LeapIndicator]) {
        for _ in 0..<seconds {
            appliance.run(seconds: 1)
            for (index, leap) in announcing.enumerated() {
                appliance.timekeeper.receive(
                    sampleAt: appliance.clock.now(), reference: appliance.clock.truth, isPulse: false, leap: leap,
                    from: index)
            }
        }
    }

    @Test("one receiver alone is vetoed, and that is said once")
    func alone() throws {
        var appliance = try Self.appliance()
        Self.run(&appliance, seconds: 3800, announcing: [.insertSecond, .none])
        #expect(appliance.state == .locked)
        #expect(appliance.timekeeper.serverState.leapIndicator == .none)
        #expect(appliance.clock.status?.leapIndicator == LeapIndicator.none)
        #expect(appliance.logged("no second source has said so").count == 1)
    }

    @Test("two independent receivers that have said so for an hour arm the clock, and not before")
    func together() throws {
        var appliance = try Self.appliance()
        Self.run(&appliance, seconds: 3500, announcing: [.insertSecond, .insertSecond])
        #expect(appliance.state == .locked)
        #expect(appliance.timekeeper.serverState.leapIndicator == .none)
        Self.run(&appliance, seconds: 300, announcing: [.insertSecond, .insertSecond])
        #expect(appliance.timekeeper.serverState.leapIndicator == .insertSecond)
        #expect(appliance.clock.status?.leapIndicator == .insertSecond)
        #expect(appliance.logged("announced by several sources and believed").count == 1)
    }
}
