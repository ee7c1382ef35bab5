import ConfigurationLanguage
import Testing

@Suite("Words about receivers")
struct ReceiverWishesTests {
    private func wishes(_ words: String) -> ReceiverWishes? {
        read("refclock nmea unit 0 \(words)").configuration.referenceClocks.first?.profile
    }

    @Test("without the word nothing is asked")
    func none() {
        #expect(wishes("baud 9600") == ReceiverWishes())
        #expect(wishes("profile none")?.purpose == ReceiverWishes.Purpose.none)
    }

    @Test("every word is read, in either syntax, and on fudge lines")
    func words() {
        let words =
            "profile timing save survey 24h 2m constellations gps,galileo cabledelay 52ns elevation 15 prefer"
        var expected = ReceiverWishes()
        (expected.purpose, expected.isSaved, expected.minimumElevation) = (.timing, true, 15)
        expected.survey = .init(duration: 86_400, accuracy: 2)
        (expected.constellations, expected.cableDelay) = ([.gps, .galileo], 52e-9)
        for text in [
            "refclock nmea unit 0 \(words)", "server 127.127.20.0 \(words)",
            "server 127.127.20.0\nfudge 127.127.20.0 \(words)",
        ] {
            let (configuration, diagnostics) = read(text)
            #expect(configuration.referenceClocks.first?.profile == expected)
            #expect(configuration.referenceClocks.first?.prefer == true)
            #expect(diagnostics.isEmpty)
        }
    }

    @Test(
        "a position has an accuracy or not",
        arguments: [
            ("position 47.2852167 8.56525 498m 25cm", 498.0, 0.25), ("position 47.2852167 8.56525 -1.5m", -1.5, nil),
        ] as [(String, Double, Double?)])
    func position(words: String, height: Double, accuracy: Double?) {
        let expected = ReceiverWishes.Position(
            latitude: 47.2852167, longitude: 8.56525, height: height, accuracy: accuracy)
        #expect(wishes("profile timing \(words) prefer")?.position == expected)
    }

    @Test(
        "a bad value is one error at its place, and the words behind it count",
        arguments: [
            ("profile maybe", "30", "'maybe' is not none, timing or navigation, 'profile' is ignored"),
            ("survey 24 2m", "29", "'24' is not a length of time from 1 s to 31 d (s, m, h, d), 'survey' is ignored"),
            ("survey 32d 2m", "29", "'32d' is not a length of time from 1 s to 31 d (s, m, h, d), 'survey' is ignored"),
            ("survey 24h 0m", "33", "'0m' is not an accuracy from 1 mm to 100 m (m, cm, mm), 'survey' is ignored"),
            (
                "position 91 8 498m", "31",
                "'91' is not a number from -90.0 to 90.0 (degrees north), 'position' is ignored"
            ),
            (
                "position 47 8 498", "36",
                "'498' is not a height above the ellipsoid from -1000 m to 10000 m (m, cm, mm), 'position' is ignored"
            ),
            (
                "position 47 8 498m 1", "41",
                "'1' is not an accuracy from 1 mm to 100 m (m, cm, mm), 'position' is ignored"
            ),
            (
                "constellations gps,loran", "37",
                "'gps,loran' is not a list as in 'gps,galileo' of gps, sbas, galileo, beidou, qzss, glonass, "
                    + "'constellations' is ignored"
            ),
            (
                "constellations sbas", "37",
                "'sbas' is not a list as in 'gps,galileo' of gps, sbas, galileo, beidou, qzss, glonass, "
                    + "'constellations' is ignored"
            ),
            ("cabledelay 50", "33", "'50' is not a delay from 0 to 32767 ns, 'cabledelay' is ignored"),
            ("cabledelay 33us", "33", "'33us' is not a delay from 0 to 32767 ns, 'cabledelay' is ignored"),
            ("elevation 91", "32", "'91' is not a whole number from 0 to 90, 'elevation' is ignored"),
        ])
    func badValue(words: String, column: String, message: String) {
        let (configuration, diagnostics) = read("refclock nmea unit 0 \(words) prefer")
        #expect(diagnostics.map(\.description) == ["/etc/ntp.conf:1:\(column): error: \(message)"])
        #expect(configuration.referenceClocks.first?.profile == ReceiverWishes())
        #expect(configuration.referenceClocks.first?.prefer == true)
    }

    @Test("a value that is missing is an error")
    func missing() {
        #expect(
            remarks("refclock nmea profile").map { $0.contains("error: 'profile' needs none, timing or") } == [true])
        #expect(remarks("refclock nmea survey 24h").count == 1)
    }

    @Test(
        "words that have no effect together are told",
        arguments: [
            ("nmea survey 1h 2m", "'survey' has no effect without 'profile'"),
            ("nmea profile none elevation 5", "'elevation' has no effect without 'profile'"),
            ("pps profile timing", "'profile' is for u-blox receivers (nmea, ublox), the word is ignored"),
            (
                "nmea profile timing survey 1h 2m position 1 2 3m",
                "'position' is used, 'survey' has no effect beside it"
            ),
            ("nmea profile navigation survey 1h 2m", "'survey' has no effect in 'profile navigation'"),
        ])
    func noEffect(words: String, message: String) {
        #expect(remarks("refclock \(words)") == ["1:10: warning: \(message)"])
    }
}
