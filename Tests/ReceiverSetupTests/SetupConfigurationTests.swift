import ConfigurationLanguage
import Receivers
import Testing

@testable import ReceiverSetup

@Suite("The configuration that setup writes")
struct SetupConfigurationTests {
    private var world = ImaginedMeasurement()

    private func text(
        _ receivers: [MeasuredReceiver], _ pulses: [MeasuredPulses], isClockSynchronised: Bool = false
    ) -> String {
        let verdict = SetupVerdict(receivers: receivers, pulses: pulses, isClockSynchronised: isClockSynchronised)
        return SetupConfiguration(verdict, date: start, duration: 60).text
    }

    /// What the daemon makes of it; it must have nothing to say about it.
    private func configuration(_ text: String) -> Configuration {
        let (configuration, diagnostics) = NTPConfiguration.parse(text: Array(text.utf8), file: "f") { _ in nil }
        #expect(diagnostics.isEmpty, "\(diagnostics.map(\.message))\n\(text)")
        return configuration
    }

    @Test("a receiver with pulses, both named, the figures in the remarks")
    mutating func one() throws {
        var receiver = world.receiver("/dev/serial/by-id/usb-u-blox")
        receiver.languages = [.ubx, .nmea]
        (receiver.status.model, receiver.status.firmware) = ("ZED-F9T", "TIM 2.20")
        let text = text([receiver], [world.pulses("/dev/pps0", .init().with { $0.isInverted = true })])
        let clock = try #require(configuration(text).referenceClocks.first)
        #expect(clock.driver == .nmea)
        #expect(clock.devicePath == "/dev/serial/by-id/usb-u-blox")
        #expect(clock.baudRate == 9600)
        #expect(clock.pulsePath == "/dev/pps0")
        #expect(clock.flag1 == true)
        #expect(clock.flag2 == true)
        #expect(clock.prefer)
        #expect(clock.time2 == nil)
        for words in [
            "2026-11-20 00:00 UTC, after 60 s", "u-blox ZED-F9T, firmware TIM 2.20: UBX and NMEA at 9600 baud",
            "fix with 8 satellites", "13", "falling (clear) edge: 100 ms wide, jitter ", "none missing",
            "no other second is possible",
        ] {
            #expect(text.contains(words), "\(words) in\n\(text)")
        }
        #expect(configuration(text).localStratum == 10)
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasPrefix("#") || $0.count <= 100 }, "\(text)")
    }

    @Test("pulses by the receiver's own line are named by the line, and not by a number that may change")
    mutating func sameLine() throws {
        let pulses = world.pulses("/dev/pps0", .init().with { $0.terminal = "/dev/ttyS0" })
        let clock = try #require(configuration(text([world.receiver("/dev/ttyS0")], [pulses])).referenceClocks.first)
        #expect(clock.flag1 == true)
        #expect(clock.pulsePath == "/dev/ttyS0")
    }

    @Test("a receiver without a fix is configured, and what is to be done stands above it")
    mutating func withoutFix() throws {
        var receiver = world.receiver("/dev/gps0")
        (receiver.labels, receiver.hasFix) = ([], false)
        let other = world.receiver("/dev/gps1")
        let text = text([receiver, other], [])
        let clocks = configuration(text).referenceClocks
        #expect(clocks.map(\.devicePath) == ["/dev/gps0", "/dev/gps1"])
        // The one that names seconds numbers the others' pulses.
        #expect(clocks.map(\.prefer) == [false, true])
        #expect(text.contains("no fix yet"), "\(text)")
        #expect(text.contains("run setup again"), "\(text)")
        let alone = configuration(self.text([receiver], [])).referenceClocks
        #expect(alone.map(\.prefer) == [true])
    }

    @Test("what went wrong with a receiver is said in the report and in the configuration")
    mutating func remarks() {
        var receiver = world.receiver("/dev/gps0")
        for (loss, words) in [
            (MeasuredReceiver.Loss.silent(after: 14.2), "It fell silent after 14 s"),
            (.unreadable(after: 9.9), "After 9.9 s of measuring nothing that it wrote could be read"),
        ] {
            receiver.loss = loss
            let verdict = SetupVerdict(receivers: [receiver], pulses: [], isClockSynchronised: false)
            #expect(SetupReport(verdict, refused: []).text.contains(words))
            #expect(text([receiver], []).contains(words), "\(text([receiver], []))")
        }
        receiver.loss = nil
        receiver.labels.removeLast(receiver.labels.count - 5)
        #expect(text([receiver], []).contains("named 5 seconds, too few"), "\(text([receiver], []))")
        receiver.labels = []
        #expect(text([receiver], []).contains("has a fix, but named no second"), "\(text([receiver], []))")
    }

    /// driver29: 9600 8O1 but for the Thunderbolt, and `time1` is the delay of the packets.
    @Test("who speaks TSIP is a trimble, with its parity and the word for its delay", arguments: LineParity.allCases)
    mutating func trimble(parity: LineParity) throws {
        world.clockError = 0
        var receiver = world.receiver("/dev/ttyS0", delay: 0.25)
        (receiver.languages, receiver.settings) = ([.tsip], LineSettings(9600, parity))
        let text = text([receiver], [], isClockSynchronised: true)
        let clock = try #require(configuration(text).referenceClocks.first)
        #expect(clock.driver == .trimble)
        #expect(clock.effectiveParity == parity)
        #expect(abs((clock.labelDelay ?? 0) - 0.25) < 0.003)
        #expect(text.contains("TSIP at 9600 baud" + (parity == .none ? "," : " with \(parity) parity,")), "\(text)")
    }

    @Test("a gpsd is configured only where it has a receiver of which it understands something")
    mutating func gpsd() throws {
        let verdict = SetupVerdict(receivers: [], pulses: [], isClockSynchronised: false)
        var receivers = [MeasuredGPSDReceiver(path: "/dev/ttyS0", driver: nil)]
        #expect(!SetupConfiguration(verdict, date: start, duration: 8, gpsd: []).isUseful)
        #expect(!SetupConfiguration(verdict, date: start, duration: 8, gpsd: receivers).isUseful)
        receivers.append(MeasuredGPSDReceiver(path: "/dev/ttyS1", driver: "NMEA0183"))
        receivers.append(MeasuredGPSDReceiver(path: "/dev/ttyS2", driver: "u-blox"))
        receivers[2].hasTime = true
        let text = SetupConfiguration(verdict, date: start, duration: 8, gpsd: receivers).text
        let clock = try #require(configuration(text).referenceClocks.first)
        #expect((clock.driver, clock.devicePath) == (.gpsd, "/dev/ttyS2"))
        #expect(text.contains("after 8 s of asking gpsd"), "\(text)")
        let one = SetupConfiguration(verdict, date: start, duration: 8, gpsd: [receivers[1]]).text
        let only = try #require(configuration(one).referenceClocks.first)
        #expect((only.driver, only.devicePath) == (.gpsd, nil))
        #expect(one.contains("has named no second yet"), "\(one)")
    }

    @Test("two receivers and a spare: units are counted, the first is preferred")
    mutating func several() {
        let receivers = [world.receiver("/dev/gps0"), world.receiver("/dev/gps1", delay: 0.3)]
        let pulses = (0..<3).map { world.pulses("/dev/pps\($0)") }
        let clocks = configuration(text(receivers, pulses)).referenceClocks
        #expect(clocks.map(\.name) == ["NMEA(0)", "NMEA(1)", "PPS(0)"])
        #expect(clocks.map(\.effectivePulsePath) == ["/dev/pps0", "/dev/pps1", "/dev/pps2"])
        #expect(clocks.map(\.prefer) == [true, false, false])
    }

    @Test("an ambiguous delay is only proposed, unless the system's clock has confirmed it", arguments: [false, true])
    mutating func ambiguous(isClockSynchronised: Bool) throws {
        world.clockError = 0
        let receiver = world.receiver("/dev/gps0", delay: 0.51, jitter: 0.01)
        let text = text([receiver], [world.pulses("/dev/pps0")], isClockSynchronised: isClockSynchronised)
        let clock = try #require(configuration(text).referenceClocks.first)
        #expect((clock.time2 != nil) == isClockSynchronised, "\(text)")
        #expect(text.contains("\n#fudge 127.127.20.0 time2 0.5") == !isClockSynchronised, "\(text)")
        if let delay = clock.time2 { #expect(abs(delay - 0.51) < 0.01) }
    }

    @Test("without pulses the delay of the sentences is given where it was measured")
    mutating func withoutPulses() throws {
        world.clockError = 0
        let receiver = world.receiver("/dev/gps0", delay: 0.25)
        let measured = try #require(
            configuration(text([receiver], [], isClockSynchronised: true)).referenceClocks.first)
        #expect(abs((measured.time2 ?? 0) - 0.25) < 0.003)
        #expect(measured.flag1 == nil)
        let unknown = try #require(configuration(text([receiver], [])).referenceClocks.first)
        #expect(unknown.time2 == nil)
    }

    @Test("nothing found is nothing to be configured")
    mutating func nothing() {
        let verdict = SetupVerdict(receivers: [], pulses: [world.pulses("/dev/pps0")], isClockSynchronised: true)
        #expect(!SetupConfiguration(verdict, date: start, duration: 60).isUseful)
        let report = SetupReport(verdict, refused: [.init(path: "/dev/ttyS0", reason: "in use by agetty")]).text
        #expect(report.contains("Not used"))
        #expect(report.contains("/dev/ttyS0\n      in use by agetty"))
        #expect(report.contains("nothing names the seconds"))
    }

    @Test("makers are told by the sentences that only their receivers send")
    mutating func makers() {
        var receiver = world.receiver("/dev/gps0")
        #expect(receiver.name == "receiver of an unknown make")
        receiver.messages = [MessageName(.nmea, code: 0x5055_4258)]  // "PUBX"
        #expect(receiver.name == "u-blox")
        receiver.messages = [MessageName(.nmea, code: 0x504d_544b_3030_31)]  // "PMTK001"
        #expect(receiver.name == "MediaTek")
        receiver.languages = [.tsip]
        receiver.messages = []
        #expect(receiver.name == "Trimble")
    }

    @Test("figures have as many digits as they are worth")
    func figures() {
        let expected = [
            (0.0000008, "800 ns"), (1.23e-6, "1.2 µs"), (0.00999, "10 ms"), (0.137, "137 ms"), (57.3, "57 s"),
            (1.5, "1.5 s"), (-0.002, "-2.0 ms"), (0, "0 ns"),
        ]
        for (value, text) in expected { #expect(Figures.duration(value) == text) }
    }
}
