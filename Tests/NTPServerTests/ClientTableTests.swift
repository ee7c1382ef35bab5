import ConfigurationLanguage
import NTPServer
import Testing
import TimeScale

@Suite("Client table")
struct ClientTableTests {
    static let client = address("192.0.2.1")

    static func address(_ text: String) -> IPAddress {
        guard let address = IPAddress(text) else { preconditionFailure("\(text) is an address") }
        return address
    }

    static func table(_ change: (inout ClientTableRule) -> Void = { _ in }, _ limit: RateLimitRule? = nil)
        -> ClientTable
    {
        var rule = ClientTableRule()
        change(&rule)
        return ClientTable(rule, limit: RateLimit(limit ?? .discard(DiscardRule())), key: (1, 2))
    }

    @Test(
        "each flag has its effect",
        arguments: [
            (AccessFlags(), AccessDecision.serve), (.ignore, .ignore), (.noServe, .refuse),
            (.noTrust, .authenticatedOnly), ([.noTrust, .version], .currentVersionAuthenticatedOnly),
            ([.noTrust, .noServe], .refuse), ([.noTrust, .kissOfDeath], .authenticatedOnly),
            (.version, .currentVersionOnly), ([.version, .noServe], .refuse), ([.noServe, .ignore], .ignore),
            ([.noModify, .noQuery, .noPeer, .noTrap, .limited, .kissOfDeath, .noRecentClients], .serve),
            ([.noServe, .kissOfDeath], .kiss(.denied)),
            ([.ignore, .noServe, .kissOfDeath], .ignore), ([.ignore, .limited, .kissOfDeath], .ignore),
        ] as [(AccessFlags, AccessDecision)])
    func flags(flags: AccessFlags, expected: AccessDecision) {
        var table = Self.table()
        #expect(table.ask(Self.client, flags: flags) == expected)
    }

    @Test("flake drops about one request in ten")
    func flake() {
        var table = Self.table()
        var dropped = 0
        for second in 0..<1000 where table.ask(Self.client, flags: .flake, at: Double(second)) == .flake {
            dropped += 1
        }
        // Binomial: 100 ± 5 standard deviations of 9.5.
        #expect((52...148).contains(dropped))
        #expect(table.entries(from: 0, limit: 9).entries.map(\.drops) == [dropped])
        #expect(table.entries(from: 0, limit: 9).entries.map(\.dropReasons) == [.flaked])
    }

    /// Twelve requests a second apart are within ntpd's defaults (RateLimitTests).
    @Test("limited drops what comes too often, and kod tells of the first")
    func limited() {
        for (flags, told) in [
            (AccessFlags.limited, AccessDecision.limit), ([.limited, .kissOfDeath], .kiss(.rateExceeded)),
        ] {
            var table = Self.table()
            let decisions = (0..<14).map { table.ask(Self.client, flags: flags, at: Double($0)) }
            #expect(decisions == Array(repeating: .serve, count: 12) + [told, .limit])
            let other = table.ask(Self.address("192.0.2.2"), flags: flags, at: 14)
            #expect(other == .serve, "another client's bucket is its own")
        }
        var free = Self.table()
        #expect((0..<100).allSatisfy { _ in free.ask(Self.client, flags: .kissOfDeath) == .serve })
    }

    @Test("ratelimit is for every client, whatever its access rule")
    func rateLimit() {
        var table = Self.table({ _ in }, .tokenBucket(TokenBucketRule()))
        let decisions = (0..<60).map { _ in table.ask(Self.client, at: 1) }
        #expect(decisions.prefix(8).allSatisfy { $0 == .serve })
        let leaked = decisions.dropFirst(8).filter { $0 == .serve }.count
        // One in four of 52: 13 ± 4 standard deviations of 3.1.
        #expect((1...25).contains(leaked))
        #expect(decisions.allSatisfy { $0 == .serve || $0 == .limit })
    }

