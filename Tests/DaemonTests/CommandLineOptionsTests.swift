import Daemon
import Testing

@Suite("Command line of timeballd")
struct CommandLineOptionsTests {
    @Test(
        "tasks are chosen by their words, and the last one counts",
        arguments: [
            ([], CommandLineOptions.Task.serve), (["-q"], .setOnce), (["--check-config"], .checkConfiguration),
            (["--version"], .printVersion), (["--help"], .printHelp), (["-h"], .printHelp), (["-nh"], .printHelp),
            (["--version", "-q"], .setOnce), (["-q", "--help"], .printHelp), (["--"], .serve),
            (["-q", "--"], .setOnce),
        ] as [([String], CommandLineOptions.Task)])
    func tasks(words: [String], task: CommandLineOptions.Task) throws {
        #expect(try CommandLineOptions(words).task == task)
    }

    @Test("without words, the defaults of ntpd hold")
    func defaults() throws {
        let options = try CommandLineOptions([])
        #expect(options.configurationFile == "/etc/ntp.conf")
        #expect(options.user == nil)
        #expect(!options.staysInForeground && !options.neverAdjusts && !options.overridesFirstPanic)
    }

    @Test(
        "letters may stand alone or be joined, in any order",
        arguments: [["-n", "-x", "-g", "-q"], ["-nxgq"], ["-qg", "-xn"], ["-n", "-n", "-xgq", "--"]])
    func letters(words: [String]) throws {
        var expected = try CommandLineOptions([])
        (expected.staysInForeground, expected.neverAdjusts, expected.overridesFirstPanic) = (true, true, true)
        expected.task = .setOnce
        #expect(try CommandLineOptions(words) == expected)
    }

    @Test(
        "each letter is one switch",
        arguments: [("-n", [true, false, false]), ("-x", [false, true, false]), ("-g", [false, false, true])])
    func switches(word: String, expected: [Bool]) throws {
        let options = try CommandLineOptions([word])
        #expect([options.staysInForeground, options.neverAdjusts, options.overridesFirstPanic] == expected)
    }

    @Test(
        "an argument follows its letter at once or as the next word",
        arguments: [
            (["-c", "a.conf", "-u", "ntp"], "a.conf", "ntp"), (["-ca.conf", "-untp"], "a.conf", "ntp"),
            (["-nc", "a.conf", "-xu", "ntp"], "a.conf", "ntp"), (["-nca.conf", "-xuntp"], "a.conf", "ntp"),
            (["-c", "-n", "-u", "--"], "-n", "--"), (["-cnq"], "nq", nil), (["-c=a"], "=a", nil),
            (["-c", "a", "-c", "b"], "b", nil),
        ] as [([String], String, String?)])
    func arguments(words: [String], file: String, user: String?) throws {
        let options = try CommandLineOptions(words)
        #expect(options.configurationFile == file)
        #expect(options.user == user)
        #expect(options.task == .serve)
    }

    @Test(
        "a command line that cannot be followed is told",
        arguments: [
            (["-c"], CommandLineOptions.UsageError.missingArgument("-c")), (["-nu"], .missingArgument("-u")),
            (["-z"], .unknownOption("-z")), (["-nz"], .unknownOption("-z")), (["-é"], .unknownOption("-é")),
            (["--verbose"], .unknownOption("--verbose")),
            (["--check-configuration"], .unknownOption("--check-configuration")),
            (["---"], .unknownOption("---")), (["-n-"], .unknownOption("--")),
            (["ntp.conf"], .unexpectedWord("ntp.conf")),
            (["-"], .unexpectedWord("-")), ([""], .unexpectedWord("")), (["--", "-n"], .unexpectedWord("-n")),
            (["-q", "--", "x"], .unexpectedWord("x")), (["--", "--"], .unexpectedWord("--")),
        ])
    func errors(words: [String], error: CommandLineOptions.UsageError) {
        #expect(throws: error) { try CommandLineOptions(words) }
    }

    @Test(
        "errors are told in words",
        arguments: [
            (CommandLineOptions.UsageError.missingArgument("-c"), "option '-c' needs an argument"),
            (.unknownOption("-z"), "unknown option '-z'"), (.unexpectedWord("x"), "unexpected argument 'x'"),
        ])
    func descriptions(error: CommandLineOptions.UsageError, text: String) {
        #expect(error.description == text)
    }

    @Test(
        "every option is in the help",
        arguments: ["-c", "-n", "-q", "-x", "-g", "-u", "--check-config", "--version", "--help"])
    func help(option: String) {
        #expect(CommandLineOptions.help.contains("\n  \(option)"))
    }
}
