import SimulatedWorld
import Testing
import TimeScale

/// Frames written by hand from `shared/reference/nmea-ubx.md` §5 and §5.2, checksums by a separate program; the key is
/// CFG-RATE-MEAS, 0x30210001: 1000 ms from the factory.
@Suite("Imagined UBX receiver")
struct ImaginedUBXReceiverTests {
    private static let start = ImaginedReceiverTests.second
    private static let later = start + .second

    private static func bytes(_ hex: String) -> [UInt8] {
        hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    private static let question = bytes("b5 62 06 8b 08 00 00 00 00 00 01 00 21 30 eb 07")
    private static let questionToFlash = bytes("b5 62 06 8b 08 00 00 02 00 00 01 00 21 30 ed 15")
    private static let command = bytes("b5 62 06 8a 0a 00 00 01 00 00 01 00 21 30 f4 01 e2 da")
    private static let refusedToTell = bytes("b5 62 05 00 02 00 06 8b 98 bd")

    @Test("it tells a value and acknowledges the question, after a while")
    func question() {
        var receiver = ImaginedUBXReceiver(.zedF9T)
        receiver.consume(Self.question, now: Self.start)
        #expect(receiver.takeAnswers(now: Self.start).isEmpty)
        #expect(
            receiver.takeAnswers(now: Self.later)
                == Self.bytes("b5 62 06 8b 0a 00 01 00 00 00 01 00 21 30 e8 03 d9 d2 b5 62 05 01 02 00 06 8b 99 c2"))
    }

    @Test("it takes a value into memory, and a reset forgets it")
    func command() {
        var receiver = ImaginedUBXReceiver(.zedF9T)
        // In two pieces, behind noise.
        receiver.consume([0x00, 0xb5] + Self.command.prefix(7), now: Self.start)
        receiver.consume(Array(Self.command.dropFirst(7)), now: Self.start)
        #expect(receiver.takeAnswers(now: Self.later) == Self.bytes("b5 62 05 01 02 00 06 8a 98 c1"))
        #expect(receiver.value(of: 0x3021_0001) == 500)
        receiver.reset()
        #expect(receiver.value(of: 0x3021_0001) == 1000)
    }

    @Test("it refuses to tell of a key that it does not know, or of a layer that has nothing")
    func unknown() {
        var receiver = ImaginedUBXReceiver(.neoM9N)
        // CFG-TMODE-MODE.
        receiver.consume(Self.bytes("b5 62 06 8b 08 00 00 00 00 00 01 00 03 20 bd bb"), now: Self.start)
        #expect(receiver.takeAnswers(now: Self.later) == Self.refusedToTell)
        receiver.consume(Self.questionToFlash, now: Self.start)
        #expect(receiver.takeAnswers(now: Self.later) == Self.refusedToTell)
    }

    @Test("the deaf one does not answer, and a wrong checksum is no command")
    func deaf() {
        var receiver = ImaginedUBXReceiver(.zedF9T)
        receiver.consume(Self.command.dropLast() + [0], now: Self.start)
        receiver.isDeaf = true
        receiver.consume(Self.command, now: Self.start)
        #expect(receiver.takeAnswers(now: Self.later).isEmpty && receiver.value(of: 0x3021_0001) == 1000)
    }

    @Test("from the factory it speaks sentences, and only those")
    func factory() {
        for model in ImaginedUBXReceiver.Model.allCases {
            var receiver = ImaginedUBXReceiver(model)
            let text = String(decoding: receiver.burst(for: Self.start), as: UTF8.self)
            #expect(text.split(separator: "\r\n").allSatisfy { $0.hasPrefix("$GP") })
            #expect(text.contains("$GPRMC,000000.00,A,") && text.contains("$GPGSV") && !text.contains("$GPZDA"))
        }
    }
}
