import ArgumentParser
import ConfigurationLanguage
import LinuxSystem
import Simulation
import TimeScale

/// `timeball simulate`: scenarios in virtual time.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Plays the appliance's decisions in an imagined world, thousands of times faster than life.",
        discussion: """
            One scenario prints figures and a plot of the clock's error, several (or none: all of them) a Markdown \
            table. `simulate starts` counts cold starts that serve a wrong second, `simulate holdover` outages whose \
            error goes beyond the bound that was served. Errors are those just before each pulse. No physical receiver is used, and this machine's clock is not touched.
            """)

    @Argument(help: "Scenarios to play (see --list), or `starts`, or `holdover`.")
    var names: [String] = []

    @Option(help: "First seed.")
    var seed: UInt64 = 1

    @Option(help: "Seeds for each scenario of a table.")
    var seeds: UInt64 = 1

    @Option(help: "Starts or oscillators to count (default: 10000 starts, 200 oscillators).")
    var count: UInt64?

    @Option(help: "Write the errors of one scenario, second by second, to a file.")
    var csv: String?

    @Flag(help: "List the scenarios.")
    var list = false

    @Flag(help: "Show the log of one scenario.")
    var log = false

    @Flag(help: "Make a table of a single scenario too.")
    var table = false

    @Flag(help: "Write a document: the table with a heading and its method.")
    var markdown = false

    /// What is drawn by lot and counted.
    private static let trials = ["starts", "holdover"]

    private var isTrial: Bool { names.count == 1 && Self.trials.contains(names[0]) }
    private var isSingle: Bool { names.count == 1 && seeds == 1 && !table && !markdown }

    func validate() throws {
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds takes 1 to 1000") }
        guard (1...100_000_000).contains(count ?? 1) else { throw ValidationError("--count takes 1 to 100000000") }
        guard seed <= 1 << 62 else { throw ValidationError("--seed takes 0 to 2⁶²") }
        guard csv == nil && !log || isSingle && !isTrial else {
            throw ValidationError("--csv and --log take one scenario and one seed")
        }
        if !isTrial { _ = try scenarios() }
    }

    func run() async throws {
        if list { return Console.write(Self.listing) }
        let begun = KernelClock.monotonic()
        if names == ["starts"] {
            // A thousand at a time keeps every core busy to the end.
            let tally = await tally(count ?? 10_000, chunk: 1000, StartTally()) {
                StartTally(seeds: $0)
            } add: {
                $0.add($1)
            }
            Console.write(StartsReport(tally, firstSeed: seed, isDocument: markdown).text)
        } else if names == ["holdover"] {
            let tally = await tally(count ?? 200, chunk: 4, HoldoverTally()) {
                HoldoverTally(seeds: $0)
            } add: {
                $0.add($1)
            }
            Console.write(HoldoverReport(tally, isDocument: markdown).text)
        } else if isSingle, let scenario = try scenarios().first {
            try play(scenario)
        } else {
            let (summaries, seconds) = await playAll(try scenarios())
            Console.write(ScenarioTable(summaries, firstSeed: seed, isDocument: markdown).text)
            report(simulated: seconds, since: begun)
        }
    }

    /// The scenarios asked for; all where none is.
    private func scenarios() throws -> [Scenario] {
        guard !names.isEmpty else { return Scenario.all }
        return try names.map { name in
            if let scenario = Scenario.named(name) { return scenario }
            let nearest = Diagnostic.nearestWord(to: name, in: Scenario.all.map(\.name) + Self.trials)
            let hint = nearest.map { "did you mean '\($0)'?" } ?? "--list shows them"
            throw ValidationError("no scenario is called '\(name)'; \(hint)")
        }
    }

    private static var listing: String {
        let width = Scenario.all.reduce(0) { max($0, $1.name.count) } + 2
        return Scenario.all.map { Format.column($0.name, width) + $0.summary + "\n" }.joined()
            + Format.column("starts", width) + "cold starts by lot: is a wrong second ever served?\n"
            + Format.column("holdover", width)
            + "oscillators by lot: is the bound of their error without a signal true?\n"
    }

    private func play(_ scenario: Scenario) throws {
        let begun = KernelClock.monotonic()
        var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
        appliance.run(seconds: scenario.duration)
        let elapsed = KernelClock.monotonic() - begun
        let result = ScenarioResult(appliance, of: scenario)
        Console.write(ScenarioReport(scenario, result, appliance, showsLog: log).text)
        let speed = Int(Double(scenario.duration) / max(elapsed.seconds, 1e-3))
        Console.write(
            "\n\(scenario.duration) s simulated in \(Format.duration(elapsed.seconds)): \(speed) s per second\n")
        guard let csv else { return }
        do {
            try Files.writeAtomically(csv, Array(Self.rows(of: appliance).utf8))
        } catch {
            Console.error("timeball simulate: \(error)\n")
            throw ExitCode(1)
        }
    }

    private static func rows(of appliance: SimulatedAppliance) -> String {
        appliance.moments.enumerated().reduce(
            into: "second,clock_error,served_error,root_dispersion,stratum,ideal_error\n"
        ) { text, row in
            let moment = row.element
            let ideal = moment.idealError.isNaN ? "" : "\(moment.idealError)"
            text += "\(row.offset + 1),\(moment.clockError),\(moment.servedError),\(moment.rootDispersion),"
            text += "\(moment.stratum),\(ideal)\n"
        }
    }

    // MARK: - On all cores

    /// Every scenario with every seed, in the order asked for; and how many seconds that was.
    private func playAll(_ scenarios: [Scenario]) async -> ([ScenarioSummary], Int) {
        let seeds = seed..<seed + seeds
        let results = await withTaskGroup(of: (Int, ScenarioResult).self) { group in
            for index in scenarios.indices {
                for seed in seeds { group.addTask { (index, ScenarioResult(of: scenarios[index], seed: seed)) } }
            }
            return await group.reduce(into: [[ScenarioResult]](repeating: [], count: scenarios.count)) {
                $0[$1.0].append($1.1)
            }
        }
        let seconds = scenarios.reduce(0) { $0 + $1.duration } * seeds.count
        return (zip(scenarios, results).map { ScenarioSummary($0, $1) }, seconds)
    }

    /// Counts trials of consecutive seeds, some at a time on each core.
    private func tally<T: Sendable>(
        _ number: UInt64, chunk: UInt64, _ none: T, count: @escaping @Sendable (Range<UInt64>) -> T,
        add: (inout T, T) -> Void
    ) async -> T {
        await withTaskGroup(of: T.self) { group in
            for first in stride(from: seed, to: seed + number, by: Int(chunk)) {
                let seeds = first..<min(first + chunk, seed + number)
                group.addTask { count(seeds) }
            }
            var total = none
            for await part in group { add(&total, part) }
            return total
        }
    }

    /// To standard error, so that a table that is kept is the same each time.
    private func report(simulated seconds: Int, since begun: MonotonicInstant) {
        let elapsed = (KernelClock.monotonic() - begun).seconds
        let speed = Int(Double(seconds) / max(elapsed, 1e-3))
        Console.error("\(seconds) s simulated in \(Int(elapsed)) s: \(speed) s per second, on all cores\n")
    }
}
