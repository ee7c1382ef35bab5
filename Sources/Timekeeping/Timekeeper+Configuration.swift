import ConfigurationLanguage
import Discipline
import ReferenceClocks
import TimeScale

extension Timekeeper.Settings {
    /// The settings that a configuration asks for; leap seconds, precision and drift are the caller's.
    public init(_ configuration: Configuration) {
        self.init()
        stepPolicy = StepPolicy(
            threshold: configuration.stepThreshold, panicLimit: configuration.panicLimit,
            makeStep: configuration.makeStep.map { .init(threshold: $0.threshold, limit: $0.limit) })
        local = Self.localService(configuration)
        selection = SourceSelection.Policy(configuration)
        (holdover, leapSecondsEnd) = (configuration.holdover, configuration.leapSecondsEnd)
    }

    /// `local stratum` waits until the clock was locked once; ntpd's LOCAL driver waits `tos orphanwait`, and is told
    /// one stratum below what it was fudged to.
    private static func localService(_ configuration: Configuration) -> LocalService? {
        let driver = configuration.referenceClocks.first { $0.driver == .localClock }
        guard let stratum = configuration.localStratum ?? driver.map({ $0.effectiveStratum + 1 }) else { return nil }
        let wait = driver.map { $0.prefer ? Interval.zero : Interval(seconds: configuration.orphanWait) }
        return LocalService(
            stratum: UInt8(clamping: min(stratum, 16)), referenceID: driver?.referenceID ?? .local,
            waitBeforeFirstLock: wait)
    }
}

extension SourceSelection.Policy {
    /// The rules that a configuration's `tos` line and its clocks ask for.
    init(_ configuration: Configuration) {
        self.init()
        (minimumSane, minimumSurvivors) = (configuration.minimumSane, configuration.minimumSurvivors)
        (minimumDistance, maximumDistance) = (configuration.minimumDistance, configuration.maximumDistance)
        demandsRequired = configuration.referenceClocks.contains { $0.require && !$0.noSelect }
    }
}
