/// A word that may begin a line of ntp.conf: one row of the table that the reader and the documentation share.
public struct Directive: Sendable {
    /// What this version does with a line.
    public enum Standing: String, Sendable {
        /// It does what the line says.
        case active
        /// It warns that the line is ignored.
        case unsupported
        /// It notes that the line has no meaning any more.
        case obsolete
    }

    /// The word and its other spellings.
    public let words: [String]
    /// What may follow the word.
    public let synopsis: String
    /// What the line is for, or why it is ignored.
    public let remark: String
    /// What this version does with the line.
    public let standing: Standing
    /// Reads the rest of the line.
    let read: @Sendable (inout ConfigurationBuilder, inout Statement, Word) -> Void

    /// Every word that may begin a line: those acted on, then those ignored.
    public static let table: [Directive] =
        clockDirectives + serverDirectives + processDirectives + settingDirectives + ignoredDirectives

    private static let byWord: [String: Directive] = Dictionary(
        table.flatMap { directive in directive.words.map { ($0, directive) } }, uniquingKeysWith: { first, _ in first })

    /// The row of a word.
    static func named(_ word: String) -> Directive? { byWord[word] }

    init(
        _ words: [String], _ synopsis: String, _ remark: String,
        read: @escaping @Sendable (inout ConfigurationBuilder, inout Statement, Word) -> Void
    ) {
        (self.words, self.synopsis, self.remark) = (words, synopsis, remark)
        (standing, self.read) = (.active, read)
    }

    /// A word whose line is ignored with a warning.
    static func unsupported(_ words: [String], _ remark: String) -> Directive {
        Directive(ignoring: words, remark, .unsupported) { _, statement, word in
            let message = "\(word.quoted) is not supported by this version, the line is ignored"
            statement.report(.warning, word, message)
            statement.skipRest()
        }
    }

    /// A word whose line has no meaning any more, with the reason.
    static func obsolete(_ words: [String], because reason: String) -> Directive {
        Directive(ignoring: words, reason, .obsolete) { _, statement, word in
            statement.report(.note, word, "\(word.quoted) is obsolete and the line ignored: \(reason)")
            statement.skipRest()
        }
    }

    private init(
        ignoring words: [String], _ remark: String, _ standing: Standing,
        read: @escaping @Sendable (inout ConfigurationBuilder, inout Statement, Word) -> Void
    ) {
        (self.words, synopsis, self.remark) = (words, "…", remark)
        (self.standing, self.read) = (standing, read)
    }
}

extension Directive {
    private static let clockDirectives: [Directive] = [
        Directive(["server", "peer"], "127.127.TYPE.UNIT [OPTION …]", "a reference clock") {
            $0.readServer(&$1, $2)
        },
        Directive(["refclock"], "DRIVER [unit N] [OPTION …]", "a reference clock, by the name of its driver") {
            $0.readReferenceClock(&$1, $2)
        },
        Directive(["fudge"], "127.127.TYPE.UNIT [OPTION …]", "corrections and switches of a reference clock") {
            $0.readFudge(&$1, $2)
        },
        Directive(["local"], "[stratum N]", "serve from the local clock when every source is lost") {
            $0.readLocal(&$1, $2)
        },
    ]

