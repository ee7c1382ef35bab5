import TimeScale

extension ReferenceClockConfiguration {
    /// The words that may follow a clock on `server`, `refclock` and `fudge` lines: one grammar for the three, as
    /// NTPsec has it.
    static let options: [Option<ReferenceClockConfiguration>] =
        [
            .yes("prefer", \.prefer),
            .yes("noselect", \.noSelect),
            .yes("trust", \.trust),
            .yes("require", \.require),
            .yes("true", \.forced),
            .integer("mode", \.mode, in: modes),
            .integer("subtype", \.mode, in: modes),
            .poll("minpoll", \.minimumPoll),
            .poll("maxpoll", \.maximumPoll),
            .correction("time1", \.time1),
            .correction("time2", \.time2),
            .integer("stratum", \.stratum, in: 0...16),
            Option("refid") { $0.readReferenceID(&$1, $2) },
            .truth("flag1", \.flag1),
            .truth("flag2", \.flag2),
            .truth("flag3", \.flag3),
            .truth("flag4", \.flag4),
            .path("path", \.devicePath),
            .path("ppspath", \.pulsePath),
            // 4 000 000 bit/s: the fastest that Linux's termios has a name for.
            .integer("baud", \.baudRate, in: 1...4_000_000),
        ]
        + ReceiverWishes.options
        + Option.unsupported(["preempt"], values: 0)
        + Option.unsupported(["bias", "minjitter"], values: 1)
        + Option.obsolete(["iburst", "burst", "xleave", "autokey", "nts"], values: 0, because: sendsNoPackets)
        + Option.obsolete(["key", "version", "ttl"], values: 1, because: sendsNoPackets)

    /// The same behind `refclock DRIVER`, where the unit is an option too.
    static let optionsWithUnit: [Option<ReferenceClockConfiguration>] =
        [.integer("unit", \.unit, in: 0...255)] + options

    private static let sendsNoPackets = "a reference clock sends no packets"

    /// Bits that any driver has used; the NMEA driver's reach to 0x0200_0000.
    private static let modes = 0...0x7fff_ffff

    /// Takes four characters, as ntpd does, and tells of more.
    private mutating func readReferenceID(_ statement: inout Statement, _ word: Word) {
        guard let value = statement.nextString() else {
            statement.report(.error, word, "'refid' needs one to four characters, the word is ignored")
            return
        }
        guard let identifier = ReferenceID(String(value.text.prefix(4))) else {
            statement.reportBad(value, of: word, "one to four characters")
            return
        }
        referenceID = identifier
        if value.text.utf8.count > 4 {
            let message = "\(value.quoted) is longer than four characters and cut to '\(identifier)'"
            statement.report(.warning, value, message)
        }
    }
}
