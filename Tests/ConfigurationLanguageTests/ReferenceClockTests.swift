import ConfigurationLanguage
import Testing
import TimeScale

@Suite("Reference clocks")
struct ReferenceClockTests {
    private func clock(_ driver: DriverKind, _ unit: Int, line: Int = 1) -> ReferenceClockConfiguration {
        let position = SourcePosition(file: "/etc/ntp.conf", line: line)
        return ReferenceClockConfiguration(driver: driver, unit: unit, position: position)
    }

    @Test("every option of the classic syntax is read")
    func classicOptions() {
        let (configuration, diagnostics) = read(
            """
            server 127.127.20.3 mode 17 minpoll 3 maxpoll 4 prefer noselect trust require true baud 115200 path /dev/ttyAMA0
            fudge 127.127.20.3 time1 -1.5e-7 time2 .41 stratum 2 refid "GNSS" flag1 1 flag2 0 flag3 true flag4 0
            fudge 127.127.20.3 time2 0.42 ppspath /dev/pps1
            """)
        var expected = clock(.nmea, 3)
        (expected.mode, expected.prefer, expected.noSelect) = (17, true, true)
        (expected.trust, expected.require, expected.forced) = (true, true, true)
        (expected.minimumPoll, expected.maximumPoll) = (PollExponent(clamping: 3), PollExponent(clamping: 4))
        (expected.baudRate, expected.devicePath, expected.pulsePath) = (115_200, "/dev/ttyAMA0", "/dev/pps1")
        (expected.time1, expected.time2, expected.stratum) = (-1.5e-7, 0.42, 2)
        expected.referenceID = ReferenceID("GNSS")
        (expected.flag1, expected.flag2, expected.flag3, expected.flag4) = (true, false, true, false)
        #expect(configuration.referenceClocks == [expected])
        #expect(diagnostics.isEmpty)
    }

    @Test("NTPsec's syntax says the same as the classic one")
    func bothSyntaxes() {
        let classic = read(
            "server 127.127.22.1 minpoll 0 maxpoll 2 prefer mode 1\nfudge 127.127.22.1 time1 1e-6 flag2 1 refid GPPS")
        let modern = read(
            "refclock pps unit 1 minpoll 0 maxpoll 2 prefer subtype 1 time1 1e-6 flag2 1 refid GPPS")
        #expect(classic.configuration == modern.configuration)
        #expect(modern.configuration.referenceClocks.count == 1)
        #expect(modern.diagnostics.isEmpty)
    }

    @Test("a PTP hardware clock's input is told by chrony's words, and needs no type number")
    func ptpHardwareClock() {
        let (configuration, diagnostics) = read(
            "refclock phc unit 2 extpps pin -1 channel 1 width 0.1 nocrossts flag2 1 time1 1e-7 path /dev/ptp_i210")
        var expected = clock(.ptpHardwareClock, 2)
        (expected.givesPulses, expected.pin, expected.channel, expected.pulseWidth) = (true, -1, 1, 0.1)
        (expected.usesCrossTimestamps, expected.flag2, expected.time1) = (false, true, 1e-7)
        expected.devicePath = "/dev/ptp_i210"
        #expect(configuration.referenceClocks == [expected])
        #expect(diagnostics.isEmpty)
    }