    private static let serverDirectives: [Directive] = [
        Directive(
            ["restrict"], "[-4|-6] default|source|ADDRESS[/LENGTH] [mask MASK] [FLAG …]", "who may ask for what",
            read: { $0.readRestrict(&$1, $2) }),
        Directive(
            ["unrestrict"], "[-4|-6] default|source|ADDRESS[/LENGTH] [mask MASK] [FLAG …]",
            "take back a rule of an earlier line, or some of its flags",
            read: { $0.readUnrestrict(&$1, $2) }),
        Directive(["allow"], "[all] [ADDRESS[/LENGTH]]", "whom to serve; alone: everybody") { builder, statement, _ in
            builder.readService(&statement, isAllowed: true)
        },
        Directive(["deny"], "[all] [ADDRESS[/LENGTH]]", "whom not to serve; alone: nobody") { builder, statement, _ in
            builder.readService(&statement, isAllowed: false)
        },
        Directive(
            ["discard"], "[average N] [minimum S]",
            "how often a client under 'limited' may ask: 2^N s between, S at least"
        ) { builder, statement, _ in
            builder.readDiscard(&statement)
        },
        Directive(
            ["limit"], "[average N] [burst N] [kod N]", "the same in NTPsec's words: N requests per second, N at once"
        ) { builder, statement, _ in
            builder.readLimit(&statement)
        },
        Directive(
            ["ratelimit"], "[interval N] [burst N] [leak N] [kod N]", "how often any client is answered: every 2^N s"
        ) { builder, statement, _ in
            builder.readRateLimit(&statement)
        },
        Directive(
            ["mru"], "[maxdepth N|maxmem KIB] [ipv4prefix N] [ipv6prefix N]", "how much is remembered about clients"
        ) { builder, statement, _ in
            statement.readOptions(into: &builder.configuration.clientTable, ClientTableRule.options)
        },
        Directive(["clientloglimit"], "BYTES", "how much is remembered about clients") {
            $0.readClientLogLimit(&$1, $2)
        },
        Directive(
            ["interface", "nic"], "listen|ignore|drop all|ipv4|ipv6|wildcard|NAME|ADDRESS[/LENGTH]",
            "which local addresses to serve on",
            read: { $0.readInterface(&$1, $2) }),
        Directive(["listen"], "all|ipv4|ipv6|wildcard|NAME|ADDRESS[/LENGTH]", "a local address to serve on") {
            $0.readListen(&$1, $2)
        },
        Directive(["port"], "N", "the UDP port to serve on") { builder, statement, word in
            guard let port = statement.integer(after: word, in: 1...65535) else { return }
            builder.configuration.port = UInt16(port)
        },
        Directive(["keys"], "PATH", "the keys file; \"\" = none") {
            $0.readPath(&$1, $2, into: \.keysFile, disabledBy: "")
        },
        Directive(["keyfile"], "PATH", "chrony's keys file, of which every key is used") { builder, statement, word in
            builder.readPath(&statement, word, into: \.keysFile, disabledBy: "")
            if builder.configuration.keysFile != nil { builder.configuration.trustedKeys.append(1...UInt32.max) }
        },
        Directive(["trustedkey"], "ID|(ID ... ID) …", "the keys of the keys file that are used") {
            $0.readTrustedKeys(&$1, $2)
        },
        Directive(["controlkey"], "ID", "the key that may change settings, which nothing can in this version") {
            $0.readControlKey(&$1, $2)
        },
        Directive(["observe"], "PATH|none", "the Unix socket on which the daemon shows its state") {
            $0.readPath(&$1, $2, into: \.observePath, disabledBy: "none")
        },
        Directive(
            ["broadcast"],
            "ADDRESS[%INTERFACE] [key N] [version 3|4] [minpoll N] [ttl N] [xleave], or INTERVAL ADDRESS [PORT]",
            "send the time unasked, every 64 s"
        ) {
            $0.readBroadcast(&$1, $2)
        },
        Directive(["manycastserver"], "ADDRESS[%INTERFACE] …", "multicast groups whose requests are answered") {
            $0.readManycastServer(&$1, $2)
        },
    ]

    private static let processDirectives: [Directive] = [
        Directive(["workers"], "auto|N", "how many threads answer requests; 0: the discipline's own") {
            $0.readWorkers(&$1, $2)
        },
        Directive(
            ["affinity"], "[discipline CORE] [workers CORES]", "the cores of the threads, as in workers 1-3,5"
        ) { builder, statement, _ in
            statement.readOptions(into: &builder.configuration.affinity, CoreAffinity.options)
        },
        Directive(["sched_priority"], "N", "the real-time priority of the discipline's thread; 0: none") {
            guard let priority = $1.integer(after: $2, in: 0...100) else { return }
            $0.configuration.schedulingPriority = priority
        },
        Directive(["ready-wait"], "S|infinity", "how long a start of the service waits for the time at most") {
            $0.readReadyWait(&$1, $2)
        },
        Directive(["lock_all"], "", "keep the daemon's memory from being swapped out") { builder, _, _ in
            builder.configuration.locksMemory = true
        },
        Directive(["seccomp"], "on|off", "whether system calls that a time server does not need are refused") {
            $0.readConfinement(&$1, $2)
        },
        Directive(["rlimit"], "[memlock N] [stacksize N] [filenum N]", "limits, of which none has an effect") {
            builder, statement, _ in
            builder.readResourceLimits(&statement)
        },
        Directive(
            ["hwtimestamp"],
            "INTERFACE|* [minpoll N] [maxpoll N] [minsamples N] [maxsamples N] [precision S] [txcomp S] [rxcomp S] "
                + "[rxfilter all|ntp|ptp|none] [nocrossts]",
            "network cards that stamp packets"
        ) {
            $0.readHardwareTimestamp(&$1, $2)
        },
        Directive(["dscp"], "N", "the differentiated services code point of what is sent") {
            guard let point = $1.integer(after: $2, in: 0...63) else { return }
            $0.configuration.differentiatedServices = point
        },
    ]

