/// One rule about the local addresses that are listened on, from an `interface`, `nic` or `listen` line.
///
/// The last rule that matches an address counts; without a match the address is listened on.
public struct ListenRule: Equatable, Sendable {
    /// What becomes of an address.
    public enum Action: String, Equatable, Sendable, CaseIterable {
        /// Open a socket and answer.
        case listen
        /// Open no socket.
        case ignore
        /// Open a socket, and drop what arrives.
        case drop
    }

    /// Which local addresses a rule is for.
    public enum Pattern: Equatable, Sendable {
        /// `all`: every address.
        case all
        /// `ipv4`: every IPv4 address.
        case ipv4
        /// `ipv6`: every IPv6 address.
        case ipv6
        /// `wildcard`: the sockets bound to no address.
        case wildcard
        /// The addresses of the interface with this name, such as `eth0`.
        case interface(String)
        /// The addresses of a block.
        case addresses(AddressBlock)
    }

    /// What becomes of a matching address.
    public var action: Action
    /// Which addresses match.
    public var pattern: Pattern

    /// A rule from what it does and for which addresses.
    public init(action: Action, pattern: Pattern) {
        (self.action, self.pattern) = (action, pattern)
    }
}
