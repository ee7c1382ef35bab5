import NTPWire
import Testing

@Suite("Frames")
struct FrameTests {
    /// A UDP header: ports 123, a length, a checksum (RFC 768).
    private func udp(_ length: Int) -> [UInt8] {
        [0, 123, 0, 123, UInt8(length >> 8), UInt8(length & 255), 0xab, 0xcd]
    }

    /// Ethernet and IPv4, Ethernet and IPv6, IPv4 with options and no link layer, nothing but UDP.
    private let lowerLayers = [14 + 20, 14 + 40, 24, 0]

    @Test("the packet is found behind whatever headers", arguments: [48, 52, 68, 72, 100, 116])
    func found(length: Int) {
        for lower in lowerLayers {
            let packet = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 | 1) }
            let frame = [UInt8](repeating: 0x45, count: lower) + udp(length + 8) + packet
            #expect(Frame.packetOffset(in: frame.span) == lower + 8)
        }
    }

    @Test("what is no NTP packet has no offset")
    func notFound() {
        for count in 0...200 {
            #expect(Frame.packetOffset(in: [UInt8](repeating: 0, count: count).span) == nil)
        }
        let short = udp(20) + [UInt8](repeating: 0, count: 12)
        #expect(Frame.packetOffset(in: short.span) == nil)
        let long = udp(208) + [UInt8](repeating: 0, count: 200)
        #expect(Frame.packetOffset(in: long.span) == nil)
    }
}
