import Receivers
import Reports
import TimeScale

/// An epoch that the driver would report, and what the receiver had told when it last named it.
struct DecodedEpoch {
    let label: SecondLabel
    /// Seconds from the epoch to the first byte of the message that named it, by this machine's clock; `nil` for a file.
    let delay: Double?
    /// How far off its pulse is, where that was told: before it by u-blox, after it by Trimble.
    var sawtooth: PulseSawtooth?
    /// The messages that have named it, in the order of the stream.
    private(set) var sources: [String] = []
    private(set) var status = ReceiverStatus()
    private var isNamedAnew = false

    init(_ label: SecondLabel, showsArrival: Bool) {
        self.label = label
        delay = showsArrival ? (label.arrived - label.utc).seconds : nil
    }

    /// Takes a message that has named it.
    mutating func add(source: String) { (sources, isNamedAnew) = (sources + [source], true) }

    /// Takes what the receiver has told so far, if it has just named this epoch.
    mutating func note(_ status: ReceiverStatus) {
        guard isNamedAnew else { return }
        (self.status, isNamedAnew) = (status, false)
    }

    /// UTC to the nearest millisecond, which receivers mean where they send 0.999999; 23:59:60 as such.
    var utc: String { Self.text(label.utc, isLeapSecond: label.isLeapSecond) }

    /// The kind of fix in a word; what is reported, the receiver has vouched for.
    var fix: String { status.fix?.rawValue ?? "valid" }

    /// The row: UTC, messages, fix, GPS − UTC.
    var columns: String {
        "\(utc)\t\(sources.joined(separator: ","))\t\(fix)\t\(status.leapSeconds.map { "\($0)" } ?? "")"
    }

    /// What is told of the epoch besides the receiver's state.
    var values: [(String, ReportValue)] {
        [
            ("utc", .text(utc)), ("sources", .texts(sources)),
            ("leapIsKnown", .integer(label.knowsLeapSeconds ? 1 : 0)), ("weekRollovers", .integer(label.weekRollovers)),
            ("delay", ReceiverReport.rounded(delay, 9).map { .real($0) } ?? .unknown),
            (
                "sawtoothCorrection",
                ReceiverReport.rounded(sawtooth?.correction, 12).map { .real($0) } ?? .unknown
            ),
        ]
    }

    /// A moment to the nearest millisecond.
    ///
    /// - Parameters:
    ///   - utc: the moment; for one within 23:59:60, a second later.
    ///   - isLeapSecond: whether it is within 23:59:60.
    /// - Returns: ISO 8601.
    static func text(_ utc: Instant, isLeapSecond: Bool = false) -> String {
        let rounded = utc + Interval(nanoseconds: 500_000)
        let second = CivilTime(rounded).second
        guard isLeapSecond, second < 2 else { return "\(rounded)" }
        // Rounding may have led into the real 00:00:00.
        let shown = "\(rounded - .second)"
        guard second == 0 else { return shown }
        return shown.dropLast("59.000Z".count) + "60" + shown.suffix(".000Z".count)
    }
}

extension FrameVerdict {
    /// What is told of the frame.
    var values: [(String, ReportValue)] {
        let remark = verdict.remark.map { ReportValue.text($0) } ?? .unknown
        let isRejected = if case .rejected = verdict { true } else { false }
        return [
            ("offset", .integer(Int(clamping: offset))), ("length", .integer(length)),
            ("language", .text(name.language.description)),
            ("message", name.code == 0 ? .unknown : .text(name.description)), ("verdict", .text(verdict.word)),
            (isRejected ? "reason" : "moment", remark),
        ]
    }

    /// The row: offset, length, language, message, verdict, and the moment or the reason.
    var columns: String {
        let message = name.code == 0 ? "-" : name.description
        return "\(offset)\t\(length)\t\(name.language)\t\(message)\t\(verdict.word)\t\(verdict.remark ?? "")"
    }
}

extension FrameVerdict.Verdict {
    /// What became of the frame.
    var word: String {
        switch self {
        case .accepted: "accepted"
        case .rejected: "rejected"
        case .ignored: "ignored"
        }
    }

    /// The moment that it names, or why it is not believed.
    var remark: String? {
        switch self {
        case .accepted(let moment): moment.map { DecodedEpoch.text($0) }
        case .rejected(let reason): reason.description
        case .ignored: nil
        }
    }
}
