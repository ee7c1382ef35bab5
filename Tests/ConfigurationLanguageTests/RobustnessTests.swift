import ConfigurationLanguage
import SimulatedWorld
import Testing

@Suite("Hostile input")
struct RobustnessTests {
    private static let values = [
        "0", "-1", "1e999", "0x", "0x-1", "99999999999999999999", "127.127.20.0", "127.127.1.0", "127.127.", "::", ":",
        "default", "mask", "-4", "-6", "\"", "\"\"", "//", "#", "=", "(", "nmea", "sock", "virtual", "listen", "1g",
        "2026-01-01", "--", "/", "10.0.0.0/8", "é", "\r", "\t", "\u{0}", "stratum", "unit", "minpoll", "maxpoll",
        "time1", "refid", "flag1", "path", "ippeerlimit", "serverresponse", "basedate", "orphanwait", "step",
        "minsane", "mindist", "max-error", "max-time", "10us", "24h", "-1s", "all", "192.168", "average", "burst",
        "kod",
        "interval", "leak", "maxdepth", "maxmem", "ipv6prefix", "source", "ff02::101%eth0", "224.0.1.1", "64", "key",
        "version", "ttl",
        "xleave", "auto", "workers", "1-3,5", "0-", "discipline", "*", "rxfilter", "txcomp", "nocrossts", "memlock",
    ]

    private func checkPlaces(_ bytes: [UInt8], _ diagnostics: [Diagnostic]) {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        for diagnostic in diagnostics where diagnostic.file == "f" {
            #expect((1...lines.count).contains(diagnostic.line))
            #expect((1...max(1, lines[diagnostic.line - 1].count)).contains(diagnostic.column))
            #expect(!diagnostic.description.utf8.contains { $0 < 0x20 })
        }
    }

    @Test(
        "lines of random words never trap, and every problem has a place in the text",
        arguments: 1...8 as ClosedRange<UInt64>)
    func randomWords(seed: UInt64) {
        var generator = RandomSource(seed: seed)
        let words = Directive.table.flatMap(\.words) + Self.values
        var text = ""
        for _ in 0..<150 {
            let count = Int.random(in: 0...7, using: &generator)
            text += (0..<count).compactMap { _ in words.randomElement(using: &generator) }.joined(separator: " ") + "\n"
        }
        let bytes = Array(text.utf8)
        let (_, diagnostics) = NTPConfiguration.parse(text: bytes, file: "f") { _ in nil }
        checkPlaces(bytes, diagnostics)
    }

    @Test("random bytes never trap", arguments: 1...8 as ClosedRange<UInt64>)
    func randomBytes(seed: UInt64) {
        var generator = RandomSource(seed: seed)
        let bytes = (0..<4000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let (_, diagnostics) = NTPConfiguration.parse(text: bytes, file: "f") { _ in nil }
        checkPlaces(bytes, diagnostics)
    }

    @Test("a sample with one byte changed never traps", arguments: 1...40 as ClosedRange<UInt64>)
    func mutations(seed: UInt64) {
        var generator = RandomSource(seed: seed)
        var bytes = Array((SampleConfigurations.c + "\n" + SampleConfigurations.d).utf8)
        for _ in 0..<5 {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let (_, diagnostics) = NTPConfiguration.parse(text: bytes, file: "f") { _ in nil }
        checkPlaces(bytes, diagnostics)
    }

    @Test("a text that is no configuration is given up after a thousand problems, with an error")
    func nonsense() {
        let bytes = Array(String(repeating: "wibble\n", count: 100_000).utf8)
        let (_, diagnostics) = NTPConfiguration.parse(text: bytes, file: "f") { _ in nil }
        #expect(diagnostics.count == 1001)
        #expect(diagnostics.last?.description == "f:1000:1: error: more than 1000 problems, the rest is not read")
    }

    @Test("a thousand fudges of nothing are given up too")
    func fudgesOfNothing() {
        let bytes = Array(String(repeating: "fudge 127.127.20.0 time1 0\n", count: 5000).utf8)
        let (_, diagnostics) = NTPConfiguration.parse(text: bytes, file: "f") { _ in nil }
        #expect(diagnostics.count == 1001)
    }

    @Test("more than four mebibytes are not read")
    func tooLarge() {
        let bytes = [UInt8](repeating: 0x0a, count: (4 << 20) + 1)
        let (_, diagnostics) = NTPConfiguration.parse(text: bytes, file: "f") { _ in nil }
        #expect(diagnostics.map(\.severity) == [.error])
    }

    @Test("an empty text is an empty configuration")
    func empty() {
        let (configuration, diagnostics) = NTPConfiguration.parse(text: [], file: "f") { _ in nil }
        #expect(configuration == Configuration())
        #expect(diagnostics.isEmpty)
    }
}
