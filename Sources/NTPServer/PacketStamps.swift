// HOT PATH
import TimeScale

/// Which of a packet's stamps counts: the network card's, where it has one that the kernel's bears out.
///
/// Tried in clknetsim for arrivals; no real card has stamped anything yet.
public struct PacketStamps: Sendable {
    /// A card stamps a packet microseconds before or after the kernel does. What is farther off is the stamp of another
    /// packet, or of a clock that has been set since it was read, ns.
    private static let farthestStamp: UInt64 = 1_000_000
    /// Departures whose kernel's stamp has come and the card's not yet: two batches.
    private static let remembered = 64

    /// Stamps by cards that were used.
    public private(set) var used = 0
    /// Stamps by cards that were not: of no known card, of another time, or too far from the kernel's.
    public private(set) var refused = 0

    private let cards: PublishedCards?
    private var departures = InlineArray<64, Departure>(repeating: Departure())
    private var next = 0

    /// A packet that has left, and when, by the kernel's stamp.
    private struct Departure {
        var transmitted: UInt64 = 0
        var received: UInt64 = 0
        var stamp: Int64 = 0
    }

    /// A choice among the stamps of a departure.
    public struct Choice: Equatable, Sendable {
        /// When the packet left, CLOCK_REALTIME.
        public let stamp: Instant
        /// Whether a better stamp may still come.
        public let isProvisional: Bool
    }

    /// - Parameter cards: whose stamps are asked for; `nil` = none's.
    public init(cards: PublishedCards?) { self.cards = cards }

    /// When a packet came.
    ///
    /// - Parameters:
    ///   - kernel: the kernel's stamp, CLOCK_REALTIME.
    ///   - hardware: the card's, on its own clock, ns, the number of its interface, and the frame's bytes.
    /// - Returns: `nil` where there is no stamp.
    public mutating func arrival(
        kernel: Instant?, hardware: (nanoseconds: Int64, interface: UInt32, frameLength: Int)?
    ) -> Instant? {
        guard let cards, let hardware else { return kernel }
        let card = cards.card(ofInterface: hardware.interface)
        return choose(card?.arrival(hardware.nanoseconds, frameLength: hardware.frameLength), kernel) ?? kernel
    }

    /// When a packet left.
    ///
    /// The kernel gives its stamp and the card's one after the other.
    ///
    /// - Parameters:
    ///   - transmitted: the transmit timestamp in the packet.
    ///   - received: the receive timestamp in it, which together with the other tells packets apart.
    ///   - kernel: the kernel's stamp, CLOCK_REALTIME.
    ///   - hardware: the card's, on its own clock, ns, and the number of its interface.
    /// - Returns: `nil` where there is no stamp that is used.
    public mutating func departure(
        transmitted: NTPTimestamp, received: NTPTimestamp, kernel: Instant?,
        hardware: (nanoseconds: Int64, interface: UInt32)?
    ) -> Choice? {
        guard let cards else { return kernel.map { Choice(stamp: $0, isProvisional: false) } }
        if let kernel {
            departures[next] = Departure(
                transmitted: transmitted.bits, received: received.bits, stamp: kernel.nanoseconds)
            next = (next + 1) % Self.remembered
        }
        let provisional = kernel.map { Choice(stamp: $0, isProvisional: true) }
        guard let hardware else { return provisional }
        let stamp = cards.card(ofInterface: hardware.interface)?.departure(hardware.nanoseconds)
        let chosen = choose(stamp, kernel ?? kernelStamp(transmitted, received))
        return chosen.map { Choice(stamp: $0, isProvisional: false) } ?? provisional
    }

    /// A card's stamp, if it is borne out, and counts.
    private mutating func choose(_ stamp: Instant?, _ kernel: Instant?) -> Instant? {
        if let stamp, let kernel {
            let (distance, overflows) = stamp.nanoseconds.subtractingReportingOverflow(kernel.nanoseconds)
            if !overflows, distance.magnitude <= Self.farthestStamp {
                used += 1
                return stamp
            }
        }
        refused += 1
        return nil
    }

    private func kernelStamp(_ transmitted: NTPTimestamp, _ received: NTPTimestamp) -> Instant? {
        for index in departures.indices
        where departures[index].transmitted == transmitted.bits && departures[index].received == received.bits {
            return departures[index].stamp == 0 ? nil : Instant(nanoseconds: departures[index].stamp)
        }
        return nil
    }
}
