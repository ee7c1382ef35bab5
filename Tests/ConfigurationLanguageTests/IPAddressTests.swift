import ConfigurationLanguage
import Testing

@Suite("Addresses as text")
struct IPAddressTests {
    /// Bytes written out by hand from the rules of RFC 4291 §2.2.
    @Test(
        "well-formed addresses give their bytes",
        arguments: [
            ("0.0.0.0", [0, 0, 0, 0]),
            ("192.168.1.254", [192, 168, 1, 254]),
            ("255.255.255.255", [255, 255, 255, 255]),
            ("::", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("2001:DB8::8:800:200c:417A", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0x0c, 0x41, 0x7a]),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
            ("fe80::", [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]),
            ("64:ff9b::192.0.2.33", [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 33]),
            ("1:2:3:4:5:6:10.0.0.1", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 10, 0, 0, 1]),
        ] as [(String, [UInt8])])
    func wellFormed(text: String, bytes: [UInt8]) {
        #expect(IPAddress(text)?.bytes == bytes)
    }

    @Test(
        "anything else is no address",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.+4", "01.2.3.4", "1.2.3.", ".1.2.3",
            "1.2.3.4/8", "localhost", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::",
            "::+1", "::-1", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:", ":1", "::1.2.3", "1.2.3.4::",
            "::1.2.3.4:5", "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:7:1.2.3.4", "٣.1.1.1",
        ])
    func malformed(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "a prefix length gives its mask",
        arguments: [
            (0, "0.0.0.0"), (1, "128.0.0.0"), (20, "255.255.240.0"), (32, "255.255.255.255"),
            (0, "::"), (32, "ffff:ffff::"), (64, "ffff:ffff:ffff:ffff::"), (65, "ffff:ffff:ffff:ffff:8000::"),
            (128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func masks(length: Int, text: String) {
        #expect(IPAddress(maskOf: length, family: address(text).family) == address(text))
    }

    @Test(
        "a prefix longer than the address has no mask", arguments: [(33, IPAddress.Family.v4), (129, .v6), (-1, .v4)])
    func noMask(length: Int, family: IPAddress.Family) {
        #expect(IPAddress(maskOf: length, family: family) == nil)
    }

    @Test("a block forgets the bits of the host")
    func blockIsMasked() {
        let block = AddressBlock(address: address("192.168.1.77"), mask: address("255.255.255.0"))
        #expect(block.address == address("192.168.1.0"))
    }
}
