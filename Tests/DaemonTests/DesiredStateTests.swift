import ConfigurationLanguage
import Discipline
import LinuxSystem
import ReferenceClocks
import Reports
import SimulatedWorld
import Testing
import TimeScale
import Timekeeping

@testable import Daemon
@testable import GPSDClient

/// What happens to a receiver, and what the daemon makes of it: named once, followed, and over once.
@Suite("The desired state of a receiver")
struct DesiredStateTests {
    /// 2026-06-03T12:00:00Z, a day without anything special.
    private static let start = Instant.unixEpoch + .seconds(1780488000)
    private let receiver = ImaginedReceiver()

    /// A daemon that has been locked for a while by the sentences of a receiver.
    private func locked(_ options: String = "baud 9600 mode 16") throws -> ReceiverBench {
        let bench = try ReceiverBench(start: Self.start, options)
        try bench.plug()
        try bench.run(60, receiver.burst)
        #expect(bench.states.last == .locked, "\(bench.lines)")
        #expect(bench.warnings(since: 0).isEmpty, "\(bench.lines)")
        return bench
    }

    @Test("unplugged, it is missed once; plugged in under another name, it is found by what it is")
    func replugged() throws {
        let bench = try locked()
        bench.unplug()
        try bench.run(40)
        #expect(bench.warnings(since: 60).count == 1, "\(bench.lines)")
        #expect(bench.warnings(since: 60).first?.second == 60)
        try bench.plug(isFirst: false)
        try bench.run(60, receiver.burst)
        #expect(bench.warnings(since: 60).count == 1, "\(bench.lines)")
        #expect(bench.lines(with: "usb-A, for ").count == 1, "\(bench.lines)")
        // Tried every half minute at the latest; six labels must agree.
        #expect(try #require(bench.recovery(since: 100)) <= 40, "\(bench.lines)")
        #expect(bench.states.last == .locked)
        #expect(bench.lines(with: ": good").count == 2)
    }

    @Test("pulled out for a moment, it is back within seconds")
    func replugSoon() throws {
        let bench = try locked()
        bench.unplug()
        try bench.run(2)
        try bench.plug()
        try bench.run(20, receiver.burst)
        #expect(try #require(bench.recovery(since: 60)) <= 10, "\(bench.lines)")
        #expect(bench.warnings(since: 60).count == 1, "\(bench.lines)")
        #expect(bench.states.allSatisfy { $0 == .starting || $0 == .locked }, "\(bench.states)")
    }

    @Test("a port that opens and gives nothing but errors is not tried every second, and its state named to the end")
    func brokenPort() throws {
        let bench = try locked()
        for _ in 0..<300 {
            try bench.plug()
            try bench.run(1)
        }
        // Lost, opened, lost before anything came; what follows at 3, 7, 15, 31, 61 ... s is the same again.
        #expect(bench.warnings(since: 60).count == 2, "\(bench.lines)")
        #expect(bench.lines(with: "opened").count == 2, "\(bench.lines)")
        try bench.plug()
        try bench.run(60, receiver.burst)
        #expect(bench.lines(with: ": good").count == 2, "\(bench.lines)")
    }

