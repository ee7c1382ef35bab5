import TimeScale

/// Everything that a configuration file can say, with the defaults for what it leaves unsaid.
public struct Configuration: Equatable, Sendable {
    /// The reference clocks, in the order of their lines.
    public var referenceClocks: [ReferenceClockConfiguration] = []
    /// The stratum to serve from the local clock when every source is lost, 1 ... 15; `nil` = do not.
    public var localStratum: Int?
    /// The clock that is steered.
    public var clock: ClockKind = .system
    /// The UDP port to serve on, 1 ... 65535.
    public var port: UInt16 = 123
    /// The rules about local addresses, in order; the last that matches counts.
    public var listenRules: [ListenRule] = []
    /// The access list in the order of its lines; see `AccessRule` for how it is applied.
    public var accessRules: [AccessRule] = []
    /// What is denied to the servers that are asked for the time (`restrict source`); `nil` = what their addresses are.
    public var sourceAccess: AccessFlags?
    /// chrony's access list in the order of its lines; see `ServiceRule` for how it is applied.
    public var serviceRules: [ServiceRule] = []
    /// How often a client may ask.
    public var rateLimit = RateLimitRule.discard(DiscardRule())
    /// How much is remembered about clients.
    public var clientTable = ClientTableRule()
    /// What is sent unasked, and where to.
    public var broadcasts: [BroadcastRule] = []
    /// The multicast groups whose requests are answered.
    public var manycastGroups: [GroupAddress] = []
    /// How many threads answer requests.
    public var workers = WorkerCount.auto
    /// Which network cards stamp packets.
    public var hardwareTimestamps: [HardwareTimestampRule] = []
    /// The differentiated services code point of what is sent, 0 ... 63 (ntpd's 46, expedited forwarding).
    public var differentiatedServices = 46
    /// The priority of the discipline's thread among real-time threads (SCHED_FIFO), 1 ... 100; 0 = it is none.
    public var schedulingPriority = 0
    /// Whether the daemon's memory is kept from being swapped out.
    public var locksMemory = false
    /// Seconds after which the service manager is told that the daemon is ready also where no time is served yet, so that
    /// a machine without an antenna starts; infinity = only once it is. 20: what a warm receiver needs.
    public var readyWait = 20.0
    /// Whether the daemon gives up the system calls that a time server does not need.
    public var confinesSystemCalls = true
    /// Which cores the threads run on.
    public var affinity = CoreAffinity()
    /// The file with the symmetric keys; `nil` = none.
    public var keysFile: String?
    /// The identifiers of the keys that are used, ranges of 1 ... 2³²−1; those of the file that are in none are not.
    public var trustedKeys: [ClosedRange<UInt32>] = []
    /// The identifier of the key that may change settings from remote; `nil` = nobody may.
    public var controlKey: UInt32?
    /// The Unix socket on which the daemon shows its state; `nil` = none.
    public var observePath: String? = Configuration.defaultObservePath
    /// Where the frequency is kept over restarts; `nil` = nowhere.
    public var driftFile: String?
    /// Where what was learned is kept over restarts; `nil` = nowhere.
    public var stateFile: String?
    /// The `leap-seconds.list` to read; `nil` = the built-in table only.
    public var leapFile: String?
    /// Whether a leap file with a wrong or missing hash is refused.
    public var leapFileHashChecked = true
    /// The log file; `nil` = standard error or the system log.
    public var logFile: String?
    /// The offset in seconds above which the clock is stepped; 0 = never after the first time (ntpd's 0.128).
    public var stepThreshold = 0.128
    /// The offset in seconds above which the daemon gives up; 0 = never (ntpd's 1000).
    public var panicLimit = 1000.0
    /// Seconds without a source after which the local clock is served, 0 or more (ntpd's 300).
    public var orphanWait = 300.0
    /// Fewest sources that must agree, 0 or more (`tos minsane`, ntpd's 1).
    public var minimumSane = 1
    /// How many sources are enough, 1 or more: the farthest are cast out down to these (`tos minclock`, ntpd's 3).
    public var minimumSurvivors = 3
    /// Seconds added to the error bound of each source before they are compared, 0 ... 0.49 (`tos mindist`, ntpd's
    /// 0.001).
    public var minimumDistance = 0.001
    /// The root distance in seconds beyond which a source is not followed (`tos maxdist`, ntpd's 1.5).
    public var maximumDistance = 1.5
    /// How long lost sources are bridged by the clock itself; `nil` = not at all.
    public var holdover: HoldoverRule?
    /// The last day on which a leap second is believed, its 00:00:00 UTC; `nil` = there is no last.
    public var leapSecondsEnd: Instant?
    /// When a step is allowed, in chrony's way; `nil` = by the discipline's own rule and `stepThreshold`.
    public var makeStep: StepRule?
    /// No date before this moment is true: the pivot for receivers whose week number has rolled over.
    public var earliestDate: Instant?

    /// The defaults.
    public init() {}

    /// The observe socket where `observe` says nothing.
    public static let defaultObservePath = "/run/timeball/observe"
}

/// How long the clock is served as before when every source is lost.
public struct HoldoverRule: Equatable, Sendable {
    /// The bound of the error in seconds at which holdover ends, above 0 and at most 0.5; `nil` = no such limit.
    public var maximumError: Double?
    /// The seconds after which holdover ends, above 0; `nil` = no such limit.
    public var maximumTime: Double?

    /// A rule from its limits.
    public init(maximumError: Double? = nil, maximumTime: Double? = nil) {
        (self.maximumError, self.maximumTime) = (maximumError, maximumTime)
    }

    /// What `holdover` alone means: a day, after which the temperature has made a full round at least.
    public static let standard = HoldoverRule(maximumTime: 86_400)
}

/// Steps as chrony's `makestep` allows them.
public struct StepRule: Equatable, Sendable {
    /// The offset in seconds above which the clock is stepped, 0 or more.
    public var threshold: Double
    /// The number of first clock updates during which a step is allowed; negative = always.
    public var limit: Int

    /// A rule from the threshold in seconds and the number of updates.
    public init(threshold: Double, limit: Int) {
        (self.threshold, self.limit) = (threshold, limit)
    }
}

/// The clock that the daemon steers.
public enum ClockKind: Equatable, Sendable {
    /// The kernel's.
    case system
    /// One in user space, with an imagined oscillator: for demonstrations and unprivileged runs.
    case virtual(VirtualClockConfiguration)
}

/// The imagined oscillator of a virtual clock.
public struct VirtualClockConfiguration: Equatable, Sendable {
    /// The error at the start in seconds; positive = the clock is ahead.
    public var offset = 0.0
    /// The error of the frequency at the start in s/s; positive = fast.
    public var frequency = 0.0
    /// The random walk of the frequency in s/s per √s, 0 or more.
    public var wander = 0.0
    /// The seed of the random walk.
    public var seed: UInt64 = 0

    /// A perfect clock.
    public init() {}
}
