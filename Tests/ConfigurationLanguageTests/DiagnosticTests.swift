import ConfigurationLanguage
import Testing

@Suite("Diagnostics")
struct DiagnosticTests {
    @Test("a diagnostic is one line that editors can jump from")
    func description() {
        let diagnostic = Diagnostic(
            severity: .warning, file: "/etc/ntp.conf", line: 3, column: 8, message: "unknown word 'x'",
            hint: "did you mean 'y'?")
        #expect(diagnostic.description == "/etc/ntp.conf:3:8: warning: unknown word 'x'; did you mean 'y'?")
    }

    /// Distances counted by hand; one slip per three letters is near.
    @Test(
        "the nearest word is found within one slip per three letters",
        arguments: [
            ("sever", "server"), ("sevrer", "server"), ("serverr", "server"), ("fugde", "fudge"), ("prt", "port"),
            ("stratum", "stratum"), ("xx", nil), ("s", nil), ("", nil), ("completely", nil),
            ("serverserverserverserverserverserver", nil),
        ] as [(String, String?)])
    func nearest(written: String, expected: String?) {
        let known = ["fudge", "server", "port", "stratum"]
        #expect(Diagnostic.nearestWord(to: written, in: known) == expected)
    }

    @Test("every directive has a word, a remark, and a word of its own")
    func directiveTable() {
        let words = Directive.table.flatMap(\.words)
        #expect(Set(words).count == words.count)
        #expect(Directive.table.allSatisfy { !$0.words.isEmpty && !$0.remark.isEmpty })
    }

    @Test("every kind of driver has one row, and no two rows one number or word")
    func driverTable() {
        for kind in DriverKind.allCases { #expect(kind.driver.kind == kind) }
        let numbers = ReferenceClockDriver.table.compactMap(\.typeNumber)
        #expect(Set(numbers).count == numbers.count)
        let words = ReferenceClockDriver.table.flatMap(\.words)
        #expect(Set(words).count == words.count)
    }
}
