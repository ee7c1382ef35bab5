import ConfigurationLanguage
import LinuxSystem

/// Which addresses the server binds.
enum ListenAddresses {
    /// Both wildcards: every address, those to come included. Replies leave from the address that was asked.
    static let everything = ["0.0.0.0", "::"]

    /// The addresses that a list of rules selects.
    ///
    /// Without rules, everything; `wildcard` means nothing here, because it is how everything is listened on. Else the
    /// last rule that matches an address counts; an address that none matches is listened on unless some rule says
    /// `listen`. An address that is named singly is bound as soon as it exists.
    ///
    /// - Parameters:
    ///   - rules: the rules in order.
    ///   - local: the addresses of this machine.
    /// - Returns: numeric addresses, each once.
    static func select(_ rules: [ListenRule], local: [LocalAddress]) -> [String] {
        let rules = rules.filter { $0.pattern != .wildcard }
        if rules.allSatisfy({ $0.pattern == .all && $0.action == .listen }) { return everything }
        let unmatched: ListenRule.Action = rules.contains { $0.action == .listen } ? .ignore : .listen
        let named = rules.filter { $0.action == .listen }.compactMap { single($0.pattern) }
        let absent = named.filter { name in !local.contains { address(of: $0) == name } }
        let candidates = local + absent.map { LocalAddress(interface: "", text: $0.description) }
        let chosen = candidates.filter { address in
            (rules.last { matches($0.pattern, address) }?.action ?? unmatched) == .listen
        }
        var texts: [String] = []
        for address in chosen where !texts.contains(address.text) { texts.append(address.text) }
        return texts
    }

    /// The address without the name of its interface.
    private static func address(of local: LocalAddress) -> IPAddress? {
        IPAddress(String(local.text.prefix { $0 != "%" }))
    }

    private static func matches(_ pattern: ListenRule.Pattern, _ local: LocalAddress) -> Bool {
        guard let address = address(of: local) else { return false }
        switch pattern {
        case .all: return true
        case .ipv4: return address.family == .v4
        case .ipv6: return address.family == .v6
        case .wildcard: return false
        case .interface(let name): return name == local.interface
        case .addresses(let block): return block.contains(address)
        }
    }

    /// The one address of a pattern that names one.
    private static func single(_ pattern: ListenRule.Pattern) -> IPAddress? {
        guard case .addresses(let block) = pattern, block == .only(block.address) else { return nil }
        return block.address
    }
}
