import CGPS
import ConfigurationLanguage
import Foundation
import GPSDClient
import GPSDWire
import LinuxSystem
import Testing
import TimeScale

/// With libgps as it is installed here, and a server of paper.
@Suite("The connection to gpsd", .enabled(if: hasLibrary(), "*** NOT TESTED: no libgps, or built without it ***"))
struct GPSDConnectionTests {
    /// gpsd 3.22's greeting.
    static let greeting =
        #"{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}"# + "\r\n"
    static let watch = #"?WATCH={"enable":true,"json":true,"pps":true};"# + "\n"

    @Test("it greets, asks for reports, and gives them typed and in order")
    func reports() throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        #expect(connection.wantsWriting == true)
        var reports: [GPSDReport] = []
        try connection.attend(now: at(0)) { reports.append($0) }
        #expect(reports.isEmpty)
        #expect(connection.wantsWriting == false)
        // In pieces, as TCP may bring it.
        server.say(String(Self.greeting.prefix(40)))
        try connection.attend(now: at(0)) { reports.append($0) }
        #expect(reports.isEmpty)
        #expect(connection.due == at(30))
        server.say(String(Self.greeting.dropFirst(40)))
        try connection.attend(now: at(0)) { reports.append($0) }
        #expect(reports == [.version(GPSDVersion(release: "3.22", protocolMajor: 3, protocolMinor: 14))])
        #expect(server.heard() == Self.watch)
        reports = []
        server.say(Self.messages)
        try connection.attend(now: at(1)) { reports.append($0) }
        #expect(reports == Self.expected)
    }

    /// Messages as gpsd 3.22 writes them; the pulse's line as `gpsd/gpsd.c` has it.
    private static let messages = """
        {"class":"DEVICES","devices":[{"class":"DEVICE","path":"/dev/ttyS1","driver":"u-blox","subtype":"SW 1.00",\
        "subtype1":"ROM","activated":"2026-11-21T10:00:00.000Z","flags":1},{"class":"DEVICE","path":"/dev/pps0"}]}
        {"class":"WATCH","enable":true,"json":true,"nmea":false,"pps":true}
        {"class":"TPV","device":"/dev/ttyS1","status":2,"mode":3,"time":"2026-11-21T10:00:01.000Z","leapseconds":18,\
        "ept":0.005,"lat":1.0,"lon":2.0,"altHAE":34.5}
        {"class":"SKY","device":"/dev/ttyS1","hdop":0.9,"tdop":0.5,"satellites":[\
        {"PRN":3,"gnssid":0,"svid":3,"el":45.0,"az":90.0,"ss":44.0,"used":true,"health":1},\
        {"PRN":70,"el":5.0,"az":10.0,"ss":0.0,"used":false}]}
        {"class":"SKY","device":"/dev/ttyS1","hdop":0.9}
        {"class":"TOFF","device":"/dev/ttyS1","real_sec":1795255201, "real_nsec":0,"clock_sec":1795255201,\
        "clock_nsec":150000000}
        {"class":"PPS","device":"/dev/pps0","real_sec":1795255202, "real_nsec":0,"clock_sec":1795255202,\
        "clock_nsec":1234,"precision":-20,"qErr":77}
        {"class":"DEVICE","path":"/dev/ttyS1","activated":0}
        {"class":"ERROR","message":"No such device as /dev/gps9"}
        {"class":"TPV","device":"/dev/ttyS1","mode":1}
        nonsense
        {"class":"SKY","satellites":{}}
        {"class":"DEVICES","devices":[{"class":"DEVICE","path":0,"activated":"2026-11-21T10:00:00.000Z"}]}
        {"class":"ERROR","devices":[{"class":"DEVICE"}]}

        """

    private static let expected: [GPSDReport] = {
        var dilutions = GPSDDilutions()
        (dilutions.horizontal, dilutions.time) = (0.9, 0.5)
        var horizontal = GPSDDilutions()
        horizontal.horizontal = 0.9
        // 2026-11-21T10:00:01Z is 20 778 days, 10 hours and a second after 1970.
        let second = Instant(nanoseconds: 1_795_255_201_000_000_000)
        let port = "/dev/ttyS1"
        return [
            .devices([
                GPSDDevice(path: port, driver: "u-blox", model: "SW 1.00", firmware: "ROM", isActive: true),
                GPSDDevice(path: "/dev/pps0", driver: nil, model: nil, firmware: nil, isActive: false),
            ]),
            .fix(
                GPSDFix(
                    device: port, time: second, isLeapSecond: false, mode: .threeDimensional, status: 2,
                    leapSeconds: 18, latitude: 1, longitude: 2, height: 34.5)),
            .satellites(
                GPSDSky(
                    device: port, dilutions: dilutions,
                    satellites: [
                        GPSDSatellite(
                            constellation: .gps, number: 3, signal: 44, isUsed: true, elevation: 45, azimuth: 90),
                        GPSDSatellite(
                            constellation: nil, number: 70, signal: 0, isUsed: false, elevation: 5, azimuth: 10),
                    ])),
            .satellites(GPSDSky(device: port, dilutions: horizontal, satellites: nil)),
            .timeOffset(GPSDTimeOffset(device: port, reference: second, clock: second + .milliseconds(150))),
            .pulse(
                GPSDPulse(
                    device: "/dev/pps0", reference: second + .second,
                    clock: second + .second + Interval(nanoseconds: 1234), precision: -20, quantisationError: 77)),
            .device(GPSDDevice(path: port, driver: nil, model: nil, firmware: nil, isActive: false)),
            .error("No such device as /dev/gps9"),
            .fix(
                GPSDFix(device: port, time: nil, isLeapSecond: false, mode: .none, status: 0, leapSeconds: nil)),
            .malformed(.notAnObject(offset: 0)),
            .malformed(.notDecoded),
            // gps_unpack of libgps 3.22 would never come back from these.
            .malformed(.notDecoded),
            .malformed(.notDecoded),
        ]
    }()

    @Test("gpsd is asked what it has, believed as long as it answers, and given up when it does not")
    func silence() throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        server.say(Self.greeting)
        try connection.attend(now: at(0)) { _ in }
        _ = server.heard()
        #expect(connection.due == at(10))
        try connection.attend(now: at(9.9)) { _ in }
        #expect(server.heard().isEmpty)
        try connection.attend(now: at(10)) { _ in }
        #expect(server.heard() == "?DEVICES;\n")
        server.say(#"{"class":"DEVICES","devices":[]}"# + "\n")
        var reports: [GPSDReport] = []
        try connection.attend(now: at(10.1)) { reports.append($0) }
        #expect(reports == [.devices([])])
        #expect(connection.due == at(20))
        for time in [20, 30, 40.0] {
            try connection.attend(now: at(time)) { _ in }
            #expect(server.heard() == "?DEVICES;\n")
        }
        #expect(connection.due == at(40.1))
        #expect(problem(&connection, at(40.1)) == "read \(server.path): gpsd is silent")
    }

    @Test(
        "who does not greet in half a minute is given up, whatever else he says",
        arguments: ["x", #"{"class":"WATCH","enable":true}"# + "\n", #"{"class":"TPV","mode":3}"# + "\n"])
    func dribble(text: String) throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        for second in 0..<30 {
            server.say(text)
            try connection.attend(now: at(Double(second))) { _ in Issue.record("a report of a stranger's") }
        }
        #expect(problem(&connection, at(30)) == "read \(server.path): gpsd is silent")
    }

    @Test("after a greeting, bytes that never make a line are no sign of life")
    func noLine() throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        server.say(Self.greeting)
        for second in 0..<30 {
            try connection.attend(now: at(Double(second))) { _ in }
            server.say("x")
        }
        #expect(problem(&connection, at(30)) == "read \(server.path): gpsd is silent")
    }

    @Test("what talks only rubbish is given up after 64 lines; a line that is understood begins the count anew")
    func rubbish() throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        server.say(Self.greeting)
        try connection.attend(now: at(0)) { _ in }
        let most = String(repeating: "{}\n", count: 63)
        server.say(most + #"{"class":"WATCH"}"# + "\n" + most)
        var reports = 0
        try connection.attend(now: at(1)) { _ in reports += 1 }
        #expect(reports == 126)
        server.say(String(repeating: "{}\n", count: 20_000))
        #expect(problem(&connection, at(2)) == "read \(server.path): what it says is not understood")
    }

    @Test("where the first address of this computer does not greet, the next is tried", arguments: [true, false])
    func nextAddress(isSilent: Bool) throws {
        let silent = try PortListener(family: AF_INET6)
        let gpsd = try PortListener(family: AF_INET, port: silent.port)
        var connection = try GPSDConnection(to: .thisComputer(port: silent.port), now: at(0))
        try connection.attend(now: at(0)) { _ in }
        silent.accept()
        if !isSilent { silent.say("220 no gpsd\r\n") }
        let time = isSilent ? 30.0 : 1
        try connection.attend(now: at(time)) { _ in }
        try connection.attend(now: at(time + 1)) { _ in }
        gpsd.accept()
        gpsd.say(Self.greeting)
        try connection.attend(now: at(time + 2)) { _ in }
        let isWatching = connection.isWatching
        #expect(isWatching)
    }

    @Test(
        "what is no gpsd, or one of another protocol, is refused in clear words",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2p1\r\n", "greet PATH: what answers is no gpsd"),
            (
                #"{"class":"VERSION","release":"9.1","proto_major":17,"proto_minor":2}"# + "\n",
                "greet PATH (gpsd 9.1, protocol 17.2): this gpsd speaks another protocol than 3 or 16: use its SHM or SOCK"
            ),
        ])
    func refusal(greeting: String, message: String) throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        server.say(greeting)
        #expect(problem(&connection, at(0)) == message.replacing("PATH", with: server.path))
    }

    @Test("a gpsd that goes is an error, after what it has said")
    func hangUp() throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        server.say(Self.greeting + "{\"class\":\"ERROR\",\"message\":\"bye\"}\n{\"class\":\"TP")
        // Otherwise the question that was not read would reset the connection before all was read.
        var reports: [GPSDReport] = []
        try connection.attend(now: at(0)) { reports.append($0) }
        _ = server.heard()
        server.hangUp()
        #expect(problem(&connection, at(1)) == "read \(server.path): the connection was closed")
        #expect(reports.count == 2)
    }

    @Test("where nothing listens, connecting fails: at once, or in the next round")
    func absent() throws {
        #expect(throws: SystemError.self) { _ = try GPSDConnection(to: .socket(path: "/tmp/nothing"), now: at(0)).due }
        // A port that was free a moment ago, on both addresses of this computer.
        let server = GPSDServer.thisComputer(port: try NTPSocket(address: "127.0.0.1", port: 0).localPort())
        var message = ""
        do throws(SystemError) {
            var connection = try GPSDConnection(to: server, now: at(0))
            for _ in 0..<3 where message.isEmpty { message = problem(&connection, at(0)) }
        } catch {
            message = error.description
        }
        #expect(message.hasSuffix("connection refused"))
        #expect(message.contains("127.0.0.1"))
    }

    @Test("an address that leads nowhere is given up after half a minute")
    func nowhere() throws {
        // A listener whose queue is full answers no more: connecting goes on for minutes.
        let listener = FullListener()
        var connection = try GPSDConnection(to: try #require(GPSDServer("127.0.0.1:\(listener.port)")), now: at(0))
        #expect(connection.due == at(30))
        try connection.attend(now: at(29.9)) { _ in }
        #expect(connection.wantsWriting == true)
        #expect(problem(&connection, at(30)).hasSuffix("gpsd is silent"))
    }

    @Test("a flood of nonsense is read in portions, and a line without end is dropped")
    func flood() throws {
        let server = Server()
        var connection = try GPSDConnection(to: .socket(path: server.path), now: at(0))
        server.accept()
        server.say(Self.greeting)
        try connection.attend(now: at(0)) { _ in }
        server.say(String(repeating: "x", count: 100_000))
        // 16 KiB at a time.
        for _ in 0..<7 { try connection.attend(now: at(1)) { _ in Issue.record("a report of nothing") } }
        server.say("\n{\"class\":\"ERROR\",\"message\":\"\"}\n")
        server.say("{\"class\":\"ERROR\",\"message\":\"" + String(repeating: "é", count: 100) + "\"}\n")
        var reports: [GPSDReport] = []
        try connection.attend(now: at(2)) { reports.append($0) }
        // Cut to what a log line should hold.
        #expect(reports == [.error(""), .error(String(repeating: "?", count: 127))])
    }

    /// What `attend` throws, as text; empty where nothing.
    private func problem(_ connection: inout GPSDConnection, _ now: MonotonicInstant) -> String {
        do throws(SystemError) {
            try connection.attend(now: now) { _ in }
            return ""
        } catch {
            return error.description
        }
    }
}

/// Whether libgps can be loaded here.
func hasLibrary() -> Bool {
    do throws(SystemError) {
        _ = try GPSDConnection(to: .socket(path: "/nonexistent"), now: at(0)).due
        return true
    } catch {
        return error.operation.description == "connect"
    }
}
