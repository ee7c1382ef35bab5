/// The lines about who is served, and where.
extension ConfigurationBuilder {
    mutating func readRestrict(_ statement: inout Statement, _ word: Word) {
        guard let address = readRestricted(&statement, word) else { return }
        guard address.word.text != "source" else { return readSourceAccess(&statement, address.word) }
        guard var blocks = blocks(of: address.word, address.family, &statement) else { return statement.skipRest() }
        let flags = readFlags(&statement, &blocks)
        configuration.accessRules += blocks.map { AccessRule(block: $0, flags: flags) }
    }

    /// Reads NTPsec's `unrestrict`, which takes flags back from the rules of earlier lines, or whole rules where it names
    /// none.
    mutating func readUnrestrict(_ statement: inout Statement, _ word: Word) {
        guard let address = readRestricted(&statement, word) else { return }
        var blocks: [AddressBlock] = []
        let isSource = address.word.text == "source"
        if !isSource {
            guard let named = self.blocks(of: address.word, address.family, &statement) else {
                return statement.skipRest()
            }
            blocks = named
        }
        let flags = readFlags(&statement, &blocks, isTakenBack: true)
        let isFound =
            isSource ? takeBackSourceAccess(flags) : takeBack(flags, from: blocks)
        guard !isFound else { return }
        statement.report(
            .warning, address.word, "there is no rule for \(address.word.quoted) before, the line is ignored")
    }

    private mutating func takeBackSourceAccess(_ flags: AccessFlags) -> Bool {
        defer { configuration.sourceAccess = flags.isEmpty ? nil : configuration.sourceAccess?.subtracting(flags) }
        return configuration.sourceAccess != nil
    }

    /// `ntpport` chooses the rules, as in ntpd; it is not taken back itself.
    private mutating func takeBack(_ flags: AccessFlags, from blocks: [AddressBlock]) -> Bool {
        let isChosen = { (rule: AccessRule) in
            blocks.contains(rule.block) && rule.flags.contains(.ntpPortOnly) == flags.contains(.ntpPortOnly)
        }
        let taken = flags.subtracting(.ntpPortOnly)
        let isFound = configuration.accessRules.contains(where: isChosen)
        if taken.isEmpty {
            configuration.accessRules.removeAll(where: isChosen)
        } else {
            for index in configuration.accessRules.indices where isChosen(configuration.accessRules[index]) {
                configuration.accessRules[index].flags.subtract(taken)
            }
        }
        return isFound
    }

    /// Reads whom a `restrict` or `unrestrict` line is about; `nil` with a diagnostic where that is nobody.
    private func readRestricted(
        _ statement: inout Statement, _ word: Word
    ) -> (word: Word, family: IPAddress.Family?)? {
        var address = statement.nextWord()
        var family: IPAddress.Family?
        if address?.text == "-4" || address?.text == "-6" {
            family = address?.text == "-4" ? .v4 : .v6
            address = statement.nextWord()
        }
        guard let address else {
            statement.report(.warning, word, "\(word.quoted) needs an address, the line is ignored")
            return nil
        }
        return (address, family)
    }

    private mutating func readSourceAccess(_ statement: inout Statement, _ word: Word) {
        var blocks: [AddressBlock] = []
        configuration.sourceAccess = readFlags(&statement, &blocks)
        statement.report(.note, word, "'source' has no effect: this version asks no other servers for the time")
    }

    /// The blocks that a `restrict` line names; `nil` with a diagnostic where it names none.
    private func blocks(
        of address: Word, _ family: IPAddress.Family?, _ statement: inout Statement
    ) -> [AddressBlock]? {
        if address.text == "default" { return family.map { [.all($0)] } ?? [.all(.v4), .all(.v6)] }
        guard AddressBlock.isMeant(by: address.text) else {
            let message = "the name \(address.quoted) is not resolved by this version, the line is ignored"
            statement.report(.warning, address, message, hint: "write its address")
            return nil
        }
        guard let block = AddressBlock(address.text), family == nil || block.address.family == family else {
            let kind = family.map { $0 == .v4 ? "an IPv4 address" : "an IPv6 address" } ?? "an address"
            statement.report(.error, address, "\(address.quoted) is not \(kind), the line is ignored")
            return nil
        }
        return [block]
    }

