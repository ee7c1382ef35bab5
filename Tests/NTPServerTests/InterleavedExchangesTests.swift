import SimulatedWorld
import Testing
import TimeScale

@testable import NTPServer

@Suite("The memory of interleaved exchanges")
struct InterleavedExchangesTests {
    private static let client: (high: UInt64, low: UInt64) = (0, 0xffff_c000_0201)

    /// A receive timestamp of so many units of 2⁻³² s after an odd moment in 2026.
    private static func received(_ units: UInt64) -> NTPTimestamp { NTPTimestamp(bits: 0xeeab_a53f_0000_0001 &+ units) }

    /// A table that has got memory.
    private static func table(limit: Int = 4096) -> InterleavedExchanges {
        var table = InterleavedExchanges(limit: limit, key: (3, 4))
        table.remember(received: received(0), client: client, transmitted: received(1), isProven: false)
        table.growIfCrowded()
        return table
    }

    @Test("there is no memory before the first interleaved client, and none of it between batches")
    func noMemory() {
        var table = InterleavedExchanges(key: (3, 4))
        table.growIfCrowded()
        #expect(table.placeCount == 0)
        #expect(table.take(received: Self.received(0), client: Self.client) == nil)
        let isCorrected = table.correct(received: Self.received(0), transmitted: Self.received(1))
        #expect(!isCorrected)
        table.remember(received: Self.received(0), client: Self.client, transmitted: Self.received(1), isProven: false)
        #expect((table.placeCount, table.count) == (0, 0))
        table.growIfCrowded()
        #expect((table.placeCount, table.count) == (64, 0))
    }

    @Test("an exchange is found once, and only by its client")
    func once() {
        var table = Self.table()
        table.remember(received: Self.received(0), client: Self.client, transmitted: Self.received(9), isProven: false)
        #expect(table.take(received: Self.received(0), client: (0, 0xffff_c000_0202)) == nil)
        #expect(table.take(received: Self.received(2), client: Self.client) == nil)
        #expect(table.take(received: Self.received(0), client: Self.client) == Self.received(9))
        #expect(table.take(received: Self.received(0), client: Self.client) == nil)
        #expect(table.count == 0)
    }

