/// The lines about how many requests a client may send, and what is remembered about it.
extension ConfigurationBuilder {
    mutating func readDiscard(_ statement: inout Statement) {
        var rule = DiscardRule()
        if case .discard(let earlier) = configuration.rateLimit { rule = earlier }
        statement.readOptions(into: &rule, DiscardRule.options)
        configuration.rateLimit = .discard(rule)
    }

    mutating func readLimit(_ statement: inout Statement) {
        var rule = ScoreRule()
        if case .score(let earlier) = configuration.rateLimit { rule = earlier }
        statement.readOptions(into: &rule, ScoreRule.options)
        configuration.rateLimit = .score(rule)
    }

    mutating func readRateLimit(_ statement: inout Statement) {
        var rule = TokenBucketRule()
        if case .tokenBucket(let earlier) = configuration.rateLimit { rule = earlier }
        statement.readOptions(into: &rule, TokenBucketRule.options)
        configuration.rateLimit = .tokenBucket(rule)
    }

    mutating func readClientLogLimit(_ statement: inout Statement, _ word: Word) {
        guard let bytes = statement.integer(after: word, in: 1...ClientTableRule.mostBytes) else { return }
        configuration.clientTable.size = .bytes(bytes)
    }

    /// Reads chrony's `allow` and `deny`: nothing or `all` for everybody, or a block.
    mutating func readService(_ statement: inout Statement, isAllowed: Bool) {
        var value = statement.nextWord()
        let replacesNarrower = value?.text == "all"
        if replacesNarrower { value = statement.nextWord() }
        var blocks = [AddressBlock.all(.v4), .all(.v6)]
        if let value {
            guard AddressBlock.isMeant(by: value.text) else {
                let message = "the name \(value.quoted) is not resolved by this version, the line is ignored"
                statement.report(.warning, value, message, hint: "write its address")
                statement.skipRest()
                return
            }
            guard let block = AddressBlock(subnet: value.text) else {
                statement.report(.error, value, "\(value.quoted) is not an address, the line is ignored")
                statement.skipRest()
                return
            }
            blocks = [block]
        }
        configuration.serviceRules += blocks.map {
            ServiceRule(block: $0, isAllowed: isAllowed, replacesNarrower: replacesNarrower)
        }
    }
}

extension AddressBlock {
    /// A block as chrony writes it: also the first one to three numbers of an IPv4 address, `192.168` for `192.168.0.0/16`.
    fileprivate init?(subnet text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard !parts[0].contains(":"), (1...3).contains(numbers.count) else {
            self.init(text)
            return
        }
        let address = parts[0] + String(repeating: ".0", count: 4 - numbers.count)
        self.init(address + "/" + (parts.count == 2 ? String(parts[1]) : String(8 * numbers.count)))
    }
}
