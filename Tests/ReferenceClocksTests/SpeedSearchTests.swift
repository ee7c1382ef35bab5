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
        var tried: [Int] = []

        init(first: Int? = nil) { search = SpeedSearch(first: first, now: moment(0)) }

        /// Listens in steps of 0.1 s until the search is over.
        mutating func run(_ bytes: (_ baudRate: Int, _ tick: Int, inout RandomSource) -> [UInt8]) -> SpeedSearch.Step {
            tried = [search.baudRate]
            for tick in 0..<1000 {
                now = now + .milliseconds(100)
                decoder.consume(bytes(search.baudRate, tick, &random).span, arrived: start) { _ in }
                switch search.observe(decoder.statistics, now: now) {
                case .listen: continue
                case .change(let speed):
                    tried.append(speed)
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

    @Test("each speed is found, with what is spoken there", arguments: SpeedSearch.likelySpeeds)
    func everySpeed(speed: Int) {
        var line = Line()
        let end = line.run { baudRate, tick, random in
            tick % 10 != 3 ? [] : baudRate == speed ? Self.zda + Self.zda : Self.noise(baudRate / 40, &random)
        }
        guard case .found(let finding) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(finding == .init(baudRate: speed, languages: [.nmea], noiseShare: 0))
        #expect(line.tried == Array(SpeedSearch.likelySpeeds.prefix { $0 != speed }) + [speed])
    }

    @Test("the speed that the port has is tried first, and each speed once")
    func order() {
        var line = Line(first: 57_600)
        #expect(line.run { _, _, random in Self.noise(3, &random) } == .failed(.unreadable))
        #expect(line.tried == [57_600] + SpeedSearch.likelySpeeds.filter { $0 != 57_600 })
        // Nine speeds, 2.5 s each.
        #expect(line.now == moment(22.5))
        var unknown = Line(first: 1234)
        #expect(unknown.run { _, _, random in Self.noise(3, &random) } == .failed(.unreadable))
        #expect(unknown.tried == SpeedSearch.likelySpeeds)
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
        let end = line.run { baudRate, tick, _ in baudRate == 9600 && tick % 20 == 19 ? Self.zda : [] }
        #expect(end == .found(.init(baudRate: 9600, languages: [.nmea], noiseShare: 0)))
    }

    /// 28 kB of random bytes hold 110 bytes 10, each of which begins a packet that 10 03 ends with a chance of 1 in 256.
    @Test("random bytes at any speed are no receiver, TSIP's packets without checksum included", arguments: 1...20)
    func noise(seed: UInt64) {
        var line = Line()
        line.random = RandomSource(seed: seed)
        let end = line.run { baudRate, _, random in Self.noise(min(baudRate, 115_200) / 100, &random) }
        #expect(end == .failed(.unreadable))
    }

    @Test("languages are told, the busiest first; binary ones are found as sentences are")
    func languages() {
        var line = Line()
        let end = line.run { baudRate, tick, random in
            guard baudRate == 38_400 else { return Self.noise(50, &random) }
            return tick % 10 == 0 ? Self.ubx + Self.ubx + Self.zda : []
        }
        #expect(end == .found(.init(baudRate: 38_400, languages: [.ubx, .nmea], noiseShare: 0)))
        var trimble = Line()
        #expect(
            trimble.run { _, tick, _ in tick % 10 == 0 ? Self.tsip : [] }
                == .found(.init(baudRate: 9600, languages: [.tsip], noiseShare: 0)))
    }

    /// 1000 bytes of raw measurements beside 39 + 2 of a sentence, each second.
    @Test("one sentence a second between much that we do not know is found, though it takes the whole time")
    func unknownNeighbours() {
        var line = Line()
        let end = line.run { baudRate, tick, random in
            guard tick % 10 == 0 else { return [] }
            return Self.noise(1000, &random).filter { $0 != 0x10 } + (baudRate == 115_200 ? Self.zda : [])
        }
        guard case .found(let finding) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(finding.baudRate == 115_200)
        #expect(finding.noiseShare > 0.5)
    }
}
