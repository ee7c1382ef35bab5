/// What a receiver says in words.
enum NMEAText: Equatable, Sendable {
    /// u-blox TXT `ANTSTATUS=`.
    case antenna(ReceiverStatus.Antenna)
    /// TXT of type 00: an error of the receiver's own.
    case error(String)
    /// Its model and firmware, as far as the sentence tells them.
    case version(model: String?, firmware: String?)
    /// The version of its language: u-blox TXT `PROTVER=`.
    case protocolVersion(String)

    /// Reads TXT: 1 sentences, 2 number, 3 type, 4 text, which may hold commas. Captures ublox-zed-f9p-nmea, nl402u.
    ///
    /// - Returns: `nil` for what is of no use to anybody but people.
    init?(txt fields: NMEAFields, in text: Span<UInt8>) {
        guard fields.count > 4 else { return nil }
        let words = text.text(fields.range(4).lowerBound..<text.count)
        if fields.matches(3, "00", in: text) {
            self = .error(words)
        } else if let state = Self.value("ANTSTATUS", words) {
            switch state {
            case "OK": self = .antenna(.good)
            case "SHORT": self = .antenna(.short)
            case "OPEN": self = .antenna(.open)
            case "OFF": self = .antenna(.off)
            default: return nil
            }
        } else if let model = Self.value("MOD", words) {
            self = .version(model: model, firmware: nil)
        } else if let firmware = Self.value("FWVER", words) ?? Self.value("EXT CORE", words)
            ?? Self.value("ROM CORE", words)
        {
            self = .version(model: nil, firmware: firmware)
        } else if let version = Self.value("PROTVER", words) {
            self = .protocolVersion(version)
        } else {
            return nil
        }
    }

    /// What follows a word and `=`, or a blank in older firmware.
    private static func value(_ word: String, _ words: String) -> String? {
        guard words.hasPrefix(word + "=") || words.hasPrefix(word + " ") else { return nil }
        return String(words.dropFirst(word.utf8.count + 1))
    }
}
