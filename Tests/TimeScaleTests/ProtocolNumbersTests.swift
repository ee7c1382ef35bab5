import Testing
import TimeScale

@Suite("Numbers of the protocol")
struct ProtocolNumbersTests {
    /// RFC 5905 figure 12: left-justified and filled with zeros.
    @Test(
        "reference identifiers are their characters, first on the wire highest",
        arguments: [
            ("GPS", 0x4750_5300), ("GOES", 0x474f_4553), ("P", 0x5000_0000), ("a~ z", 0x617e_207a),
        ] as [(String, UInt32)])
    func referenceID(text: String, bits: UInt32) {
        #expect(ReferenceID(text)?.bits == bits)
        #expect(ReferenceID(bits: bits).description == text)
    }

    @Test("text that is no identifier is refused", arguments: ["", "GPSes", "µs", "A\n", "\u{7f}", "ééé"])
    func noReferenceID(text: String) {
        #expect(ReferenceID(text) == nil)
    }

    @Test("the names of starting and of the local clock are INIT and LOCL")
    func names() {
        #expect(ReferenceID("INIT") == .initial)
        #expect(ReferenceID("LOCL") == .local)
    }

    @Test(
        "identifiers that are no text are described in hexadecimal",
        arguments: [(0x0a00_0001, "0x0a000001"), (0xc000_0201, "0xc0000201"), (0, "")] as [(UInt32, String)])
    func otherReferenceID(bits: UInt32, text: String) {
        #expect(ReferenceID(bits: bits).description == text)
    }

    @Test(
        "poll exponents are clamped and powers of two seconds",
        arguments: [
            (0, 0, 1_000_000_000), (6, 6, 64_000_000_000), (17, 17, 131_072_000_000_000),
            (18, 17, 131_072_000_000_000), (.max, 17, 131_072_000_000_000), (-1, -1, 500_000_000),
            (-6, -6, 15_625_000), (-7, -6, 15_625_000), (.min, -6, 15_625_000),
        ] as [(Int, Int8, Int64)])
    func pollExponent(asked: Int, exponent: Int8, nanoseconds: Int64) {
        let poll = PollExponent(clamping: asked)
        #expect(poll.exponent == exponent)
        #expect(poll.interval.nanoseconds == nanoseconds)
    }

    /// RFC 5905 figure 9.
    @Test("leap indicators have the numbers of the standard")
    func leapIndicator() {
        let known: [LeapIndicator] = [.none, .insertSecond, .deleteSecond, .unsynchronised]
        #expect(known.map(\.rawValue) == [0, 1, 2, 3])
        #expect(LeapIndicator(rawValue: 4) == nil)
    }
}
