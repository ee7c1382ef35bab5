// HOT PATH
import ConfigurationLanguage

/// How often a client may ask: one leaking bucket per client, in the terms of ntpd, NTPsec and chrony.
///
/// A request that is answered fills the client's bucket by `charge`; time empties it. A request is above the limit where
/// its `cost` does not fit below `capacity` any more.
public struct RateLimit: Equatable, Sendable {
    /// What becomes of a request.
    public enum Judgement: Equatable, Sendable {
        /// It is answered.
        case within
        /// It is dropped.
        case above
        /// It is dropped, and this is the time to tell the client.
        case aboveAndToldSo
    }

    /// Whether it is for every client, and not only for those whose access rule says `limited`.
    public let isForEveryone: Bool
    /// The shortest poll interval that replies suggest, log₂ s.
    public let suggestedPoll: Int8
    /// What must fit into the bucket, s.
    private let cost: Double
    /// By how much a reply fills it, s.
    private let charge: Double
    /// The fullest that it may be, s.
    private let capacity: Double
    /// The shortest interval between requests, s; 0 = any.
    private let headway: Double
    /// How long nothing is answered once a request was above the limit, s beyond what empties the bucket to `capacity`.
    private let penalty: Double
    /// The bits of a random number that are all zero where a request above the limit is answered after all.
    private let leak: UInt64?
    /// The bits of a random number that are all zero where a dropped request gets a kiss, `kod` in the access rule or
    /// not; `nil` = by `kod` and the penalty.
    private let kissShare: UInt64?

    /// The interval in seconds after a kiss of denial before the same client gets another one: ntpd's mean headway.
    private static let denialInterval = 8.0

    /// Above the rounding errors of a bucket, so that a burst fits which fits exactly.
    private static let margin = 1 + 0x1p-20

    /// The limit that a rule sets.
    public init(_ rule: RateLimitRule) {
        switch rule {
        case .discard(let rule):
            // ntp_monitor.c: below 8 headways (NTP_SHIFT), 2 s of grace in the charge, and 1.5 s in the shortest interval,
            // half a second of them by rounding.
            (isForEveryone, suggestedPoll) = (false, Int8(rule.average))
            cost = Self.powerOfTwo(rule.average)
            charge = max(0, cost - 2)
            (capacity, penalty) = (8 * cost, cost)
            headway = max(0, Double(rule.minimum) - 1.5)
            (leak, kissShare) = (nil, nil)
        case .score(let rule):
            (isForEveryone, suggestedPoll) = (false, 0)
            cost = 1 / rule.average
            charge = cost
            (capacity, penalty) = (Double(rule.burst) * cost * Self.margin, 1 / rule.kissRate)
            (headway, leak, kissShare) = (0, nil, nil)
        case .tokenBucket(let rule):
            (isForEveryone, suggestedPoll) = (true, Int8(max(rule.interval, 0)))
            cost = Self.powerOfTwo(rule.interval)
            charge = cost
            (capacity, penalty, headway) = (Double(rule.burst) * cost * Self.margin, 0, 0)
            leak = 1 << UInt64(rule.leak) - 1
            // chrony draws one number for both: the leak takes the low bits and the kiss those above.
            kissShare = rule.kissShare == 0 ? .max : (1 << UInt64(rule.kissShare) - 1) << 8
        }
    }

    /// Judges a request and fills the client's bucket by it.
    ///
    /// - Parameters:
    ///   - level: the client's bucket as the last request left it, s.
    ///   - interval: since the last request, s, ≥ 0.
    ///   - kisses: whether the access rule says `kod`.
    ///   - random: bits that the client cannot guess.
    /// - Returns: what becomes of the request.
    public func judge(level: inout Float, interval: Double, kisses: Bool, random: UInt64) -> Judgement {
        let left = max(0, Double(level) - interval)
        level = Float(left)
        if left + cost < capacity, interval >= headway {
            level = Float(left + charge)
            return .within
        }
        if let leak, random & leak == 0 {
            level = Float(capacity)
            return .within
        }
        if let kissShare { return random & kissShare == 0 ? .aboveAndToldSo : .above }
        // As in ntpd: full beyond capacity from the first violation on, and no second kiss before it is below again.
        guard left < capacity else { return .above }
        level = Float(capacity + penalty)
        return kisses ? .aboveAndToldSo : .above
    }

    /// Whether a client that is denied may be told so now; no more often than every 8 s.
    ///
    /// - Parameters:
    ///   - level: the client's bucket as the last request left it, s.
    ///   - interval: since the last request, s, ≥ 0.
    /// - Returns: `true` where it is told.
    public static func tellsDenial(level: inout Float, interval: Double) -> Bool {
        let left = max(0, Double(level) - interval)
        level = Float(left > 0 ? left : denialInterval)
        return left == 0
    }

    private static func powerOfTwo(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
