import CLinux
import Glibc

/// A network interface whose card stamps packets by a clock of its own.
///
/// Tried without such a card only: with interfaces that have none, and in clknetsim, which says yes to every setting.
public struct NetworkCard: ~Copyable {
    /// Which received packets a card stamps.
    public enum ReceiveFilter: Sendable, CaseIterable {
        /// None.
        case none
        /// Every packet.
        case all
        /// NTP packets.
        case ntp
        /// PTP packets over UDP.
        case ptpOverUDP
        /// PTP packets over UDP or right over Ethernet.
        case ptp
    }

    /// The interface's name.
    public let interface: String
    /// The interface's number, above 0.
    public let number: UInt32
    /// Which received packets are stamped.
    public let filter: ReceiveFilter
    /// The clock that stamps are made by.
    public var clock: PTPHardwareClock
    /// Any socket, to ask about interfaces by.
    private let socket: FileDescriptor

    /// Has the card of an interface stamp packets: those sent, and of those received what a filter lets through.
    ///
    /// - Parameters:
    ///   - interface: its name.
    ///   - filters: those wanted, best first; `none` where the card can do none of them.
    ///   - usesCrossTimestamps: whether the card's clock may be latched together with the system's, where it can.
    /// - Throws: `SystemError`: ENODEV where there is no such interface, EOPNOTSUPP where it has no such card, EPERM
    ///   without CAP_NET_ADMIN where the card is not stamping already.
    public init(
        interface: String, filters: [ReceiveFilter], usesCrossTimestamps: Bool
    ) throws(SystemError) {
        let socket = FileDescriptor(owning: try SystemError.check(clx_udp_open(AF_INET), "socket"))
        var card = clx_card()
        // SAFETY: the function reads the string and fills one clx_card.
        try SystemError.check(unsafe clx_card_find(socket.rawValue, interface, &card), "hardware stamps", interface)
        let known = card.receive_filters
        let filter = filters.first { known & 1 << clx_card_filter($0.code) != 0 } ?? .none
        // SAFETY: the function reads the string.
        let answer = unsafe clx_card_stamp(socket.rawValue, interface, filter.code)
        try SystemError.check(answer, "hardware stamps", interface)
        clock = try PTPHardwareClock(path: "/dev/ptp\(card.clock)", usesCrossTimestamps: usesCrossTimestamps)
        (self.interface, number, self.filter) = (interface, card.interface, filter)
        self.socket = socket
    }

    /// The speed of the link, bit/s; `nil` where it is not known.
    public var linkSpeed: Double? {
        // SAFETY: the function reads the string.
        let speed = unsafe clx_card_speed(socket.rawValue, interface)
        return speed > 0 ? Double(speed) * 1e6 : nil
    }
}

extension NetworkCard.ReceiveFilter {
    fileprivate var code: clx_card_filter {
        switch self {
        case .none: CLX_FILTER_NONE
        case .all: CLX_FILTER_ALL
        case .ntp: CLX_FILTER_NTP
        case .ptpOverUDP: CLX_FILTER_PTP_UDP
        case .ptp: CLX_FILTER_PTP
        }
    }
}

extension SystemError {
    /// Whether the right to do it is missing.
    public var isForbidden: Bool { code == EPERM || code == EACCES }
}
