// HOT PATH

/// SipHash-1-3 of an address (Aumasson, Bernstein: SipHash, INDOCRYPT 2012), under a key that only this process knows.
///
/// Nobody can choose addresses that fall into the same set of the client table.
struct AddressHash: Sendable {
    private let key: (low: UInt64, high: UInt64)

    /// A hash under a key of 128 secret bits.
    init(key: (UInt64, UInt64)) {
        self.key = (key.0, key.1)
    }

    /// The hash of 16 bytes: two words, as SipHash reads them from memory, little end first.
    func callAsFunction(_ first: UInt64, _ second: UInt64) -> UInt64 {
        // The four constants are "somepseudorandomlygeneratedbytes".
        var state = State(
            v0: key.low ^ 0x736f_6d65_7073_6575, v1: key.high ^ 0x646f_7261_6e64_6f6d,
            v2: key.low ^ 0x6c79_6765_6e65_7261, v3: key.high ^ 0x7465_6462_7974_6573)
        state.take(first)
        state.take(second)
        // The last word holds the length, 16, in its highest byte.
        state.take(16 << 56)
        state.v2 ^= 0xff
        state.mix()
        state.mix()
        state.mix()
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    private struct State {
        var (v0, v1, v2, v3): (UInt64, UInt64, UInt64, UInt64)

        init(v0: UInt64, v1: UInt64, v2: UInt64, v3: UInt64) {
            (self.v0, self.v1, self.v2, self.v3) = (v0, v1, v2, v3)
        }

        mutating func take(_ word: UInt64) {
            v3 ^= word
            mix()
            v0 ^= word
        }

        /// SipRound.
        mutating func mix() {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }
    }
}
