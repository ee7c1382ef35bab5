import Discipline
import SimulatedWorld

/// What became of one run of a scenario.
///
/// Errors of the *clock* are measured just before each pulse over the scenario's measured part; what is *served* is
/// judged over the whole run.
public struct ScenarioResult: Sendable {
    /// RMS error of the clock, seconds.
    public let rms: Double
    /// RMS error of the served time, seconds.
    public let servedRMS: Double
    /// Largest error of the clock, seconds.
    public let largest: Double
    /// RMS error of the filter that knows jitter and wander, on the same pulses, seconds; `nil` where there is none.
    public let idealRMS: Double?
    /// Steady-state bound, seconds; `nil` where no theory says it.
    public let bound: Double?
    /// First second from which the clock's error stays below 10 µs for 10 s; `nil` for never.
    public let secondsTo10Microseconds: Int?
    /// First second from which the clock's error stays below 1 µs for 10 s; `nil` for never.
    public let secondsTo1Microsecond: Int?
    /// Steps made.
    public let steps: Int
    /// Changes of the state of quality.
    public let transitions: [SimulatedAppliance.Transition]
    /// Share of the served seconds in which the served time lay within the served root dispersion, 0 ... 1.
    public let honestShare: Double
    /// Served seconds that were wrong by more than half a second.
    public let wrongSeconds: Int

    /// For how long an error must stay small, seconds.
    private static let settled = 10

    /// Plays a scenario.
    ///
    /// - Parameters:
    ///   - scenario: the story.
    ///   - seed: of all chance.
    public init(of scenario: Scenario, seed: UInt64) {
        var appliance = SimulatedAppliance(scenario: scenario, seed: seed)
        appliance.run(seconds: scenario.duration)
        self.init(appliance, of: scenario)
    }

    /// The figures of a run.
    ///
    /// - Parameters:
    ///   - appliance: an appliance that has been through the scenario.
    ///   - scenario: the story.
    public init(_ appliance: SimulatedAppliance, of scenario: Scenario) {
        let moments = appliance.moments
        let measured = moments.dropFirst(scenario.measuredFrom)
        rms = measured.lazy.map(\.clockError).rootMeanSquare
        servedRMS = measured.lazy.map(\.servedError).rootMeanSquare
        largest = measured.lazy.map(\.clockError).largest
        idealRMS = scenario.ideal == nil ? nil : measured.lazy.map { Double($0.idealError) }.rootMeanSquare
        bound = scenario.bound
        secondsTo10Microseconds = Self.secondsToStay(below: 10e-6, moments)
        secondsTo1Microsecond = Self.secondsToStay(below: 1e-6, moments)
        steps = appliance.clock.steps.count
        transitions = appliance.transitions
        let (served, honest) = moments.reduce(into: (0, 0)) { counts, moment in
            guard moment.isServed else { return }
            counts.0 += 1
            if moment.isHonest { counts.1 += 1 }
        }
        honestShare = served > 0 ? Double(honest) / Double(served) : 1
        wrongSeconds = moments.count { $0.isWrong }
    }

    private static func secondsToStay(below limit: Double, _ moments: [Moment]) -> Int? {
        var run = 0
        for (index, moment) in moments.enumerated() {
            run = abs(moment.clockError) < limit ? run + 1 : 0
            // The first moment is that of second 1.
            if run == settled { return index + 2 - settled }
        }
        return nil
    }
}

/// Several runs of one scenario in one line.
public struct ScenarioSummary: Sendable {
    /// The story.
    public let scenario: Scenario
    /// Its runs, one for each seed.
    public let results: [ScenarioResult]

    /// A summary of at least one run.
    public init(_ scenario: Scenario, _ results: [ScenarioResult]) {
        precondition(!results.isEmpty, "a summary of nothing")
        (self.scenario, self.results) = (scenario, results)
    }

    /// RMS error of the clock over all runs, seconds.
    public var rms: Double { results.map(\.rms).rootMeanSquare }
    /// RMS error of the ideal filter over all runs, seconds.
    public var idealRMS: Double? { scenario.ideal.map { _ in results.compactMap(\.idealRMS).rootMeanSquare } }
    /// Steady-state bound, seconds.
    public var bound: Double? { results[0].bound }
    /// Largest error of the clock in any run, seconds.
    public var largest: Double { results.map(\.largest).largest }
    /// The slowest run's seconds to 10 µs; `nil` where any never got there.
    public var secondsTo10Microseconds: Int? { slowest(\.secondsTo10Microseconds) }
    /// The slowest run's seconds to 1 µs; `nil` where any never got there.
    public var secondsTo1Microsecond: Int? { slowest(\.secondsTo1Microsecond) }
    /// Wrong seconds served in all runs.
    public var wrongSeconds: Int { results.reduce(0) { $0 + $1.wrongSeconds } }
    /// Least share of served seconds within the served bound, 0 ... 1.
    public var honestShare: Double { results.map(\.honestShare).reduce(1) { min($0, $1) } }
    /// Most steps in any run.
    public var steps: Int { results.map(\.steps).reduce(0) { max($0, $1) } }

    private func slowest(_ seconds: (ScenarioResult) -> Int?) -> Int? {
        results.map(seconds).reduce(0) { slowest, next in slowest.flatMap { known in next.map { max(known, $0) } } }
    }
}
