import ConfigurationLanguage
import Testing

@Suite("Bad values")
struct BadValueTests {
    @Test(
        "a bad value is one error at its place, and the default stays",
        arguments: [
            ("port 0", "1:6: error: '0' is not a whole number from 1 to 65535, 'port' is ignored"),
            ("port", "1:1: error: 'port' needs a whole number, the word is ignored"),
            ("port 65536", "1:6: error: '65536' is not a whole number from 1 to 65535, 'port' is ignored"),
            ("tinker step abc", "1:13: error: 'abc' is not a number from 0.0 to 1000000000.0 (s), 'step' is ignored"),
            ("tinker step -1", "1:13: error: '-1' is not a number from 0.0 to 1000000000.0 (s), 'step' is ignored"),
            ("tinker panic nan", "1:14: error: 'nan' is not a number from 0.0 to 1000000000.0 (s), 'panic' is ignored"),
            (
                "tos orphanwait inf",
                "1:16: error: 'inf' is not a number from 0.0 to 1000000000.0 (s), 'orphanwait' is ignored"
            ),
            (
                "tos basedate 1979-12-31",
                "1:14: error: '1979-12-31' is not a date (YYYY-MM-DD) from 1980-01-06 on, 'basedate' is ignored"
            ),
            (
                "earliest-date 2026-02-30",
                "1:15: error: '2026-02-30' is not a date (YYYY-MM-DD) from 1980-01-06 on, 'earliest-date' is ignored"
            ),
            (
                "tos mindist 0.5",
                "1:13: error: '0.5' is not a number from 0.0 to 0.49 (s), 'mindist' is ignored"
            ),
            ("tos minclock 0", "1:14: error: '0' is not a whole number from 1 to 255, 'minclock' is ignored"),
            (
                "leap-seconds-end never",
                "1:18: error: 'never' is not a date (YYYY-MM-DD) from 1980-01-06 on, 'leap-seconds-end' is ignored"
            ),
            ("makestep 1", "1:1: error: 'makestep' needs a whole number, the word is ignored"),
            (
                "clock virtual frequency 1e999",
                "1:25: error: '1e999' is not a number from -100000.0 to 100000.0 (ppm), 'frequency' is ignored"
            ),
            ("clock imaginary", "1:7: error: 'imaginary' is not system or virtual, the line is ignored"),
            ("restrict 10.0.0.300", "1:10: error: '10.0.0.300' is not an address, the line is ignored"),
            ("restrict 10.0.0.0/33 ignore", "1:10: error: '10.0.0.0/33' is not an address, the line is ignored"),
            ("restrict fe80::1%eth0", "1:10: error: 'fe80::1%eth0' is not an address, the line is ignored"),
            ("restrict -6 127.0.0.1", "1:13: error: '127.0.0.1' is not an IPv6 address, the line is ignored"),
            ("listen 10.0.0.0/x", "1:8: error: '10.0.0.0/x' is not an address, the line is ignored"),
            (
                "server 127.127.1.256",
                "1:8: error: '127.127.1.256' is no reference clock (127.127.TYPE.UNIT, 0 to 255 each), the line is ignored"
            ),
        ])
    func badValue(text: String, remark: String) {
        #expect(remarks(text) == [remark])
        var configuration = read(text).configuration
        if case .virtual = configuration.clock { configuration.clock = .system }
        #expect(configuration == Configuration())
    }

    /// What Linux's serial ports commonly take; a speed that cannot be set would be an error again and again.
    private static let speeds =
        "auto or one of 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600"

