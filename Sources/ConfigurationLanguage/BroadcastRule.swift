/// An address that several computers listen on, and the interface that leads to them.
public struct GroupAddress: Hashable, Sendable {
    /// The address.
    public let address: IPAddress
    /// The interface, such as `eth0`; `nil` = the one that the system chooses.
    public let interface: String?

    /// An address with or without its interface.
    public init(_ address: IPAddress, interface: String? = nil) {
        (self.address, self.interface) = (address, interface)
    }

    /// Longest name of an interface in bytes (Linux, IFNAMSIZ less its zero).
    private static let longestInterface = 15

    /// A group from `ADDRESS` or `ADDRESS%INTERFACE`; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
        let interface = parts.count == 2 ? String(parts[1]) : nil
        guard interface.map({ (1...Self.longestInterface).contains($0.utf8.count) }) ?? true else { return nil }
        self.init(address, interface: interface)
    }
}

extension GroupAddress: CustomStringConvertible {
    /// `ADDRESS` or `ADDRESS%INTERFACE`.
    public var description: String { "\(address)" + (interface.map { "%\($0)" } ?? "") }
}

extension IPAddress {
    /// Whether it is one of a multicast group: 224.0.0.0/4 or ff00::/8.
    public var isMulticast: Bool { family == .v4 ? low >> 28 == 0xe : high >> 56 == 0xff }

    /// Whether it may be a broadcast address: IPv4, all ones at the end. Which one is, only the network knows.
    var endsLikeBroadcast: Bool { family == .v4 && low & 0xff == 0xff }

    /// Whether it means something on one link only: fe80::/10 and ff02::/16, which need an interface.
    var isOfLink: Bool { family == .v6 && (high >> 54 == 0x3fa || high >> 48 & 0xff0f == 0xff02) }
}

/// Packets that are sent unasked, from a `broadcast` line.
public struct BroadcastRule: Equatable, Sendable {
    /// Where they are sent to.
    public var group: GroupAddress
    /// The port that they are sent to.
    public var port: UInt16 = 123
    /// The identifier of the key that signs them; `nil` = none.
    public var key: UInt32?
    /// Their version, 3 or 4.
    public var version: UInt8 = 4
    /// Seconds between them, 1 ... 131072 (ntpd's 64).
    public var interval = 64
    /// How many routers they may pass, 1 ... 255 (ntpd's 127).
    public var timeToLive = 127
    /// Whether each one tells when the one before really left (`xleave`, RFC 9769 §4).
    public var isInterleaved = false

    /// ntpd's packets to a group.
    public init(to group: GroupAddress) {
        self.group = group
    }

    /// The interval as packets tell it, log₂ s, rounded down.
    public var poll: Int8 { Int8(Int.bitWidth - 1 - max(interval, 1).leadingZeroBitCount) }
}
