import ConfigurationLanguage
import Testing

@Suite("Words about keys")
struct KeyWordsTests {
    @Test(
        "'trustedkey' takes identifiers and ranges, glued or not",
        arguments: [
            ("trustedkey 4 8 42", [4...4, 8...8, 42...42]),
            ("trustedkey (1 ... 10) 42", [1...10, 42...42]),
            ("trustedkey (1...10)", [1...10]),
            ("trustedkey ( 7 ...7 )\ntrustedkey 9", [7...7, 9...9]),
            ("trustedkey 4294967295", [.max ... .max]),
            ("trustedkey (3 ... 5", [3...5]),
        ] as [(String, [ClosedRange<UInt32>])])
    func trusted(text: String, expected: [ClosedRange<UInt32>]) {
        let (configuration, diagnostics) = read(text)
        #expect(configuration.trustedKeys == expected)
        #expect(diagnostics.isEmpty)
    }

    @Test(
        "what is no identifier is left out with a warning, and the rest is trusted",
        arguments: [
            "0", "-1", "4294967296", "x", "1.5", "1..2", "(5 ... 3)", "(0 ... 3)", "(... 3)", "(3 ...)", "()", "(1 2)x",
            "(1 ... 2 ... 3)", "...",
        ])
    func untrusted(text: String) {
        let (configuration, diagnostics) = read("trustedkey 7 \(text) 8")
        #expect(configuration.trustedKeys.first == 7...7)
        #expect(configuration.trustedKeys.last == 8...8)
        #expect(configuration.trustedKeys.allSatisfy { $0.lowerBound > 0 })
        #expect(diagnostics.contains { $0.severity == .warning })
        #expect(diagnostics.allSatisfy { $0.severity == .warning })
    }

    @Test("'keys' names the file, and an empty path none")
    func file() {
        #expect(read("keys \"/etc/ntp/ntp keys\"").configuration.keysFile == "/etc/ntp/ntp keys")
        #expect(read("keys /a\nkeys \"\"").configuration.keysFile == nil)
        #expect(remarks("trustedkey") == ["1:1: warning: 'trustedkey' needs key identifiers, the line is ignored"])
    }

    @Test("'keyfile' is chrony's, of which every key is used")
    func chrony() {
        let (configuration, diagnostics) = read("keyfile /etc/chrony/chrony.keys")
        #expect(configuration.keysFile == "/etc/chrony/chrony.keys")
        #expect(configuration.trustedKeys == [1...UInt32.max])
        #expect(diagnostics.isEmpty)
        #expect(read("keyfile \"\"").configuration == Configuration())
        #expect(remarks("keyfile") == ["1:1: warning: 'keyfile' needs a path, the word is ignored"])
    }

    @Test("'controlkey' is kept, with a note that it has no effect; a bad one is left out with a warning")
    func controlKey() {
        let (configuration, diagnostics) = read("controlkey 42")
        #expect(configuration.controlKey == 42)
        #expect(diagnostics.map(\.severity) == [.note])
        #expect(read("controlkey x").configuration.controlKey == nil)
        #expect(read("controlkey x").diagnostics.map(\.severity) == [.warning])
    }
}
