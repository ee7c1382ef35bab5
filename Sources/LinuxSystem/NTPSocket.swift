// HOT PATH
import CLinux
import Glibc
import TimeScale

/// A server's UDP socket: stamped requests in, answers out from the address that was asked.
public struct NTPSocket: ~Copyable, Sendable {
    /// For `PollSet`.
    public let descriptor: FileDescriptor
    /// Which stamps of departures it asks for, in the kernel's numbers.
    let departureStamps: UInt32

    /// A datagram that has left, as far as it is needed: when, and the end of its bytes.
    public struct Departure {
        /// Bytes of the frame, headers included, that were put into the buffer.
        public let length: Int
        /// The kernel's stamp, CLOCK_REALTIME; `nil` where there is none.
        public let stamp: Instant?
        /// The network card's stamp, on its own clock, ns, and the number of its interface; `nil` where there is none.
        public let hardwareStamp: (nanoseconds: Int64, interface: UInt32)?
    }

    /// Expedited forwarding, DSCP 46 (RFC 3246): NTP suffers from queues.
    public static let expeditedForwarding = 46

    /// Binds a socket.
    ///
    /// Stamps, destination addresses and DSCP are asked for and done without where the system has them not. An IPv6
    /// socket takes IPv6 only.
    ///
    /// - Parameters:
    ///   - address: numeric, IPv4 or IPv6, the latter with `%interface` where it is link-local.
    ///   - port: 0 lets the system choose.
    ///   - sharesPort: whether other sockets of the same user may have the same address and port.
    ///   - isGroup: whether the address is a broadcast or multicast address; then an answer leaves from the interface's.
    ///   - differentiatedServices: the code point of what is sent, 0 ... 63.
    ///   - usesHardwareStamps: whether the stamps of network cards are asked for too.
    /// - Throws: `SystemError` with the address and port.
    public init(
        address: String, port: UInt16, sharesPort: Bool = false, isGroup: Bool = false,
        differentiatedServices: Int = NTPSocket.expeditedForwarding, usesHardwareStamps: Bool = false
    ) throws(SystemError) {
        var target = clx_address()
        // SAFETY: the function reads the string and fills one clx_address.
        try SystemError.check(unsafe clx_address_parse(&target, address, port), "address", address)
        let family = Int32(target.storage.ss_family)
        let number = try SystemError.check(clx_udp_open(family), "socket", "\(address) port \(port)")
        let socket = FileDescriptor(owning: number)
        // SAFETY: the function reads one clx_address.
        unsafe clx_udp_set_server_options(
            number, &target, Int32(differentiatedServices), usesHardwareStamps || isGroup ? 1 : 0)
        let isStamped = usesHardwareStamps && clx_udp_stamp_by_hardware(number) == 0
        if sharesPort { try SystemError.check(clx_udp_share_port(number), "share", "\(address) port \(port)") }
        // SAFETY: the function reads one clx_address.
        try SystemError.check(unsafe clx_bind(number, &target), "bind", "\(address) port \(port)")
        descriptor = socket
        departureStamps = clx_departure_stamps(isStamped ? 1 : 0)
    }

    /// The port that the socket is bound to.
    ///
    /// - Throws: `SystemError`.
    public func localPort() throws(SystemError) -> UInt16 {
        var address = try localAddress()
        // SAFETY: the function reads one clx_address.
        return unsafe clx_address_port(&address)
    }

    /// Makes the client's address choose among the sockets that share this one's address and port, so that one client
    /// always finds the same one.
    ///
    /// - Parameters:
    ///   - count: sockets that share the port, 1 or more; all are bound.
    ///   - ipv4Prefix: leading bits of an IPv4 address that count, 0 ... 32.
    ///   - ipv6Prefix: the same of IPv6, 0 ... 128.
    ///   - secret: nobody who knows it not can choose addresses that share a socket.
    /// - Throws: `SystemError` where the system has no such thing; then it spreads clients as it likes.
    public func steerClients(
        over count: Int, ipv4Prefix: Int, ipv6Prefix: Int, secret: UInt32
    ) throws(SystemError) {
        let family = Int32(try localAddress().storage.ss_family)
        let prefix = UInt32(family == AF_INET ? ipv4Prefix : ipv6Prefix)
        try SystemError.check(clx_udp_steer(descriptor.rawValue, family, prefix, secret, UInt32(count)), "steer")
    }

    /// Takes a datagram that has left and whose departure was asked for; allocates nothing.
    ///
    /// - Parameter buffer: its first bytes become the frame that left, with all headers.
    /// - Returns: `nil` where none is waiting.
    public func takeDeparture(into buffer: inout MutableSpan<UInt8>) -> Departure? {
        var departure = clx_departure()
        let number = descriptor.rawValue
        // SAFETY: pointer and length are those of the span; the kernel does not keep them.
        let length = unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe clx_take_departure(number, $0.baseAddress, $0.count, &departure)
        }
        guard length >= 0 else { return nil }
        return Departure(
            length: Int(length), stamp: departure.sent != 0 ? Instant(nanoseconds: departure.sent) : nil,
            hardwareStamp: departure.hardware_sent != 0
                ? (nanoseconds: departure.hardware_sent, interface: departure.interface) : nil)
    }

    /// Hears what is sent to a multicast group.
    ///
    /// - Parameters:
    ///   - group: a numeric address.
    ///   - interface: by which to hear it; `nil` leaves the choice to the routes.
    /// - Throws: `SystemError` with the group.
    public func join(group: String, interface: String?) throws(SystemError) {
        var (address, index) = try Self.destination(group, port: 0, interface: interface)
        // SAFETY: the function reads one clx_address.
        try SystemError.check(unsafe clx_join_group(descriptor.rawValue, &address, index), "join", group)
    }

    /// Sends to a broadcast or multicast address, and asks the kernel to tell when that leaves (`takeDeparture`).
    ///
    /// - Parameters:
    ///   - packet: what is sent.
    ///   - group: a numeric address.
    ///   - port: where receivers listen.
    ///   - interface: by which to send; `nil` leaves the choice to the routes.
    ///   - timeToLive: routers that it may pass, and one, 1 ... 255.
    /// - Throws: `SystemError` with the group.
    public func send(
        _ packet: Span<UInt8>, to group: String, port: UInt16, interface: String?, timeToLive: Int
    ) throws(SystemError) {
        var (address, index) = try Self.destination(group, port: port, interface: interface)
        let (number, stamps) = (descriptor.rawValue, departureStamps)
        // SAFETY: pointer and length are those of the span; the kernel keeps no pointers.
        let answer = unsafe packet.withUnsafeBytes {
            unsafe clx_send_group(number, &address, index, Int32(timeToLive), $0.baseAddress, $0.count, stamps)
        }
        try SystemError.check(answer, "send", "\(group) port \(port)")
    }

    private static func destination(
        _ text: String, port: UInt16, interface: String?
    ) throws(SystemError) -> (clx_address, UInt32) {
        var (address, index) = (clx_address(), UInt32(0))
        // SAFETY: the functions read a string and fill one clx_address and one number.
        try SystemError.check(unsafe clx_address_parse(&address, text, port), "address", text)
        if let interface {
            try SystemError.check(unsafe clx_interface_index(interface, &index), "interface", interface)
        }
        return (address, index)
    }

    private func localAddress() throws(SystemError) -> clx_address {
        var address = clx_address()
        address.length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: the kernel writes at most the length given, which is that of the storage.
        let answer = unsafe withUnsafeMutablePointer(to: &address.storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor.rawValue, $0, &address.length)
            }
        }
        guard answer == 0 else { throw .last("getsockname") }
        return address
    }
}
