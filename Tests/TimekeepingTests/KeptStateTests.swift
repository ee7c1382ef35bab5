import Receivers
import ReferenceClocks
import SimulatedWorld
import Testing
import TimeScale

@testable import Timekeeping

@Suite("What is kept over restarts")
struct KeptStateTests {
    static let delay = LearnedDelay(message: .rmc, baudRate: 9600, centre: 0.137, deviation: 0.02, count: 240)

    static var full: KeptState {
        var state = KeptState()
        state.lastGoodTime = Instant(nanoseconds: 1_795_132_800_123_456_789)
        (state.frequency, state.frequencyDeviation) = (-3.1e-5, 1e-9)
        state.sequence = .max
        state.leapSeconds = [
            .init(since: Instant(nanoseconds: 1_798_761_600_000_000_000), taiMinusUTC: 38),
            .init(since: Instant(nanoseconds: 1_830_297_600_000_000_000), taiMinusUTC: 37),
        ]
        state.realTimeClock = .init(
            comparedAt: Instant(nanoseconds: 1_795_132_000_123_456_789), offset: -0.003, rate: 1.2e-5,
            rateDeviation: 3e-7)
        var receiver = KeptState.Source(name: "NMEA(0)")
        (receiver.jitter, receiver.wander) = (1.0 / 3 * 1e-6, 1e-10)
        (receiver.latencyMean, receiver.latencyShare) = (2e-5, 0.1)
        receiver.delays = [
            delay, LearnedDelay(message: .zda, baudRate: 9600, centre: -0.02, deviation: 0, count: 6),
        ]
        state.sources = [receiver, KeptState.Source(name: "a source: with blanks")]
        return state
    }

    /// The lines with the checksum that belongs to them.
    static func text(_ lines: String...) -> [UInt8] {
        let body = Array(lines.reduce("") { $0 + $1 + "\n" }.utf8)
        let digits = String(CRC32.of(body[...]), radix: 16)
        return body + Array("crc32 \(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)\n".utf8)
    }

    /// The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms, and that of no bytes.
    @Test("the checksum is CRC-32", arguments: [("123456789", 0xcbf4_3926), ("", 0)] as [(String, UInt32)])
    func checksum(text: String, expected: UInt32) {
        #expect(CRC32.of(Array(text.utf8)[...]) == expected)
    }

    @Test("everything that is written reads back exactly")
    func roundTrip() throws {
        #expect(try KeptState(text: Array(Self.full.text.utf8)) == Self.full)
        #expect(try KeptState(text: Array(KeptState().text.utf8)) == KeptState())
    }

    @Test("line ends behind the checksum are padding")
    func padding() throws {
        #expect(try KeptState(text: Array((Self.full.text + "\n\n\n").utf8)) == Self.full)
        #expect(throws: KeptStateError.self) { try KeptState(text: Array((Self.full.text + "\n\n ").utf8)) }
    }

    @Test("the later of two sequences is the newer, also where they wrap")
    func sequences() {
        for (older, newer) in [(1, 2), (.max, 0), (0xffff_fff0, 5), (0, 0x7fff_ffff)] as [(UInt32, UInt32)] {
            var (one, other) = (KeptState(), KeptState())
            (one.sequence, other.sequence) = (older, newer)
            #expect(other.isNewer(than: one))
            #expect(!one.isNewer(than: other))
            #expect(!one.isNewer(than: one))
        }
    }

    @Test("any finite number reads back exactly")
    func numbers() throws {
        var random = RandomSource(seed: 1)
        for _ in 0..<500 {
            var state = KeptState()
            state.frequency = (random.nextUnit() - 0.5) * 1e-3
            var source = KeptState.Source(name: "PPS(0)")
            source.jitter = random.nextUnit() * 1e-9 / (random.nextUnit() + 1e-9)
            state.sources = [source]
            #expect(try KeptState(text: Array(state.text.utf8)) == state)
        }
    }

    @Test("keys and messages of a newer version are skipped")
    func unknownKeys() throws {
        let text = Self.text(
            "timeball-state 1", "colour blue", "frequency 1e-05", "", "source NMEA(0)",
            "delay ubx-nav-pvt 9600 0.1 0.01 7", "delay rmc 9600 0.137 0.02 240", "temperature")
        let state = try KeptState(text: text)
        #expect(state.frequency == 1e-5)
        #expect(state.sources.map(\.delays) == [[Self.delay]])
    }

    @Test("a file that is cut short anywhere, or has a bit flipped anywhere, is refused whole")
    func damage() {
        let text = Array(Self.full.text.utf8)
        for length in 0..<text.count {
            #expect(throws: KeptStateError.self) { try KeptState(text: Array(text[..<length])) }
        }
        for index in text.indices {
            var damaged = text
            damaged[index] ^= 1 << (index % 8)
            #expect(throws: KeptStateError.self) { try KeptState(text: damaged) }
        }
    }

    @Test("each fault has its own error")
    func errors() {
        #expect(throws: KeptStateError.unknownFormat) { try KeptState(text: []) }
        #expect(throws: KeptStateError.unknownFormat) { try KeptState(text: Self.text("timeball-state 12")) }
        #expect(throws: KeptStateError.noChecksum) { try KeptState(text: Array("timeball-state 1\n".utf8)) }
        #expect(throws: KeptStateError.damaged(expected: 0, found: CRC32.of(Array("timeball-state 1\n".utf8)[...]))) {
            try KeptState(text: Array("timeball-state 1\ncrc32 00000000\n".utf8))
        }
    }

    @Test(
        "a value that cannot be refuses the whole",
        arguments: [
            "frequency", "frequency fast", "frequency nan", "frequency inf", "frequency 0.01", "frequency 1e-5 2",
            "frequency-deviation -1e-9", "last-good-time", "last-good-time 99999999999999999999", "last-good-time 1.5",
            "sequence", "sequence -1", "sequence 4294967296", "leap-second 1", "leap-second 1 1000",
            "leap-second 2 38\nleap-second 1 38", "rtc 1", "rtc -1 0", "rtc 1.5 0", "rtc 1 nan", "rtc 1 1e11",
            "rtc-rate 1e-5 1e-7",
            "rtc 1 0\nrtc-rate 1", "rtc 1 0\nrtc-rate 1 0", "rtc 1 0\nrtc-rate 1e-5 -1",
            "jitter 1e-6", "delay rmc 9600 0.1 0.01 7", "source", "source A\nsource A", "source A\njitter -1",
            "source A\nlatency-share 1.5", "source A\nwander 1e400", "source A\ndelay rmc 9600 0.1 0.01",
            "source A\ndelay rmc 0 0.1 0.01 7", "source A\ndelay rmc 9600 nan 0.01 7",
            "source A\ndelay rmc 9600 0.1 -0.01 7", "source A\ndelay rmc 9600 0.1 0.01 -7",
        ])
    func malformed(line: String) {
        let number = line.contains("\n") ? 3 : 2
        #expect(throws: KeptStateError.malformed(line: number)) {
            try KeptState(text: Self.text("timeball-state 1", line))
        }
    }

    @Test("no bytes trap, with a right checksum or without")
    func hostile() {
        var random = RandomSource(seed: 7)
        let alphabet = Array(Self.full.text.utf8) + [0, 0x0a, 0x20, 0x80, 0xff]
        for _ in 0..<2000 {
            let body = (0..<Int(random.next() % 80)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            _ = try? KeptState(text: body)
            _ = try? KeptState(text: Self.text("timeball-state 1", String(decoding: body, as: UTF8.self)))
        }
    }
}
