import ConfigurationLanguage
import Receivers
import ReferenceClocks
import SimulatedWorld
import Testing
import TimeScale

@Suite("Profile of a clock")
struct ProfileOfClockTests {
    private static func clock(
        _ purpose: ReceiverWishes.Purpose, baudRate: Int = 115_200, _ change: (inout ReceiverWishes) -> Void = { _ in }
    ) -> ReferenceClockConfiguration {
        var clock = ReferenceClockConfiguration(
            driver: .nmea, unit: 0, position: SourcePosition(file: "ntp.conf", line: 1))
        (clock.profile.purpose, clock.baudRate) = (purpose, baudRate)
        change(&clock.profile)
        return clock
    }

    @Test("without the word there is no profile, and on no other driver")
    func none() {
        #expect(ReceiverProfile(Self.clock(.none) { $0.cableDelay = 1e-9 }) == nil)
        var pulses = Self.clock(.timing)
        pulses.driver = .pps
        #expect(ReceiverProfile(pulses) == nil)
    }

    @Test("the words go into the profile, each in the receiver's unit")
    func words() throws {
        let profile = try #require(
            ReceiverProfile(
                Self.clock(.timing) {
                    ($0.isSaved, $0.cableDelay, $0.minimumElevation) = (true, 52.4e-9, 15)
                    $0.survey = .init(duration: 3600, accuracy: 0.5)
                    $0.constellations = [.galileo, .beidou]
                }))
        var expected = ReceiverProfile.timing
        (expected.isSaved, expected.pulse.cableDelay, expected.minimumElevation) = (true, 52, 15)
        expected.timingMode = .survey(.init(duration: 3600, accuracy: 0.5))
        // UTC as the European laboratories keep it, since GPS is not used.
        (expected.constellations, expected.utcStandard) = ([.galileo, .beiDou], 5)
        #expect(profile == expected)
    }

    @Test("a position makes the survey needless")
    func position() throws {
        let profile = try #require(
            ReceiverProfile(
                Self.clock(.timing) {
                    $0.position = .init(latitude: 47.25, longitude: 8.5, height: 498)
                    $0.survey = .init(duration: 3600, accuracy: 0.5)
                }))
        #expect(
            profile.timingMode == .fixed(.geographic(latitude: 47.25, longitude: 8.5, height: 498), accuracy: 2))
    }

    @Test("a receiver that moves is not told where it is, and a slow line carries no satellites")
    func navigation() throws {
        let profile = try #require(
            ReceiverProfile(
                Self.clock(.navigation, baudRate: 9600) { $0.survey = .init(duration: 60, accuracy: 1) }))
        #expect(profile.timingMode == .off && !profile.isStationary)
        #expect(profile.messages.filter { $0.message == .navSatellites }.map(\.interval) == [0])
    }

    @Test("a clock hands its receiver the commands, and tells what comes of them")
    func wholeClock() {
        var clock = ReferenceClock(Self.clock(.timing), earliestDate: .unixEpoch)
        var receiver = ImaginedUBXReceiver(.neoM9N)
        clock.deviceOpened()
        var news: [ReceiverConfigurator.News] = []
        for second in 1...30 {
            let moment = ConfiguredLine.start + .seconds(Int64(second))
            let now = MonotonicInstant(nanoseconds: 0) + .seconds(Int64(second))
            clock.tick(now: now)
            var bytes = receiver.burst(for: moment)
            for _ in 0..<8 {
                clock.consume(bytes.span, arrived: moment, now: now) { _ in }
                receiver.consume(clock.takeOutput(), now: moment - .second)
                bytes = receiver.takeAnswers(now: moment)
            }
            news += clock.takeProfileNews()
        }
        #expect(news == [.applied, .missing(model: "NEO-M9N", ["timing mode"])])
        #expect(receiver.value(of: 0x2011_0021) == 2)
    }

    @Test("a clock without a profile, or without its device, sends nothing")
    func silence() {
        var shared = ReferenceClock(Self.clock(.none), earliestDate: .unixEpoch)
        var absent = ReferenceClock(Self.clock(.timing), earliestDate: .unixEpoch)
        absent.deviceAbsent("gone")
        for second in 0..<20 {
            let now = MonotonicInstant(nanoseconds: 0) + .seconds(Int64(second))
            shared.tick(now: now)
            absent.tick(now: now)
            #expect(shared.takeOutput().isEmpty && absent.takeOutput().isEmpty)
        }
        #expect(absent.takeProfileNews().isEmpty)
    }
}
