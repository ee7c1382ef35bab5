import NTPWire
import SimulatedWorld
import Testing
import TimeScale

@Suite("NTP header")
struct NTPHeaderTests {
    /// A server's reply laid out by hand from RFC 5905 figure 8: LI 1, VN 4, mode 4; stratum 1, poll 6, precision −23;
    /// root delay 1.5 s, root dispersion 2⁻¹⁶ s, `GPS`; four timestamps that differ in every byte.
    private static let reply: [UInt8] = [
        0x64, 0x01, 0x06, 0xe9,
        0x00, 0x01, 0x80, 0x00,
        0x00, 0x00, 0x00, 0x01,
        0x47, 0x50, 0x53, 0x00,
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
        0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
        0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
        0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
    ]

    @Test("each field is read from its place")
    func reading() throws {
        let header = try NTPHeader(Self.reply.span)
        #expect(header.leapIndicator == .insertSecond)
        #expect(header.version == 4)
        #expect(header.mode == .server)
        #expect(header.stratum == 1)
        #expect(header.poll == 6)
        #expect(header.precision == -23)
        #expect(header.rootDelay.seconds == 1.5)
        #expect(header.rootDispersion.bits == 1)
        #expect(header.referenceID == ReferenceID("GPS"))
        #expect(header.referenceTimestamp.bits == 0x1011_1213_1415_1617)
        #expect(header.originTimestamp.bits == 0x2021_2223_2425_2627)
        #expect(header.receiveTimestamp.bits == 0x3031_3233_3435_3637)
        #expect(NTPHeader.loadReceiveTimestamp(Self.reply.span) == header.receiveTimestamp)
        #expect(header.transmitTimestamp.bits == 0xf0f1_f2f3_f4f5_f6f7)
    }

    @Test("each field is written to its place, and nothing behind the header")
    func writing() throws {
        let header = try NTPHeader(Self.reply.span)
        var bytes = [UInt8](repeating: 0xaa, count: 52)
        var span = bytes.mutableSpan
        header.write(into: &span)
        #expect(bytes == Self.reply + [0xaa, 0xaa, 0xaa, 0xaa])
    }

    /// RFC 5905 figure 8: LI is the two highest bits, then three of VN, three of mode.
    @Test(
        "the first byte is leap indicator, version and mode",
        arguments: [
            (0x23, LeapIndicator.none, 4, NTPMode.client), (0xe3, .unsynchronised, 4, .client),
            (0x1b, .none, 3, .client), (0xdb, .unsynchronised, 3, .client), (0x0b, .none, 1, .client),
            (0x08, .none, 1, .reserved), (0x59, .insertSecond, 3, .symmetricActive),
            (0x9a, .deleteSecond, 3, .symmetricPassive), (0x25, .none, 4, .broadcast), (0x16, .none, 2, .control),
            (0x17, .none, 2, .privateUse), (0xff, .unsynchronised, 7, .privateUse), (0x00, .none, 0, .reserved),
        ] as [(UInt8, LeapIndicator, UInt8, NTPMode)])
    func firstByte(byte: UInt8, leap: LeapIndicator, version: UInt8, mode: NTPMode) throws {
        let bytes = [byte] + [UInt8](repeating: 0, count: 47)
        let header = try NTPHeader(bytes.span)
        #expect(header.leapIndicator == leap)
        #expect(header.version == version)
        #expect(header.mode == mode)
    }

    @Test("fewer than 48 bytes are truncated", arguments: 0...47)
    func truncated(length: Int) {
        let bytes = Array(Self.reply[..<length])
        #expect(throws: NTPWireError.truncated(length: length)) { try NTPHeader(bytes.span) }
    }

    @Test("bytes behind the header do not matter")
    func longer() throws {
        let longer = Self.reply + [1, 2, 3]
        let (long, short) = (try NTPHeader(longer.span), try NTPHeader(Self.reply.span))
        #expect(long == short)
    }

    @Test("any 48 bytes are read and written back the same", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        for _ in 0..<5000 {
            let bytes = (0..<48).map { _ in UInt8.random(in: 0...255, using: &random) }
            let header = try NTPHeader(bytes.span)
            var written = [UInt8](repeating: 0, count: 48)
            var span = written.mutableSpan
            header.write(into: &span)
            try #require(written == bytes, "seed \(seed)")
        }
    }

    @Test("the transmit timestamp alone is overwritten")
    func transmitTimestamp() {
        var bytes = Self.reply
        var span = bytes.mutableSpan
        NTPHeader.storeTransmitTimestamp(NTPTimestamp(bits: 0x0102_0304_0506_0708), into: &span)
        #expect(bytes == Self.reply[..<40] + [1, 2, 3, 4, 5, 6, 7, 8])
    }

    /// RFC 4330 §5: everything but the first byte and the transmit timestamp may be zero; LI 3 tells that the client's
    /// clock is not known to be right.
    @Test("a request is zero but for the first byte and the transmit timestamp")
    func request() {
        let header = NTPHeader(
            requestOfVersion: 3, transmitTimestamp: NTPTimestamp(bits: 0xeeab_a53f_0000_0001))
        var bytes = [UInt8](repeating: 0xaa, count: 48)
        var span = bytes.mutableSpan
        header.write(into: &span)
        #expect(bytes == [0xdb] + [UInt8](repeating: 0, count: 39) + [0xee, 0xab, 0xa5, 0x3f, 0, 0, 0, 1])
    }
}
