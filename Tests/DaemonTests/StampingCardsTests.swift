import ConfigurationLanguage
import LinuxSystem
import Reports
import Testing
import TimeScale

@testable import Daemon

@Suite("Network cards that stamp packets")
struct StampingCardsTests {
    private static let machine = [
        ("lo", "127.0.0.1"), ("eth0", "192.0.2.1"), ("eth0", "2001:db8::1"), ("eth1", "198.51.100.1"),
    ].map { LocalAddress(interface: $0.0, text: $0.1) }

    @Test(
        "a socket asks for stamps by cards where a rule names its interface, or a part of it, which has no address",
        arguments: [
            ([], "0.0.0.0", false), ([], "192.0.2.1", false),
            (["eth0"], "0.0.0.0", true), (["eth0"], "::", true),
            (["eth0"], "192.0.2.1", true), (["eth0"], "2001:db8::1", true), (["eth0"], "198.51.100.1", false),
            (["eth0"], "127.0.0.1", false), (["eth0", "eth1"], "198.51.100.1", true),
            (["bond-port"], "198.51.100.1", true), ([nil], "198.51.100.1", true), ([nil], "0.0.0.0", true),
        ] as [([String?], String, Bool)])
    func sockets(interfaces: [String?], address: String, asks: Bool) {
        let rules = interfaces.map { HardwareTimestampRule(interface: $0) }
        #expect(StampingCards.serve(address, rules: rules, local: Self.machine) == asks)
    }

    @Test(
        "the filter of a rule is asked for, or the next best",
        arguments: [
            (nil, [.ntp, .all]), (.ntp, [.ntp, .all]), (.all, [.all, .ntp]), (.ptp, [.ptpOverUDP, .ptp]),
            (HardwareTimestampRule.ReceiveFilter.none, []),
        ] as [(HardwareTimestampRule.ReceiveFilter?, [NetworkCard.ReceiveFilter])])
    func filters(filter: HardwareTimestampRule.ReceiveFilter?, expected: [NetworkCard.ReceiveFilter]) {
        var rule = HardwareTimestampRule(interface: "eth0")
        rule.receiveFilter = filter
        #expect(StampingCards.filters(rule) == expected)
    }

    private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

    @Test(
        "an interface without such a card is reported once, and tried again",
        arguments: [
            ("lo", "hardware stamps lo: operation not supported; the kernel's stamps are used"),
            ("none0", "hardware stamps none0: no such device; the kernel's stamps are used"),
            (nil, "hwtimestamp *: no network card stamps packets; the kernel's stamps are used"),
        ] as [(String?, String)])
    func fallsBack(interface: String?, line: String) throws {
        let book = try LogBook()
        var cards = StampingCards([HardwareTimestampRule(interface: interface)], now: start, log: book.log)
        #expect(cards.published != nil)
        #expect(cards.due == start + .seconds(10))
        cards.attend(now: start + .seconds(10), log: book.log)
        cards.attend(now: start + .seconds(20), log: book.log)
        #expect(cards.due == start + .seconds(30))
        #expect(try book.lines(.warning) == [line])
    }

    @Test("without rules there is nothing to do")
    func noRules() throws {
        let cards = StampingCards([], now: start, log: try LogBook().log)
        #expect(cards.published == nil)
        #expect(cards.due == .distantFuture)
    }
}