    @Test("kisses are limited per client and for all together")
    func kisses() {
        var table = Self.table()
        let flags: AccessFlags = [.noServe, .kissOfDeath]
        #expect(
            [0.0, 1, 7, 8.5].map { table.ask(Self.client, flags: flags, at: $0) } == [
                .kiss(.denied), .refuse, .refuse, .kiss(.denied),
            ])
        #expect(table.entries(from: 0, limit: 1).entries.map(\.kisses) == [2])
        let told = (0..<200).filter { number in
            let other = IPAddress(family: .v4, high: 0, low: UInt64(0x0a00_0000 + number))
            return table.ask(other, flags: flags, at: 10) == .kiss(.denied)
        }
        #expect(told.count == 100)
    }

    @Test("a client is remembered with what it did")
    func entry() throws {
        var table = Self.table()
        for (second, version) in [(0.0, 3), (64, 4), (128, 4), (160, 4)] as [(Double, UInt8)] {
            _ = table.ask(Self.client, port: UInt16(second) + 1000, version: version, at: second)
        }
        _ = table.ask(Self.client, port: 123, version: 4, mode: 1, flags: .noServe, at: 170)
        table.noteAuthentication()
        let entry = try #require(table.entries(from: 0, limit: 10).entries.first)
        #expect((entry.address, entry.port, entry.count) == (Self.client, 123, 5))
        #expect((entry.drops, entry.dropReasons, entry.kisses) == (1, .denied, 0))
        #expect((entry.last - entry.first).seconds == 170)
        #expect(entry.lastInterval == 10)
        // 64, 64, then an eighth of the way to 32, then to 10: 64 − 4 = 60, 60 − 6.25 = 53.75.
        #expect(entry.averageInterval == 53.75)
        #expect((entry.versions, entry.modes) == (0b11000, 0b1010))
        #expect(entry.versionAndMode == 4 << 3 | 1)
        #expect(entry.isAuthenticated)
    }

    @Test("one request has no interval")
    func once() {
        var table = Self.table()
        _ = table.ask(Self.client)
        let entries = table.entries(from: 0, limit: 1).entries
        #expect(entries.map(\.lastInterval) == [nil])
        #expect(entries.map(\.averageInterval) == [nil])
        #expect(entries.map(\.isAuthenticated) == [false])
    }

    @Test(
        "what is no request, and what is ignored, is not remembered",
        arguments: [
            ([UInt8](repeating: 0x23, count: 47), AccessFlags()), ([0x24] + [UInt8](repeating: 0, count: 47), []),
            ([0x3b] + [UInt8](repeating: 0, count: 47), []), ([0x20] + [UInt8](repeating: 0, count: 47), []),
            ([0x16] + [UInt8](repeating: 0, count: 47), []), ([], []),
            ([UInt8](repeating: 0x23, count: 48), .ignore),
        ] as [([UInt8], AccessFlags)])
    func unremembered(datagram: [UInt8], flags: AccessFlags) {
        var table = Self.table()
        _ = table.admit(
            datagram.span, from: Self.client.wire, port: 1, flags: flags, now: MonotonicInstant(nanoseconds: 0))
        #expect(table.count == 0)
    }

    @Test("clients are told apart by as many bits as configured")
    func prefixes() {
        var whole = Self.table()
        var parts = Self.table {
            ($0.ipv4Prefix, $0.ipv6Prefix) = (24, 64)
        }
        for text in ["192.0.2.1", "192.0.2.2", "192.0.3.1", "2001:db8::1", "2001:db8::2:0:0:1", "2001:db8:0:1::1"] {
            _ = whole.ask(Self.address(text))
            _ = parts.ask(Self.address(text))
        }
        #expect(whole.count == 6)
        let addresses = Set(parts.entries(from: 0, limit: 10).entries.map(\.address))
        #expect(addresses == Set(["192.0.2.0", "192.0.3.0", "2001:db8::", "2001:db8:0:1::"].map(Self.address)))
    }

    @Test("pages hold every client once")
    func pages() {
        var table = Self.table()
        for number in 0..<100 {
            _ = table.ask(IPAddress(family: .v4, high: 0, low: UInt64(number)), at: Double(number))
        }
        var (next, seen, pages): (Int?, [IPAddress], Int) = (0, [], 0)
        while let start = next {
            let page = table.entries(from: start, limit: 7)
            #expect(page.entries.count <= 7)
            (next, pages) = (page.next, pages + 1)
            seen += page.entries.map(\.address)
        }
        #expect((seen.count, Set(seen).count, pages) == (100, 100, 15))
        var (last, ordered): (MonotonicInstant?, [UInt64]) = (nil, [])
        while true {
            let page = table.entries(after: last, limit: 9)
            guard let end = page.last else { break }
            last = end.last
            ordered += page.map(\.address.low)
        }
        #expect(ordered == Array(0..<100))
        #expect(table.entries(from: -5, limit: 1).entries.count == 1)
        #expect(table.entries(from: 1 << 40, limit: 1).next == nil)
        #expect(table.entries(from: 0, limit: -1).entries.isEmpty)
        #expect(table.entries(after: nil, limit: -1).isEmpty)
    }

    @Test("a clock that jumps does no harm", arguments: [-1e9, 9e9])
    func jumps(second: Double) {
        var table = Self.table()
        for moment in [0, second, 0, second, 1] { _ = table.ask(Self.client, flags: .limited, at: moment) }
        #expect(table.count == 1)
    }
}

extension ClientTable {
    /// Asks as a client does.
    mutating func ask(
        _ client: IPAddress, port: UInt16 = 40_000, version: UInt8 = 4, mode: UInt8 = 3, flags: AccessFlags = [],
        at second: Double = 0
    ) -> AccessDecision {
        let request = Requests.request(version: version, mode: mode)
        let now = MonotonicInstant(nanoseconds: Int64(second * 1e9))
        return admit(request.span, from: client.wire, port: port, flags: flags, now: now)
    }
}
