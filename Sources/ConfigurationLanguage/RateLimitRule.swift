/// How often a client may ask, in the terms of the program whose word it was.
public enum RateLimitRule: Equatable, Sendable {
    /// ntpd's `discard`, for the clients whose access rule says `limited`.
    case discard(DiscardRule)
    /// NTPsec's `limit`, for the clients whose access rule says `limited`.
    case score(ScoreRule)
    /// chrony's `ratelimit`, for every client.
    case tokenBucket(TokenBucketRule)
}

/// The headways of ntpd's `discard` (ntp_monitor.c).
public struct DiscardRule: Equatable, Sendable {
    /// The mean interval between requests, log₂ s, 0 ... 17.
    public var average = 3
    /// The shortest interval between requests in seconds, 0 ... 3600.
    public var minimum = 2

    /// ntpd's defaults: 8 s and 2 s.
    public init() {}

    /// The words behind `discard`.
    static let options: [Option<DiscardRule>] =
        [.integer("average", \.average, in: 0...17), .integer("minimum", \.minimum, in: 0...3600)]
        + Option.obsolete(["monitor"], values: 1, because: "known clients keep their place by a rule of its own")
}

/// The rates of NTPsec's `limit`.
public struct ScoreRule: Equatable, Sendable {
    /// Requests per second in the long run, 0.001 ... 1 000 000.
    public var average = 1.0
    /// Requests that may come at once, 1 ... 65535.
    public var burst = 20
    /// Kisses o'death per second, 0.001 ... 1 000 000.
    public var kissRate = 0.5

    /// NTPsec's defaults.
    public init() {}

    /// The words behind `limit`.
    static let options: [Option<ScoreRule>] = [
        .real("average", \.average, in: 0.001...1e6, unit: "requests/s"),
        .integer("burst", \.burst, in: 1...65535),
        .real("kod", \.kissRate, in: 0.001...1e6, unit: "kisses/s"),
    ]
}

/// The bucket of chrony's `ratelimit` (clientlog.c).
public struct TokenBucketRule: Equatable, Sendable {
    /// The mean interval between replies, log₂ s, −19 ... 12.
    public var interval = 3
    /// Replies that may be given at once, 1 ... 255.
    public var burst = 8
    /// Above the limit one request in 2^leak is answered nevertheless, 1 ... 4.
    public var leak = 2
    /// Of the requests not answered one in 2^kissShare gets a kiss o'death, 1 ... 4; 0 = none.
    public var kissShare = 0

    /// chrony's defaults.
    public init() {}

    /// The words behind `ratelimit`.
    static let options: [Option<TokenBucketRule>] = [
        .integer("interval", \.interval, in: -19...12), .integer("burst", \.burst, in: 1...255),
        .integer("leak", \.leak, in: 1...4), .integer("kod", \.kissShare, in: 0...4),
    ]
}

/// How much is remembered about clients.
public struct ClientTableRule: Equatable, Sendable {
    /// A limit of the table.
    public enum Size: Equatable, Sendable {
        /// So many clients (`mru maxdepth`).
        case clients(Int)
        /// So many bytes (`mru maxmem`, `clientloglimit`).
        case bytes(Int)
    }

    /// The largest size; 32 768 clients, 2.2 MB, where nothing is said.
    public var size = Size.clients(32_768)
    /// Leading bits of an IPv4 address that tell one client from another, 8 ... 32.
    public var ipv4Prefix = 32
    /// Leading bits of an IPv6 address that tell one client from another, 16 ... 128.
    ///
    /// 128, because the hosts of one network share their first 64 bits, and each of them is a client of its own with a
    /// rate of its own. A public server, where one stranger has 2⁶⁴ addresses, is better off with 64 or 56.
    public var ipv6Prefix = 128

    /// The defaults.
    public init() {}

    /// The rule for each of several tables that share what this one allows.
    public func share(of tables: Int) -> ClientTableRule {
        var rule = self
        rule.size =
            switch size {
            case .clients(let clients): .clients(max(1, clients / tables))
            case .bytes(let bytes): .bytes(bytes / tables)
            }
        return rule
    }

    /// The words behind `mru`.
    static let options: [Option<ClientTableRule>] =
        [
            Option("maxdepth") { rule, statement, word in
                if let count = statement.integer(after: word, in: 1...mostClients) { rule.size = .clients(count) }
            },
            Option("maxmem") { rule, statement, word in
                if let count = statement.integer(after: word, in: 1...mostBytes >> 10) {
                    rule.size = .bytes(count << 10)
                }
            },
            .integer("ipv4prefix", \.ipv4Prefix, in: 8...32),
            .integer("ipv6prefix", \.ipv6Prefix, in: 16...128),
        ]
        + Option.obsolete(
            ["initalloc", "initmem", "incalloc", "incmem"], values: 1, because: "the table grows by doubling")
        + Option.obsolete(
            ["mindepth", "maxage", "minage"], values: 1, because: "known clients keep their place by a rule of its own")

    /// 16 million clients, a gigabyte: more than any server has.
    static let mostClients = 1 << 24
    static let mostBytes = 1 << 30
}

/// One entry of chrony's access list, from an `allow` or `deny` line.
///
/// The longest prefix decides, whatever the order; of lines for the same block the last. Where there is any such line,
/// what no line is about is denied. A `restrict` line can deny what `allow` allows, but allows nothing that is denied
/// here.
public struct ServiceRule: Equatable, Sendable {
    /// The source addresses that the rule is for: a prefix.
    public var block: AddressBlock
    /// Whether time is served.
    public var isAllowed: Bool
    /// Whether earlier rules for blocks within this one are forgotten (`all`).
    public var replacesNarrower: Bool

    /// A rule for a block of addresses, whose mask must be a prefix.
    public init(block: AddressBlock, isAllowed: Bool, replacesNarrower: Bool) {
        (self.block, self.isAllowed, self.replacesNarrower) = (block, isAllowed, replacesNarrower)
    }
}
