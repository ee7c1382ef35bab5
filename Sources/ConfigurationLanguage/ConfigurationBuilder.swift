import TimeScale

/// A configuration in the making, with what has to wait for the end of the file.
struct ConfigurationBuilder {
    var configuration = Configuration()
    /// Whether `end` was read in the present file.
    var hasEnded = false

    /// What the present line includes.
    private var requestedInclude: Word?
    /// Where each clock stands in the configuration.
    private var clockIndices: [ClockKey: Int] = [:]
    /// The line of each clock; its options have been read.
    private var clockLines: [(statement: Statement, word: Word)] = []
    /// The line of each broadcast rule.
    private var broadcastLines: [(statement: Statement, address: Word)] = []
    /// The `fudge` lines whose options are still to be read, in order.
    private var fudges: [(key: ClockKey, statement: Statement, address: Word)] = []

    /// What tells one reference clock from another.
    private struct ClockKey: Hashable {
        let driver: DriverKind
        let unit: Int
    }

    /// The file that the line just read includes, once.
    mutating func takeInclude() -> Word? {
        defer { requestedInclude = nil }
        return requestedInclude
    }

    mutating func readInclude(_ statement: inout Statement, _ word: Word) {
        requestedInclude = statement.path(after: word)
    }

    /// Adds a clock; a second one with the same driver and unit is ignored, as ntpd does.
    mutating func add(_ clock: ReferenceClockConfiguration, from statement: inout Statement, _ word: Word) {
        let key = ClockKey(driver: clock.driver, unit: clock.unit)
        if let index = clockIndices[key] {
            let line = configuration.referenceClocks[index].position.line
            let message = "\(clock.name) is configured already (line \(line)), the line is ignored"
            statement.report(.warning, word, message)
            return
        }
        clockIndices[key] = configuration.referenceClocks.count
        configuration.referenceClocks.append(clock)
        clockLines.append((statement.deferRest(), word))
    }

    /// Adds a broadcast rule; its line has been read.
    mutating func add(_ rule: BroadcastRule, from statement: inout Statement, _ address: Word) {
        configuration.broadcasts.append(rule)
        broadcastLines.append((statement.deferRest(), address))
    }

    /// Keeps a `fudge` line until every clock is known.
    mutating func fudge(_ driver: DriverKind, unit: Int, _ statement: inout Statement, _ address: Word) {
        fudges.append((ClockKey(driver: driver, unit: unit), statement.deferRest(), address))
    }

    /// Applies the lines that had to wait.
    ///
    /// - Parameter limit: the number of problems after which no more lines are looked at.
    /// - Returns: those lines with their problems.
    mutating func finish(atMost limit: Int) -> [Statement] {
        var statements: [Statement] = []
        var problemCount = 0
        for (key, statement, address) in fudges {
            guard problemCount < limit else { break }
            var statement = statement
            apply(&statement, address, to: key)
            problemCount += statement.diagnostics.count
            if !statement.diagnostics.isEmpty { statements.append(statement) }
        }
        for index in configuration.referenceClocks.indices {
            checkPolls(ofClock: index)
            checkProfile(ofClock: index)
        }
        for index in configuration.broadcasts.indices { checkKey(ofBroadcast: index) }
        return clockLines.map(\.statement) + broadcastLines.map(\.statement) + statements
    }

    /// Tells of a key that cannot sign: what should be signed is never sent without.
    private mutating func checkKey(ofBroadcast index: Int) {
        guard let key = configuration.broadcasts[index].key else { return }
        let isTrusted = configuration.trustedKeys.contains { $0.contains(key) }
        guard !isTrusted || configuration.keysFile == nil else { return }
        broadcastLines[index].statement.report(
            .warning, broadcastLines[index].address, "the key \(key) is not trusted, so nothing is sent there",
            hint: configuration.keysFile == nil ? "name the file by 'keys'" : "write 'trustedkey \(key)'")
    }

    private mutating func apply(_ fudge: inout Statement, _ address: Word, to key: ClockKey) {
        if let index = clockIndices[key] {
            let options = ReferenceClockConfiguration.options
            fudge.readOptions(into: &configuration.referenceClocks[index], options)
        } else {
            let message = "no clock \(address.quoted) is configured, the line is ignored"
            fudge.report(.warning, address, message)
        }
    }

    /// Tells of words about a receiver that have no effect as they stand.
    private mutating func checkProfile(ofClock index: Int) {
        let clock = configuration.referenceClocks[index]
        for remark in [clock.profile.remark(for: clock.driver), clock.remarkOnGPSD].compactMap(\.self) {
            clockLines[index].statement.report(.warning, clockLines[index].word, remark)
        }
    }

    /// Lowers the shortest interval to the longest, as ntpd does; a shortest alone leaves the longest open.
    private mutating func checkPolls(ofClock index: Int) {
        let clock = configuration.referenceClocks[index]
        guard let shortest = clock.minimumPoll, let longest = clock.maximumPoll, shortest > longest else { return }
        configuration.referenceClocks[index].minimumPoll = longest
        let message = "minpoll \(shortest.exponent) is above maxpoll and lowered to \(longest.exponent)"
        clockLines[index].statement.report(.warning, clockLines[index].word, message)
    }
}
