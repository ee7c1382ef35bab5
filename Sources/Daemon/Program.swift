import ConfigurationLanguage
import Discipline
import LinuxSystem
import Reports
import SimulatedWorld
import TimeScale

/// The program `timeballd`, from its arguments to its exit code.
public enum Program {
    /// Exit codes; `timeballd --help` and README.md list them.
    public enum ExitCode: Int32, Sendable {
        /// Ended as asked.
        case success = 0
        /// The configuration has errors.
        case configuration = 1
        /// The command line is wrong.
        case usage = 2
        /// Could not start, or the system failed.
        case failure = 3
        /// `-q`: no time was proven.
        case noTime = 4
    }

    /// Longest configuration file read.
    private static let longestConfiguration = 4 << 20

    /// Runs the program.
    ///
    /// - Parameter arguments: without the program's name.
    /// - Returns: the exit code.
    public static func run(_ arguments: [String]) -> ExitCode {
        let options: CommandLineOptions
        do throws(CommandLineOptions.UsageError) {
            options = try CommandLineOptions(arguments)
        } catch {
            Console.error("timeballd: \(error); see 'timeballd --help'\n")
            return .usage
        }
        switch options.task {
        case .printHelp: Console.write(CommandLineOptions.help)
        case .printVersion: Console.write("timeballd \(Release.version)\n")
        case .checkConfiguration, .serve, .setOnce: return runConfigured(options)
        }
        return .success
    }

    private static func runConfigured(_ options: CommandLineOptions) -> ExitCode {
        guard let configuration = readConfiguration(options) else { return .configuration }
        do {
            guard options.task != .checkConfiguration else {
                _ = StateFiles(configuration).readKeys(Log(try LogOutput(.standardError)))
                Console.write("\(options.configurationFile): can be used\n")
                return .success
            }
            try Signals.install()
            let log = try openLog(configuration, isBackground: isBackground(options))
            log.notice("timeballd \(Release.version) starts with \(options.configurationFile)")
            return serveOrExplain(configuration, options, log)
        } catch {
            Console.error("timeballd: \(error)\n")
            return .failure
        }
    }

    private static func isBackground(_ options: CommandLineOptions) -> Bool {
        options.task == .serve && !options.staysInForeground
    }

    private static func serveOrExplain(
        _ configuration: Configuration, _ options: CommandLineOptions, _ log: Log
    ) -> ExitCode {
        do {
            return try serve(configuration, options, log)
        } catch ClockControlError.refused(let reason) {
            log.error("the clock cannot be used: \(reason)")
        } catch {
            log.error("\(error)")
            // The log may be a file that nobody looks at yet.
            if configuration.logFile != nil { Console.error("timeballd: \(error)\n") }
        }
        return .failure
    }

    /// Reads the configuration and prints what is to be said about it.
    ///
    /// - Returns: `nil` where it cannot be used.
    private static func readConfiguration(_ options: CommandLineOptions) -> Configuration? {
        let file = options.configurationFile
        do throws(SystemError) {
            let text = try Files.read(file, limit: longestConfiguration)
            let (configuration, diagnostics) = NTPConfiguration.parse(text: text, file: file) {
                try? Files.read($0, limit: longestConfiguration)
            }
            for diagnostic in diagnostics { Console.error("\(diagnostic)\n") }
            guard diagnostics.contains(where: { $0.severity == .error }) else { return configuration }
            Console.error("timeballd: \(file) has errors and is not used\n")
        } catch {
            Console.error("timeballd: \(error); name a configuration file with -c\n")
        }
        return nil
    }

    private static func openLog(_ configuration: Configuration, isBackground: Bool) throws(SystemError) -> Log {
        if let path = configuration.logFile { return Log(try LogOutput(.file(path: path))) }
        return Log(try LogOutput(isBackground ? .syslog : .standardError))
    }

    private static func serve(
        _ configuration: Configuration, _ options: CommandLineOptions, _ log: Log
    ) throws -> ExitCode {
        let (clock, name) = try clock(configuration, options)
        return try serve(configuration, options, log, clock: clock, name: name)
    }

    /// The clock that is steered, and what reports call it. Not inlined: the loop would be there once for each kind, 30 kB.
    @inline(never)
    private static func clock(
        _ configuration: Configuration, _ options: CommandLineOptions
    ) throws -> (any ClockControl, name: String) {
        switch (options.neverAdjusts, configuration.clock) {
        case (_, .virtual(let imagined)):
            let oscillator = Oscillator(
                OscillatorModel(frequency: imagined.frequency, wander: imagined.wander), seed: imagined.seed)
            return (VirtualClock(offset: Interval(seconds: imagined.offset), oscillator: oscillator), "virtual")
        case (true, .system): return (VirtualClock(offset: .zero, oscillator: nil), "none")
        case (false, .system):
            let clock = try SystemClock()
            try clock.requirePermission()
            return (clock, "system")
        }
    }

    /// The last thing before the work begins: from here on no other program can be started, whoever gets in.
    private static func confine(_ log: Log) {
        do throws(SystemError) {
            try Privileges.confineSystemCalls()
            log.info("system calls are confined to those of a time server")
        } catch {
            log.warning("\(error); system calls are not confined")
        }
    }

    /// What may need rights that are dropped, and what a daemon can do without.
    private static func prepareScheduling(_ configuration: Configuration, _ log: Log) {
        do throws(SystemError) {
            if configuration.locksMemory { try Scheduling.lockMemory() }
        } catch {
            log.warning("\(error); the daemon's memory may be swapped out")
        }
        do throws(SystemError) {
            if configuration.schedulingPriority > 0 {
                try Scheduling.setRealTimePriority(configuration.schedulingPriority)
            }
        } catch {
            log.warning("\(error); the discipline runs at ordinary priority")
        }
    }

    private static func serve(
        _ configuration: Configuration, _ options: CommandLineOptions, _ log: Log, clock: some ClockControl,
        name: String
    ) throws -> ExitCode {
        let foreground = isBackground(options) ? try Privileges.leaveForeground() : nil
        var daemon = try Daemon(
            configuration: configuration, clock: clock, clockName: name,
            overridesFirstPanic: options.overridesFirstPanic, log: log)
        // From here on nobody waits for an exit code; sockets and devices are open.
        try foreground?.release()
        prepareScheduling(configuration, log)
        if let user = options.user {
            try Privileges.drop(toUser: user, locksMemory: configuration.locksMemory)
            LostRights.report(configuration, user: user, log)
        }
        if configuration.confinesSystemCalls { confine(log) }
        switch try daemon.run(setsOnce: options.task == .setOnce) {
        case .stopped: return .success
        case .noTime:
            log.error("no time was proven")
            return .noTime
        case .clockSet(let offset):
            let verb = options.neverAdjusts ? "not adjusted" : "set"
            log.notice("the clock was \(FixedDecimal.text(offset, digits: 6)) s slow; \(verb)")
            return .success
        }
    }
}
