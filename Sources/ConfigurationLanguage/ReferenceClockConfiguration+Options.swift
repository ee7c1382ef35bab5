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
            Option("mode") { $0.readMode(&$1, $2) },
            Option("subtype") { $0.readMode(&$1, $2) },
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
            Option("host") { $0.readServer(&$1, $2) },
            .path("path", \.devicePath),
            .path("ppspath", \.pulsePath),
            Option("baud") { $0.readSpeed(&$1, $2) },
            Option("parity") { $0.readParity(&$1, $2) },
            .yes("exactplace", \.reportsExactPlace),
        ]
        + ofPTPHardwareClocks
        + ReceiverWishes.options
        + Option.unsupported(["preempt"], values: 0)
        + Option.unsupported(["bias", "minjitter"], values: 1)
        + Option.obsolete(["iburst", "burst", "xleave", "autokey", "nts"], values: 0, because: sendsNoPackets)
        + Option.obsolete(["key", "version", "ttl"], values: 1, because: sendsNoPackets)

    /// The same behind `refclock DRIVER`, where the unit is an option too.
    static let optionsWithUnit: [Option<ReferenceClockConfiguration>] =
        [.integer("unit", \.unit, in: 0...255)] + options

    /// chrony's, less the colons. No clock has as many pins or channels.
    private static let ofPTPHardwareClocks: [Option<ReferenceClockConfiguration>] = [
        .yes("extpps", \.givesPulses),
        .integer("pin", \.pin, in: -1...255),
        .integer("channel", \.channel, in: 0...255),
        Option("width") { clock, statement, word in
            // A microsecond: shorter than any pulse, and as much less than a second.
            clock.pulseWidth = statement.real(after: word, in: 1e-6...(1 - 1e-6), unit: "s") ?? clock.pulseWidth
        },
        Option("nocrossts") { clock, _, _ in clock.usesCrossTimestamps = false },
    ]

    private static let sendsNoPackets = "a reference clock sends no packets"

    /// Bits that any driver has used; the NMEA driver's reach to 0x0200_0000.
    private static let modes = 0...0x7fff_ffff

    /// ntpd's bits of an NMEA mode that say the speed.
    private static let speedBits = 0x70

    /// `mode N`, or `mode auto`: the speed is found out.
    private mutating func readMode(_ statement: inout Statement, _ word: Word) {
        if statement.nextIs("auto") {
            (baudRate, mode) = (nil, mode & ~Self.speedBits)
        } else if let value = statement.integer(after: word, in: Self.modes) {
            mode = value
        }
    }

    /// `baud N`, or `baud auto`: the speed is found out. It is anyhow where nothing can be read.
    private mutating func readSpeed(_ statement: inout Statement, _ word: Word) {
        if statement.nextIs("auto") { return (baudRate, mode) = (nil, mode & ~Self.speedBits) }
        guard let value = statement.nextString() else {
            return statement.report(.error, word, "'baud' needs a speed or auto, the word is ignored")
        }
        guard let speed = Int(value.text), LineSettings.speeds.contains(speed) else {
            return statement.reportBad(value, of: word, "auto or one of \(LineSettings.speedWords)")
        }
        baudRate = speed
    }

    private mutating func readParity(_ statement: inout Statement, _ word: Word) {
        guard let value = statement.nextString() else {
            return statement.report(.error, word, "'parity' needs none, odd or even, the word is ignored")
        }
        guard let parity = LineParity(rawValue: value.text) else {
            return statement.reportBad(value, of: word, "none, odd or even")
        }
        self.parity = parity
    }

    private mutating func readServer(_ statement: inout Statement, _ word: Word) {
        guard let value = statement.nextString() else {
            statement.report(.error, word, "'host' needs an address, the word is ignored")
            return
        }
        guard let server = GPSDServer(value.text) else {
            let expected = "'localhost', a numeric address, either with :PORT, or the path of a socket"
            statement.reportBad(value, of: word, expected)
            return
        }
        self.server = server
    }

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