    @Test("a PTP hardware clock whose time is asked for gives its pulses, and that is said")
    func ptpTimeOfDay() {
        #expect(
            remarks("refclock phc pin 0 width 1\n") == [
                "1:26: error: '1' is not a number from 1e-06 to 0.999999 (s), 'width' is ignored",
                "1:10: note: only the pulses at the card's input are used, its time of day is not; "
                    + "'extpps' says that this is meant",
            ])
    }

    @Test("a fudge may stand before its server")
    func fudgeFirst() {
        let (configuration, diagnostics) = read("fudge 127.127.1.0 stratum 10\nserver 127.127.1.0\n")
        #expect(configuration.referenceClocks.map(\.stratum) == [10])
        #expect(diagnostics.isEmpty)
    }

    @Test("a fudge for a clock that is not there is a warning")
    func fudgeAlone() {
        #expect(
            remarks("server 127.127.1.1\nfudge 127.127.1.0 stratum 10\n") == [
                "2:7: warning: no clock '127.127.1.0' is configured, the line is ignored"
            ])
    }

    @Test("problems come in the order of the lines, those of fudges too")
    func order() {
        let text = "fudge 127.127.1.0 stratum x\nwibble\nserver 127.127.1.0 frob\nwobble\n"
        #expect(read(text).diagnostics.map(\.line) == [1, 2, 3, 4])
    }

    @Test("the second of two equal clocks is ignored")
    func duplicate() {
        let (configuration, diagnostics) = read("server 127.127.28.0 prefer\nrefclock shm unit 0 mode 1\n")
        var expected = clock(.sharedMemory, 0)
        expected.prefer = true
        #expect(configuration.referenceClocks == [expected])
        #expect(diagnostics.map(\.message) == ["SHM(0) is configured already (line 1), the line is ignored"])
    }

    @Test(
        "names, addresses and defaults follow ntpd's conventions",
        arguments: [
            ("server 127.127.1.0", "LOCAL(0)", "127.127.1.0", "LOCL", 5, nil, nil),
            ("peer 127.127.20.2", "NMEA(2)", "127.127.20.2", "GPS", 0, "/dev/gps2", "/dev/gpspps2"),
            ("refclock pps unit 1", "PPS(1)", "127.127.22.1", "PPS", 0, nil, "/dev/pps1"),
            ("refclock pps path /dev/pps7", "PPS(0)", "127.127.22.0", "PPS", 0, "/dev/pps7", "/dev/pps7"),
            ("refclock phc unit 1 extpps", "PHC(1)", "PHC(1)", "PHC", 0, "/dev/ptp1", nil),
            ("server -4 127.127.28.255", "SHM(255)", "127.127.28.255", "SHM", 0, nil, nil),
            ("refclock sock path /run/s", "SOCK(0)", "SOCK(0)", "SOCK", 0, "/run/s", nil),
            ("server 127.127.46.1", "GPSD(1)", "127.127.46.1", "GPSD", 0, "/dev/gps1", nil),
            ("refclock gpsd path /dev/ttyS0", "GPSD(0)", "127.127.46.0", "GPSD", 0, "/dev/ttyS0", nil),
            // ntpd's driver 46: the pulses of unit 2.
            ("refclock gpsd unit 130", "GPSD(130)", "127.127.46.130", "GPSD", 0, "/dev/gps2", nil),
        ] as [(String, String, String, String, Int, String?, String?)])
    func defaults(
        text: String, name: String, address: String, identifier: String, stratum: Int, device: String?, pulse: String?
    ) throws {
        let clock = try #require(read(text).configuration.referenceClocks.first)
        #expect(clock.name == name)
        #expect(clock.address == address)
        #expect(clock.effectiveReferenceID?.description == identifier)
        #expect(clock.effectiveStratum == stratum)
        #expect(clock.effectiveDevicePath == device)
        #expect(clock.effectivePulsePath == pulse)
    }

    @Test(
        "known drivers that this version has not are named, unknown ones told, and their fudges too",
        arguments: [
            ("server 127.127.8.0 mode 2", "1:8: warning: the driver GENERIC (type 8) is not supported by this version"),
            ("fudge 127.127.40.0 time1 x", "1:7: warning: the driver JJY (type 40) is not supported by this version"),
            ("refclock zyfer unit 9", "1:10: warning: the driver ZYFER is not supported by this version"),
            ("server 127.127.99.0", "1:8: warning: there is no reference clock of type 99"),
            ("refclock nema", "1:10: warning: unknown driver 'nema'"),
        ])
    func otherDrivers(text: String, beginning: String) {
        let said = remarks(text)
        #expect(said.count == 1)
        #expect(said.allSatisfy { $0.hasPrefix(beginning) && $0.contains(", the line is ignored") })
        #expect(read(text).configuration.referenceClocks.isEmpty)
    }

    /// 1024 weeks are 619 315 200 s.
    /// ntpd's driver29 and driver30: speeds, parity, devices; `time1` of a Trimble is the delay of its packets.
    @Test("receivers' own drivers have ntpd's lines and devices")
    func receivers() {
        let text = """
            server 127.127.29.0
            fudge 127.127.29.0 time1 0.02
            server 127.127.29.1 mode 2
            server 127.127.29.2 mode 7 parity even
            server 127.127.30.1
            refclock ublox unit 3 baud 115200
            server 127.127.20.4 mode 0x51
            """
        let (configuration, diagnostics) = read(text)
        #expect(diagnostics.isEmpty)
        let clocks = configuration.referenceClocks
        #expect(clocks.map(\.effectiveBaudRate) == [9600, 9600, 38_400, 9600, 115_200, 115_200])
        #expect(clocks.map(\.effectiveParity) == [.odd, .none, .even, .none, .none, .none])
        #expect(
            clocks.map(\.effectiveDevicePath) == [
                "/dev/trimble0", "/dev/trimble1", "/dev/trimble2", "/dev/oncore.serial.1", "/dev/gps3", "/dev/gps4",
            ])
        #expect(clocks[0].pulseCorrection == 0)
        #expect(clocks[0].labelDelay == 0.02)
        // 11 bits at 9600 bit/s are 1.1458 ms, 10 are 1.0417 ms.
        #expect(clocks[0].characterTime(at: 9600).nanoseconds == 1_145_833)
        #expect(clocks[1].characterTime(at: 9600).nanoseconds == 1_041_666)
    }

    @Test("a speed may be left to be found out, whatever was said before", arguments: ["mode auto", "baud auto"])
    func automaticSpeed(words: String) {
        let (configuration, diagnostics) = read("refclock nmea baud 38400 \(words) parity odd exactplace")
        #expect(diagnostics.isEmpty)
        #expect(configuration.referenceClocks.first?.baudRate == nil)
        #expect(configuration.referenceClocks.first?.parity == .odd)
        #expect(configuration.referenceClocks.first?.reportsExactPlace == true)
        #expect(configuration.referenceClocks.first?.configuredBaudRate == nil)
    }

    @Test(
        "a speed counts as configured where somebody has written one down, by ntpd's mode bits too",
        arguments: [
            ("nmea", nil), ("nmea mode 1", nil), ("nmea mode 17", 9600), ("nmea mode 0x70", 115_200),
            ("nmea mode 17 mode auto", nil), ("nmea mode 17 baud auto", nil), ("nmea mode 17 baud 4800", 4800),
            ("trimble mode 7", nil), ("trimble baud 9600", 9600),
        ] as [(String, Int?)])
    func configuredSpeed(words: String, speed: Int?) {
        #expect(read("refclock \(words)").configuration.referenceClocks.first?.configuredBaudRate == speed)
    }

    @Test("a parity that is none is told", arguments: ["parity 1", "parity"])
    func badParity(words: String) {
        #expect(places(read("refclock nmea \(words)").diagnostics, .error).count == 1)
    }

    @Test("letters behind a correction add eras of GPS weeks")
    func eras() {
        let clocks = read("refclock nmea time1 0.5g time2 1gG").configuration.referenceClocks
        #expect(clocks.map(\.time1) == [619_315_200.5])
        #expect(clocks.map(\.time2) == [Double(1 + 9 * 619_315_200)])
    }

    @Test("a minpoll above the maxpoll is lowered")
    func crossedPolls() {
        let (configuration, diagnostics) = read("server 127.127.20.0 minpoll 6 maxpoll 4")
        #expect(configuration.referenceClocks.first?.minimumPoll == PollExponent(clamping: 4))
        #expect(
            diagnostics.map(\.description) == [
                "/etc/ntp.conf:1:8: warning: minpoll 6 is above maxpoll and lowered to 4"
            ])
    }

    @Test("options that only other servers need are notes")
    func networkOptions() {
        let (configuration, diagnostics) = read("server 127.127.1.0 iburst version 3 key 5 prefer")
        #expect(places(diagnostics, .note) == ["1:20", "1:27", "1:37"])
        #expect(configuration.referenceClocks.first?.prefer == true)
        #expect(diagnostics.count == 3)
    }

    @Test("a reference identifier longer than four characters is cut")
    func longIdentifier() {
        let (configuration, diagnostics) = read("refclock shm refid GPSD0")
        #expect(configuration.referenceClocks.first?.referenceID == ReferenceID("GPSD"))
        #expect(places(diagnostics, .warning) == ["1:20"])
    }

    @Test("upstream servers and pools are told as not supported, once a line")
    func upstream() {
        #expect(
            remarks("server time1.aliyun.com iburst\npeer 10.9.0.2 key 3\npool -4 x iburst // y\n") == [
                "1:8: warning: server 'time1.aliyun.com' is not supported by this version, the line is ignored",
                "2:6: warning: peer '10.9.0.2' is not supported by this version, the line is ignored",
                "3:1: warning: 'pool' is not supported by this version, the line is ignored",
            ])
    }
}
