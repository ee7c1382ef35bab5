import Receivers
import ReferenceClocks
import SimulatedWorld
import Testing
import TimeScale

@Suite("Receiver configurator")
struct ReceiverConfiguratorTests {
    /// A survey of a minute to 2 m: the imagined one reaches 2 m after 25 s.
    private static let survey: ReceiverProfile = {
        var profile = ReceiverProfile.timing
        profile.timingMode = .survey(.init(duration: 60, accuracy: 2))
        return profile
    }()

    /// The same with one message, to run for long.
    private static let quiet: ReceiverProfile = {
        var profile = survey
        profile.messages = profile.messages.map { .init($0.message, every: $0.message == .navStatus ? 1 : 0) }
        return profile
    }()

    private static let saved: ReceiverProfile = {
        var profile = survey
        profile.isSaved = true
        return profile
    }()

    /// A line on which the profile has been applied.
    private static func applied(
        _ model: ImaginedUBXReceiver.Model, _ profile: ReceiverProfile = survey, seconds: Int = 40
    ) -> ConfiguredLine {
        var line = ConfiguredLine(ImaginedUBXReceiver(model), profile)
        line.run(seconds: seconds)
        return line
    }

    /// UBX-CFG-VALSET.
    private static let set: UInt16 = 0x068a

