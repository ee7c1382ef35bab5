import Receivers
import SimulatedWorld
import Testing
import TimeScale

@Suite("NMEA robustness")
struct NMEARobustnessTests {
    /// A stream with something of everything: good, damaged, hostile.
    private static let mixed: [UInt8] =
        Array("half of one*00\r\n".utf8) + stream(rmc("120000", "010626"), gga("120000"), "GPZDA,120000,01,06,2026,,")
        + Array("$$GPRMC,12".utf8) + stream(rmc("120001", "010626", status: "V")) + [0xb5, 0x62, 0x24, 0x00, 0xff]
        + Array("$GPRMC,120002,A*00\n".utf8) + stream(gga("120003"), gga("120004"), rmc("120005", "010626"))
        + [UInt8](repeating: 0x24, count: 5) + [UInt8](repeating: 0x2c, count: 300) + stream(rmc("120006", "010626"))

    @Test("however the stream is cut, the events and arrivals are the same", arguments: 1...64)
    func pieces(length: Int) {
        #expect(Self.decode(Self.mixed, inPiecesOf: length) == Self.decode(Self.mixed, inPiecesOf: .max))
    }

    @Test("a stream cut in two anywhere gives the same events")
    func cuts() {
        let whole = Self.decode(Self.mixed, inPiecesOf: .max)
        for cut in 0...Self.mixed.count {
            var decoder = Self.decoder()
            let first = decoder.events(Array(Self.mixed[..<cut]))
            let second = decoder.events(Array(Self.mixed[cut...]), startingAt: .unixEpoch + .milliseconds(Int64(cut)))
            #expect(first + second == whole, "cut at \(cut)")
        }
    }

    @Test("any one damaged byte leaves the other sentences alone")
    func damage() {
        // Three sentences; damage to the middle one, outside its line end, must leave the first and the last.
        let sentences = ["120000", "120001", "120002"].map { sentence(rmc($0, "010626")) }
        for offset in sentences[1].indices.dropLast(2) {
            for value in [UInt8(0), 0x0a, 0x0d, 0x21, 0x24, 0x2a, 0x2c, 0x5c, 0x7f, 0xff]
            where sentences[1][offset] != value {
                var bytes = sentences[1]
                bytes[offset] = value
                let labels = events(sentences[0] + bytes + sentences[2]).compactMap(\.label?.utc)
                #expect(labels == [utc(2026, 6, 1, 12), utc(2026, 6, 1, 12, 0, 2)], "byte \(offset) set to \(value)")
            }
        }
    }

    @Test("random bytes bring neither a trap nor a label", arguments: [1, 2, 3] as [UInt64])
    func noise(seed: UInt64) {
        var generator = RandomSource(seed: seed)
        let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(Self.decode(bytes, inPiecesOf: 100).allSatisfy { $0.label == nil }, "seed \(seed)")
    }

    @Test(
        "random fields under right checksums bring no label but of seconds that exist",
        arguments: [4, 5, 6] as [UInt64])
    func randomFields(seed: UInt64) {
        var generator = RandomSource(seed: seed)
        let heads = ["GPRMC", "GNZDA", "GPGGA", "GLGLL", "GNGNS"]
        let alphabet = Array("0123456789012345678901234567890,,,,,,....-+AVNEP")
        var decoder = Self.decoder()
        var labels: [SecondLabel] = []
        for round in 0..<5000 {
            // Every tenth is one that labels, so that all states are met.
            guard round % 10 != 0 else {
                let (minute, second) = (round / 600 % 60, round / 10 % 60)
                let time = String(1_120_000 + minute * 100 + second).dropFirst()
                labels += decoder.events(sentence(rmc(String(time), "010626"))).compactMap(\.label)
                continue
            }
            var body = heads.randomElement(using: &generator) ?? ""
            body += ",\(Int.random(in: 100_000...260_000, using: &generator)),A,"
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                body.append(alphabet.randomElement(using: &generator) ?? ",")
            }
            let found = decoder.events(sentence(body))
            let digits = body.split(separator: ",")[1]
            let time = Int(digits) ?? 0
            let isTime = time / 10_000 < 24 && time / 100 % 100 < 60 && time % 100 < 60
            // GLL has its time in another field.
            #expect(isTime || body.hasPrefix("GLGLL") || found.allSatisfy { $0.label == nil }, "seed \(seed): \(body)")
            labels += found.compactMap(\.label)
        }
        #expect(decoder.statistics.messages == 5000)
        #expect(labels.count >= 300, "seed \(seed)")
        #expect(Set(labels.map(\.utc)).count == labels.count, "seed \(seed)")
    }

    private static func decoder() -> ReceiverDecoder {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        decoder.characterTime = .milliseconds(1)
        return decoder
    }

    private static func decode(_ bytes: [UInt8], inPiecesOf length: Int) -> [ReceiverEvent] {
        var decoder = decoder()
        return decoder.events(bytes, inPiecesOf: length)
    }
}