    @Test(
        "a bad value for a clock is one error at its place, and the options behind it count",
        arguments: [
            ("time1 0,5", "27", "'0,5' is not a number of seconds, 'time1' is ignored"),
            ("time1 abc", "27", "'abc' is not a number of seconds, 'time1' is ignored"),
            ("time1 0x10", "27", "'0x10' is not a number of seconds, 'time1' is ignored"),
            ("time2 .", "27", "'.' is not a number of seconds, 'time2' is ignored"),
            ("stratum 17", "29", "'17' is not a whole number from 0 to 16, 'stratum' is ignored"),
            ("minpoll 18", "29", "'18' is not a whole number from -6 to 17, 'minpoll' is ignored"),
            ("maxpoll 4.5", "29", "'4.5' is not a whole number from -6 to 17, 'maxpoll' is ignored"),
            ("mode -1", "26", "'-1' is not a whole number from 0 to 2147483647, 'mode' is ignored"),
            ("baud 2400", "26", "'2400' is not \(speeds), 'baud' is ignored"),
            ("baud 1000000", "26", "'1000000' is not \(speeds), 'baud' is ignored"),
            ("baud fast", "26", "'fast' is not \(speeds), 'baud' is ignored"),
            ("flag1 maybe", "27", "'maybe' is not 0 or 1, 'flag1' is ignored"),
            ("refid \"\"", "27", "'' is not one to four characters, 'refid' is ignored"),
        ])
    func badClockValue(option: String, column: String, message: String) {
        let text = "server 127.127.20.0 \(option) prefer"
        #expect(remarks(text) == ["1:\(column): error: \(message)"])
        let clock = read(text).configuration.referenceClocks.first
        var expected = read("server 127.127.20.0").configuration.referenceClocks.first
        expected?.prefer = true
        #expect(clock == expected)
    }

    @Test(
        "a limit of holdover is a positive length of time with its unit, or the message says what to write",
        arguments: ["10", "-10us", "0us", "us", "10 us", "10sec", "501ms", "1e999s", "nans", "1s", "10h"])
    func badError(value: String) throws {
        let (configuration, diagnostics) = read("holdover max-time 1h max-error \(value)")
        let error = try #require(diagnostics.first)
        #expect((error.severity, error.column) == (.error, 32))
        #expect(
            error.message.hasSuffix(
                "is not a length of time up to 0.5 s with its unit (ns, us, ms, s), as in '10us', 'max-error' is ignored"
            ))
        #expect(configuration.holdover == HoldoverRule(maximumTime: 3600))
    }

    @Test("a time of holdover takes seconds to days", arguments: ["24", "-1h", "10us", "3651d", "1w"])
    func badTime(value: String) {
        let remark =
            "1:19: error: '\(value)' is not a length of time up to 315360000.0 s with its unit (s, m, h, d), "
            + "as in '10m', 'max-time' is ignored"
        #expect(remarks("holdover max-time \(value)") == [remark])
    }

    @Test("an equals sign instead of a blank is an error, not a lost correction")
    func equalsSign() {
        let (_, diagnostics) = read("server 127.127.20.0\nfudge 127.127.20.0 time2=0.4\n")
        #expect(places(diagnostics, .error) == ["2:25"])
    }

    @Test(
        "a value that is missing is an error at its word",
        arguments: ["time1", "stratum", "minpoll", "mode", "baud", "flag4", "refid"])
    func missingValue(word: String) {
        let (_, diagnostics) = read("refclock nmea \(word)  # nothing")
        #expect(places(diagnostics, .error) == ["1:15"])
        #expect(diagnostics.count == 1)
    }

    @Test("a switch that is another number is taken for 1, with a warning")
    func oddSwitch() {
        let (configuration, diagnostics) = read("refclock nmea flag1 2")
        #expect(configuration.referenceClocks.first?.flag1 == true)
        #expect(places(diagnostics, .warning) == ["1:21"])
    }

    @Test("a mask of the wrong kind is an error, and the host alone is restricted")
    func badMask() {
        let (configuration, diagnostics) = read("restrict 10.0.0.5 mask ffff:: ignore")
        #expect(places(diagnostics, .error) == ["1:24"])
        #expect(configuration.accessRules == [rule("10.0.0.5", 32, .ignore)])
    }

    @Test("a socket clock without its path is an error")
    func socketWithoutPath() {
        #expect(places(read("refclock sock").diagnostics, .error) == ["1:10"])
    }

    @Test(
        "a line that lacks what it is about is a warning",
        arguments: [
            "server", "peer -4", "fudge", "refclock", "driftfile", "statefile", "includefile", "clock", "interface",
            "listen",
        ])
    func bareDirective(text: String) {
        let (configuration, diagnostics) = read(text)
        #expect(places(diagnostics, .warning) == ["1:1"])
        #expect(diagnostics.count == 1)
        #expect(configuration == Configuration())
    }
}
