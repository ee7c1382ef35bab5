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
    /// How far apart messages may say that the same epoch is: as `ReceiverDecoder` has it.
    private static let resolution = Interval.milliseconds(1)

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
    ///   - arrived: local time of the last of them.
    ///   - decoder: decodes them; must report frames.
    mutating func take(_ bytes: Span<UInt8>, arrived: Instant, by decoder: inout ReceiverDecoder) {
        // One by one: what is known of the receiver belongs to the message that ends with a byte.
        for offset in bytes.indices {
            let later = Int64(bytes.count - 1 - offset) * decoder.characterTime.nanoseconds
            decoder.consume(bytes.extracting(offset...offset), arrived: arrived - Interval(nanoseconds: later)) {
                note($0)
            }
            guard hasNews else { continue }
            hasNews = false
            for index in pending.indices { pending[index].note(decoder.status) }
            while pending.count > Self.held { writeFirst() }
        }
        write()
    }

    /// Writes the epochs that are held back: the line is silent, or the stream at its end.
    mutating func finish() {
        while !pending.isEmpty { writeFirst() }
        write()
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
        case .rejected, .fix, .answer: break
        }
    }

    private func isSame(_ first: Instant, _ second: Instant) -> Bool { (first - second).magnitude < Self.resolution }

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

    private mutating func write() {
        guard !text.isEmpty else { return }
        Console.write(text)
        text = ""
    }
}
