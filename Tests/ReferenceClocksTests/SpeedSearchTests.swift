import ConfigurationLanguage
import Receivers
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

@Suite("The search for a line's speed")
struct SpeedSearchTests {
    /// A line with a receiver that is understood at one speed, and random bytes at all others.
    private struct Line {
        var decoder = ReceiverDecoder(notBefore: start)
        var search: SpeedSearch
        var now = moment(0)
        var random = RandomSource(seed: 7)
        var tried: [LineSettings] = []

        init(first: LineSettings? = nil) { search = SpeedSearch(first: first, now: moment(0)) }

        /// Listens in steps of 0.1 s until the search is over.
        mutating func run(_ bytes: (_ settings: LineSettings, _ tick: Int, inout RandomSource) -> [UInt8])
            -> SpeedSearch.Step
        {
            tried = [search.settings]
            for tick in 0..<1000 {
                now = now + .milliseconds(100)
                decoder.consume(bytes(search.settings, tick, &random).span, arrived: start) { _ in }
                switch search.observe(decoder.statistics, now: now) {
                case .listen: continue
                case .change(let settings):
                    tried.append(settings)
                    decoder.reset()
                case let end: return end
                }
            }
            return .listen
        }
    }

    private static let zda = ImaginedReceiver.sentence("GPZDA,000000.00,20,11,2026,00,00")
    /// UBX ACK-ACK of CFG-MSG: its checksum is 8-bit Fletcher over 05 01 02 00 06 01.
    private static let ubx: [UInt8] = [0xb5, 0x62, 5, 1, 2, 0, 6, 1, 0x0f, 0x38]
    /// A Thunderbolt's 8F-AC begins so; any content is a packet, for there is no checksum.
    private static let tsip: [UInt8] = [0x10, 0x8f, 0xac, 0, 1, 2, 3, 0x10, 3]

    private static func noise(_ count: Int, _ random: inout RandomSource) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    @Test("each speed is found, with what is spoken there", arguments: SpeedSearch.likely)
    func everySpeed(right: LineSettings) {
        var line = Line()
        let end = line.run { settings, tick, random in
            tick % 10 != 3
                ? [] : settings == right ? Self.zda + Self.zda : Self.noise(settings.baudRate / 40, &random)
        }
        guard case .found(let finding) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(finding == .init(settings: right, languages: [.nmea]))
        #expect(line.tried == Array(SpeedSearch.likely.prefix { $0 != right }) + [right])
    }

    @Test("the speed that the port has is tried first, and each speed once")
    func order() {
        let first = LineSettings(57_600)
        var line = Line(first: first)
        #expect(line.run { _, _, random in Self.noise(3, &random) } == .failed(.unreadable))
        #expect(line.tried == [first] + SpeedSearch.likely.filter { $0 != first })
        // Nine speeds and one with parity, 2.5 s each.
        #expect(line.now == moment(25))
        var unknown = Line(first: LineSettings(1234))
        #expect(unknown.run { _, _, random in Self.noise(3, &random) } == .failed(.unreadable))
        #expect(unknown.tried == SpeedSearch.likely)
    }

    @Test("a line without a byte is silent after two speeds")
    func silence() {
        var line = Line()
        #expect(line.run { _, _, _ in [] } == .failed(.silent))
        #expect(line.now == moment(5))
    }

    @Test("a receiver that writes only every two seconds is found")
    func slowReceiver() {
        var line = Line()
        let end = line.run { settings, tick, _ in settings == LineSettings(9600) && tick % 20 == 19 ? Self.zda : [] }
        #expect(end == .found(.init(settings: LineSettings(9600), languages: [.nmea])))
    }

    /// 28 kB of random bytes hold 110 bytes 10, each of which begins a packet that 10 03 ends with a chance of 1 in 256.
    @Test("random bytes at any speed are no receiver, TSIP's packets without checksum included", arguments: 1...20)
    func noise(seed: UInt64) {
        var line = Line()
        line.random = RandomSource(seed: seed)
        let end = line.run { settings, _, random in Self.noise(min(settings.baudRate, 115_200) / 100, &random) }
        #expect(end == .failed(.unreadable))
    }

    @Test("languages are told, the busiest first; binary ones are found as sentences are")
    func languages() {
        var line = Line()
        let end = line.run { settings, tick, random in
            guard settings.baudRate == 38_400 else { return Self.noise(50, &random) }
            return tick % 10 == 0 ? Self.ubx + Self.ubx + Self.zda : []
        }
        #expect(end == .found(.init(settings: LineSettings(38_400), languages: [.ubx, .nmea])))
        var trimble = Line()
        #expect(
            trimble.run { _, tick, _ in tick % 10 == 0 ? Self.tsip : [] }
                == .found(.init(settings: LineSettings(9600), languages: [.tsip])))
    }

    /// A Resolution SMT writes with odd parity, and what is read without it is garbage: the parity bit of a byte with an odd
    /// number of ones, DLE among them, is no stop bit.
    @Test("Trimble's receivers are found at 9600 baud with odd parity, before the rarer speeds")
    func oddParity() {
        var line = Line()
        let end = line.run { settings, tick, random in
            guard tick % 10 == 0 else { return [] }
            return settings == LineSettings(9600, .odd) ? Self.tsip + Self.tsip : Self.noise(40, &random)
        }
        #expect(end == .found(.init(settings: LineSettings(9600, .odd), languages: [.tsip])))
        #expect(line.tried.map(\.baudRate) == [9600, 38_400, 115_200, 4800, 9600])
    }

    /// 1000 bytes of raw measurements beside 39 + 2 of a sentence, each second.
    @Test("one sentence a second between much that we do not know is found, though it takes the whole time")
    func unknownNeighbours() {
        var line = Line()
        let end = line.run { settings, tick, random in
            guard tick % 10 == 0 else { return [] }
            return Self.noise(1000, &random).filter { $0 != 0x10 } + (settings.baudRate == 115_200 ? Self.zda : [])
        }
        guard case .found(let finding) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(finding.settings.baudRate == 115_200)
    }
}
