import ArgumentParser
import ConfigurationLanguage
import LinuxSystem
import Receivers
import TimeScale

/// `timeball decode FILE|TTY`: what the daemon's driver makes of a receiver's stream.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Shows what the daemon makes of a receiver: one row for each epoch that it would report.",
        discussion: """
            NMEA 0183, UBX, TSIP and Oncore are understood, mixed as they come, by the daemon's own decoder. Rows have \
            four columns, parted by tabs: UTC; the messages that named it; the kind of fix (none, estimated, manual, \
            time-only, 2D, 3D, or valid where the receiver does not tell the kind); GPS − UTC in seconds, where it is known. \
            A row comes once all messages of its epoch are in.

            A receiver that counts weeks in ten bits may be 1024 weeks (19.6 years) or a multiple behind, and nothing \
            in its stream tells. The date of --now settles it: what lies more than 512 weeks before that date is moved \
            up by as many times 1024 weeks as bring it nearest; a date that lies later stays. Without --now, a live \
            port is taken to speak of today, by this machine's clock; a file, which may be of any age, is shown as the \
            receiver sent it, with years of two digits in 1980 ... 2079.

            Exits with 0 at the end of the file, also without an epoch, which it says on standard error; with 1 where \
            the file or port cannot be read, or the rows cannot be written; with 130 where a signal ended it, once the rows \
            that were held back are out. A live port is read until then or until it is gone, and left as it was.
            """)

    @Argument(help: "A file, a serial port, or - for standard input.")
    var path: String

    @Option(help: "Speed of a live port in baud, or auto to listen at each speed in turn.")
    var baud = "9600"

    @Option(
        help: "Parity of a live port whose speed is given: none, odd or even. auto finds odd parity at 9600 baud too.")
    var parity = "none"

    @Option(help: "The date that week rollovers are folded around: 2026-11-21, or 2026-11-21T10:00:00Z.")
    var now: String?

    @Flag(help: "One JSON object in each row, with all that the receiver has told about itself so far.")
    var json = false

    @Flag(help: "With --json, show the place as it is, and not only to 0.1°.")
    var position = false

    @Flag(
        help: """
            One row for each frame instead: its offset and length in bytes, the language, the message, accepted, \
            rejected or ignored, and the moment that it names or why it is not believed.
            """)
    var verdicts = false

    /// Half of the 1024 weeks of a rollover: dates are folded around `now`.
    private static let half = Interval(nanoseconds: GNSSWeek.rollover.nanoseconds / 2)

    func validate() throws {
        guard baud == "auto" || Int(baud).map(LineSettings.speeds.contains) == true else {
            throw ValidationError("--baud takes auto or one of \(LineSettings.speedWords)")
        }
        guard LineParity(rawValue: parity) != nil else { throw ValidationError("--parity takes none, odd or even") }
        guard json || !position else { throw ValidationError("--position needs --json: only objects have a place") }
        guard now == nil || date != nil else {
            throw ValidationError("--now takes a date like 2026-11-21 or 2026-11-21T10:00:00Z, from 1980 to 2150")
        }
    }

    func run() throws {
        let isLive = path != "-" && SerialPort.isTerminal(path)
        let around = date ?? (isLive ? KernelClock.realTime() : nil)
        var decoder = ReceiverDecoder(notBefore: around.map { $0 - Self.half } ?? GNSSWeek.gpsEpoch)
        (decoder.reportsFrames, decoder.holdsExactPlace) = (true, position)
        var listing = DecodedListing(json ? .json : .columns, showsFrames: verdicts, showsArrival: isLive)
        do {
            // Rows would go to whatever is opened as number 1 next.
            try Console.deliver("")
            if isLive {
                try Signals.install()
                let settings = Int(baud).map { LineSettings($0, LineParity(rawValue: parity) ?? .none) }
                try DecodedPort.read(path: path, settings: settings, with: decoder, into: &listing)
            } else {
                try read(with: &decoder, into: &listing)
            }
            try listing.finish()
        } catch is Interrupted {
            try? listing.finish()
            throw ExitCode(Interrupted.exitCode)
        } catch let error as SystemError {
            // A reader that has gone away has seen enough.
            if error.isOf("write"), error.isUnread { return }
            if error.isOf("write"), error.isInterrupted { throw ExitCode(Interrupted.exitCode) }
            if !error.isOf("write") { try? listing.finish() }
            Console.error("\(error)\n")
            throw ExitCode(1)
        }
        if listing.epochs == 0 { Console.error("\(path): no epoch in it; \(Self.summary(decoder.statistics))\n") }
    }

    /// The date of `--now`; `nil` without it, or where it is no such date.
    private var date: Instant? {
        guard let now else { return nil }
        let separators: [Character] = ["-", "-", "T", ":", ":"]
        let text = now.hasSuffix("Z") ? now.dropLast() : now[...]
        let fields = text.split(omittingEmptySubsequences: false) { !$0.isASCII || !$0.isNumber }
        let numbers = fields.compactMap { Int($0) }
        guard numbers.count == fields.count, numbers.count == 3 || numbers.count == 6,
            text.filter({ !$0.isNumber }) == String(separators.prefix(numbers.count - 1)),
            (1980...2150).contains(numbers[0]),
            let civil = CivilTime(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers.count > 3 ? numbers[3] : 0,
                minute: numbers.count > 3 ? numbers[4] : 0, second: numbers.count > 3 ? numbers[5] : 0)
        else { return nil }
        return civil.instant
    }

    private func read(with decoder: inout ReceiverDecoder, into listing: inout DecodedListing) throws {
        let file = try InputFile(path: path)
        // Only now: a pipe opens once somebody writes to it, and nothing is held back before.
        try Signals.install()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var poll = PollSet()
        while true {
            poll.removeAll()
            let index = poll.add(number: file.descriptorNumber)
            let isReady = try poll.wait(timeout: Interrupted.lookInterval) && poll.needsAttention(index)
            try Interrupted.check()
            guard isReady else { continue }
            var span = buffer.mutableSpan
            let count = try file.read(into: &span)
            guard count > 0 else { return }
            try listing.take(buffer.span.extracting(first: count), arrived: nil, by: &decoder)
        }
    }

    /// What was in the stream instead of epochs: `5 of NMEA, 120 other bytes`.
    private static func summary(_ statistics: ReceiverStatistics) -> String {
        guard statistics.bytes > 0 else { return "it is empty" }
        let languages = ReceiverProtocol.allCases.filter { statistics.messages(of: $0) > 0 }
            .map { "\(statistics.messages(of: $0)) of \($0)\($0.isDecoded ? "" : " (not decoded)")" }
        let messages = languages.isEmpty ? "no message" : "messages: " + languages.joined(separator: ", ")
        return "\(messages), of \(statistics.bytes) bytes \(statistics.skippedBytes) in none"
    }
}
