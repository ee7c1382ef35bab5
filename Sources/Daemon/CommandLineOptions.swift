/// What the command line of `timeballd` asks for.
public struct CommandLineOptions: Equatable, Sendable {
    /// What the program is to do.
    public enum Task: Equatable, Sendable {
        /// Run until told to stop.
        case serve
        /// `-q`: set the clock once and end.
        case setOnce
        /// `--check-config`: read the configuration, say what is wrong with it, and end.
        case checkConfiguration
        /// `--version`.
        case printVersion
        /// `--help`.
        case printHelp
    }

    /// A command line that cannot be followed.
    public enum UsageError: Error, Equatable, Sendable {
        /// No such option.
        case unknownOption(String)
        /// An option lacks its argument.
        case missingArgument(String)
        /// A word that no option takes.
        case unexpectedWord(String)
    }

    /// What to do.
    public var task = Task.serve
    /// `-c`: the configuration file.
    public var configurationFile = "/etc/ntp.conf"
    /// `-n`: stay in the foreground.
    public var staysInForeground = false
    /// `-x`: never adjust the clock.
    public var neverAdjusts = false
    /// `-g`: believe the first reference, however far off.
    public var overridesFirstPanic = false
    /// `-u`: user to become once sockets and devices are open.
    public var user: String?

    /// Reads the words after the program's name.
    ///
    /// Short options may be joined (`-nxc FILE`), an argument may follow its letter at once (`-cFILE`), and `--`
    /// ends the options.
    ///
    /// - Parameter words: the arguments.
    /// - Throws: `UsageError`.
    public init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--version": task = .printVersion
            case "--help": task = .printHelp
            case "--check-config": task = .checkConfiguration
            case "--": if let extra = rest.first { throw .unexpectedWord(extra) }
            case _ where word.hasPrefix("--"): throw .unknownOption(word)
            case _ where word.hasPrefix("-") && word.count > 1: try readLetters(word.dropFirst(), &rest)
            default: throw .unexpectedWord(word)
            }
        }
    }

    private mutating func readLetters(
        _ letters: Substring, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        var letters = letters
        while let letter = letters.popFirst() {
            switch letter {
            case "n": staysInForeground = true
            case "q": task = .setOnce
            case "x": neverAdjusts = true
            case "g": overridesFirstPanic = true
            case "h": task = .printHelp
            case "c", "u":
                let argument = letters.isEmpty ? rest.popFirst() : String(letters)
                guard let argument else { throw .missingArgument("-\(letter)") }
                if letter == "c" { configurationFile = argument } else { user = argument }
                return
            default: throw .unknownOption("-\(letter)")
            }
        }
    }

    /// The text of `--help`.
    public static let help = """
        usage: timeballd [-nqxg] [-c FILE] [-u USER]
               timeballd --check-config [-c FILE] | --version | --help

        The Timeball daemon: steers the clock by reference clocks and serves it by NTP.

          -c FILE          configuration, ntp.conf syntax (default /etc/ntp.conf)
          -n               stay in the foreground and log to standard error
          -q               set the clock once, as soon as a time is proven, and end
          -x               never adjust the clock; time is served from a clock of the daemon's own
          -g               believe the first reference even against a clock that was synchronised before
          -u USER          become this user once sockets and devices are open
          --check-config   say what is wrong with the configuration, and end
          --version        print the version, and end
          --help           print this, and end

        signals: HUP opens the log anew, reads leap seconds and keys again; TERM and INT end the daemon
        exit codes: 0 ended as asked; 1 the configuration has errors; 2 the command line is wrong;
                    3 could not start; 4 no time was proven within two minutes (-q)

        """
}

extension CommandLineOptions.UsageError: CustomStringConvertible {
    /// What is wrong with the command line.
    public var description: String {
        switch self {
        case .unknownOption(let option): "unknown option '\(option)'"
        case .missingArgument(let option): "option '\(option)' needs an argument"
        case .unexpectedWord(let word): "unexpected argument '\(word)'"
        }
    }
}