    /// Reads the words behind the address, of which `mask` changes the blocks.
    private func readFlags(
        _ statement: inout Statement, _ blocks: inout [AddressBlock], isTakenBack: Bool = false
    ) -> AccessFlags {
        var flags: AccessFlags = []
        var kissOfDeath: Word?
        while let word = statement.nextWord() {
            switch word.text {
            case "mask": readMask(&statement, word, &blocks)
            case "ippeerlimit": _ = statement.integer(after: word, in: -1...Int(Int32.max))
            case "serverresponse": readServerResponse(&statement, word, &flags)
            default:
                if let flag = AccessFlags.words.first(where: { $0.word == word.text })?.flag {
                    flags.insert(flag)
                    if flag == .kissOfDeath { kissOfDeath = word }
                } else {
                    let others = ["mask", "ippeerlimit", "serverresponse"]
                    statement.reportUnknown(word, among: AccessFlags.words.map(\.word) + others)
                    statement.skipNumber()
                }
            }
        }
        if !isTakenBack, let kissOfDeath, flags.isDisjoint(with: [.limited, .noServe, .noTrust]) {
            let message = "'kod' does nothing without 'limited', 'noserve' or 'notrust'"
            statement.report(.warning, kissOfDeath, message)
        }
        return flags
    }

    private func readMask(_ statement: inout Statement, _ word: Word, _ blocks: inout [AddressBlock]) {
        guard let value = statement.nextWord() else {
            statement.report(.error, word, "'mask' needs a mask, the word is ignored")
            return
        }
        guard blocks.count == 1, let address = blocks.first?.address else {
            statement.report(.warning, word, "'default' and 'source' take no mask, the word is ignored")
            return
        }
        guard let mask = IPAddress(value.text), mask.family == address.family else {
            let family = address.family == .v4 ? "IPv4" : "IPv6"
            statement.reportBad(value, of: word, "an \(family) mask")
            return
        }
        blocks = [AddressBlock(address: address, mask: mask)]
    }

    private func readServerResponse(_ statement: inout Statement, _ word: Word, _ flags: inout AccessFlags) {
        guard let value = statement.nextWord(), value.text == "fuzz" else {
            statement.report(.warning, word, "'serverresponse' takes the word 'fuzz' only, the word is ignored")
            return
        }
        flags.insert(.fuzzedResponse)
    }

    mutating func readInterface(_ statement: inout Statement, _ word: Word) {
        let actions = ListenRule.Action.allCases.map(\.rawValue)
        guard let name = statement.nextWord() else {
            statement.report(.warning, word, "\(word.quoted) needs listen, ignore or drop, the line is ignored")
            return
        }
        guard let action = ListenRule.Action(rawValue: name.text) else {
            let nearest = Diagnostic.nearestWord(to: name.text, in: actions)
            statement.report(
                .warning, name, "\(name.quoted) is not listen, ignore or drop, the line is ignored",
                hint: nearest.map { "did you mean '\($0)'?" })
            statement.skipRest()
            return
        }
        addListenRule(action, &statement, name)
    }

    mutating func readListen(_ statement: inout Statement, _ word: Word) {
        addListenRule(.listen, &statement, word)
    }

    private mutating func addListenRule(_ action: ListenRule.Action, _ statement: inout Statement, _ word: Word) {
        guard let value = statement.nextWord() else {
            statement.report(.warning, word, "\(word.quoted) needs an address or interface, the line is ignored")
            return
        }
        guard let pattern = ListenRule.Pattern(value.text) else {
            statement.report(.error, value, "\(value.quoted) is not an address, the line is ignored")
            return
        }
        configuration.listenRules.append(ListenRule(action: action, pattern: pattern))
    }
}

extension ListenRule.Pattern {
    /// A pattern from its word; `nil` for what was meant as an address and is none.
    fileprivate init?(_ text: String) {
        switch text {
        case "all": self = .all
        case "ipv4": self = .ipv4
        case "ipv6": self = .ipv6
        case "wildcard": self = .wildcard
        default:
            if AddressBlock.isMeant(by: text) {
                guard let block = AddressBlock(text) else { return nil }
                self = .addresses(block)
            } else {
                self = .interface(text)
            }
        }
    }
}

extension AddressBlock {
    /// A block from `ADDRESS` or `ADDRESS/LENGTH`; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
        guard parts.count == 2 else {
            self = .only(address)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]),
            let mask = IPAddress(maskOf: length, family: address.family)
        else { return nil }
        self.init(address: address, mask: mask)
    }

    /// Whether a word was meant as an address rather than a name: digits, dots and colons, up to a `/` or `%`.
    static func isMeant(by text: String) -> Bool {
        let body = text.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
        let isHexadecimal = body.contains(UInt8(ascii: ":"))
        return body.allSatisfy { byte in
            (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                || isHexadecimal && (0x61...0x66).contains(byte | 0x20)
        }
    }
}
