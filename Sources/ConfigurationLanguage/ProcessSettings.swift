/// How many threads answer requests.
public enum WorkerCount: Equatable, Sendable {
    /// As many as the machine is good for.
    case auto
    /// So many beside the discipline's thread, 0 ... 256; with 0 that one answers itself.
    case count(Int)
}

/// Which processor cores the threads run on.
public struct CoreAffinity: Equatable, Sendable {
    /// The core of the discipline's thread; `nil` = any.
    public var discipline: Int?
    /// The cores that the workers share, without repetition; empty = any.
    public var workers: [Int] = []

    /// Any core for any thread.
    public init() {}

    /// Linux's CPU_SETSIZE less one.
    private static let highestCore = 1023

    /// The words behind `affinity`.
    static let options: [Option<CoreAffinity>] = [
        .integer("discipline", \.discipline, in: 0...highestCore),
        Option("workers") { affinity, statement, word in
            let expectation = "a list of cores from 0 to \(highestCore), as in 1-3,5"
            guard let value = statement.string(after: word, expectation) else { return }
            guard let cores = cores(value.text) else { return statement.reportBad(value, of: word, expectation) }
            affinity.workers = cores
        },
    ]

    /// The cores of a list of numbers and ranges, as the kernel writes it; `nil` where it is none.
    private static func cores(_ text: String) -> [Int]? {
        var cores: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { end in
                end.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(end) : nil
            }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last <= highestCore else {
                return nil
            }
            cores += (first...last).filter { !cores.contains($0) }
        }
        return cores
    }
}

/// The lines about threads, memory and the network card.
extension ConfigurationBuilder {
    mutating func readWorkers(_ statement: inout Statement, _ word: Word) {
        // More than the cores of any machine that serves time.
        let expectation = "auto or a whole number from 0 to 256"
        guard let value = statement.string(after: word, expectation) else { return }
        if value.text == "auto" {
            configuration.workers = .auto
        } else if let count = Int(value.text), (0...256).contains(count) {
            configuration.workers = .count(count)
        } else {
            statement.reportBad(value, of: word, expectation)
        }
    }

    mutating func readReadyWait(_ statement: inout Statement, _ word: Word) {
        // A day: no receiver takes longer.
        let expectation = "infinity or a number from 0 to 86400 (s)"
        guard let value = statement.string(after: word, expectation) else { return }
        if value.text == "infinity" {
            configuration.readyWait = .infinity
        } else if let seconds = Double(value.text), (0...86_400).contains(seconds) {
            configuration.readyWait = seconds
        } else {
            statement.reportBad(value, of: word, expectation)
        }
    }

    mutating func readConfinement(_ statement: inout Statement, _ word: Word) {
        guard let value = statement.string(after: word, "on or off") else { return }
        switch value.text {
        case "on": configuration.confinesSystemCalls = true
        case "off": configuration.confinesSystemCalls = false
        default: statement.reportBad(value, of: word, "on or off")
        }
    }

    mutating func readHardwareTimestamp(_ statement: inout Statement, _ word: Word) {
        guard let name = statement.nextString() else {
            statement.report(.warning, word, "'hwtimestamp' needs an interface or *, the line is ignored")
            return
        }
        var rule = HardwareTimestampRule(interface: name.text == "*" ? nil : name.text)
        guard !configuration.hardwareTimestamps.contains(where: { $0.interface == rule.interface }) else {
            statement.report(.warning, name, "\(name.quoted) is configured already, the line is ignored")
            return statement.skipRest()
        }
        statement.readOptions(into: &rule, HardwareTimestampRule.options)
        if let longest = rule.maximumPoll, longest < rule.minimumPoll {
            statement.report(
                .warning, name, "minpoll \(rule.minimumPoll) is above maxpoll and lowered to \(longest)")
            rule.minimumPoll = longest
        }
        if rule.minimumSamples > rule.maximumSamples {
            statement.report(
                .warning, name,
                "minsamples \(rule.minimumSamples) is above maxsamples and lowered to \(rule.maximumSamples)")
            rule.minimumSamples = rule.maximumSamples
        }
        configuration.hardwareTimestamps.append(rule)
    }

    /// What ntpd sets by `rlimit`, which nothing here needs.
    mutating func readResourceLimits(_ statement: inout Statement) {
        statement.readOptions(
            into: &configuration,
            Option.obsolete(
                ["memlock", "stacksize", "filenum"], values: 1,
                because: "the daemon needs no such limit; 'lock_all' keeps its memory from being swapped out"))
    }
}
