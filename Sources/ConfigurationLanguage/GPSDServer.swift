/// Where a gpsd listens (`host` on the line of a gpsd clock).
///
/// Names other than `localhost` are not resolved: that can take half a minute, and a source of time should not wait for
/// the name service.
public enum GPSDServer: Hashable, Sendable {
    /// `localhost`: this computer, by IPv6 or else by IPv4.
    case thisComputer(port: UInt16)
    /// A numeric address.
    case address(IPAddress, port: UInt16)
    /// A Unix socket.
    case socket(path: String)

    /// Whether it is another computer, or cannot be known not to be: what that one's clock shows is not our clock.
    public var isRemote: Bool {
        guard case .address(let address, _) = self else { return false }
        let bytes = address.bytes
        return address.family == .v4 ? bytes[0] != 127 : bytes != [UInt8](repeating: 0, count: 15) + [1]
    }

    /// gpsd's port, given out by IANA.
    public static let standardPort: UInt16 = 2947

    /// gpsd on this computer, where it listens unless told otherwise.
    public static let standard = GPSDServer.thisComputer(port: standardPort)

    /// A server from the text of a configuration: `localhost`, `192.0.2.1:2947`, `[2001:db8::1]:2947`, `2001:db8::1`,
    /// `/run/gpsd.sock`; `nil` for everything else.
    public init?(_ text: String) {
        if text.hasPrefix("/") {
            // sun_path holds 107 bytes and a zero.
            guard text.utf8.count <= 107 else { return nil }
            self = .socket(path: text)
            return
        }
        if let address = IPAddress(text) {
            self = .address(address, port: Self.standardPort)
            return
        }
        var (host, port) = (text[...], Self.standardPort)
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = Self.port(text[text.index(after: colon)...]) else { return nil }
            (host, port) = (text[..<colon], number)
        }
        if host == "localhost" {
            self = .thisComputer(port: port)
        } else if host.hasPrefix("["), host.hasSuffix("]") {
            self.init(IPAddress(String(host.dropFirst().dropLast())), .v6, port)
        } else {
            self.init(IPAddress(String(host)), .v4, port)
        }
    }

    private init?(_ address: IPAddress?, _ family: IPAddress.Family, _ port: UInt16) {
        guard let address, address.family == family else { return nil }
        self = .address(address, port: port)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text) else { return nil }
        return port > 0 ? port : nil
    }
}

extension GPSDServer: CustomStringConvertible {
    /// For a log line: `localhost:2947`.
    public var description: String {
        switch self {
        case .thisComputer(let port): "localhost:\(port)"
        case .address(let address, let port):
            address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .socket(let path): path
        }
    }
}
