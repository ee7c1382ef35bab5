import ConfigurationLanguage
import TimeScale

/// The configuration that follows from a verdict, with the reason above each line.
public struct SetupConfiguration: Sendable {
    /// What was found.
    public let verdict: SetupVerdict
    /// When it was found.
    public let date: Instant
    /// How long was measured, seconds.
    public let duration: Int
    /// The receiver that is left to a gpsd, where none is ours.
    private let gpsd: MeasuredGPSDReceiver?
    /// Whether gpsd has others beside it.
    private let isOneOfMany: Bool

    /// A configuration from what was found.
    ///
    /// - Parameters:
    ///   - verdict: what was found at ports.
    ///   - date: when.
    ///   - duration: how long was measured, or gpsd asked, seconds.
    ///   - gpsd: the receivers of a gpsd, in its order.
    public init(_ verdict: SetupVerdict, date: Instant, duration: Int, gpsd: [MeasuredGPSDReceiver] = []) {
        (self.verdict, self.date, self.duration) = (verdict, date, duration)
        isOneOfMany = gpsd.count > 1
        let understood = gpsd.filter { $0.driver != nil }
        self.gpsd = verdict.sources.isEmpty ? understood.first { $0.hasTime } ?? understood.first : nil
    }

    /// Whether there is anything to be configured.
    public var isUseful: Bool { !verdict.sources.isEmpty || gpsd != nil }

    /// The file.
    public var text: String {
        let time = CivilTime(date)
        let day = "\(time.year)-\(Figures.padded(time.month))-\(Figures.padded(time.day))"
        let clock = "\(Figures.padded(time.hour)):\(Figures.padded(time.minute))"
        let way = "\(duration) s of \(gpsd == nil ? "measuring" : "asking gpsd")"
        let blocks =
            [["# Written by `timeball setup`, \(day) \(clock) UTC, after \(way)."]]
            + verdict.sources.indices.map(lines(ofSource:))
            + verdict.spare.enumerated().map { lines(ofSpare: $1, unit: $0) }
            + [gpsd.map(lines(ofGPSD:)), Self.rest].compactMap(\.self)
        return blocks.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    // MARK: - Receivers

    private func lines(ofSource index: Int) -> [String] {
        let source = verdict.sources[index]
        let receiver = source.receiver
        var remarks = [receiver.summary + "."] + receiver.remarks
        let (driver, settings) = (receiver.driver, receiver.settings)
        var line = "refclock \(driver.rawValue) unit \(index) path \(receiver.path) baud \(settings.baudRate)"
        if driver == .trimble || settings.parity != .none { line += " parity \(settings.parity.rawValue)" }
        if let pulse = source.pulse {
            let pulses = verdict.pulses[pulse]
            remarks += [
                "It \(source.delaySummary ?? "names seconds").",
                "Its pulses, \(pulses.pulses.path), \(source.evidenceSummary ?? "")."
                    .replacing(", .", with: "."),
                "Their \(pulses.summary).",
            ]
            // The daemon attaches the line's own pulses by itself, and their number may change; without a word of the path
            // it would first look for /dev/gpspps and the unit's number, which may be another receiver's.
            line += " flag1 1 ppspath \(source.evidence == .sameLine ? receiver.path : pulses.pulses.path)"
            if pulses.edge == .clear { line += " flag2 1" }
        } else if receiver.isMeasured {
            remarks.append("No pulses of its own were found: without them time is good to milliseconds at best.")
        }
        if index == preferred { line += " prefer" }
        return Self.remarks(remarks) + [line] + fudge(source, unit: index)
    }

    /// The delay of the sentences, where the daemon cannot find it by itself.
    private func fudge(_ source: SetupVerdict.Source, unit: Int) -> [String] {
        let receiver = source.receiver
        let type = receiver.driver.driver.typeNumber ?? 0
        let address = "fudge 127.127.\(type).\(unit) \(receiver.delayWord)"
        if let delay = source.witnessedDelay {
            guard source.pulse == nil || source.isAmbiguous else { return [] }
            return Self.remarks(["By this machine's clock, which was synchronised, its sentences come so late."])
                + ["\(address) \(Figures.seconds(delay))"]
        }
        if source.isAmbiguous, let delay = source.delay {
            return Self.remarks([
                "Does it speak so late, or \(Figures.duration(1 - delay.centre)) before the next pulse? Most receivers are "
                    + "late. Check it against another clock, then take the # away, and the pulses will be used:"
            ]) + ["#\(address) \(Figures.seconds(delay.centre))"]
        }
        guard source.pulse == nil else { return [] }
        let reason = receiver.isMeasured ? ", because this machine's clock was not synchronised" : ""
        return Self.remarks([
            "How late its sentences come could not be measured\(reason). Receivers take 0.1 to 0.6 s:"
        ]) + ["#\(address) 0.200"]
    }

    /// The receiver to be preferred: the first whose pulses are certain, else the first with pulses, else the first.
    private var preferred: Int? {
        let sources = verdict.sources
        return sources.firstIndex { $0.pulse != nil && !$0.isAmbiguous } ?? sources.firstIndex { $0.pulse != nil }
            ?? sources.firstIndex { $0.receiver.isMeasured } ?? sources.indices.first
    }

    private func lines(ofSpare spare: SetupVerdict.Spare, unit: Int) -> [String] {
        let pulses = verdict.pulses[spare.pulse]
        let line = "refclock pps unit \(unit) path \(pulses.pulses.path)" + (pulses.edge == .clear ? " flag2 1" : "")
        return Self.remarks([
            "Pulses that begin the same seconds, \(verdict.summary(of: spare)), numbered by the preferred receiver.",
            "Their \(pulses.summary).",
        ]) + [line]
    }

    // MARK: - The rest

    private func lines(ofGPSD receiver: MeasuredGPSDReceiver) -> [String] {
        let state = receiver.hasTime ? "and has its time" : "which has named no second yet"
        return Self.remarks(["gpsd has \(receiver.path) (\(receiver.driver ?? "")), \(state)."])
            + ["refclock gpsd unit 0\(isOneOfMany ? " path \(receiver.path)" : "") prefer"]
    }

    private static let rest = [
        "# When the satellites are lost: the clock itself, at stratum 10, but only after it was once right.",
        "local stratum 10",
        "",
        "# What was learned is kept over restarts.",
        "driftfile /var/lib/timeball/drift",
        "statefile /var/lib/timeball/state",
        "",
        "# Leap seconds, as Debian's tzdata has them.",
        "leapfile /usr/share/zoneinfo/leap-seconds.list",
        "",
        "# Everyone is served; other restrictions as in ntp.conf.",
        "restrict default nomodify notrap nopeer noquery",
        "restrict 127.0.0.1",
        "restrict ::1",
    ]

    /// Sentences as remarks of at most 100 columns.
    private static func remarks(_ sentences: [String]) -> [String] {
        sentences.flatMap { sentence in
            var lines = [""]
            for word in sentence.split(separator: " ") {
                if lines[lines.count - 1].count + word.count > 96 { lines.append("") }
                lines[lines.count - 1] += " " + word
            }
            return lines.map { "#" + $0 }
        }
    }
}
