import Authentication
import ConfigurationLanguage

/// Keys from the text of a keys file, all of them trusted.
func keys(_ text: String) -> SymmetricKeys {
    let bytes = Array(text.utf8)
    return SymmetricKeys(KeysFile.parse(bytes.span, file: "keys").0, text: bytes.span)
}

/// Bytes from pairs of hexadecimal digits.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal)
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}

/// A message with the digest that a key gives it.
///
/// - Parameters:
///   - message: what is signed.
///   - identifier: below 256.
///   - keys: the keys.
///   - length: bytes of the digest.
/// - Returns: message, key identifier and digest.
func signed(_ message: [UInt8], by identifier: UInt8, of keys: borrowing SymmetricKeys, length: Int) -> [UInt8] {
    var packet = message + [0, 0, 0, identifier] + [UInt8](repeating: 0, count: length)
    let authenticator = message.count..<packet.count
    var span = packet.mutableSpan
    keys.sign(&span, authenticator: authenticator)
    return packet
}
