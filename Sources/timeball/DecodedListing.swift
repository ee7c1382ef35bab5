import ControlService
import LinuxSystem
import Receivers
import Reports
import TimeScale

/// What a decoder tells, as rows of text.
///
/// An epoch is held back until the messages that name it are in: until three later ones have begun (some receivers
/// interleave two epochs), the line falls silent, or the stream ends.
struct DecodedListing {
    /// How a row is written.
    enum Form: Equatable {
        /// In columns, parted by tabs.
        case columns
        /// As a JSON object.
        case json
    }

    /// How many epochs are held back.
    private static let held = 3
    /// How many messages are remembered that named an epoch before it was reported: GGA, GLL, GNS.
    private static let earlyMessages = 3
    /// A leap in the stream's own time that long is a receiver that has corrected its date, or another capture.
    private static let longestGap = Interval.seconds(3600)

    private let form: Form
    private let showsFrames: Bool
    private let showsArrival: Bool
    private var pending: [DecodedEpoch] = []
    /// Whether a pending epoch has just been named.
    private var hasNews = false
    /// The last messages that named an epoch which has not been reported: sentences without a date, before the one with it.
    private var early: [(moment: Instant, message: String)] = []
    /// The last that were told: one for the pulse just gone, one for the pulse to come.
    private var sawtooths: [PulseSawtooth] = []
    /// The stream's own time: when its bytes arrived where nobody has noted it, and the latest moment that it has named.
    private var own = (arrival: Instant.unixEpoch, latest: Instant.unixEpoch)
    /// Written once for each piece of the stream.
    private var text = ""

    /// Epochs so far.
    private(set) var epochs = 0

    /// A listing.
    ///
    /// - Parameters:
    ///   - form: how rows are written.
    ///   - showsFrames: whether they are about frames, and not about epochs.
    ///   - showsArrival: whether times of arrival mean something.
    init(_ form: Form, showsFrames: Bool, showsArrival: Bool) {
        (self.form, self.showsFrames, self.showsArrival) = (form, showsFrames, showsArrival)
    }

    /// Takes the next bytes of the stream, and writes what they complete.
    ///
    /// - Parameters:
    ///   - bytes: any number.
    ///   - arrived: local time of the last of them; `nil` for a capture, whose own time then runs.
    ///   - decoder: decodes them; must report frames.
    /// - Throws: `SystemError` where it cannot be written.
    mutating func take(
        _ bytes: Span<UInt8>, arrived: Instant?, by decoder: inout ReceiverDecoder
    ) throws(SystemError) {
        // One by one: what is known of the receiver belongs to the message that ends with a byte.
        for offset in bytes.indices {
            let later = Int64(bytes.count - 1 - offset) * decoder.characterTime.nanoseconds
            let moment = arrived.map { $0 - Interval(nanoseconds: later) } ?? own.arrival
            decoder.consume(bytes.extracting(offset...offset), arrived: moment) { note($0) }
            decoder.namedMoment.map { follow($0) }
            guard hasNews else { continue }
            hasNews = false
            for index in pending.indices { pending[index].note(decoder.status) }
            while pending.count > Self.held { writeFirst() }
        }
        try write()
    }

    /// Writes the epochs that are held back: the line is silent, or the stream at its end.
    mutating func finish() throws(SystemError) {
        while !pending.isEmpty { writeFirst() }
        try write()
    }

    /// Lets the stream's own time go on with the moments that it names.
    private mutating func follow(_ moment: Instant) {
        let step = moment - own.latest
        if step > .zero, step <= Self.longestGap { own.arrival = own.arrival + step }
        if step > .zero || step < .zero - Self.longestGap { own.latest = moment }
    }

    private mutating func note(_ event: ReceiverEvent) {
        switch event {
        case .label(let label):
            epochs += 1
            var epoch = DecodedEpoch(label, showsArrival: showsArrival)
            epoch.sawtooth = sawtooths.last { $0.second == label.utc.nearestSecond }
            for (moment, message) in early where isSame(moment, label.utc) { epoch.add(source: message) }
            pending.append(epoch)
        case .sawtooth(let sawtooth):
            sawtooths = sawtooths.suffix(1) + [sawtooth]
            for index in pending.indices where pending[index].label.utc.nearestSecond == sawtooth.second {
                pending[index].sawtooth = sawtooth
            }
        case .frame(let frame):
            if showsFrames { add(frame) }
            guard case .accepted(let moment?) = frame.verdict else { return }
            let message = frame.name.description
            if let named = pending.lastIndex(where: { isSame($0.label.utc, moment) }) {
                pending[named].add(source: message)
                hasNews = true
            } else {
                early = early.suffix(Self.earlyMessages - 1) + [(moment, message)]
            }
        case .rejected, .fix, .reset, .answer: break
        }
    }

    private func isSame(_ first: Instant, _ second: Instant) -> Bool {
        (first - second).magnitude < ReportedEpochs.resolution
    }

    private mutating func add(_ frame: FrameVerdict) {
        switch form {
        case .columns: text += "\(frame.columns)\n"
        case .json: text += JSON.row(frame.values) + "\n"
        }
    }

    private mutating func writeFirst() {
        let epoch = pending.removeFirst()
        guard !showsFrames else { return }
        switch form {
        case .columns: text += "\(epoch.columns)\n"
        case .json: text += JSON.row(epoch.values, ReceiverReport(epoch.status)) + "\n"
        }
    }

    private mutating func write() throws(SystemError) {
        guard !text.isEmpty else { return }
        // What could not be written is not tried again.
        defer { text = "" }
        try Console.deliver(text)
    }
}
