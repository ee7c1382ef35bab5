extension KeyedDecodingContainer {
    /// A real number, or NaN where JSON has `null` for one that is not finite.
    ///
    /// The decoders that the compiler makes for the reports take this in place of the library's, which knows no `null`.
    ///
    /// - Parameters:
    ///   - type: `Double`.
    ///   - key: the name; it must be there.
    /// - Returns: the number or NaN.
    /// - Throws: `DecodingError`.
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try decode(Double?.self, forKey: key) ?? .nan
    }
}
