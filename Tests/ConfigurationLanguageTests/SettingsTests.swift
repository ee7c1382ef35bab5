import ConfigurationLanguage
import Testing
import TimeScale

@Suite("Settings")
struct SettingsTests {
    @Test("an empty file gives ntpd's defaults")
    func defaults() {
        let (configuration, diagnostics) = read("")
        #expect(configuration == Configuration())
        #expect(configuration.port == 123)
        #expect(configuration.stepThreshold == 0.128)
        #expect(configuration.panicLimit == 1000)
        #expect(configuration.orphanWait == 300)
        #expect(configuration.clock == .system)
        #expect((configuration.minimumSane, configuration.minimumSurvivors) == (1, 3))
        #expect((configuration.minimumDistance, configuration.maximumDistance) == (0.001, 1.5))
        #expect(configuration.holdover == nil)
        #expect(diagnostics.isEmpty)
    }

    @Test("every setting is read")
    func everySetting() {
        let (configuration, diagnostics) = read(
            """
            local stratum 10
            port 11123
            observe /tmp/observe
            driftfile /d
            leapfile /l ignorehash
            logfile /g
            tinker panic 0 step 0.5
            tos orphanwait 60
            makestep 0.1 -1
            earliest-date 2026-11-21
            tos minsane 2 minclock 4 mindist 0.01 maxdist 16
            holdover max-error 10us max-time 24h
            statefile /s
            rtc /dev/rtc1
            leap-seconds-end 2027-05-20
            """)
        var expected = Configuration()
        (expected.localStratum, expected.port, expected.observePath) = (10, 11_123, "/tmp/observe")
        (expected.driftFile, expected.leapFile, expected.leapFileHashChecked) = ("/d", "/l", false)
        (expected.logFile, expected.panicLimit, expected.stepThreshold) = ("/g", 0, 0.5)
        (expected.orphanWait, expected.makeStep) = (60, StepRule(threshold: 0.1, limit: -1))
        // `date -u -d 2026-11-21 +%s`
        expected.earliestDate = Instant(seconds: 1_795_219_200)
        (expected.minimumSane, expected.minimumSurvivors) = (2, 4)
        (expected.minimumDistance, expected.maximumDistance) = (0.01, 16)
        expected.holdover = HoldoverRule(maximumError: 10 * 1e-6, maximumTime: 86_400)
        (expected.stateFile, expected.rtcDevice) = ("/s", "/dev/rtc1")
        // `date -u -d 2027-05-20 +%s`
        expected.leapSecondsEnd = Instant(seconds: 1_810_771_200)
        #expect(configuration == expected)
        #expect(diagnostics.isEmpty)
    }

    @Test("files can be switched off")
    func switchedOff() {
        let (configuration, diagnostics) = read(
            "driftfile /d\ndriftfile \"\"\nobserve none\nstatefile /s\nstatefile none\nrtc none\n")
        #expect(configuration.stateFile == nil && configuration.rtcDevice == nil)
        #expect(configuration.driftFile == nil)
        #expect(configuration.observePath == nil)
        #expect(diagnostics.isEmpty)
    }

    @Test("a virtual clock has its imagined oscillator")
    func virtualClock() {
        let (configuration, diagnostics) = read("clock virtual offset -0.25 frequency 25 wander 1e-9 seed 42")
        var clock = VirtualClockConfiguration()
        (clock.offset, clock.wander, clock.seed) = (-0.25, 1e-9, 42)
        clock.frequency = 25 * 1e-6
        #expect(configuration.clock == .virtual(clock))
        #expect(diagnostics.isEmpty)
        #expect(read("clock virtual\nclock system").configuration.clock == .system)
    }

    @Test(
        "holdover has the limits that are given, and a day where none is",
        arguments: [
            ("", nil, 86_400), ("max-error 500ns", 500 * 1e-9, nil), ("max-error 0.5s", 0.5, nil),
            ("max-error 2.5ms max-time 90m", 2.5 * 1e-3, 5400), ("max-time 30s", nil, 30),
            ("max-time 3650d", nil, 315_360_000),
        ] as [(String, Double?, Double?)])
    func holdover(text: String, error: Double?, time: Double?) {
        let (configuration, diagnostics) = read("holdover \(text)")
        #expect(configuration.holdover == HoldoverRule(maximumError: error, maximumTime: time))
        #expect(diagnostics.isEmpty)
    }

    @Test("local alone has chrony's stratum")
    func localAlone() {
        #expect(read("local").configuration.localStratum == 10)
    }

    /// 45 657 days since 1900-01-01 are 2025-01-02: `date -u -d '1900-01-01 +45657 days'`.
    @Test("the base date is a day or a count of days", arguments: ["2025-01-02", "45657"])
    func baseDate(text: String) {
        let expected = CivilTime(year: 2025, month: 1, day: 2)?.instant
        #expect(read("tos basedate \(text)").configuration.earliestDate == expected)
    }

    @Test("words of ntp.conf that this version does not act on cost one warning each")
    func unsupported() {
        let (configuration, diagnostics) = read(
            """
            ntpsigndsocket /var/lib/samba/ntp_signd
            statistics loopstats peerstats
            filegen loopstats file loopstats type day enable
            tos maxclock 5 orphanwait 10
            tinker allan 7 step 0.2
            disable monitor ntp
            logconfig=syncstatus +sysevents
            setvar site = "bay 7" default
            nts enable
            driftfile /d 1e-7
            """)
        let warned = ["1:1", "2:1", "3:1", "4:5", "5:8", "6:9", "6:17", "7:1", "8:1", "9:1", "10:14"]
        #expect(places(diagnostics, .warning) == warned)
        #expect(diagnostics.count == warned.count)
        #expect(configuration.orphanWait == 10)
        #expect(configuration.stepThreshold == 0.2)
    }

    @Test("obsolete words cost a note each")
    func obsolete() {
        let (_, diagnostics) = read(
            "crypto pw x\nrequestkey 8\ntrap 10.0.0.1\nenable pps auth ntp\ntick 10000\ntos beacon 3600 cohort 1\n")
        #expect(places(diagnostics, .note) == ["1:1", "2:1", "3:1", "4:8", "4:12", "5:1", "6:5", "6:17"])
        #expect(diagnostics.count == 8)
    }
}
