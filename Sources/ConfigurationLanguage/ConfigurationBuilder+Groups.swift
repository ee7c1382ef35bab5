/// The lines about broadcast and multicast.
extension ConfigurationBuilder {
    /// Reads ntpd's `broadcast ADDRESS [OPTION …]` or chrony's `broadcast INTERVAL ADDRESS [PORT]`, which begins with a
    /// number.
    mutating func readBroadcast(_ statement: inout Statement, _ word: Word) {
        var ahead = statement
        let first = ahead.nextString()?.text.utf8 ?? "".utf8
        let isNumber =
            first.first.map { (0x30...0x39).contains($0) } ?? false && !first.contains(where: ".:".utf8.contains)
        var interval: Int?
        if isNumber {
            // 2¹⁷ s: the longest poll interval of the protocol.
            interval = statement.integer(after: word, in: 1...131_072)
            guard interval != nil else { return statement.skipRest() }
        }
        guard let (group, address) = readGroup(&statement, word) else { return statement.skipRest() }
        var rule = BroadcastRule(to: group)
        if let interval {
            rule.interval = interval
            var ahead = statement
            if ahead.nextString() != nil {
                guard let port = statement.integer(after: word, in: 1...65535) else { return statement.skipRest() }
                rule.port = UInt16(port)
            }
        } else {
            statement.readOptions(into: &rule, BroadcastRule.options)
        }
        if configuration.broadcasts.contains(where: { $0.group == rule.group && $0.port == rule.port }) {
            statement.report(.warning, address, "\(address.quoted) is configured already, the line is ignored")
            return statement.skipRest()
        }
        statement.expectEnd()
        add(rule, from: &statement, address)
    }

    /// Reads where broadcast packets go; `nil` with a diagnostic where that is nowhere.
    private func readGroup(_ statement: inout Statement, _ word: Word) -> (group: GroupAddress, word: Word)? {
        var value = statement.nextString()
        var family: IPAddress.Family?
        if value?.text == "-4" || value?.text == "-6" {
            family = value?.text == "-4" ? .v4 : .v6
            value = statement.nextString()
        }
        guard let value else {
            statement.report(.warning, word, "\(word.quoted) needs an address, the line is ignored")
            return nil
        }
        guard AddressBlock.isMeant(by: value.text) else {
            let message = "the name \(value.quoted) is not resolved by this version, the line is ignored"
            statement.report(.warning, value, message, hint: "write its address")
            return nil
        }
        guard let group = GroupAddress(value.text), family == nil || group.address.family == family else {
            let kind = family.map { $0 == .v4 ? "an IPv4 address" : "an IPv6 address" } ?? "an address"
            statement.report(.error, value, "\(value.quoted) is not \(kind), the line is ignored")
            return nil
        }
        guard group.address.family == .v4 || group.address.isMulticast else {
            let message = "\(value.quoted) is no multicast address, and IPv6 has no broadcast, the line is ignored"
            statement.report(.error, value, message, hint: "ff02::101 is NTP's group on a link")
            return nil
        }
        if group.address.isOfLink, group.interface == nil {
            let message = "\(value.quoted) is of one link and names no interface, the system chooses one"
            statement.report(.warning, value, message, hint: "write '\(value.text)%eth0'")
        }
        return (group, value)
    }

    /// Reads the groups whose requests are answered.
    mutating func readManycastServer(_ statement: inout Statement, _ word: Word) {
        var value = statement.nextString()
        if value == nil {
            let message = "'manycastserver' needs multicast addresses, the line is ignored"
            statement.report(.warning, word, message, hint: "224.0.1.1 and ff05::101 are NTP's")
        }
        while let address = value {
            if let group = GroupAddress(address.text), group.address.isMulticast || group.address.endsLikeBroadcast {
                if !configuration.manycastGroups.contains(group) { configuration.manycastGroups.append(group) }
            } else {
                statement.report(
                    .error, address, "\(address.quoted) is no multicast or broadcast address, it is ignored")
            }
            value = statement.nextString()
        }
    }
}

extension BroadcastRule {
    /// The options behind ntpd's `broadcast ADDRESS`.
    static let options: [Option<BroadcastRule>] =
        [
            Option("key") { rule, statement, word in
                guard let key = statement.integer(after: word, in: 1...Int(UInt32.max)) else { return }
                rule.key = UInt32(key)
            },
            Option("version") { rule, statement, word in
                guard let version = statement.integer(after: word, in: 3...4) else { return }
                rule.version = UInt8(version)
            },
            Option("minpoll") { rule, statement, word in
                // From a second on; ntpd begins at 8 s.
                guard let exponent = statement.integer(after: word, in: 0...17) else { return }
                rule.interval = 1 << exponent
            },
            .integer("ttl", \.timeToLive, in: 1...255),
            .yes("xleave", \.isInterleaved),
        ]
        + Option.obsolete(["maxpoll"], values: 1, because: "broadcasts keep to 'minpoll'")
        + Option.obsolete(["autokey"], values: 0, because: "Autokey is broken and was withdrawn")
        + Option.obsolete(
            ["burst", "iburst", "prefer", "noselect", "preempt", "true"], values: 0,
            because: "nothing comes back to who broadcasts")
}
