import Receivers
import Testing

/// Frames are written by hand from `shared/reference/nmea-ubx.md` §5.2; checksums by a separate program (Fletcher's sums
/// over class to payload), one frame as others have published it.
@Suite("Receiver profile")
struct ReceiverProfileTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    private static func values(_ pairs: (UInt32, UInt64)...) -> ReceiverAnswer {
        .values(pairs.map { UBXConfigurationItem($0.0, $0.1) })
    }

    /// The block of a profile that begins with a key.
    private static func block(_ key: UInt32, _ change: (inout ReceiverProfile) -> Void = { _ in }) throws -> UBXBlock {
        var profile = ReceiverProfile.timing
        change(&profile)
        return try #require(
            profile.blocksOfKeys.first {
                if case .settings(let settings) = $0.content { settings.first?.item.key == key } else { false }
            })
    }

    /// The block of a profile that asks with a message, for receivers before protocol 27.
    private static func older(
        _ code: UInt16, _ question: [UInt8] = [], firmware: String = "TIM 1.10",
        _ change: (inout ReceiverProfile) -> Void = { _ in }
    ) throws -> UBXBlock {
        var profile = ReceiverProfile.timing
        change(&profile)
        return try #require(
            profile.blocksOfPayloads(firmware: firmware).first { $0.question(.memory) == UBXFrame(code, question) })
    }

    private static func payload(_ code: UInt64, _ bytes: [UInt8]) -> ReceiverAnswer {
        .payload(MessageName(.ubx, code: code), bytes)
    }

    @Test("a frame is what others have measured")
    func frame() {
        // UBX-CFG-VALSET of CFG-NAVSPG-DYNMODEL 6 in memory, by Clive Turvey (github.com/Nevvman18/rs41-nfw issue 3).
        let frame = UBXFrame(0x068a, [0, 1, 0, 0, 0x21, 0, 0x11, 0x20, 6])
        #expect(frame.bytes == Self.bytes("b5 62 06 8a 09 00 00 01 00 00 21 00 11 20 06 f2 4f"))
        #expect(UBXFrame.versionQuestion.bytes == Self.bytes("b5 62 0a 04 00 00 0e 34"))
    }

    @Test("a survey of an hour to 2 m is asked for and set under its three keys")
    func survey() throws {
        let block = try Self.block(0x2003_0001) { $0.timingMode = .survey(.init(duration: 3600, accuracy: 2)) }
        #expect(
            block.question(.memory).bytes
                == Self.bytes("b5 62 06 8b 10 00 00 00 00 00 01 00 03 20 10 00 03 40 11 00 03 40 6c 8f"))
        // Mode 1; 3600 = 0xe10 s; 20000 = 0x4e20 tenths of a millimetre.
        #expect(
            block.command(after: nil, .memory)?.bytes
                == Self.bytes(
                    "b5 62 06 8a 19 00 00 01 00 00 01 00 03 20 01 10 00 03 40 10 0e 00 00 11 00 03 40 20 4e 00 00 02 28"
                ))
    }

    @Test("only what differs is set")
    func differences() throws {
        let block = try Self.block(0x2003_0001)
        let right = Self.values((0x2003_0001, 1), (0x4003_0010, 86_400), (0x4003_0011, 20_000))
        #expect(block.command(after: right, .memory) == nil)
        let wrong = Self.values((0x2003_0001, 1), (0x4003_0010, 60), (0x4003_0011, 20_000))
        // 86400 = 0x15180.
        #expect(
            block.command(after: wrong, .memory)?.payload
                == Self.bytes("00 01 00 00 10 00 03 40 80 51 01 00"))
    }

    @Test("the layers are numbers in questions and bits in commands")
    func layers() throws {
        let block = try Self.block(0x2003_0001)
        let layers: [(UBXLayer, UInt8, UInt8)] = [(.memory, 0, 1), (.battery, 1, 2), (.flash, 2, 6)]
        for (layer, asked, set) in layers {
            #expect(block.question(layer).payload[1] == asked)
            #expect(block.command(after: nil, layer)?.payload[1] == set)
        }
    }

    @Test("a place is told to a tenth of a millimetre, with its sign")
    func position() throws {
        let block = try Self.block(0x2003_0001) {
            $0.timingMode = .fixed(
                .geographic(latitude: -33.868819712, longitude: 151.209290034, height: -12.5037), accuracy: 0.25)
        }
        // −338688197 = 0xebd0073b and −12 nanodegrees; 1512092900 = 0x5a20b4e4 and 34; −1250 cm = 0xfffffb1e and −3.7 mm
        // = −37 tenths; 2500 tenths.
        #expect(
            block.command(after: nil, .memory)?.payload
                == Self.bytes(
                    "00 01 00 00 01 00 03 20 02 02 00 03 20 01 09 00 03 40 3b 07 d0 eb 0c 00 03 20 f4 "
                        + "0a 00 03 40 e4 b4 20 5a 0d 00 03 20 22 0b 00 03 40 1e fb ff ff 0e 00 03 20 db "
                        + "0f 00 03 40 c4 09 00 00"))
    }

    @Test("the pulse is silent without satellites, rises at the top of the second, and follows UTC")
    func pulse() throws {
        let block = try Self.block(0x2005_0023) { $0.pulse.cableDelay = 52 }
        // 1000000 = 0xf4240, 100000 = 0x186a0 µs.
        #expect(
            block.command(after: nil, .memory)?.payload
                == Self.bytes(
                    "00 01 00 00 23 00 05 20 00 30 00 05 20 01 02 00 05 40 40 42 0f 00 03 00 05 40 40 42 0f 00 "
                        + "04 00 05 40 00 00 00 00 05 00 05 40 a0 86 01 00 07 00 05 10 01 08 00 05 10 01 "
                        + "09 00 05 10 01 0a 00 05 10 01 0b 00 05 10 01 0c 00 05 20 00 01 00 05 30 34 00"))
    }

    @Test("satellite systems that were not named are off, and nothing is said where none was")
    func constellations() throws {
        let block = try Self.block(0x1031_001f) { $0.constellations = [.gps, .galileo] }
        #expect(
            block.command(after: nil, .memory)?.payload
                == Self.bytes(
                    "00 01 00 00 1f 00 31 10 01 20 00 31 10 00 21 00 31 10 01 22 00 31 10 00 24 00 31 10 00 25 00 31 10 00 "
                        + "26 00 31 10 00"
                ))
        let systems = ReceiverProfile.navigation.blocksOfKeys.filter(\.restartsSearch)
        #expect(systems.isEmpty)
    }

    @Test("no message has more than 64 keys, none twice, each with a value of its size")
    func keys() {
        var profile = ReceiverProfile.timing
        (profile.constellations, profile.pulse.cableDelay) = ([.gps], 10)
        for block in profile.blocksOfKeys {
            guard case .settings(let settings) = block.content else { continue }
            #expect(settings.count <= 64)
            #expect(Set(settings.map(\.item.key)).count == settings.count)
            for item in settings.map(\.item) {
                let bits: [UInt32: UInt64] = [1: 1, 2: 8, 3: 16, 4: 32]
                #expect(item.value >> (bits[item.key >> 28] ?? 0) == 0, "\(item.key)")
            }
        }
    }

    @Test("a receiver for reference stations is told its survey by CFG-TMODE3, one for timing by CFG-TMODE2")
    func olderTimingModes() throws {
        let change: (inout ReceiverProfile) -> Void = { $0.timingMode = .survey(.init(duration: 3600, accuracy: 2)) }
        let before = (0..<40).map { UInt8($0 + 100) }
        let timing = try Self.older(0x063d, [], change).command(
            after: Self.payload(0x063d, Array(before[..<28])), .memory)
        // Mode in byte 0; seconds from 20 on; 2000 = 0x7d0 mm from 24 on; the rest as it was.
        #expect(timing?.payload == [1] + before[1..<20] + Self.bytes("10 0e 00 00 d0 07 00 00"))
        let station = try Self.older(0x0671, firmware: "HPG 1.40", change)
            .command(after: Self.payload(0x0671, before), .memory)
        // Mode in byte 2; seconds from 24 on; 20000 = 0x4e20 tenths of a millimetre from 28 on.
        #expect(
            station?.payload
                == before[..<2] + [1] + before[3..<24] + Self.bytes("10 0e 00 00 20 4e 00 00") + before[32...])
    }

    @Test("CFG-TP5 keeps what is nobody's business: the user's delay, and how the pulse finds its grid")
    func olderPulse() throws {
        let block = try Self.older(0x0631, [0]) { $0.pulse.cableDelay = 52 }
        let before = Self.bytes(
            "00 01 00 00 32 00 00 00 40 42 0f 00 40 42 0f 00 00 00 00 00 a0 86 01 00 07 00 00 00 f7 08 00 00")
        // Cable 52 ns; flags: grid 1 (GPS, bit 7) to 0 (UTC), bits 0 to 2 and 4 to 6 set; bit 11 is another's.
        #expect(
            block.command(after: Self.payload(0x0631, before), .memory)?.payload
                == Self.bytes(
                    "00 01 00 00 34 00 00 00 40 42 0f 00 40 42 0f 00 00 00 00 00 a0 86 01 00 07 00 00 00 77 08 00 00"))
    }

    @Test("CFG-NAV5 says which of its parts count")
    func olderNavigation() throws {
        let block = try Self.older(0x0624)
        let before = [0xff, 0xff] + [UInt8](repeating: 0, count: 34)
        var expected = before
        // Model and elevation: bits 0 and 1. Stationary; 10°.
        (expected[0], expected[1], expected[2], expected[12]) = (0x03, 0x00, 2, 10)
        #expect(block.command(after: Self.payload(0x0624, before), .memory)?.payload == expected)
        // What the receiver tells in the first word is no matter.
        (expected[0], expected[1]) = (0xff, 0xff)
        #expect(block.command(after: Self.payload(0x0624, expected), .memory) == nil)
    }

    @Test("whose UTC is told by itself, for older receivers have nothing there")
    func olderStandard() throws {
        let blocks = ReceiverProfile.timing.blocksOfPayloads(firmware: "TIM 1.10")
        let block = try #require(blocks.first { $0.topics == ["UTC standard"] })
        let before = [0xff, 0xff] + [UInt8](repeating: 0, count: 34)
        var expected = before
        // Bit 10; USNO.
        (expected[0], expected[1], expected[30]) = (0x00, 0x04, 3)
        #expect(block.command(after: Self.payload(0x0624, before), .memory)?.payload == expected)
    }

    @Test("CFG-MSG asks for one message and sets it for the serial port and USB")
    func olderRates() throws {
        let block = try Self.older(0x0601, [0x01, 0x26])
        #expect(block.isAnswered(by: Self.payload(0x0601, [0x01, 0x26, 9, 0, 9, 0, 9, 0])))
        #expect(!block.isAnswered(by: Self.payload(0x0601, [0x01, 0x07, 9, 0, 9, 0, 9, 0])))
        let command = block.command(after: Self.payload(0x0601, [0x01, 0x26, 9, 0, 9, 0, 9, 0]), .memory)
        #expect(command == UBXFrame(0x0601, [0x01, 0x26, 9, 60, 9, 60, 9, 0]))
    }

    @Test("CFG-GNSS switches systems and leaves channels and unknown systems alone, cut off or not")
    func olderSystems() throws {
        let block = try Self.older(0x063e) { $0.constellations = [.gps] }
        let before = Self.bytes("00 20 20 03 00 08 10 00 00 00 01 01 06 08 0e 00 01 00 01 01 09 01 02 03 01 00 00 00")
        let after = Self.bytes("00 20 20 03 00 08 10 00 01 00 01 01 06 08 0e 00 00 00 01 01 09 01 02 03 01 00 00 00")
        #expect(block.command(after: Self.payload(0x063e, before), .memory)?.payload == after)
        #expect(block.command(after: Self.payload(0x063e, after), .memory) == nil)
        let cut = Array(before[..<14])
        #expect(block.command(after: Self.payload(0x063e, cut), .memory)?.payload.count == 14)
        #expect(block.command(after: Self.payload(0x063e, []), .memory) == nil)
    }

    @Test("a survey meets its terms where it has ended, long enough and well enough, and says where")
    func surveyTerms() {
        let terms = ReceiverProfile.Survey(duration: 3600, accuracy: 2)
        let place = GeocentricPlace(x: 42_864_353_300, y: 6_456_034_500, z: 46_636_980_700)
        let good = ReceiverStatus.Survey(isActive: false, isValid: true, duration: 3600, accuracy: 2, mean: place)
        #expect(terms.result(of: good)?.place == place && terms.result(of: good)?.accuracy == 2)
        let flaws: [(inout ReceiverStatus.Survey) -> Void] = [
            { $0.isActive = true }, { $0.isValid = false }, { $0.duration = 3599 }, { $0.accuracy = 20 },
            { $0.accuracy = 2.001 }, { $0.accuracy = .nan }, { $0.accuracy = nil }, { $0.mean = nil },
        ]
        for flaw in flaws {
            var survey = good
            flaw(&survey)
            #expect(terms.result(of: survey) == nil, "\(survey)")
        }
    }

    @Test("an answer that is shorter than what is to be changed does not fit")
    func shortAnswers() throws {
        #expect(try !Self.older(0x0631, [0]).fits(Self.payload(0x0631, [UInt8](repeating: 0, count: 29))))
        #expect(try Self.older(0x0631, [0]).fits(Self.payload(0x0631, [UInt8](repeating: 0, count: 30))))
    }

    /// Lengths: payload and 8 bytes; at 9600 baud a second holds 960 bytes, of which 768 are ours.
    @Test(
        "a slow line carries no list of satellites, a very slow one no sentences either",
        arguments: [(4800, ["RMC", "ZDA", "NAV-SAT"]), (9600, ["NAV-SAT"]), (19_200, []), (115_200, [])])
    func bandwidth(baudRate: Int, silent: [String]) {
        let fitting = ReceiverProfile.timing.fitting(baudRate: baudRate)
        let wanted = ReceiverProfile.timing.messages.filter { $0.interval > 0 }.map(\.message.name)
        let sent = fitting.messages.filter { $0.interval > 0 }.map(\.message.name)
        #expect(silent.allSatisfy { wanted.contains($0) && !sent.contains($0) })
        #expect(baudRate < 9600 || wanted.count - sent.count == silent.count)
        #expect(["NAV-PVT", "TIM-TP", "NAV-STATUS", "NAV-TIMEUTC"].allSatisfy { sent.contains($0) })
    }
}
