import ConfigurationLanguage
import NTPServer
import SimulatedWorld
import Testing
import TimeScale

@Suite("Floods")
struct FloodTests {
    /// A packet of a client, made once: the tests send many.
    private static let request = Requests.request(version: 4, mode: 3)

    private static func ask(
        _ table: inout ClientTable, _ client: UInt64, flags: AccessFlags = .limited, at second: Double
    ) -> AccessDecision {
        table.admit(
            request.span, from: (0, 0xffff_0000_0000 | client), port: 123, flags: flags,
            now: MonotonicInstant(nanoseconds: Int64(second * 1e9)))
    }

    /// 200 clients that poll every 64 s, known for ten minutes; then 100 000 addresses within a minute, 49 of 50 clients'
    /// places being others'. A release build does the same with a million (`make bench`).
    @Test("known clients stay known, are served, and memory keeps its limit, in a flood from 100 000 addresses")
    func flood() {
        var rule = ClientTableRule()
        rule.size = .clients(2048)
        var table = ClientTable(rule, limit: RateLimit(.discard(DiscardRule())), key: (3, 4))
        let known = (0..<200).map { UInt64(0x0a00_0000 + $0) }
        for round in 0..<10 {
            for client in known {
                #expect(Self.ask(&table, client, at: Double(round * 64)) == .serve)
                table.growIfCrowded()
            }
        }
        var random = RandomSource(seed: 7)
        for number in 0..<100_000 {
            let second = 576 + 64 * Double(number) / 100_000
            let stranger = 0xc000_0000 | random.next() & 0x000f_ffff
            #expect(Self.ask(&table, stranger, at: second) != .refuse)
            if number % 1000 == 0 { table.growIfCrowded() }
        }
        #expect(table.placeCount == 2048)
        for client in known { #expect(Self.ask(&table, client, at: 640) == .serve) }
        var counts: [UInt64: Int] = [:]
        for entry in table.entries(from: 0, limit: .max).entries { counts[entry.address.low] = entry.count }
        #expect(known.allSatisfy { counts[$0] == 11 })
    }

    @Test("an abuser among known clients is limited while a flood goes on")
    func abuser() {
        var rule = ClientTableRule()
        rule.size = .clients(512)
        var table = ClientTable(rule, limit: RateLimit(.discard(DiscardRule())), key: (5, 6))
        var random = RandomSource(seed: 8)
        var served = 0
        for tenth in 0..<600 {
            if Self.ask(&table, 0x0a00_0001, at: Double(tenth) / 10 + 1000) == .serve { served += 1 }
            for _ in 0..<50 {
                _ = Self.ask(&table, 0xc000_0000 | random.next() & 0xffff, at: Double(tenth) / 10 + 1000)
            }
            table.growIfCrowded()
        }
        // Ten a second are below the shortest interval of 0.5 s: only the first is served, or the first of each time that
        // it was forgotten, which a client that comes so often never is after its first second.
        #expect(served <= 10)
    }

    @Test("who stays away long enough makes room, and who comes once makes room at once")
    func forgetting() {
        var rule = ClientTableRule()
        rule.size = .clients(8)
        var table = ClientTable(rule, limit: RateLimit(.discard(DiscardRule())), key: (7, 8))
        for second in [0.0, 64, 128] {
            for client in 0..<7 as Range<UInt64> { _ = Self.ask(&table, client, at: second) }
        }
        // One place is left to strangers, the newest of whom has it.
        for stranger in 100..<200 as Range<UInt64> { _ = Self.ask(&table, stranger, at: 130) }
        #expect(Set(table.entries(from: 0, limit: 8).entries.map(\.address.low)) == Set(Array(0..<7) + [199]))
        #expect((table.count, table.counters.forgotten) == (8, 99))
        // Known for 128 s with 64 s between: they are kept for 1024 s, the longer of that and 8 · 64 s.
        for second in [1151.0, 1151] { _ = Self.ask(&table, 300, at: second) }
        #expect(table.entries(from: 0, limit: 8).entries.filter { $0.address.low < 7 }.count == 7)
        _ = Self.ask(&table, 301, at: 1153)
        _ = Self.ask(&table, 302, at: 1153)
        #expect(table.entries(from: 0, limit: 8).entries.contains { $0.address.low == 302 })
        #expect(table.entries(from: 0, limit: 8).entries.filter { $0.address.low < 7 }.count < 7)
    }

    @Test("where every place is kept, strangers are served unremembered")
    func unrecorded() {
        var rule = ClientTableRule()
        rule.size = .clients(8)
        var table = ClientTable(rule, limit: RateLimit(.discard(DiscardRule())), key: (9, 10))
        for second in [0.0, 64] { for client in 0..<8 as Range<UInt64> { _ = Self.ask(&table, client, at: second) } }
        #expect(Self.ask(&table, 100, at: 65) == .serve)
        #expect(Self.ask(&table, 101, flags: [.noServe, .kissOfDeath], at: 65) == .refuse)
        #expect((table.counters.forgotten, table.counters.unrecorded) == (0, 2))
    }

    @Test(
        "the table grows to its limit and no further",
        arguments: [(.clients(1), 8), (.clients(600), 512), (.clients(4096), 4096), (.bytes(68 * 4096), 4096)]
            as [(ClientTableRule.Size, Int)])
    func growth(size: ClientTableRule.Size, places: Int) {
        var rule = ClientTableRule()
        rule.size = size
        var table = ClientTable(rule, limit: RateLimit(.discard(DiscardRule())), key: (11, 12))
        #expect(table.placeCount <= 256)
        for number in 0..<20_000 as Range<UInt64> {
            _ = Self.ask(&table, number, at: Double(number) / 1000)
            if number % 100 == 0 { table.growIfCrowded() }
        }
        #expect(table.placeCount == places)
        #expect(table.count <= places)
        #expect(table.entries(from: 0, limit: .max).entries.count == table.count)
    }

    @Test("growing forgets nobody")
    func growingKeeps() {
        var table = ClientTable(ClientTableRule(), limit: RateLimit(.discard(DiscardRule())), key: (13, 14))
        for number in 0..<5000 as Range<UInt64> {
            _ = Self.ask(&table, number, at: 0)
            table.growIfCrowded()
        }
        #expect(table.counters.forgotten < 5)
        #expect(table.count == 5000 - table.counters.forgotten)
    }
}