    @Test("a ZED-F9T is what it was told to be, within ten seconds, and has answered so")
    func keys() {
        let line = Self.applied(.zedF9T, seconds: 10)
        #expect(line.configurator.state == .applied)
        #expect(line.news == [.applied])
        // Keys and values by hand from the reference: survey, 60 s, 2 m; silent pulse without satellites, UTC; stationary;
        // 10°; USNO; no augmentation; interference; NAV-PVT, TIM-TP, NAV-TIMELS on, GSV off.
        let wanted: [UInt32: UInt64] = [
            0x2003_0001: 1, 0x4003_0010: 60, 0x4003_0011: 20_000, 0x4005_0004: 0, 0x4005_0005: 100_000,
            0x2005_000c: 0, 0x1005_000b: 1, 0x2011_0021: 2, 0x2011_00a4: 10, 0x2011_001c: 3, 0x1031_0020: 0,
            0x1041_000d: 1, 0x2091_0007: 1, 0x2091_017e: 1, 0x2091_0061: 60, 0x2091_00c5: 0, 0x2091_0009: 1,
        ]
        for (key, value) in wanted { #expect(line.receiver.value(of: key) == value, "\(key)") }
        // Nothing was said about the cable and about GPS.
        #expect(line.receiver.value(of: 0x3005_0001) == 50 && line.receiver.value(of: 0x1031_001f) == 1)
        #expect(line.receiver.savedValue(of: 0x2003_0001) == nil)
    }

    @Test("a NEO-M8T is told by the older messages")
    func olderMessages() throws {
        let line = Self.applied(.neoM8T)
        #expect(line.news == [.applied])
        let pulse = try #require(line.receiver.setting(0x0631))
        #expect(pulse[28] == 0x77 && pulse[4] == 50)
        // From then on it names its pulses in UTC, as the grid is.
        #expect(line.sawtooths.suffix(10).map(\.second) == (0..<10).map { line.second + .seconds($0 - 8) })
        let mode = try #require(line.receiver.setting(0x063d))
        #expect(mode[0] == 1 && mode[20...23] == [60, 0, 0, 0] && mode[24...27] == [0xd0, 0x07, 0, 0])
        let navigation = try #require(line.receiver.setting(0x0624))
        #expect(navigation[2] == 2 && navigation[12] == 10 && navigation[30] == 3)
        // The second block of CFG-GNSS is SBAS; its flags begin at 16.
        #expect(line.receiver.setting(0x063e)?[16] == 0)
        #expect(line.receiver.setting(0x0107)?[3] == 1 && line.receiver.setting(0xf003)?[3] == 0)
        #expect(line.receiver.setting(0x0639)?[3] == 0xad)
    }

    @Test("a receiver for navigation does not know surveys: that is told once, and the rest is set")
    func notForTiming() {
        var line = Self.applied(.neoM9N, Self.quiet)
        #expect(line.news == [.applied, .missing(model: "NEO-M9N", ["timing mode"])])
        #expect(line.news.last?.description == "NEO-M9N does not know or take: timing mode")
        #expect(line.receiver.value(of: 0x2011_0021) == 2)
        line.run(seconds: 700)
        #expect(line.news.count == 2)
        let older = Self.applied(.neoM8N)
        #expect(older.news == [.applied, .missing(model: "NEO-M8N-0", ["timing mode"])])
    }

    @Test("one command at a time", arguments: ImaginedUBXReceiver.Model.allCases)
    func oneAtATime(model: ImaginedUBXReceiver.Model) {
        #expect(Self.applied(model).receiver.mostAtOnce == 1)
    }

    @Test("what is as wanted is not set again, so that a survey goes on when the daemon begins anew")
    func nothingToDo() {
        var line = ConfiguredLine(Self.applied(.zedF9T, Self.quiet).receiver, Self.quiet)
        line.run(seconds: 700)
        #expect(!line.sent.contains(Self.set))
        #expect(line.configurator.state == .applied && line.news == [.applied])
    }

    @Test(
        "a receiver that was reset is told again within seconds, and the log once",
        arguments: [ImaginedUBXReceiver.Model.zedF9T, .neoM8T])
    func reset(model: ImaginedUBXReceiver.Model) {
        var line = Self.applied(model)
        line.receiver.reset()
        #expect(line.receiver.value(of: 0x2091_0007) ?? 0 == 0)
        // NAV-STATUS stops, because from the factory it is off: 10 s.
        line.run(seconds: 60)
        #expect(line.news == [.applied, .reapplied])
        #expect(line.configurator.state == .applied)
        #expect(model == .neoM8T || line.receiver.value(of: 0x2003_0001) == 1)
        #expect(model == .zedF9T || line.receiver.setting(0x063d)?[0] == 1)
    }

    @Test("a receiver that forgets only its timing mode is caught by its uptime")
    func partialReset() {
        var line = Self.applied(.zedF9T, Self.saved)
        line.receiver.reset()
        line.receiver.disturb(0x2003_0001, 0)
        line.run(seconds: 15)
        #expect(line.news == [.applied, .reapplied])
        #expect(line.receiver.value(of: 0x2003_0001) == 1)
    }

    @Test("a value that somebody else has changed is found within ten minutes")
    func disturbed() {
        var line = Self.applied(.zedF9T, Self.quiet)
        line.receiver.disturb(0x3021_0001, 200)
        line.run(seconds: 500)
        #expect(line.receiver.value(of: 0x3021_0001) == 200)
        line.run(seconds: 110)
        #expect(line.receiver.value(of: 0x3021_0001) == 1000)
        #expect(line.news == [.applied, .reapplied])
    }

    @Test("what does not answer is named once and asked once a minute, and told when it hears")
    func deaf() {
        var receiver = ImaginedUBXReceiver(.zedF9T)
        receiver.isDeaf = true
        var line = ConfiguredLine(receiver, Self.survey)
        line.run(seconds: 200)
        #expect(line.news == [.unanswered(model: nil)])
        #expect(line.configurator.state == .unanswered)
        // Three attempts of 3 s, then a minute: at 0, 69 and 138 s.
        #expect(line.sent.count == 9 && line.sent.allSatisfy { $0 == 0x0a04 })
        line.receiver.isDeaf = false
        line.run(seconds: 70)
        #expect(line.news == [.unanswered(model: nil), .applied])
    }

    @Test("a receiver that stops answering and has forgotten nothing is not told again")
    func deafForAWhile() {
        var line = Self.applied(.zedF9T, Self.quiet)
        line.receiver.isDeaf = true
        line.run(seconds: 700)
        #expect(line.news == [.applied, .unanswered(model: "ZED-F9T")])
        line.receiver.isDeaf = false
        line.run(seconds: 80)
        #expect(line.news == [.applied, .unanswered(model: "ZED-F9T"), .answering])
    }

    @Test("values that are refused are named, and all others are set")
    func refused() {
        var receiver = ImaginedUBXReceiver(.zedF9T)
        // CFG-TMODE-MODE, CFG-NAVSPG-DYNMODEL, CFG-MSGOUT of TIM-TP.
        receiver.refusedKeys = [0x2003_0001, 0x2011_0021, 0x2091_017e]
        var line = ConfiguredLine(receiver, Self.survey)
        line.run(seconds: 20)
        #expect(line.news == [.applied, .missing(model: "ZED-F9T", ["TIM-TP", "dynamic model", "timing mode"])])
        #expect(line.receiver.value(of: 0x2011_00a4) == 10 && line.receiver.value(of: 0x2091_0007) == 1)
        // Half a timing mode would be worse than none.
        #expect(line.receiver.value(of: 0x4003_0010) == 0)
    }

    @Test("a line that loses one byte in 2000 delays it", arguments: 1...4 as ClosedRange<UInt64>)
    func damagedLine(seed: UInt64) {
        var receiver = ImaginedUBXReceiver(seed % 2 == 0 ? .zedF9T : .neoM8T, seed: seed)
        receiver.lossRate = 5e-4
        var line = ConfiguredLine(receiver, Self.survey)
        line.run(seconds: 200)
        #expect(line.news.contains(.applied))
        #expect(line.news.allSatisfy { $0 == .applied || $0 == .unanswered(model: line.decoder.status.model) })
        #expect(line.configurator.missing.isEmpty)
    }

    @Test("where it shall be saved, it is in flash, and the place that the survey found replaces the survey")
    func savedSurvey() {
        var line = Self.applied(.zedF9T, Self.saved, seconds: 30)
        #expect(line.receiver.savedValue(of: 0x2003_0001) == 1 && line.receiver.savedValue(of: 0x2091_0007) == 1)
        line.run(seconds: 60)
        // √(1e8 mm²/60) = 1291 mm.
        #expect(line.news.map(\.description).last == "the survey is done; the place is kept (± 1.29 m)")
        #expect(line.news.count == 2)
        let place = ImaginedUBXReceiver.place
        for (key, value) in [(0x4003_0003, place.x), (0x4003_0004, place.y), (0x4003_0005, place.z)]
            as [(UInt32, Int32)]
        {
            #expect(line.receiver.savedValue(of: key) == UInt64(value))
        }
        #expect(line.receiver.savedValue(of: 0x2003_0001) == 2)
        // It loses its power; what it needs is in flash, and nobody has to tell it anything.
        line.receiver.reset(hasBattery: false)
        let commands = line.sent.count { $0 == Self.set }
        line.run(seconds: 30)
        #expect(line.receiver.value(of: 0x2003_0001) == 2 && line.receiver.isTimeOnly)
        #expect(line.sent.count { $0 == Self.set } == commands)
        // The daemon begins anew, and finds the place of its own survey.
        var later = ConfiguredLine(line.receiver, Self.saved)
        later.run(seconds: 100)
        #expect(later.news == [.applied] && !later.sent.contains(Self.set))
    }

    @Test("another survey than that of the place that is kept is begun")
    func newTerms() {
        let line = Self.applied(.zedF9T, Self.saved, seconds: 90)
        #expect(line.receiver.value(of: 0x2003_0001) == 2)
        var profile = Self.saved
        profile.timingMode = .survey(.init(duration: 3600, accuracy: 1))
        var later = ConfiguredLine(line.receiver, profile)
        later.run(seconds: 20)
        #expect(later.receiver.value(of: 0x2003_0001) == 1)
    }

    /// The place of the survey that the receiver has ended is known to 4.47 m after 5 s (√(1e8 mm²/5)), in the second case to
    /// 1.29 m after 60 s, and would do by its duration, in the second case by its accuracy as well.
    @Test(
        "a place that was found before the terms were told is not kept, but that of the new survey",
        arguments: [
            (.init(duration: 5, accuracy: 5), .init(duration: 5, accuracy: 2), "± 2.0 m"),
            (.init(duration: 60, accuracy: 2), .init(duration: 30, accuracy: 1.5), "± 1.49 m"),
        ] as [(ReceiverProfile.Survey, ReceiverProfile.Survey, String)])
    func formerSurvey(former: ReceiverProfile.Survey, terms: ReceiverProfile.Survey, accuracy: String) {
        var profile = Self.survey
        profile.timingMode = .survey(former)
        // Told every ten seconds, so that the old one is still the last that was told when the terms have been.
        profile.messages = profile.messages.map { $0.message == .timSurvey ? .init($0.message, every: 10) : $0 }
        let line = Self.applied(.zedF9T, profile, seconds: 90)
        #expect(line.receiver.value(of: 0x2003_0001) == 1 && line.decoder.status.survey?.isValid == true)
        (profile.timingMode, profile.isSaved) = (.survey(terms), true)
        var later = ConfiguredLine(line.receiver, profile)
        later.decoder = line.decoder
        later.run(seconds: 9)
        #expect(later.news == [.applied] && later.decoder.status.survey == line.decoder.status.survey)
        #expect(later.receiver.savedValue(of: 0x2003_0001) == 1)
        later.run(seconds: 80)
        #expect(later.news.map(\.description).last == "the survey is done; the place is kept (\(accuracy))")
        #expect(later.receiver.savedValue(of: 0x2003_0001) == 2)
    }

    @Test("a receiver of generation 6 sends what it has in the place of NAV-PVT and NAV-SAT, and is told all the rest")
    func generation6() {
        let line = Self.applied(.lea6T, seconds: 60)
        let missing = ["NAV-TIMELS", "satellite systems", "UTC standard"]
        #expect(line.news == [.applied, .missing(model: "00040007", missing)])
        // Every second, and every fifth; CFG-NAV5 stationary, from 10° on; survey.
        #expect(line.receiver.setting(0x0106)?[3] == 1 && line.receiver.setting(0x0130)?[3] == 5)
        #expect(line.receiver.setting(0x0624)?[2] == 2 && line.receiver.setting(0x0624)?[12] == 10)
        #expect(line.receiver.setting(0x063d)?[0] == 1)
        #expect(line.decoder.status.satellitesUsed == 8 && line.decoder.status.positionDilution == 1.8)
        #expect(line.decoder.status.satellites.count == 8 && line.decoder.status.fix == .space)
    }

    @Test("a command counts as sent when it is taken")
    func takenLate() {
        var configurator = ReceiverConfigurator(Self.survey)
        var sent: [Int] = []
        // Whoever writes comes by every 2 s only.
        for tenth in 0..<100 {
            let now = MonotonicInstant(nanoseconds: 0) + .milliseconds(100 * Int64(tenth))
            configurator.tick(status: ReceiverStatus(), now: now)
            if tenth % 20 == 19, !configurator.takeOutput().isEmpty { sent.append(tenth) }
        }
        // Asked at 0 and taken at 1.9 s; 3 s later again, and taken at 5.9 s; again at 8.9 s, taken at 9.9 s.
        #expect(sent == [19, 59, 99])
    }

    @Test("without the word the place that a survey found is not kept")
    func notSaved() {
        let line = Self.applied(.zedF9T, seconds: 120)
        #expect(line.receiver.value(of: 0x2003_0001) == 1 && line.news == [.applied])
    }

    @Test("a receiver without flash keeps it by its battery, and says nothing")
    func battery() {
        var receiver = ImaginedUBXReceiver(.zedF9T)
        receiver.hasFlash = false
        var line = ConfiguredLine(receiver, Self.saved)
        line.run(seconds: 30)
        line.receiver.reset()
        #expect(line.receiver.value(of: 0x2091_0007) == 1 && line.news == [.applied])
    }

    @Test("older receivers save by CFG-CFG, once")
    func olderSaving() {
        var line = Self.applied(.neoM8T, Self.saved)
        #expect(line.sent.count { $0 == 0x0609 } == 1)
        line.receiver.reset()
        #expect(line.receiver.setting(0x063d)?[0] == 1)
        line.run(seconds: 120)
        #expect(line.receiver.setting(0x063d)?[0] == 2 && line.news.count == 2)
        #expect(line.sent.count { $0 == 0x0609 } == 2)
    }

    @Test("a device that is opened anew is asked anew")
    func restart() {
        var line = Self.applied(.zedF9T)
        line.receiver = ImaginedUBXReceiver(.neoM8T)
        line.decoder.reset()
        line.configurator.restart()
        line.run(seconds: 40)
        #expect(line.news == [.applied, .applied])
        #expect(line.receiver.setting(0x063d)?[0] == 1)
    }

    @Test(
        "whatever answers come, there is one whole command at a time, and never a place that nobody has surveyed",
        arguments: 1...8 as ClosedRange<UInt64>)
    func hostile(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var configurator = ReceiverConfigurator(Self.saved)
        var status = ReceiverStatus()
        var now = MonotonicInstant(nanoseconds: 0)
        for _ in 0..<1000 {
            now = now + .milliseconds(Int64.random(in: 0...3000, using: &random))
            let code = UInt64(
                [0x068a, 0x068b, 0x0631, 0x063d, 0x0601, 0x0a04, 0x063e].randomElement(using: &random) ?? 0)
            let name = MessageName(.ubx, code: code)
            status.protocolVersion = ["29.20", "18.00", "x", nil].randomElement(using: &random) ?? nil
            if random.next() % 50 == 0 { status.uptime = random.nextUnit() * 1000 }
            status.survey = ReceiverStatus.Survey(
                isActive: false, isValid: true, duration: .max, accuracy: .nan,
                mean: GeocentricPlace(x: .max, y: .min, z: 0))
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let answers: [ReceiverAnswer] = [
                .acknowledged(name, Bool.random(using: &random)), .version, .payload(name, bytes), .values([]),
                .values([UBXConfigurationItem(0x2091_0007, 7)]), .payload(name, [0x01, 0x07] + bytes),
            ]
            if let answer = answers.randomElement(using: &random) {
                configurator.take(answer, status: status, now: now)
            }
            configurator.tick(status: status, now: now)
            let output = Array(configurator.takeOutput().drop { $0 == 0xff })
            // One frame at most: its own length says where it ends.
            #expect(output.isEmpty || output.count == 8 + Int(output[4]) + 256 * Int(output[5]))
            #expect(configurator.takeNews().allSatisfy { if case .surveyed = $0 { false } else { true } })
        }
    }
}
