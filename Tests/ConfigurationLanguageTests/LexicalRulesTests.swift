import ConfigurationLanguage
import Testing
import TimeScale

@Suite("Lexical rules of ntp.conf")
struct LexicalRulesTests {
    @Test(
        "the same line in other dress says the same",
        arguments: [
            "driftfile /var/lib/ntp/drift\n",
            "driftfile /var/lib/ntp/drift",
            "driftfile /var/lib/ntp/drift\r\n",
            "\t driftfile\t\t/var/lib/ntp/drift \t\n\n\n",
            "driftfile /var/lib/ntp/drift# frequency",
            "driftfile \"/var/lib/ntp/drift\" # frequency",
            "driftfile \"/var/lib/ntp/drift",
            "#\n# überall Umlaute\ndriftfile /var/lib/ntp/drift",
            "\u{feff}driftfile /var/lib/ntp/drift",
            "driftfile /var/lib/ntp/drift\nend\ndriftfile /elsewhere",
        ])
    func dress(text: String) {
        let (configuration, diagnostics) = read(text)
        #expect(configuration.driftFile == "/var/lib/ntp/drift")
        #expect(diagnostics.isEmpty)
    }

    @Test("a quoted path keeps its blanks and hashes")
    func quotedPath() {
        let (configuration, diagnostics) = read("logfile \"/var/log/time ball#1.log\"  # quoted")
        #expect(configuration.logFile == "/var/log/time ball#1.log")
        #expect(diagnostics.isEmpty)
    }

    @Test("a path keeps the characters that are words of their own elsewhere")
    func specialCharacters() {
        #expect(read("logfile /var/log/a=b,(c);{d}|e").configuration.logFile == "/var/log/a=b,(c);{d}|e")
    }

    @Test("a path may begin with two slashes")
    func doubleSlashPath() {
        let (configuration, diagnostics) = read("driftfile //var/lib/ntp/drift")
        #expect(configuration.driftFile == "//var/lib/ntp/drift")
        #expect(diagnostics.isEmpty)
    }

    @Test("bytes outside ASCII are skipped in words, and that is told once a line")
    func foreignBytes() {
        let text = "server 127.127.1.0 préfer noselect\u{a0}é\n"
        #expect(
            remarks(text) == [
                "1:20: warning: the bytes outside ASCII at 'prfer' are skipped",
                "1:20: warning: unknown option 'prfer', the word is ignored; did you mean 'prefer'?",
            ])
        #expect(read(text).configuration.referenceClocks.first?.noSelect == true)
    }

    @Test("a remark after two slashes ends the line with one warning")
    func slashRemark() {
        let text = "restrict 192.168.0.0 mask 255.255.0.0 nomodify //该网段 nonsense // more\n"
        #expect(
            remarks(text) == [
                "1:48: warning: '//' begins no remark in ntp.conf, the rest of the line is ignored; write '#'"
            ])
        #expect(read(text).configuration.accessRules == [rule("192.168.0.0", 16, .noModify)])
    }

    @Test("an unknown word costs its line and names its neighbour")
    func unknownDirective() {
        #expect(
            remarks("sever 127.127.1.0 prefer\nport 1123\n") == [
                "1:1: warning: unknown word 'sever', the line is ignored; did you mean 'server'?"
            ])
    }

    @Test("words are told apart by case, as in ntpd")
    func caseSensitive() {
        #expect(remarks("Server 127.127.1.0").count == 1)
    }

    @Test("an unknown option costs itself and a number behind it, and the following ones count")
    func unknownOption() {
        let (configuration, diagnostics) = read("server 127.127.20.0 wibble 3 minpoll 4 prefers noselect prefer")
        #expect(places(diagnostics, .warning) == ["1:21", "1:40"])
        let clock = configuration.referenceClocks.first
        #expect(clock?.minimumPoll?.exponent == 4)
        #expect(clock?.prefer == true)
        #expect(clock?.noSelect == true)
    }

    @Test("words left over at the end of a line are told")
    func leftOver() {
        #expect(
            remarks("port 123 124 125") == [
                "1:10: warning: '124' is not expected here, the rest of the line is ignored"
            ])
    }

    @Test("control characters in a word do not reach the terminal")
    func controlCharacters() {
        #expect(remarks("\"a\u{1b}[2J\" x") == ["1:1: warning: unknown word 'a?[2J', the line is ignored"])
    }

    @Test("an over-long word, and an over-long line, are errors")
    func limits() {
        let word = read("logfile /" + String(repeating: "x", count: 1024))
        #expect(places(word.diagnostics, .error) == ["1:9"])
        let line = read("restrict" + String(repeating: " ", count: 4096) + "default")
        #expect(places(line.diagnostics, .error) == ["1:1"])
        #expect(read("# " + String(repeating: "x", count: 10_000)).diagnostics.isEmpty)
    }

    @Test("an included file counts where it stands, and its own problems carry its name")
    func include() {
        let others = [
            "/etc/site/a.conf": "port 1123\nincludefile b.conf\nend\nport 1\n", "/etc/site/b.conf": "\nwibble",
        ]
        let (configuration, diagnostics) = read("includefile site/a.conf\nlocal stratum 9\n", others: others)
        #expect(configuration.port == 1123)
        #expect(configuration.localStratum == 9)
        #expect(
            diagnostics.map(\.description) == [
                "/etc/site/b.conf:2:1: warning: unknown word 'wibble', the line is ignored"
            ])
    }

    @Test("a file that cannot be included is a warning")
    func missingInclude() {
        #expect(
            remarks("includefile /etc/ntp/crypto/pw\n") == [
                "1:13: warning: '/etc/ntp/crypto/pw' cannot be read, the line is ignored"
            ])
    }

    @Test("files that include themselves end five deep")
    func includeNesting() {
        let (_, diagnostics) = read("includefile a\n", others: ["/etc/a": "includefile a\n"])
        #expect(
            diagnostics.map(\.description) == [
                "/etc/a:1:13: warning: 'a' is nested deeper than 5 files, it is not read"
            ])
    }

    @Test("files that include themselves many times end after a hundred")
    func includeBomb() {
        let bomb = String(repeating: "includefile a\n", count: 1000)
        #expect(read(bomb, others: ["/etc/a": bomb]).diagnostics.contains { $0.severity == .error })
    }
}
