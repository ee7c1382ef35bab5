import ConfigurationLanguage
import LinuxSystem
import NTPServer
import NTPWire
import TimeScale

/// Time per access lookup, and per request through client table and rate limit.
///
/// Method: addresses are made beforehand (SplitMix64, fixed seed) and asked in random order, a million at a time; the
/// fastest of five rounds counts, by CLOCK_MONOTONIC, reading the addresses included. Nothing is sent.
enum ServerDecisions {
    private static let requests = 1 << 20
    private static let rounds = 5

    static func measure() {
        Console.write("Decisions, without sockets; ns each, fastest of \(rounds) rounds of \(requests)\n")
        for family in [IPAddress.Family.v4, .v6] { measureLookups(family) }
        for size in [32_768, 2_097_152] {
            for clients in [1, 10_000, 100_000, 1_000_000] { measureTable(size: size, clients: clients) }
        }
        measureFlood()
    }

    /// Rules of random length within 10.0.0.0/8 or 2001:db8::/32, one client in two within a rule.
    private static func measureLookups(_ family: IPAddress.Family) {
        for count in [10, 1000, 10_000] {
            var random = SplitMix(state: UInt64(count))
            let rules = (0..<count).map { _ in
                AccessRule(block: block(family, &random), flags: AccessFlags(rawValue: UInt32(random.next() & 0x3fff)))
            }
            let list = AccessList(rules)
            let clients = (0..<requests).map { number -> (high: UInt64, low: UInt64) in
                let near = rules[Int(random.next() % UInt64(count))].block.address
                let far = address(family, &random)
                return wire(number & 1 == 0 ? far : IPAddress(family: family, high: near.high, low: near.low | 1))
            }
            var denied = 0
            let time = fastest {
                for client in clients where list.flags(for: client, port: 40_000).contains(.ignore) { denied += 1 }
            }
            Console.write(
                "access lookup, \(family == .v4 ? "IPv4" : "IPv6"), \(count) rules: \(decimal(time)) ns"
                    + " (\(denied / rounds) ignored)\n")
        }
    }

    private static func measureTable(size: Int, clients: Int) {
        var random = SplitMix(state: 1)
        let order = (0..<requests).map { _ in 0xffff_0a00_0000 + random.next() % UInt64(clients) }
        var rule = ClientTableRule()
        rule.size = .clients(size)
        var table = ClientTable(rule, limit: RateLimit(.discard(DiscardRule())), key: (random.next(), random.next()))
        var (now, limited) = (0 as Int64, 0)
        let packet = request()
        let time = fastest {
            for (number, client) in order.enumerated() {
                now += 1000
                let decision = table.admit(
                    packet.span, from: (0, client), port: 123, flags: .limited, now: MonotonicInstant(nanoseconds: now))
                if decision == .limit { limited += 1 }
                if number & 63 == 0 { table.growIfCrowded() }
            }
        }
        Console.write(
            "client table of \(size) and rate limit, \(clients) addresses at 10⁶/s: \(decimal(time)) ns"
                + " (\(table.count) known, \(limited / rounds) of \(requests) above the limit)\n")
    }

    /// 10 000 clients that poll every 64 s and are known for an hour; then a second in which each of them asks once more
    /// among a million requests, each from another address.
    private static func measureFlood() {
        var random = SplitMix(state: 2)
        let before = residentKilobytes()
        var table = ClientTable(
            ClientTableRule(), limit: RateLimit(.discard(DiscardRule())), key: (random.next(), random.next()))
        let packet = request()
        func ask(_ client: UInt64, _ nanoseconds: Int64) -> AccessDecision {
            table.admit(
                packet.span, from: (0, 0xffff_0000_0000 | client), port: 123, flags: .limited,
                now: MonotonicInstant(nanoseconds: nanoseconds))
        }
        let known = (0..<10_000).map { UInt64(0x0a00_0000 + $0) }
        let second: Int64 = 1_000_000_000
        for round in 0..<60 {
            for (number, client) in known.enumerated() {
                _ = ask(client, Int64(round) * 64 * second)
                if number & 63 == 0 { table.growIfCrowded() }
            }
        }
        let rememberedBefore = remembered(in: table, count: 60)
        let begun = KernelClock.monotonic()
        for client in known { _ = ask(client, 60 * 64 * second) }
        let quiet = (KernelClock.monotonic() - begun).seconds / Double(known.count) * 1e9
        var (served, spent) = (0, 0.0)
        let floodBegun = KernelClock.monotonic()
        for number in 0..<1_000_000 {
            _ = ask(0xc000_0000 + UInt64(number), 61 * 64 * second + Int64(number) * 1000)
            if number & 63 == 0 { table.growIfCrowded() }
            guard number % 100 == 0 else { continue }
            let asked = KernelClock.monotonic()
            if ask(known[number / 100], 61 * 64 * second + Int64(number) * 1000) == .serve { served += 1 }
            spent += (KernelClock.monotonic() - asked).seconds
        }
        let flood = (KernelClock.monotonic() - floodBegun).seconds
        let after = residentKilobytes()
        Console.write(
            "flood from 1000000 addresses beside 10000 known clients: \(served) served, "
                + "\(rememberedBefore) known before, \(remembered(in: table, count: 62)) after; "
                + "\(decimal(quiet)) ns per known client before, \(decimal(spent / 1e4 * 1e9)) ns during (clock included); "
                + "\(decimal(flood * 1e3)) ns per request in all; table of \(table.placeCount) places; "
                + "resident + \(after - before) kB\n\n")
    }

    /// Clients with so many requests.
    private static func remembered(in table: ClientTable, count: Int) -> Int {
        var (next, remembered): (Int?, Int) = (0, 0)
        while let start = next {
            let page = table.entries(from: start, limit: 100)
            remembered += page.entries.filter { $0.count == count }.count
            next = page.next
        }
        return remembered
    }

    /// Resident pages of this process, of 4 kB (proc(5), statm).
    private static func residentKilobytes() -> Int {
        let text = (try? Files.read("/proc/self/statm", limit: 256)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4 } ?? 0
    }

    /// Nanoseconds per request of the fastest round.
    private static func fastest(_ body: () -> Void) -> Double {
        (0..<rounds).map { _ in
            let begun = KernelClock.monotonic()
            body()
            return (KernelClock.monotonic() - begun).seconds / Double(requests) * 1e9
        }.min() ?? 0
    }

    private static func request() -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: NTPHeader.length)
        var span = packet.mutableSpan
        NTPHeader(requestOfVersion: 4, transmitTimestamp: NTPTimestamp(bits: 1)).write(into: &span)
        return packet
    }

    private static func block(_ family: IPAddress.Family, _ random: inout SplitMix) -> AddressBlock {
        let length = family == .v4 ? 9 + random.next() % 24 : 33 + random.next() % 96
        guard let mask = IPAddress(maskOf: Int(length), family: family) else { preconditionFailure("a prefix length") }
        return AddressBlock(address: address(family, &random), mask: mask)
    }

    private static func address(_ family: IPAddress.Family, _ random: inout SplitMix) -> IPAddress {
        family == .v4
            ? IPAddress(family: .v4, high: 0, low: 10 << 24 | random.next() & 0xff_ffff)
            : IPAddress(family: .v6, high: 0x2001_0db8 << 32 | random.next() >> 32, low: random.next())
    }

    private static func wire(_ address: IPAddress) -> (high: UInt64, low: UInt64) {
        address.family == .v4 ? (0, 0xffff_0000_0000 | address.low) : (address.high, address.low)
    }
}

/// Random numbers that repeat (SplitMix64).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}
