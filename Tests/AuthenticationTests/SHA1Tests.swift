import Authentication
import Testing

@Suite("SHA-1")
struct SHA1Tests {
    /// The messages and digests of FIPS 180-2 appendix A and RFC 3174 §7.3, and the digest of nothing (NIST CAVP).
    @Test(
        "the published messages have their published digests",
        arguments: [
            ("", 1, [0xda39_a3ee, 0x5e6b_4b0d, 0x3255_bfef, 0x9560_1890, 0xafd8_0709]),
            ("abc", 1, [0xa999_3e36, 0x4706_816a, 0xba3e_2571, 0x7850_c26c, 0x9cd0_d89d]),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                [0x8498_3e44, 0x1c3b_d26e, 0xbaae_4aa1, 0xf951_29e5, 0xe546_70f1]
            ),
            ("a", 1_000_000, [0x34aa_973c, 0xd4c4_daa4, 0xf61e_eb2b, 0xdbad_2731, 0x6534_016f]),
            (
                "0123456701234567012345670123456701234567012345670123456701234567", 10,
                [0xdea3_56a2, 0xcddd_90c7, 0xa7ec_edc5, 0xebb5_6393, 0x4f46_0452]
            ),
        ] as [(String, Int, [UInt32])])
    func vectors(text: String, count: Int, words: [UInt32]) {
        let message = Array(String(repeating: text, count: count).utf8)
        #expect(SHA1.words(of: message) == words)
    }
}
