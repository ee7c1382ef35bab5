import ConfigurationLanguage

/// Reads a text as `/etc/ntp.conf`, with the other files that there are.
func read(_ text: String, others: [String: String] = [:]) -> (configuration: Configuration, diagnostics: [Diagnostic]) {
    let result = NTPConfiguration.parse(text: Array(text.utf8), file: "/etc/ntp.conf") { path in
        others[path].map { Array($0.utf8) }
    }
    return (result.0, result.1)
}

/// What is said about a text, without the file's name.
func remarks(_ text: String, others: [String: String] = [:]) -> [String] {
    read(text, others: others).diagnostics.map { String($0.description.dropFirst("/etc/ntp.conf:".count)) }
}

/// What is said about a text, less the kind and the words: `line:column`.
func places(_ diagnostics: [Diagnostic], _ severity: Diagnostic.Severity) -> [String] {
    diagnostics.filter { $0.severity == severity }.map { "\($0.line):\($0.column)" }
}

/// An address known to be well formed.
func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { preconditionFailure("\(text) is an address") }
    return address
}

/// A rule for a block given as address and prefix length.
func rule(_ text: String, _ length: Int, _ flags: AccessFlags) -> AccessRule {
    let first = address(text)
    guard let mask = IPAddress(maskOf: length, family: first.family) else {
        preconditionFailure("\(length) is a prefix length")
    }
    return AccessRule(block: AddressBlock(address: first, mask: mask), flags: flags)
}