    @Test("a silent receiver that is unplugged soon after it was plugged in is missed, each time")
    func silentReplugged() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.run(2)
        for _ in 0..<3 {
            try bench.plug()
            try bench.run(40)
            bench.unplug()
            try bench.run(40)
        }
        let said = bench.lines.map(\.text).filter { $0.contains("opened") || $0.contains("will try again") }
        #expect(said.count == 7, "\(bench.lines)")
        #expect(said.enumerated().allSatisfy { $1.contains("opened") == ($0 % 2 == 1) }, "\(bench.lines)")
    }

    @Test("another receiver under the same name is followed, and is not taken for the first")
    func otherReceiver() throws {
        let bench = try locked()
        let version = Array("ROM CORE 3.01 (107888)".utf8)
        let payload = version + [UInt8](repeating: 0, count: 40 - version.count) + Array("MOD=NEO-M8T-0".utf8)
        let message = ImaginedReceiver.ubxFrame(
            class: 0x0a, message: 0x04, payload: payload + [UInt8](repeating: 0, count: 70 - payload.count))
        try bench.run(2) { receiver.burst(for: $0) + message }
        #expect(bench.receiver?.model == "NEO-M8T-0")
        try bench.plug(identity: "usb-B")
        try bench.run(40, receiver.burst)
        #expect(bench.receiver?.model == nil)
        #expect(bench.receiver?.second != nil)
        #expect(bench.states.last == .locked)
        // The loss, and who is waited for in vain.
        let warnings = bench.warnings(since: 60).map(\.text)
        #expect(warnings.count == 2, "\(bench.lines)")
        #expect(warnings.last?.hasSuffix("usb-A, which is waited for, will try again") ?? false, "\(warnings)")
        #expect(bench.lines(with: "another device in place of").count == 1, "\(bench.lines)")
        #expect(bench.lines(with: ": good").count == 2)
        // Ten seconds of waiting, and six labels that agree.
        #expect((15...22).contains(try #require(bench.recovery(since: 62))), "\(bench.lines)")
        #expect(bench.timekeeper.snapshot().sources[0].device.hasSuffix("/gps0"))
        // The first is back under another name.
        try bench.plug(isFirst: false, identity: "usb-A")
        try bench.run(40, receiver.burst)
        #expect(bench.timekeeper.snapshot().sources[0].device.hasSuffix("/usb-A"))
        #expect(bench.states.last == .locked)
    }

    @Test("reset, it is silent, then without a fix, then good: each said once")
    func resetReceiver() throws {
        let bench = try locked()
        try bench.run(20)
        var cold = receiver
        cold.hasFix = false
        try bench.run(20, cold.burst)
        try bench.run(20, receiver.burst)
        let said = bench.lines.filter { $0.second >= 60 && $0.text.hasPrefix("NMEA(0)") && $0.level != .notice }
            .map(\.text)
        #expect(
            said == [
                "NMEA(0): nothing usable for 8 s or longer", "NMEA(0): the receiver has no valid time (no fix)",
                "NMEA(0): good",
            ], "\(bench.lines)")
        #expect(try #require(bench.recovery(since: 100)) <= 5)
        #expect(bench.states.last == .locked)
    }

    /// NAV-STATUS: a 3D fix, and the milliseconds since the receiver began (u-blox M8 §32.17.25).
    private func status(_ second: Instant, uptime: Int64) -> [UInt8] {
        let week = GNSSWeek.week(of: second, leapSeconds: 18).timeOfWeek.nanoseconds / 1_000_000
        let number = { (value: Int64) in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        let payload = number(week) + [3, 0x0d, 0, 0] + number(1000) + number(uptime)
        return ImaginedReceiver.ubxFrame(class: 0x01, message: 0x03, payload: payload)
    }

    /// NAV-TIMELS: GPS − UTC as heard from GPS (source 2, valid).
    private func leapSeconds(_ count: UInt8) -> [UInt8] {
        var payload = [UInt8](repeating: 0, count: 24)
        (payload[8], payload[9], payload[23]) = (2, count, 1)
        return ImaginedReceiver.ubxFrame(class: 0x01, message: 0x26, payload: payload)
    }

    @Test("a receiver that reckons with other leap seconds than the table is not believed, and said so once")
    func otherLeapSeconds() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        // Its 17 s are one too few, and so it is a second ahead.
        try bench.run(60) { receiver.burst(for: $0 + .second) + leapSeconds(17) }
        #expect(bench.states.allSatisfy { $0 == .starting }, "\(bench.lines)")
        #expect(
            bench.lines(with: "leap second table").map(\.text) == [
                "NMEA(0): its GPS − UTC is 17 s, that of the leap second table 18 s; not believed"
            ], "\(bench.lines)")
        try bench.run(30) { receiver.burst(for: $0) + leapSeconds(18) }
        #expect(bench.states.last == .locked, "\(bench.lines)")
    }

    @Test("a receiver that says it has begun anew was reset; one whose counter of milliseconds is full was not")
    func uptimeFalls() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        // 2³² ms is 49.7 days.
        var uptime = Int64(1) << 32 - 10_000
        let burst = { (second: Instant) in
            uptime += 1000
            return receiver.ubxBurst(for: second, sawtooth: 0) + status(second, uptime: uptime)
        }
        try bench.run(30, burst)
        #expect(bench.states.last == .locked, "\(bench.lines)")
        #expect(bench.lines(with: "was reset").isEmpty, "\(bench.lines)")
        uptime = 0
        try bench.run(30, burst)
        #expect(bench.lines(with: "was reset").map(\.second) == [30], "\(bench.lines)")
    }

    @Test(
        "a receiver that writes at another speed is found, and what it is read at is said once",
        arguments: [(9600, 38_400), (9600, 4800), (115_200, 9600), (9600, 921_600)])
    func speedChanged(before: Int, after: Int) throws {
        let bench = try ReceiverBench(start: Self.start, "baud \(before)")
        try bench.plug()
        try bench.run(60, at: before, receiver.burst)
        #expect(bench.states.last == .locked, "\(bench.lines)")
        try bench.run(60, at: after, receiver.burst)
        #expect(
            bench.lines(with: "bit/s").map(\.text) == [
                "NMEA(0): the receiver writes NMEA at \(after) bit/s, not \(before) as configured"
            ], "\(bench.lines)")
        // Four seconds and 400 bytes of garbage, or 15 s where it is little; then at worst nine speeds for 2.5 s.
        #expect(try #require(bench.lines(with: "bit/s").first).second <= 60 + 15 + 23, "\(bench.lines) \(bench.speeds)")
        #expect(bench.states.last == .locked)
        #expect(bench.warnings(since: 60).count <= 1, "\(bench.lines)")
        #expect(bench.receiver?.second == (Self.start + .seconds(119)).description)
    }

    @Test("where nobody has configured a speed, nobody is told that it is another one", arguments: ["", "baud auto"])
    func unconfiguredSpeed(words: String) throws {
        let bench = try ReceiverBench(start: Self.start, words)
        try bench.plug()
        try bench.run(60, at: 9600, receiver.burst)
        #expect(
            bench.lines(with: "bit/s").map(\.text) == ["NMEA(0): the receiver writes NMEA at 9600 bit/s"],
            "\(bench.lines)")
    }

    /// A pseudo-terminal has no carrier detect line: the reason tells that its own was asked for.
    @Test("the port named once more is where its pulses come from, and no device of the unit's number")
    func ownLine() throws {
        let bench = try ReceiverBench(start: Self.start, "baud 9600 flag1 1 ppspath PORT")
        try bench.plug()
        try bench.run(3, receiver.burst)
        let reason = try #require(bench.lines(with: "no pulses until").first?.text)
        // Without the module pps_ldisc, and with it.
        #expect(reason.contains("line discipline PPS") || reason.contains("no pulse device came up"), "\(reason)")
    }

    @Test("every speed that can be configured can be set")
    func speeds() throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        #expect(port.taken(of: LineSettings.speeds.map { LineSettings($0) }).map(\.baudRate) == LineSettings.speeds)
    }

    @Test("a receiver that writes at another speed and has no fix any more says so, and is named")
    func speedChangedWithoutFix() throws {
        let bench = try ReceiverBench(start: Self.start, "baud 9600")
        try bench.plug()
        try bench.run(60, at: 9600, receiver.burst)
        var blind = receiver
        blind.hasFix = false
        try bench.run(60, at: 38_400, blind.burst)
        #expect(bench.lines(with: "at 38400 bit/s").count == 1, "\(bench.lines)")
        #expect(bench.lines(with: "no valid time (no fix)").count == 1, "\(bench.lines)")
        #expect(bench.timekeeper.sources[0].receiversFault(at: bench.clock.monotonicNow()) == .invalid("no fix"))
        try bench.run(30, at: 38_400, receiver.burst)
        #expect(bench.states.last == .locked)
        #expect(bench.timekeeper.sources[0].receiversFault(at: bench.clock.monotonicNow()) == nil)
    }

    @Test("what a receiver says ages: told how old it is, without a solution after a minute, nothing once it is gone")
    func age() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        let burst = { (second: Instant) in
            receiver.ubxBurst(for: second, sawtooth: 0) + hardware(antenna: 2) + receiver.burst(for: second)
        }
        try bench.run(30, burst)
        #expect(bench.receiver?.fix == "3D")
        #expect(bench.receiver?.satellitesUsed == 8)
        #expect(bench.receiver?.antenna == "good")
        #expect(try #require(bench.receiver?.age) < 1)
        try bench.run(30)
        #expect((29...31).contains(try #require(bench.receiver?.age)))
        #expect(bench.receiver?.fix == "3D")
        try bench.run(32)
        #expect((61...63).contains(try #require(bench.receiver?.age)))
        #expect(bench.receiver?.fix == nil)
        #expect(bench.receiver?.satellitesUsed == nil)
        #expect(bench.receiver?.timeAccuracy == nil)
        // It speaks again, and no more of its antenna.
        try bench.run(70) { receiver.burst(for: $0) }
        #expect(bench.receiver?.antenna == nil)
        #expect(bench.receiver?.satellitesUsed == 8)
        bench.unplug()
        try bench.run(2)
        #expect(bench.receiver == nil)
    }

    @Test("interference and false signals are named once each, and over once")
    func jammed() throws {
        guard Corpus.isThere else { return }
        let stream = try Corpus.bytes("synthetic/ubx-jam-spoof.ubx")
        // Twelve seconds of 204 bytes from 23:59:42 on (its must.tsv).
        let first = Self.start + .seconds(12 * 3600 - 18)
        let bench = try ReceiverBench(start: first - .seconds(30))
        try bench.plug()
        try bench.run(30) { receiver.ubxBurst(for: $0, sawtooth: 0) }
        try bench.run(12) { second in
            let offset = Int((second - first).seconds) * 204
            return Array(stream[offset..<offset + 204])
        }
        // The same as its last second, in which nothing is wrong, from then on.
        try bench.run(60) { receiver.ubxBurst(for: $0, sawtooth: 0) + stream.suffix(104) }
        let said = bench.lines.filter { $0.text.contains("interference") || $0.text.contains("signals") }
        #expect(
            said.prefix(2).map(\.text) + said.dropFirst(2).map(\.text).sorted() == [
                "NMEA(0): the receiver sees interference (jamming)",
                "NMEA(0): the receiver sees signals that pretend to be a satellite's (spoofing)",
                "NMEA(0): interference is over", "NMEA(0): the signals are trusted again by the receiver",
            ], "\(bench.lines)")
        #expect(bench.states.last == .locked)
    }

    /// MON-HW of an M8: 60 bytes, the antenna's state at 20 (2 = good, 4 = open), its power at 21 (1 = on).
    private func hardware(antenna: UInt8) -> [UInt8] {
        var payload = [UInt8](repeating: 0, count: 60)
        (payload[20], payload[21]) = (antenna, 1)
        return ImaginedReceiver.ubxFrame(class: 0x0a, message: 0x09, payload: payload)
    }

    @Test("an antenna that is unplugged is named once and found again once, also over the receiver's own unplugging")
    func antenna() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        try bench.run(30) { receiver.ubxBurst(for: $0, sawtooth: 0) + hardware(antenna: 2) }
        var blind = receiver
        blind.hasFix = false
        try bench.run(30) { blind.ubxBurst(for: $0, sawtooth: 0) + hardware(antenna: 4) }
        #expect(bench.receiver?.antenna == "open")
        try bench.plug()
        try bench.run(30) { blind.ubxBurst(for: $0, sawtooth: 0) + hardware(antenna: 4) }
        try bench.run(60) { receiver.ubxBurst(for: $0, sawtooth: 0) + hardware(antenna: 2) }
        #expect(
            bench.lines(with: "antenna").map(\.text) == [
                "NMEA(0): the antenna is unplugged or its cable broken, says the receiver",
                "NMEA(0): the antenna is all right again",
            ], "\(bench.lines)")
        #expect(bench.states.last == .locked, "\(bench.lines)")
    }

    @Test("a receiver that does not know the leap seconds is not believed, which is said once")
    func leapSecondsUnknown() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        var cold = receiver
        cold.assumedLeapSeconds = 16
        try bench.run(60) { cold.ubxBurst(for: $0, sawtooth: 0) }
        #expect(bench.receiver?.second == nil)
        #expect(bench.states.allSatisfy { $0 == .starting })
        #expect(bench.warnings(since: 0).count == 1, "\(bench.lines)")
        #expect(bench.warnings(since: 0).first?.text.contains("no valid time") ?? false, "\(bench.lines)")
        try bench.run(30) { receiver.ubxBurst(for: $0, sawtooth: 0) }
        #expect(bench.states.last == .locked, "\(bench.lines)")
        #expect(bench.warnings(since: 0).count == 1, "\(bench.lines)")
        #expect(abs(bench.clock.error) < 1)
    }

    @Test(
        "a language that is not decoded gives no time, is named once, and is left in peace at its speed",
        .enabled(if: Corpus.isThere), arguments: ["bu303-stillfix", "bu303-nofix"])
    func unknownLanguage(stream: String) throws {
        let bench = try ReceiverBench(start: Self.start)
        let bytes = try Corpus.bytes("streams/\(stream).bin")
        try bench.plug()
        try bench.run(600) { second in
            let offset = Int((second - Self.start).seconds) * 440
            return (offset..<offset + 440).map { bytes[$0 % bytes.count] }
        }
        #expect(bench.receiver?.second == nil)
        #expect(bench.states.allSatisfy { $0 == .starting })
        #expect(
            bench.warnings(since: 0).map(\.text) == [
                "NMEA(0): the receiver speaks SiRF, which is not decoded; switch it to NMEA"
            ], "\(bench.lines)")
        // SiRF's frames are known, so the speed is right.
        #expect(bench.speeds == [9600])
    }

    @Test("what makes no message at any speed gives no time, is named once, and is searched ever more seldom")
    func noise() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        var random = RandomSource(seed: 3)
        // Without the bytes that begin sentences and packets.
        try bench.run(3600) { _ in (0..<200).map { _ in UInt8(random.next() % 16) + 0x70 } }
        #expect(bench.receiver?.second == nil)
        #expect(bench.states.allSatisfy { $0 == .starting })
        #expect(bench.warnings(since: 0).count == 1, "\(bench.lines)")
        // Nine speeds take 23 s; then pauses of 0.5, 1, 2, 4, 8 and from then on 10 min: at 0, 1, 2.4, 4.8, 9, 18, 28 ... min.
        let searches = bench.speeds.count { $0 == 115_200 }
        #expect((8...10).contains(searches), "\(bench.speeds)")
    }

    @Test("a line on which nothing ever comes is named once")
    func silentLine() throws {
        let bench = try ReceiverBench(start: Self.start)
        try bench.plug()
        try bench.run(600)
        #expect(bench.warnings(since: 0).map(\.text) == ["NMEA(0): nothing usable for 8 s or longer"], "\(bench.lines)")
        #expect(bench.speeds.isEmpty)
        try bench.run(20, receiver.burst)
        #expect(bench.states.last == .locked)
        #expect(try #require(bench.recovery(since: 600)) <= 6, "\(bench.lines)")
    }

    @Test("a gpsd that hangs is missed, given up and followed again, each once", .enabled(if: hasLibrary))
    func hungGPSD() throws {
        let gpsd = PaperGPSD()
        let bench = try ReceiverBench(start: Self.start, server: gpsd.path)
        try run(bench, with: gpsd)
        #expect(bench.states.last == .locked, "\(bench.lines)")
        // Nobody lets the new connections in, either.
        try bench.run(100)
        let warnings = bench.warnings(since: 0).map(\.text)
        #expect(warnings.first == "GPSD(0): nothing usable for 8 s or longer", "\(bench.lines)")
        #expect(warnings.count == 2 && warnings.last?.contains("gpsd is silent") ?? false, "\(bench.lines)")
        try run(bench, with: gpsd)
        #expect(bench.warnings(since: 0).count == 2, "\(bench.lines)")
        #expect(bench.lines(with: ": good").count == 2, "\(bench.lines)")
        #expect(try #require(bench.recovery(since: 140)) <= 36, "\(bench.lines)")
        #expect(bench.states.last == .locked)
    }

    @Test("a gpsd that ends is missed once, looked for ever more seldom, and followed again", .enabled(if: hasLibrary))
    func endedGPSD() throws {
        let gpsd = PaperGPSD()
        let bench = try ReceiverBench(start: Self.start, server: gpsd.path)
        for _ in 0..<2 {
            try run(bench, with: gpsd)
            #expect(bench.states.last == .locked, "\(bench.lines)")
            gpsd.hangUp()
        }
        #expect(bench.warnings(since: 0).count == 1, "\(bench.lines)")
        #expect(bench.warnings(since: 0).first?.text.contains(gpsd.path) ?? false, "\(bench.lines)")
        #expect(bench.lines(with: ": good").count == 2, "\(bench.lines)")
    }

    /// Forty seconds of a gpsd that lets in whoever comes.
    private func run(_ bench: ReceiverBench, with gpsd: PaperGPSD) throws {
        for _ in 0..<40 {
            gpsd.greet()
            try bench.run(1) { second in
                gpsd.tell(second)
                return []
            }
        }
    }

    private static let hasLibrary = (try? GPSDDecoder(library: nil)) != nil
}
