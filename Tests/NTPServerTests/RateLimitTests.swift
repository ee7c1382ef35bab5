import ConfigurationLanguage
import NTPServer
import Testing

@Suite("Rate limits")
struct RateLimitTests {
    /// What becomes of requests at these intervals, the first one's aside; w: within, a: above, t: above and told so.
    private static func judgements(
        _ rule: RateLimitRule, _ intervals: [Double], random: UInt64 = 0x5555, kisses: Bool = true
    ) -> String {
        let limit = RateLimit(rule)
        var level: Float = 0
        return String(
            ([.infinity] + intervals).map { interval -> Character in
                switch limit.judge(level: &level, interval: interval, kisses: kisses, random: random) {
                case .within: "w"
                case .above: "a"
                case .aboveAndToldSo: "t"
                }
            })
    }

    private static func repeated(_ interval: Double, _ count: Int) -> [Double] {
        Array(repeating: interval, count: count)
    }

    /// ntp_monitor.c at its defaults: a request within adds 8 − 2 to the bucket, a second takes 1, and a request is above
    /// where 8 more would reach 64. Every second, the bucket before request k + 1 holds 5 k: k = 12 is the first with
    /// 5 k + 8 ≥ 64, so twelve are within. The next fills the bucket to 64 + 8; 9 s later it is below 64, and the client
    /// is told again.
    @Test("discard limits as ntpd does, and tells once per excursion")
    func discard() {
        let steady = Self.judgements(.discard(DiscardRule()), Self.repeated(1, 22))
        #expect(steady == "wwwwwwwwwwww" + "t" + "aaaaaaaa" + "ta")
    }

    /// 72 − 17 + 8 = 63 < 64; one second earlier it is 64, and the bucket, 56, below 64.
    @Test("discard lets a client through again when it has waited", arguments: [(16.0, "t"), (17.0, "w")])
    func forgiven(wait: Double, expected: String) {
        let all = Self.judgements(.discard(DiscardRule()), Self.repeated(1, 12) + [wait])
        #expect(all == "wwwwwwwwwwww" + "t" + expected)
    }

    /// Cisco's and ntpd's iburst: 8 requests 2 s apart (ntp-windows-cisco.md); then every 64 s.
    @Test("discard suffers a burst at the start, and any poll from 8 s up")
    func burst() {
        let start = Self.judgements(.discard(DiscardRule()), Self.repeated(2, 7) + Self.repeated(64, 10))
        #expect(start.allSatisfy { $0 == "w" })
        #expect(Self.judgements(.discard(DiscardRule()), Self.repeated(8, 500)).allSatisfy { $0 == "w" })
    }

    /// ntpd: round(interval) + 1 ≥ minimum.
    @Test(
        "discard has a shortest interval, with ntpd's grace",
        arguments: [(2, 0.4, "wt"), (2, 0.5, "ww"), (4, 2.4, "wt"), (4, 2.5, "ww"), (0, 0, "ww")])
    func headway(minimum: Int, interval: Double, expected: String) {
        var rule = DiscardRule()
        rule.minimum = minimum
        #expect(Self.judgements(.discard(rule), [interval]) == expected)
    }

    @Test("without kod nobody is told")
    func silent() {
        #expect(!Self.judgements(.discard(DiscardRule()), Self.repeated(0, 40), kisses: false).contains("t"))
    }

    /// 20 at once, then one a second; a violation costs 1 / 0.5 = 2 s on top (NTPsec's defaults).
    @Test("limit lets so many come at once, and so many per second")
    func score() {
        let flood = Self.judgements(.score(ScoreRule()), Self.repeated(0, 30))
        #expect(flood == String(repeating: "w", count: 20) + "t" + String(repeating: "a", count: 10))
        #expect(Self.judgements(.score(ScoreRule()), Self.repeated(1, 500)).allSatisfy { $0 == "w" })
    }

    /// clientlog.c: 8 tokens, and one more after 8 s, so nine replies at one request a second; then every eighth.
    @Test("ratelimit gives a burst, then one reply per interval")
    func tokenBucket() {
        let steady = Self.judgements(.tokenBucket(TokenBucketRule()), Self.repeated(1, 33), random: 0x5555)
        #expect(steady == "wwwwwwwww" + "aaaaaaaw" + "aaaaaaaw" + "aaaaaaaw" + "a")
    }

    @Test("ratelimit leaks where the lot says so, and kisses where another says so")
    func lots() {
        var rule = TokenBucketRule()
        (rule.burst, rule.leak, rule.kissShare) = (1, 2, 3)
        // leak: the two lowest bits; kiss: the three above the lowest eight.
        #expect(Self.judgements(.tokenBucket(rule), [0], random: 0b100) == "ww")
        #expect(Self.judgements(.tokenBucket(rule), [0], random: 0b111_0000_0011) == "wa")
        #expect(Self.judgements(.tokenBucket(rule), [0], random: 0b000_0000_0011) == "wt")
        rule.kissShare = 0
        #expect(Self.judgements(.tokenBucket(rule), [0], random: 0b000_0000_0011) == "wa")
    }

    @Test(
        "extreme rules neither trap nor lock out a client that waits",
        arguments: [(-19, 1), (-19, 255), (12, 1), (12, 255)])
    func extremes(interval: Int, burst: Int) {
        var rule = TokenBucketRule()
        (rule.interval, rule.burst) = (interval, burst)
        #expect(Self.judgements(.tokenBucket(rule), Self.repeated(0, 300) + [2e6], random: 0x5555).hasSuffix("aw"))
    }

    @Test("replies suggest the interval that the limit wants")
    func suggestedPoll() {
        var bucket = TokenBucketRule()
        bucket.interval = 5
        #expect(RateLimit(.tokenBucket(bucket)).suggestedPoll == 5)
        #expect(RateLimit(.discard(DiscardRule())).suggestedPoll == 3)
    }

    @Test("a denial is told once in 8 s")
    func denial() {
        var level: Float = 0
        let told = [Double.infinity, 1, 6.5, 0.5, 0, 9].map { RateLimit.tellsDenial(level: &level, interval: $0) }
        #expect(told == [true, false, false, true, false, true])
    }
}
