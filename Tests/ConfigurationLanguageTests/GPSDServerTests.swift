import ConfigurationLanguage
import Testing

@Suite("Where gpsd listens")
struct GPSDServerTests {
    @Test("both syntaxes take a host; without one it is this computer, at gpsd's port")
    func lines() {
        let text = """
            server 127.127.46.0 prefer host 192.0.2.7:2948
            fudge 127.127.46.0 flag2 1 time2 0.1
            refclock gpsd unit 1 host [2001:db8::1] time1 -2e-7
            refclock gpsd unit 2

            """
        let (configuration, diagnostics) = read(text)
        let clocks = configuration.referenceClocks
        #expect(diagnostics.isEmpty)
        #expect(clocks.map(\.driver) == [.gpsd, .gpsd, .gpsd])
        #expect(clocks.map(\.flag2) == [true, nil, nil])
        #expect(
            clocks.map(\.effectiveServer) == [
                .address(address("192.0.2.7"), port: 2948), .address(address("2001:db8::1"), port: 2947),
                .thisComputer(port: 2947),
            ])
    }

    @Test(
        "every form of an address is read",
        arguments: [
            ("localhost", .thisComputer(port: 2947)), ("localhost:1", .thisComputer(port: 1)),
            ("127.0.0.1", .address(address("127.0.0.1"), port: 2947)),
            ("127.0.0.1:65535", .address(address("127.0.0.1"), port: 65535)),
            ("::1", .address(address("::1"), port: 2947)), ("[::1]", .address(address("::1"), port: 2947)),
            ("[::1]:4000", .address(address("::1"), port: 4000)), ("/run/gpsd.sock", .socket(path: "/run/gpsd.sock")),
        ] as [(String, GPSDServer)])
    func forms(text: String, server: GPSDServer) {
        #expect(GPSDServer(text) == server)
    }

    @Test("what a server is called in the log can be read again", arguments: ["localhost:1", "10.0.0.1:2947", "/s"])
    func description(text: String) {
        #expect(GPSDServer(text)?.description == text)
    }

    @Test(
        "names and nonsense are refused",
        arguments: [
            "", "gps.example", "gps.example:2947", "localhost:", "localhost:0", "localhost:65536", "localhost:+1",
            ":2947",
            "[::1", "::1]", "[127.0.0.1]", "[::1]2947", "127.0.0.1:2947:1", "127.0.0", "gpsd.sock",
            "/" + String(repeating: "x", count: 107),
        ])
    func refused(text: String) {
        #expect(GPSDServer(text) == nil)
    }

    @Test("words that have no effect behind gpsd are told")
    func noEffect() {
        #expect(
            remarks(
                "server 127.127.46.0 mode 1\nrefclock gpsd unit 1 baud 9600 path /dev/ttyAMA0 ppspath /dev/pps0\n"
                    + "refclock gpsd unit 2 parity odd\nrefclock nmea baud 9600") == [
                    "1:8: warning: 'mode' has no effect behind gpsd: pulses are used where they come, else sentences",
                    "2:10: warning: 'baud' has no effect: gpsd reads the line",
                    "3:10: warning: 'parity' has no effect: gpsd reads the line",
                ])
    }

    @Test("a host that cannot be used is an error of the configuration, with its place")
    func badHost() {
        #expect(
            remarks("refclock gpsd host gps.example\nrefclock gpsd unit 1 host") == [
                "1:20: error: 'gps.example' is not 'localhost', a numeric address, either with :PORT, or the path of a "
                    + "socket, 'host' is ignored",
                "2:22: error: 'host' needs an address, the word is ignored",
            ])
    }
}
