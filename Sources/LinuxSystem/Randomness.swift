import CLinux

/// Random bits that nobody can guess (getrandom(2)).
public enum Randomness {
    /// 64 bits.
    ///
    /// - Throws: `SystemError`.
    public static func bits() throws(SystemError) -> UInt64 {
        var bits: UInt64 = 0
        // SAFETY: the function writes one word.
        try SystemError.check(unsafe clx_random(&bits), "getrandom")
        return bits
    }
}
