// HOT PATH
import Discipline
import TimeScale

/// A network card that stamps packets, as the threads that serve need to know it.
public struct StampingCard: Equatable, Sendable {
    /// The number of its interface, above 0; 0 = no card.
    public var interface: UInt32
    /// Its clock beside CLOCK_REALTIME.
    public var map: HardwareClockMap
    /// Seconds before and after its last reading that the map is good for.
    public var reach: Double
    /// Seconds by which a packet came earlier than its stamp (`rxcomp`).
    public var receiveCompensation: Double
    /// Seconds by which a packet leaves later than its stamp (`txcomp`).
    public var transmitCompensation: Double
    /// Seconds that a byte takes on its link; 0 where the speed is not known.
    public var secondsPerByte: Double

    /// The frame check sequence at an Ethernet frame's end, bytes.
    private static let checksumLength = 4

    /// A card from its parts.
    public init(
        interface: UInt32, map: HardwareClockMap, reach: Double, receiveCompensation: Double,
        transmitCompensation: Double, secondsPerByte: Double
    ) {
        (self.interface, self.map, self.reach) = (interface, map, reach)
        (self.receiveCompensation, self.transmitCompensation) = (receiveCompensation, transmitCompensation)
        self.secondsPerByte = secondsPerByte
    }

    /// No card.
    public static var none: StampingCard {
        StampingCard(
            interface: 0, map: HardwareClockMap(card: 0, system: .unixEpoch, rate: 0, error: 0), reach: 0,
            receiveCompensation: 0, transmitCompensation: 0, secondsPerByte: 0)
    }

    /// When a packet was received, to its end: a card stamps its beginning, the kernel and other clients its end, and only
    /// with the same at both ends does its length on the wire cancel.
    ///
    /// - Parameters:
    ///   - stamp: the card's, ns.
    ///   - frameLength: the frame's bytes, headers included, checksum not.
    /// - Returns: CLOCK_REALTIME; `nil` where the stamp is of another time than the map.
    public func arrival(_ stamp: Int64, frameLength: Int) -> Instant? {
        let length = Double(frameLength + Self.checksumLength) * secondsPerByte
        return map.systemTime(of: stamp, reach: reach).map { $0 + Interval(seconds: length - receiveCompensation) }
    }

    /// When a packet left: its beginning.
    ///
    /// - Parameter stamp: the card's, ns.
    /// - Returns: CLOCK_REALTIME; `nil` where the stamp is of another time than the map.
    public func departure(_ stamp: Int64) -> Instant? {
        map.systemTime(of: stamp, reach: reach).map { $0 + Interval(seconds: transmitCompensation) }
    }
}

extension StampingCard {
    var words: InlineArray<9, UInt64> {
        [
            UInt64(interface), UInt64(bitPattern: map.card), UInt64(bitPattern: map.system.nanoseconds),
            map.rate.bitPattern, map.error.bitPattern, reach.bitPattern, receiveCompensation.bitPattern,
            transmitCompensation.bitPattern, secondsPerByte.bitPattern,
        ]
    }

    init(words: InlineArray<9, UInt64>) {
        self.init(
            interface: UInt32(truncatingIfNeeded: words[0]),
            map: HardwareClockMap(
                card: Int64(bitPattern: words[1]), system: Instant(nanoseconds: Int64(bitPattern: words[2])),
                rate: Double(bitPattern: words[3]), error: Double(bitPattern: words[4])),
            reach: Double(bitPattern: words[5]), receiveCompensation: Double(bitPattern: words[6]),
            transmitCompensation: Double(bitPattern: words[7]), secondsPerByte: Double(bitPattern: words[8]))
    }
}
