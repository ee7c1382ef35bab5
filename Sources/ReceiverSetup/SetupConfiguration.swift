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
    /// Whether receivers are left to a gpsd, where none is ours.
    public let usesGPSD: Bool

    /// A configuration from what was found.
    public init(_ verdict: SetupVerdict, date: Instant, duration: Int, usesGPSD: Bool = false) {
        (self.verdict, self.date, self.duration) = (verdict, date, duration)
        self.usesGPSD = usesGPSD && verdict.sources.isEmpty && Self.knowsGPSD
    }

    /// Whether this version can ask a gpsd.
    public static let knowsGPSD = ReferenceClockDriver.table.contains { $0.words.contains("gpsd") && $0.kind != nil }

    /// Whether there is anything to be configured.
    public var isUseful: Bool { !verdict.sources.isEmpty || usesGPSD }

    /// The file.
    public var text: String {
        let time = CivilTime(date)
        let day = "\(time.year)-\(Figures.padded(time.month))-\(Figures.padded(time.day))"
        let clock = "\(Figures.padded(time.hour)):\(Figures.padded(time.minute))"
        let blocks =
            [["# Written by `timeball setup`, \(day) \(clock) UTC, after \(duration) s of measuring."]]
            + verdict.sources.indices.map(lines(ofSource:))
            + verdict.spare.enumerated().map { lines(ofSpare: $1, unit: $0) }
            + (usesGPSD ? [Self.gpsd] : []) + [Self.rest]
        return blocks.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    // MARK: - Receivers

    private func lines(ofSource index: Int) -> [String] {
        let source = verdict.sources[index]
        let receiver = source.receiver
        var remarks = [receiver.summary + "."]
        var line = "refclock nmea unit \(index) path \(receiver.path) baud \(receiver.baudRate)"
        if let pulse = source.pulse {
            let pulses = verdict.pulses[pulse]
            remarks += [
                "It \(source.delaySummary ?? "names seconds").",
                "Its pulses, \(pulses.pulses.path), \(source.evidenceSummary ?? "")."
                    .replacing(", .", with: "."),
                "Their \(pulses.summary).",
            ]
            // The daemon attaches the line's own pulses by itself, and their number may change.
            line += source.evidence == .sameLine ? " flag1 1" : " flag1 1 ppspath \(pulses.pulses.path)"
            if pulses.edge == .clear { line += " flag2 1" }
        } else {
            remarks.append("No pulses of its own were found: without them time is good to milliseconds at best.")
        }
        if index == preferred { line += " prefer" }
        return Self.remarks(remarks) + [line] + fudge(source, unit: index)
    }

    /// The delay of the sentences, where the daemon cannot find it by itself.
    private func fudge(_ source: SetupVerdict.Source, unit: Int) -> [String] {
        let address = "fudge 127.127.20.\(unit) time2"
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
        return Self.remarks([
            "How late its sentences come could not be measured, because this machine's clock was not synchronised. "
                + "Receivers take 0.1 to 0.6 s:"
        ]) + ["#\(address) 0.200"]
    }

    /// The receiver to be preferred: the first whose pulses are certain, else the first with pulses, else the first.
    private var preferred: Int? {
        let sources = verdict.sources
        return sources.firstIndex { $0.pulse != nil && !$0.isAmbiguous } ?? sources.firstIndex { $0.pulse != nil }
            ?? sources.indices.first
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

    private static let gpsd = [
        "# gpsd has the receivers of this machine.", "refclock gpsd unit 0 prefer",
    ]

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