    @Test("of two replies that told a client the same receive timestamp neither is used, now or later")
    func twins() {
        var table = Self.table()
        for transmitted in [9, 11, 13] as [UInt64] {
            table.remember(
                received: Self.received(0), client: Self.client, transmitted: Self.received(transmitted),
                isProven: false)
            if transmitted > 9 { #expect(table.take(received: Self.received(0), client: Self.client) == nil) }
        }
        let isCorrected = table.correct(received: Self.received(0), transmitted: Self.received(21))
        #expect(!isCorrected)
        #expect(table.take(received: Self.received(0), client: Self.client) == nil)
    }

    @Test("the kernel's stamp counts where it is after the arrival and within a second of ours")
    func corrections() {
        let second: UInt64 = 1 << 32
        // The arrival is odd; our stamp is the even number below it, and 1.5 s. A stamp of `s / 2 - 1` is a second less,
        // and one of `s / 2` becomes so when it is made even.
        for (stamp, expected) in [
            (second * 3 / 2 + 1001, true), (second / 2, true), (second / 2 - 1, true), (second * 5 / 2, true),
            (second / 2 - 2, false), (second * 5 / 2 + 1, false),
        ] {
            var table = Self.table()
            table.remember(
                received: Self.received(0), client: Self.client, transmitted: Self.received(second * 3 / 2 - 1),
                isProven: false)
            let isCorrected = table.correct(received: Self.received(0), transmitted: Self.received(stamp))
            #expect(isCorrected == expected, "\(stamp)")
            let told = table.take(received: Self.received(0), client: Self.client)
            #expect(told?.bits == Self.received(expected ? stamp : second * 3 / 2 - 1).bits & ~1)
        }
        var table = Self.table()
        table.remember(received: Self.received(8), client: Self.client, transmitted: Self.received(9), isProven: false)
        for stamp in [0, 6, 8] as [UInt64] {
            let isCorrected = table.correct(received: Self.received(8), transmitted: Self.received(stamp))
            #expect(!isCorrected)
        }
    }

    @Test("where two clients were told the same receive timestamp, no stamp is believed, and each is told its own")
    func sharedTimestamp() {
        var table = Self.table()
        let other: (high: UInt64, low: UInt64) = (0, 0xffff_c000_0202)
        table.remember(received: Self.received(0), client: Self.client, transmitted: Self.received(9), isProven: false)
        table.remember(received: Self.received(0), client: other, transmitted: Self.received(11), isProven: false)
        let isCorrected = table.correct(received: Self.received(0), transmitted: Self.received(21))
        #expect(!isCorrected)
        #expect(table.take(received: Self.received(0), client: other) == Self.received(11))
        #expect(table.take(received: Self.received(0), client: Self.client) == Self.received(9))
    }

    @Test(
        "there are never more exchanges than the limit, which is a power of two",
        arguments: [(0, 8), (8, 8), (100, 64), (4096, 4096), (5000, 4096)])
    func limit(limit: Int, places: Int) {
        var table = Self.table(limit: limit)
        var random = RandomSource(seed: 11)
        for number in 0..<20_000 as Range<UInt64> {
            table.remember(
                received: Self.received(2 * number << 20), client: (0, random.next()),
                transmitted: Self.received(2 * number << 20 + 9), isProven: number % 3 == 0)
            table.growIfCrowded()
            guard table.placeCount <= places, table.count <= table.placeCount else {
                Issue.record("\(table.count) exchanges in \(table.placeCount) places")
                return
            }
        }
        #expect(table.placeCount == places)
    }

    @Test("growing forgets nothing")
    func growth() {
        var table = Self.table()
        for number in 0..<500 as Range<UInt64> {
            let received = Self.received(number << 24)
            table.remember(
                received: received, client: (0, number), transmitted: received.asTransmit(after: received),
                isProven: false)
            table.growIfCrowded()
        }
        #expect((table.count, table.placeCount) == (500, 2048))
        for number in 0..<500 as Range<UInt64> {
            #expect(table.take(received: Self.received(number << 24), client: (0, number)) != nil)
        }
        #expect(table.count == 0)
    }

    /// 200 clients in 4096 places; a set of eight has at most a few of them.
    @Test("a flood from 100 000 addresses pushes out no client that has proven itself")
    func flood() {
        var table = Self.table()
        for number in 0..<200 as Range<UInt64> {
            let received = Self.received(number << 24)
            table.remember(received: received, client: (0, number), transmitted: Self.received(1), isProven: true)
            table.growIfCrowded()
        }
        var random = RandomSource(seed: 12)
        for number in 0..<100_000 as Range<UInt64> {
            // 64 s in all.
            let received = Self.received(256 << 24 + number * 2_748_778 & ~1)
            table.remember(received: received, client: (1, random.next()), transmitted: received, isProven: false)
            if number % 64 == 0 { table.growIfCrowded() }
        }
        #expect(table.placeCount == 4096)
        for number in 0..<200 as Range<UInt64> {
            #expect(table.take(received: Self.received(number << 24), client: (0, number)) != nil)
        }
    }

    /// A table of one set: proven exchanges keep strangers out for 2048 s.
    @Test("exchanges that have proven themselves give way to each other, and to strangers only when they are old")
    func priorities() {
        let second: UInt64 = 1 << 32
        var table = Self.table(limit: 8)
        for number in 0..<8 as Range<UInt64> {
            table.remember(
                received: Self.received(number * second), client: Self.client, transmitted: Self.received(9),
                isProven: true)
        }
        table.remember(
            received: Self.received(2047 * second), client: Self.client, transmitted: Self.received(9), isProven: false)
        #expect(table.take(received: Self.received(2047 * second), client: Self.client) == nil)
        table.remember(
            received: Self.received(2049 * second), client: Self.client, transmitted: Self.received(9), isProven: false)
        #expect(table.take(received: Self.received(0), client: Self.client) == nil)
        // The stranger is the first to go, although it is the youngest.
        table.remember(
            received: Self.received(2050 * second), client: Self.client, transmitted: Self.received(9), isProven: true)
        #expect(table.take(received: Self.received(2049 * second), client: Self.client) == nil)
        for number in 1..<8 as Range<UInt64> {
            #expect(table.take(received: Self.received(number * second), client: Self.client) != nil)
        }
    }
}