    private static let settingDirectives: [Directive] = [
        Directive(["clock"], "system | virtual [offset S] [frequency PPM] [wander X] [seed N]", "the clock to steer") {
            $0.readClock(&$1, $2)
        },
        Directive(["tinker"], "[step S] [panic S]", "limits of the discipline") { builder, statement, _ in
            statement.readOptions(into: &builder.configuration, Configuration.tinkerOptions)
        },
        Directive(
            ["tos"], "[minsane N] [minclock N] [mindist S] [maxdist S] [orphanwait S] [basedate YYYY-MM-DD]",
            "rules of the selection"
        ) { builder, statement, _ in
            statement.readOptions(into: &builder.configuration, Configuration.tosOptions)
        },
        Directive(["enable"], "WORD …", "switches, of which none has an effect") { builder, statement, _ in
            statement.readOptions(into: &builder.configuration, Configuration.enableOptions)
        },
        Directive(["disable"], "WORD …", "switches, of which none has an effect") { builder, statement, _ in
            statement.readOptions(into: &builder.configuration, Configuration.disableOptions)
        },
        Directive(["makestep"], "THRESHOLD LIMIT", "step above THRESHOLD s during the first LIMIT clock updates") {
            $0.readMakeStep(&$1, $2)
        },
        Directive(["earliest-date"], "YYYY-MM-DD", "no date before this one is true") { builder, statement, word in
            guard let date = statement.date(after: word, orDaysSince1900: false) else { return }
            builder.configuration.earliestDate = date
        },
        Directive(
            ["holdover"], "[max-error N(ns|us|ms|s)] [max-time N(s|m|h|d)]",
            "bridge the loss of every source as stratum 1 within these limits; alone: max-time 24h"
        ) { builder, statement, _ in
            builder.readHoldover(&statement)
        },
        Directive(["leap-seconds-end"], "YYYY-MM-DD", "no leap second is believed after this day") {
            guard let date = $1.date(after: $2, orDaysSince1900: false) else { return }
            $0.configuration.leapSecondsEnd = date
        },
        Directive(["statefile"], "PATH|none", "where the last good date is kept over restarts") {
            $0.readPath(&$1, $2, into: \.stateFile, disabledBy: "none")
        },
        Directive(["driftfile"], "PATH", "where the frequency is kept over restarts; \"\" = nowhere") {
            $0.readPath(&$1, $2, into: \.driftFile, disabledBy: "")
        },
        Directive(["leapfile"], "PATH [checkhash|ignorehash]", "the leap-seconds.list to read") {
            $0.readLeapFile(&$1, $2)
        },
        Directive(["logfile"], "PATH", "where to log") {
            $0.readPath(&$1, $2, into: \.logFile, disabledBy: "")
        },
        Directive(["includefile"], "PATH", "another file to read here") {
            $0.readInclude(&$1, $2)
        },
        Directive(["end"], "", "read no more of this file") { builder, _, _ in
            builder.hasEnded = true
        },
    ]

    private static let ignoredDirectives: [Directive] = [
        .unsupported(["pool"], "associations with other servers"),
        .unsupported(
            ["manycastclient", "broadcastclient", "multicastclient", "broadcastdelay", "ttl"],
            "time from servers that are found by broadcast or multicast: anybody could send it"),
        .unsupported(["unpeer", "unconfig"], "removing an association"),
        .unsupported(["ntpsigndsocket", "nts"], "signatures of a Windows domain, and network time security"),
        .unsupported(["statsdir", "statistics", "filegen"], "statistics files"),
        .unsupported(["logconfig"], "choosing what is logged"),
        .unsupported(["pidfile", "mdnstries", "extra"], "details of the process and its sockets"),
        .unsupported(["nonvolatile", "leapsmearinterval"], "details of the drift file and of leap seconds"),
        .unsupported(["setvar", "reset"], "variables and counters of mode 6"),
        .unsupported(["phone"], "telephone time services"),
        .obsolete(
            ["autokey", "crypto", "keysdir", "revoke", "automax", "ident"],
            because: "Autokey is broken and was withdrawn"),
        .obsolete(["requestkey"], because: "mode 7 requests are never answered"),
        .obsolete(["trap"], because: "traps were withdrawn"),
        .obsolete(["saveconfigdir"], because: "no configuration is saved from remote"),
        .obsolete(["simulate", "tick"], because: "it was for simulators and clocks of old"),
    ]
}
