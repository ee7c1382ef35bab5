/// The lines that configure reference clocks.
extension ConfigurationBuilder {
    /// What an address on a `server` or `fudge` line means.
    private enum ClockAddress {
        /// A reference clock with a driver of this version.
        case clock(DriverKind, unit: Int)
        /// A reference clock of another type.
        case unsupported(type: Int)
        /// 127.127 and then something that is no address.
        case malformed
        /// Another computer.
        case remote

        init(_ text: String) {
            guard text.hasPrefix("127.127.") else {
                self = .remote
                return
            }
            guard let bytes = IPAddress(text)?.bytes else {
                self = .malformed
                return
            }
            let type = Int(bytes[2])
            let kind = ReferenceClockDriver.table.first { $0.typeNumber == type }?.kind
            self = kind.map { .clock($0, unit: Int(bytes[3])) } ?? .unsupported(type: type)
        }
    }

    mutating func readServer(_ statement: inout Statement, _ word: Word) {
        guard let address = addressOfServer(&statement, word) else { return }
        switch ClockAddress(address.text) {
        case .clock(let driver, let unit):
            let position = SourcePosition(file: statement.file, line: statement.line)
            var clock = ReferenceClockConfiguration(driver: driver, unit: unit, position: position)
            statement.readOptions(into: &clock, ReferenceClockConfiguration.options)
            add(clock, from: &statement, address)
        case .unsupported(let type): reportUnsupported(type, &statement, address)
        case .malformed: reportMalformed(&statement, address)
        case .remote:
            let message = "\(word.text) \(address.quoted) is not supported by this version, the line is ignored"
            statement.report(.warning, address, message)
            statement.skipRest()
        }
    }

    /// The address, behind `-4` or `-6` if that is there.
    private func addressOfServer(_ statement: inout Statement, _ word: Word) -> Word? {
        var address = statement.nextString()
        if address?.text == "-4" || address?.text == "-6" { address = statement.nextString() }
        if address == nil { statement.report(.warning, word, "\(word.quoted) needs an address, the line is ignored") }
        return address
    }

    mutating func readFudge(_ statement: inout Statement, _ word: Word) {
        guard let address = addressOfServer(&statement, word) else { return }
        switch ClockAddress(address.text) {
        case .clock(let driver, let unit): fudge(driver, unit: unit, &statement, address)
        case .unsupported(let type): reportUnsupported(type, &statement, address)
        case .malformed: reportMalformed(&statement, address)
        case .remote:
            let message = "\(address.quoted) is no reference clock (127.127.TYPE.UNIT), the line is ignored"
            statement.report(.warning, address, message)
            statement.skipRest()
        }
    }

    private func reportUnsupported(_ type: Int, _ statement: inout Statement, _ address: Word) {
        let name = ReferenceClockDriver.table.first { $0.typeNumber == type }?.name
        let message =
            name.map { "the driver \($0) (type \(type)) is not supported by this version, the line is ignored" }
            ?? "there is no reference clock of type \(type), the line is ignored"
        statement.report(.warning, address, message)
        statement.skipRest()
    }

    private func reportMalformed(_ statement: inout Statement, _ address: Word) {
        let message = "\(address.quoted) is no reference clock (127.127.TYPE.UNIT, 0 to 255 each), the line is ignored"
        statement.report(.error, address, message)
        statement.skipRest()
    }

    mutating func readReferenceClock(_ statement: inout Statement, _ word: Word) {
        guard let name = statement.nextString() else {
            statement.report(.warning, word, "'refclock' needs the name of a driver, the line is ignored")
            return
        }
        guard let driver = ReferenceClockDriver.table.first(where: { $0.words.contains(name.text) }) else {
            let nearest = Diagnostic.nearestWord(to: name.text, in: ReferenceClockDriver.table.flatMap(\.words))
            statement.report(
                .warning, name, "unknown driver \(name.quoted), the line is ignored",
                hint: nearest.map { "did you mean '\($0)'?" })
            statement.skipRest()
            return
        }
        guard let kind = driver.kind else {
            statement.report(
                .warning, name, "the driver \(driver.name) is not supported by this version, the line is ignored")
            statement.skipRest()
            return
        }
        let position = SourcePosition(file: statement.file, line: statement.line)
        var clock = ReferenceClockConfiguration(driver: kind, unit: 0, position: position)
        statement.readOptions(into: &clock, ReferenceClockConfiguration.optionsWithUnit)
        if kind == .sampleSocket, clock.devicePath == nil {
            statement.report(.error, name, "'refclock sock' needs the path of its socket, the clock cannot work")
        }
        if kind == .ptpHardwareClock, !clock.givesPulses {
            let message = "only the pulses at the card's input are used, its time of day is not"
            statement.report(.note, name, message, hint: "'extpps' says that this is meant")
        }
        add(clock, from: &statement, name)
    }

    /// `local`, chrony's word with chrony's default stratum 10.
    mutating func readLocal(_ statement: inout Statement, _ word: Word) {
        configuration.localStratum = 10
        statement.readOptions(into: &configuration, Configuration.localOptions)
    }
}
