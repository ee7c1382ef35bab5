import Discipline
import Testing
import TimeScale

@testable import NTPServer

@Suite("Stamps by network cards")
struct PacketStampsTests {
    private static let kernel = Instant(nanoseconds: 1_700_000_000_000_000_000)
    /// A card that began with the machine, whose clock runs as the system's does.
    private static let card = StampingCard(
        interface: 3, map: HardwareClockMap(card: 8_000_000_000, system: kernel, rate: 0, error: 0), reach: 4,
        receiveCompensation: 0, transmitCompensation: 0, secondsPerByte: 0)

    private func stamps(_ card: StampingCard = Self.card) -> PacketStamps {
        let cards = PublishedCards()
        cards.publish(card, place: 5)
        return PacketStamps(cards: cards)
    }

    /// The card's reading so many nanoseconds after `kernel`.
    private func stamp(_ nanoseconds: Int64) -> Int64 { 8_000_000_000 + nanoseconds }

    private func arrival(_ stamps: inout PacketStamps, _ nanoseconds: Int64, interface: UInt32 = 3) -> Int64? {
        stamps.arrival(
            kernel: Self.kernel, hardware: (nanoseconds: stamp(nanoseconds), interface: interface, frameLength: 90)
        ).map { ($0 - Self.kernel).nanoseconds }
    }

    @Test(
        "of an arrival the card's stamp counts where the kernel's is within a millisecond",
        arguments: [
            (-30_000, true), (0, true), (1_000_000, true), (-1_000_000, true), (1_000_001, false), (-1_000_001, false),
            (-3_999_999_999, false), (5_000_000_000, false), (.max - 8_000_000_000, false),
        ] as [(Int64, Bool)])
    func arrivals(nanoseconds: Int64, isUsed: Bool) {
        var stamps = stamps()
        #expect(arrival(&stamps, nanoseconds) == (isUsed ? nanoseconds : 0))
        #expect(stamps.used == (isUsed ? 1 : 0))
        #expect(stamps.refused == (isUsed ? 0 : 1))
    }

    @Test("a stamp without the kernel's beside it, or by a card that is not known, is not used")
    func unknown() {
        var stamps = stamps()
        #expect(arrival(&stamps, 1, interface: 4) == 0)
        #expect(arrival(&stamps, 1, interface: 0) == 0)
        #expect(stamps.arrival(kernel: nil, hardware: (nanoseconds: stamp(0), interface: 3, frameLength: 90)) == nil)
        #expect(stamps.refused == 3)
        #expect(stamps.arrival(kernel: Self.kernel, hardware: nil) == Self.kernel)
        #expect((stamps.used, stamps.refused) == (0, 3))
        var none = PacketStamps(cards: nil)
        #expect(arrival(&none, 1) == 0)
        #expect((none.used, none.refused) == (0, 0))
    }

    @Test("compensations have chrony's signs, and an arrival is that of the frame's end")
    func compensations() {
        var card = Self.card
        // chrony.conf(5): txcomp is added to transmit stamps, rxcomp subtracted from receive stamps.
        (card.receiveCompensation, card.transmitCompensation) = (645e-9, 300e-9)
        // 1 Gbit/s: 8 ns for each of 90 bytes and the 4 of the frame check sequence, 752 ns.
        card.secondsPerByte = 8e-9
        #expect(card.arrival(stamp(0), frameLength: 90) == Self.kernel + Interval(nanoseconds: 752 - 645))
        #expect(card.departure(stamp(0)) == Self.kernel + Interval(nanoseconds: 300))
    }

    private func departure(
        _ stamps: inout PacketStamps, _ packet: UInt64, kernel: Int64? = nil, card: Int64? = nil, interface: UInt32 = 3
    ) -> PacketStamps.Choice? {
        stamps.departure(
            transmitted: NTPTimestamp(bits: packet), received: NTPTimestamp(bits: packet ^ 1),
            kernel: kernel.map { Self.kernel + Interval(nanoseconds: $0) },
            hardware: card.map { (nanoseconds: stamp($0), interface: interface) })
    }

    private func choice(_ nanoseconds: Int64, isProvisional: Bool) -> PacketStamps.Choice? {
        PacketStamps.Choice(
            stamp: Self.kernel + Interval(nanoseconds: nanoseconds), isProvisional: isProvisional)
    }

    @Test("of a departure the kernel's stamp counts until the card's comes")
    func departures() {
        var stamps = stamps()
        #expect(departure(&stamps, 10, kernel: 1000) == choice(1000, isProvisional: true))
        #expect(departure(&stamps, 20, kernel: 2000) == choice(2000, isProvisional: true))
        #expect(departure(&stamps, 10, card: 1500) == choice(1500, isProvisional: false))
        #expect(departure(&stamps, 20, card: 2600) == choice(2600, isProvisional: false))
        // Both in one message.
        #expect(departure(&stamps, 30, kernel: 100, card: 200) == choice(200, isProvisional: false))
        #expect((stamps.used, stamps.refused) == (3, 0))
        var none = PacketStamps(cards: nil)
        #expect(departure(&none, 10, kernel: 1000) == choice(1000, isProvisional: false))
    }

    @Test("a card's stamp of a departure is not used without the kernel's, far from it, or of an unknown card")
    func badDepartures() {
        var stamps = stamps()
        #expect(departure(&stamps, 10, card: 1) == nil)
        _ = departure(&stamps, 10, kernel: 0)
        #expect(departure(&stamps, 10, card: 1_000_001) == nil)
        #expect(departure(&stamps, 10, card: 1, interface: 9) == nil)
        #expect(departure(&stamps, 11, card: 1) == nil)
        #expect(departure(&stamps, 12, kernel: 7, card: 2_000_000) == choice(7, isProvisional: true))
        #expect((stamps.used, stamps.refused) == (0, 5))
    }

    @Test("the kernel's stamps of two batches are remembered")
    func memory() {
        var stamps = stamps()
        for packet in 1...65 as ClosedRange<UInt64> { _ = departure(&stamps, 2 * packet, kernel: Int64(packet)) }
        #expect(departure(&stamps, 2, card: 5) == nil)
        #expect(departure(&stamps, 4, card: 5) == choice(5, isProvisional: false))
    }

    @Test("a card is known by its interface until its place is emptied")
    func places() {
        let cards = PublishedCards()
        #expect(cards.card(ofInterface: 3) == nil)
        var other = Self.card
        (other.interface, other.map.rate, other.map.error) = (UInt32.max, -3e-5, 5e-7)
        other.map.card = .min
        cards.publish(Self.card, place: 0)
        cards.publish(other, place: PublishedCards.capacity - 1)
        #expect(cards.card(ofInterface: 3) == Self.card)
        #expect(cards.card(ofInterface: .max) == other)
        cards.publish(.none, place: 0)
        #expect(cards.card(ofInterface: 3) == nil)
        #expect(cards.card(ofInterface: 0) == nil)
    }
}
