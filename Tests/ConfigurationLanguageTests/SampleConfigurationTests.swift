import ConfigurationLanguage
import Testing
import TimeScale

@Suite("Sample configurations")
struct SampleConfigurationTests {
    @Test("A: a Red Hat default with the local clock as its only source")
    func sampleA() {
        let (configuration, diagnostics) = read(SampleConfigurations.a)
        #expect(configuration.driftFile == "/var/lib/ntp/drift")
        #expect(configuration.referenceClocks.map(\.name) == ["LOCAL(0)"])
        #expect(configuration.referenceClocks.map(\.stratum) == [10])
        let flags: AccessFlags = [.kissOfDeath, .noModify, .noTrap, .noPeer, .noQuery]
        #expect(
            configuration.accessRules == [
                rule("0.0.0.0", 0, flags), rule("::", 0, flags), rule("::", 0, flags),
                rule("127.0.0.1", 32, []), rule("::1", 128, []),
                rule("192.168.1.0", 24, [.noModify, .noTrap]),
            ])
        // kod without limited twice, two servers, the missing include.
        #expect(places(diagnostics, .warning) == ["6:18", "7:21", "15:8", "16:8", "27:13"])
        #expect(diagnostics.count == 5)
        #expect(configuration.keysFile == "/etc/ntp/keys")
    }

    @Test("A: with CR LF, and without its last newline, it says the same")
    func sampleAInOtherDress() {
        let plain = read(SampleConfigurations.a + "\n")
        let lines = SampleConfigurations.a.split(separator: "\n", omittingEmptySubsequences: false)
        let dos = read(lines.joined(separator: "\r\n"))
        #expect(dos.configuration == plain.configuration)
        #expect(dos.diagnostics == plain.diagnostics)
    }

    @Test("B: NMEA and PPS in the classic syntax")
    func sampleB() throws {
        let (configuration, diagnostics) = read(SampleConfigurations.b)
        #expect(diagnostics.allSatisfy { $0.severity != .error })
        #expect(configuration.leapFile == "/usr/share/zoneinfo/leap-seconds.list")
        try #require(configuration.referenceClocks.map(\.name) == ["NMEA(0)", "PPS(0)"])
        let (nmea, pps) = (configuration.referenceClocks[0], configuration.referenceClocks[1])
        #expect(configuration.minimumDistance == 0.05)
        #expect(nmea.mode == 17)
        #expect(nmea.prefer)
        #expect(nmea.minimumPoll == PollExponent(clamping: 4))
        #expect(nmea.maximumPoll == PollExponent(clamping: 4))
        #expect(nmea.time2 == 0.410)
        #expect(nmea.flag1 == false)
        #expect(nmea.referenceID == ReferenceID("GPS"))
        #expect(pps.flag2 == false)
        #expect(pps.flag3 == false)
        #expect(pps.referenceID == ReferenceID("PPS"))
        let flags: AccessFlags = [.kissOfDeath, .noTrap, .noModify, .noPeer, .noQuery, .limited]
        #expect(
            configuration.accessRules == [
                rule("0.0.0.0", 0, flags), rule("::", 0, flags), rule("127.0.0.1", 32, []), rule("::1", 128, []),
            ])
        #expect(places(diagnostics, .note) == ["3:8", "17:10"])
        #expect(places(diagnostics, .warning) == ["3:12", "4:1", "5:1", "6:1", "7:1", "8:1", "14:1"])
    }

    @Test("C: gpsd's shared memory, isolated")
    func sampleC() throws {
        let (configuration, diagnostics) = read(SampleConfigurations.c)
        #expect(diagnostics.allSatisfy { $0.severity != .error })
        #expect(configuration.keysFile == "/etc/ntp/ntp keys")
        #expect(configuration.trustedKeys == [1...10, 42...42])
        #expect(configuration.controlKey == 42)
        #expect(configuration.panicLimit == 0)
        #expect(configuration.stepThreshold == 0.5)
        #expect(configuration.orphanWait == 60)
        #expect((configuration.minimumSane, configuration.minimumDistance) == (1, 0.4))
        var broadcast = BroadcastRule(to: GroupAddress(address("10.20.0.255")))
        (broadcast.key, broadcast.version) = (5, 3)
        #expect(configuration.broadcasts == [broadcast])
        try #require(configuration.referenceClocks.map(\.name) == ["SHM(0)", "SHM(2)", "LOCAL(0)"])
        let clocks = configuration.referenceClocks
        #expect(clocks[0].noSelect)
        #expect(clocks[0].time1 == 0.135)
        #expect(clocks[0].stratum == 1)
        #expect(clocks[1].prefer)
        #expect(clocks[1].forced)
        #expect(clocks[1].flag1 == true)
        #expect(clocks[2].stratum == 12)
        #expect(clocks[2].referenceID == .local)
        #expect(
            configuration.listenRules == [
                ListenRule(action: .ignore, pattern: .wildcard),
                ListenRule(action: .listen, pattern: .addresses(.only(address("10.20.0.1")))),
                ListenRule(action: .listen, pattern: .interface("lo")),
            ])
    }

    @Test("D: NTPsec's syntax")
    func sampleD() throws {
        let (configuration, diagnostics) = read(SampleConfigurations.d)
        #expect(diagnostics.allSatisfy { $0.severity != .error })
        try #require(configuration.referenceClocks.map(\.name) == ["NMEA(0)", "PPS(0)", "SHM(1)", "LOCAL(0)"])
        let clocks = configuration.referenceClocks
        #expect(clocks[0].baudRate == 9600)
        #expect(clocks[0].devicePath == "/dev/ttyAMA0")
        #expect(clocks[0].pulsePath == "/dev/pps0")
        #expect(clocks[0].time2 == 0.26)
        #expect(clocks[0].prefer)
        #expect(clocks[1].minimumPoll == PollExponent(clamping: 0))
        #expect(clocks[2].maximumPoll == PollExponent(clamping: 2))
        #expect(clocks[3].stratum == 10)
        let flags: AccessFlags = [.kissOfDeath, .limited, .noModify, .noQuery]
        #expect(
            configuration.accessRules == [
                rule("0.0.0.0", 0, flags), rule("::", 0, flags), rule("2001:db8::", 32, .noModify),
                rule("10.0.0.0", 8, []),
            ])
        guard case .score(let limit) = configuration.rateLimit else {
            Issue.record("\(configuration.rateLimit)")
            return
        }
        #expect((limit.average, limit.burst, limit.kissRate) == (2, 64, 0.1))
        #expect(configuration.clientTable.size == .bytes(65_536 << 10))
        // server, pool, unrestrict of a rule that is not there, maxclock, include, extra.
        #expect(places(diagnostics, .warning) == ["5:8", "6:1", "11:12", "13:5", "14:13", "15:1"])
        #expect(places(diagnostics, .note) == ["12:18"])
    }

    @Test("E: a substation's old file")
    func sampleE() {
        let (configuration, diagnostics) = read(SampleConfigurations.e)
        #expect(diagnostics.allSatisfy { $0.severity != .error })
        #expect(configuration.referenceClocks.map(\.name) == ["LOCAL(1)"])
        #expect(configuration.referenceClocks.map(\.stratum) == [7])
        let flags: AccessFlags = [.limited, .kissOfDeath, .noModify, .noTrap]
        #expect(
            configuration.accessRules == [
                rule("0.0.0.0", 0, flags), rule("::", 0, flags),
                rule("10.9.0.0", 16, [.version, .noTrust]), rule("10.9.7.0", 24, .microsoftSNTP),
            ])
        #expect(places(diagnostics, .note) == ["14:1", "16:1"])
        #expect(
            places(diagnostics, .warning) == [
                "1:8", "2:7", "5:6", "6:8", "7:11", "12:1", "13:1", "15:1",
            ])
        // Its key is not trusted.
        var broadcast = BroadcastRule(to: GroupAddress(address("10.9.255.255")))
        (broadcast.key, broadcast.timeToLive) = (3, 1)
        #expect(configuration.broadcasts == [broadcast])
        #expect(configuration.differentiatedServices == 46)
    }
}
