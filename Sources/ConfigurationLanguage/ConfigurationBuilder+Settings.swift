/// The lines about the clock and the daemon's files.
extension ConfigurationBuilder {
    mutating func readClock(_ statement: inout Statement, _ word: Word) {
        guard let kind = statement.nextWord() else {
            statement.report(.warning, word, "'clock' needs system or virtual, the line is ignored")
            return
        }
        switch kind.text {
        case "system": configuration.clock = .system
        case "virtual":
            var clock = VirtualClockConfiguration()
            statement.readOptions(into: &clock, VirtualClockConfiguration.options)
            configuration.clock = .virtual(clock)
        default:
            statement.report(.error, kind, "\(kind.quoted) is not system or virtual, the line is ignored")
            statement.skipRest()
        }
    }

    mutating func readMakeStep(_ statement: inout Statement, _ word: Word) {
        // 1e9 s and 2³¹ updates: more than any clock is wrong and any daemon runs.
        guard let threshold = statement.real(after: word, in: 0...1e9, unit: "s"),
            let limit = statement.integer(after: word, in: -1 << 31...1 << 31)
        else { return statement.skipRest() }
        configuration.makeStep = StepRule(threshold: threshold, limit: limit)
    }

    /// Reads a path, or the word that means none.
    mutating func readPath(
        _ statement: inout Statement, _ word: Word, into property: WritableKeyPath<Configuration, String?>,
        disabledBy none: String
    ) {
        guard let path = statement.path(after: word) else { return }
        configuration[keyPath: property] = path.text == none ? nil : path.text
        guard word.text == "driftfile", let threshold = statement.nextWord() else { return }
        statement.report(.warning, threshold, "the threshold of 'driftfile' is not supported by this version, ignored")
    }

    mutating func readHoldover(_ statement: inout Statement) {
        var rule = HoldoverRule()
        statement.readOptions(into: &rule, HoldoverRule.options)
        configuration.holdover = rule == HoldoverRule() ? .standard : rule
    }

    mutating func readLeapFile(_ statement: inout Statement, _ word: Word) {
        readPath(&statement, word, into: \.leapFile, disabledBy: "")
        statement.readOptions(
            into: &configuration,
            [
                Option("checkhash") { configuration, _, _ in configuration.leapFileHashChecked = true },
                Option("ignorehash") { configuration, _, _ in configuration.leapFileHashChecked = false },
            ])
    }
}

extension HoldoverRule {
    /// The words behind `holdover`.
    static let options: [Option<HoldoverRule>] = [
        Option("max-error") { rule, statement, word in
            // Half a second: beyond it the clock no longer knows which second it is.
            let error = statement.duration(
                after: word, atMost: 0.5, [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1)])
            if let error { rule.maximumError = error }
        },
        Option("max-time") { rule, statement, word in
            // Ten years: longer than any device runs without its sources.
            let units = [("s", 1.0), ("m", 60), ("h", 3600), ("d", 86_400)]
            if let time = statement.duration(after: word, atMost: 3650 * 86_400, units) { rule.maximumTime = time }
        },
    ]
}

extension VirtualClockConfiguration {
    /// The words behind `clock virtual`.
    static let options: [Option<VirtualClockConfiguration>] = [
        .real("offset", \.offset, in: -1e9...1e9, unit: "s"),
        // ±10 %: no oscillator is worse, and the clock keeps running forwards.
        .real("frequency", \.frequency, in: -100_000...100_000, unit: "ppm", scale: 1e-6),
        .real("wander", \.wander, in: 0...1e-3, unit: "s/s per √s"),
        Option("seed") { clock, statement, word in
            if let seed = statement.integer(after: word, in: 0...Int.max) { clock.seed = UInt64(seed) }
        },
    ]
}

extension Configuration {
    /// The words behind `local`.
    static let localOptions: [Option<Configuration>] =
        [.integer("stratum", \.localStratum, in: 1...15)]
        + Option.unsupported(["orphan"], values: 0)
        + Option.unsupported(["distance", "activate", "waitsynced", "waitunsynced"], values: 1)

    /// The words behind `tinker`.
    static let tinkerOptions: [Option<Configuration>] =
        [
            .real("step", \.stepThreshold, in: 0...1e9, unit: "s"),
            .real("panic", \.panicLimit, in: 0...1e9, unit: "s"),
        ]
        + Option.unsupported(
            ["allan", "dispersion", "freq", "huffpuff", "stepback", "stepfwd", "stepout"], values: 1)
        + Option.obsolete(["tick"], values: 1, because: "the kernel knows its own tick")

    /// The words behind `tos`.
    static let tosOptions: [Option<Configuration>] =
        [
            .real("orphanwait", \.orphanWait, in: 0...1e9, unit: "s"),
            // Nobody has more sources than this.
            .integer("minsane", \.minimumSane, in: 0...255),
            .integer("minclock", \.minimumSurvivors, in: 1...255),
            // Below half a second on either side, or sources that name different seconds would agree.
            .real("mindist", \.minimumDistance, in: 0...0.49, unit: "s"),
            // Below a millisecond no source would be left.
            .real("maxdist", \.maximumDistance, in: 0.001...1e9, unit: "s"),
            Option("basedate") { configuration, statement, word in
                guard let date = statement.date(after: word, orDaysSince1900: true) else { return }
                configuration.earliestDate = date
            },
        ]
        + Option.unsupported(
            ["floor", "ceiling", "orphan", "maxclock", "maxdisp"], values: 1)
        + Option.obsolete(["beacon", "cohort"], values: 1, because: "NTPsec dropped it and nothing needs it")

    /// The words behind `enable`.
    static let enableOptions: [Option<Configuration>] = [Option("ntp") { _, _, _ in }] + switches

    /// The words behind `disable`.
    static let disableOptions: [Option<Configuration>] = Option.unsupported(["ntp"], values: 0) + switches

    private static let switches: [Option<Configuration>] =
        Option.unsupported(["bclient", "calibrate", "monitor", "stats"], values: 0)
        + Option.obsolete(["kernel"], values: 0, because: "the kernel's own loop is never used")
        + Option.obsolete(["mode7"], values: 0, because: "mode 7 requests are never answered")
        + Option.obsolete(["pps"], values: 0, because: "a PPS clock needs no switch")
        + Option.obsolete(
            ["auth", "unpeer_crypto_early", "unpeer_crypto_nak_early", "unpeer_digest_early"], values: 0,
            because: "no unauthenticated packet changes an association")
}
