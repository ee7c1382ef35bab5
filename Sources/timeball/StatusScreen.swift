import Reports
import TimeScale

/// The screen of `timeball status`.
enum StatusScreen {
    /// A snapshot in words and columns.
    static func text(_ snapshot: Snapshot) -> String {
        clock(snapshot.tracking) + (snapshot.rtc.map(realTimeClock) ?? "") + alarms(snapshot.alarms)
            + sources(snapshot.sources) + receivers(snapshot.receivers) + server(snapshot.server)
    }

    private static func clock(_ tracking: TrackingReport) -> String {
        let time = Instant(nanoseconds: Int64((tracking.time * 1e9).rounded()))
        let isKnown = tracking.frequencyDeviation > 0
        let offset = "\(Format.time(tracking.offset)) ± \(Format.duration(tracking.offsetDeviation))"
        let deviation = FixedDecimal.text(tracking.frequencyDeviation * 1e6, digits: 4)
        let frequency = "\(Format.frequency(tracking.frequency)) ± \(deviation) ppm (positive: fast)"
        return """
            Timeball \(tracking.version), up \(FixedDecimal.text(tracking.uptime, digits: 0)) s, clock: \(tracking.clock)
            state            \(tracking.state): \(tracking.reason)
            served           stratum \(tracking.stratum), reference \(tracking.referenceID), leap \(tracking.leapIndicator)
            time             \(time)
            offset           \(isKnown ? offset + " (reference − clock)" : "not known yet")
            frequency        \(isKnown ? frequency : "not known yet")
            correction       \(Format.frequency(tracking.correction))
            jitter           \(Format.duration(tracking.jitter))
            root dispersion  \(Format.duration(tracking.rootDispersion)), root delay \(Format.duration(tracking.rootDelay))
            \(holdover(tracking))

            """
    }

    private static func realTimeClock(_ rtc: RealTimeClockReport) -> String {
        let facts = [
            rtc.offset.map { "\(Format.time(-$0)) off" },
            rtc.rate.map { "rate \(Format.frequency($0))" },
            rtc.settings > 0 ? "set \(rtc.settings) times" : nil,
        ].compactMap(\.self)
        return "rtc              \(rtc.device): " + ([rtc.state] + facts).joined(separator: ", ") + "\n\n"
    }

    private static func alarms(_ alarms: [AlarmReport]) -> String {
        alarms.map { alarm in
            let age = FixedDecimal.text(alarm.age, digits: 0)
            return "ALARM            \(alarm.text) (for \(age) s); to do: \(alarm.remedy)\n"
        }.joined() + (alarms.isEmpty ? "" : "\n")
    }

    private static func holdover(_ tracking: TrackingReport) -> String {
        guard tracking.holdoverRemaining > 0 else { return "" }
        let (hours, seconds) = Int(tracking.holdoverRemaining).quotientAndRemainder(dividingBy: 3600)
        return "holdover         would go on for \(hours) h \(seconds / 60) min \(seconds % 60) s without a source\n"
    }

    private static func lateness(_ source: SourceReport) -> String {
        guard source.latencyShare > 0 else { return "" }
        let share = FixedDecimal.text(source.latencyShare * 100, digits: 1)
        return " (\(share) % of its stamps late by \(Format.duration(source.latencyMean)) in the mean, corrected)"
    }

    private static func sources(_ sources: [SourceReport]) -> String {
        let widths = [10, 6, 11, 6, 13, 12, 7]
        let titles = ["source", "refid", "use", "reach", "offset", "jitter", "age", "why"]
        let rows = sources.map { source in
            [
                source.name, source.referenceID, source.use, Format.reach(source.reach),
                source.age < 0 ? "–" : Format.time(source.offset),
                source.age < 0 ? "–" : Format.duration(source.jitter),
                source.age < 0 ? "–" : "\(FixedDecimal.text(source.age, digits: 0)) s",
                source.reason + lateness(source),
            ]
        }
        return ([titles] + rows).map { row in
            zip(row, widths + [0]).map { $1 > 0 ? Format.column($0, $1) : $0 }.joined() + "\n"
        }.joined()
    }

    private static func receivers(_ receivers: [ReceiverReport]) -> String {
        receivers.map { receiver in
            let name = [receiver.model, receiver.firmware.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
            var facts = [name.isEmpty ? receiver.languages : "\(name), \(receiver.languages)"]
            facts += [
                receiver.fix.map { "fix: \($0)" }, satellites(receiver),
                receiver.timeAccuracy.map { "time ± \(Format.duration($0))" },
                receiver.antenna.map { "antenna: \($0)" }, receiver.jamming.map { "jamming: \($0)" },
                receiver.spoofing.map { "spoofing: \($0)" }, receiver.survey.map { "survey: \($0)" },
                receiver.leapSeconds.map { "GPS − UTC: \($0) s" }, receiver.sawtooth.map { "sawtooth: \($0)" },
                receiver.profile.map { "profile: \($0)" },
            ].compactMap(\.self)
            if !receiver.alarms.isEmpty { facts.append("ALARM: \(receiver.alarms)") }
            return "\n" + Format.column(receiver.source, 17) + facts.joined(separator: "; ") + "\n"
        }.joined()
    }

    private static func satellites(_ receiver: ReceiverReport) -> String? {
        let tracked = receiver.satellites.filter { $0.signal > 0 }.map(\.signal)
        let counts = [
            receiver.satellitesUsed.map { "\($0) used" }, receiver.satellitesInView.map { "\($0) in view" },
            tracked.max().map { "best \($0) dBHz" },
        ].compactMap(\.self)
        return counts.isEmpty ? nil : "satellites: " + counts.joined(separator: ", ")
    }

    private static func server(_ server: ServerReport) -> String {
        let refused = server.truncated + server.badVersion + server.badMode + server.badTail
        return """

            requests         \(server.received) received, \(server.replied) answered, \(server.denied) denied, \
            \(refused) not requests, \(server.failed + server.withheld) failed
            clients          \(server.clients) known, \(server.limited) requests above the rate limit, \
            \(server.kissed) told to stop
            authentication   \(server.authenticated) signed, \(server.cryptoNAKs) told that they failed, \
            \(server.badAuthentication) refused

            """
    }
}
