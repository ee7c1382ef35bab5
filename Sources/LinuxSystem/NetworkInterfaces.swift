import CLinux
import Glibc

/// An address of this machine.
public struct LocalAddress: Equatable, Sendable {
    /// Name of its interface, as in `eth0`.
    public let interface: String
    /// Numeric text, with `%interface` where the address is link-local.
    public let text: String

    /// An address from the name of its interface and its numeric text.
    public init(interface: String, text: String) {
        (self.interface, self.text) = (interface, text)
    }
}

/// The addresses of this machine's interfaces (getifaddrs(3)).
public enum NetworkInterfaces {
    /// All IPv4 and IPv6 addresses of interfaces that are up.
    ///
    /// - Throws: `SystemError`.
    public static func addresses() throws(SystemError) -> [LocalAddress] {
        // SAFETY: the list is read between getifaddrs and freeifaddrs only; each node's pointers are valid or nil.
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { throw .last("getifaddrs") }
        defer { unsafe freeifaddrs(first) }
        var found: [LocalAddress] = []
        var next = unsafe first
        while let node = unsafe next {
            unsafe next = node.pointee.ifa_next
            guard unsafe node.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                let address = unsafe node.pointee.ifa_addr, let text = unsafe text(of: address)
            else { continue }
            found.append(LocalAddress(interface: unsafe String(cString: node.pointee.ifa_name), text: text))
        }
        return found
    }

    /// The number of an interface; `nil` where there is none of the name.
    public static func index(of name: String) -> UInt32? {
        var index: UInt32 = 0
        // SAFETY: the function reads the string and writes one number.
        return unsafe clx_interface_index(name, &index) == 0 ? index : nil
    }

    /// The names of all interfaces, those without an address included (if_nameindex(3)).
    ///
    /// - Throws: `SystemError`.
    public static func names() throws(SystemError) -> [String] {
        // SAFETY: the list ends with a null name, and is read between if_nameindex and if_freenameindex only.
        guard let first = unsafe if_nameindex() else { throw .last("if_nameindex") }
        defer { unsafe if_freenameindex(first) }
        var names: [String] = []
        var next = unsafe first
        while let name = unsafe next.pointee.if_name {
            names.append(unsafe String(cString: name))
            unsafe next += 1
        }
        return names
    }

    /// Numeric text of an IPv4 or IPv6 address; `nil` for other families.
    private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
        // SAFETY: the kernel's list gives a whole sockaddr_in or sockaddr_in6 for these families.
        let length: Int
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let answer = unsafe getnameinfo(
            address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        guard answer == 0 else { return nil }
        return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
