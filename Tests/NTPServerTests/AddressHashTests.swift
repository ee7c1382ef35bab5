import Testing

@testable import NTPServer

@Suite("Hash of addresses")
struct AddressHashTests {
    /// `openssl mac -macopt hexkey:KEY -macopt size:8 -macopt c-rounds:1 -macopt d-rounds:3 SIPHASH` (OpenSSL 3.0.19) of
    /// the bytes 00 … 0f under the key 00 … 0f: 668b907d1add4fcc, and of 2001:db8::1 in network order under 0011…ff:
    /// ae45e5224392d1f2. Numbers are read from memory, little end first.
    @Test("it is SipHash-1-3")
    func vectors() {
        let counting = AddressHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        #expect(counting(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908) == 0xcc4f_dd1a_7d90_8b66)
        let other = AddressHash(key: (0x7766_5544_3322_1100, 0xffee_ddcc_bbaa_9988))
        #expect(other(0x0000_0000_b80d_0120, 0x0100_0000_0000_0000) == 0xf2d1_9243_22e5_45ae)
    }
}
