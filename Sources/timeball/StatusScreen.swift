import Reports
import TimeScale

/// The screen of `timeball status`.
enum StatusScreen {
    /// A snapshot in words and columns.
    static func text(_ snapshot: Snapshot, showsSatellites: Bool = false) -> String {
        clock(snapshot.tracking) + (snapshot.rtc.map(realTimeClock) ?? "") + alarms(snapshot.alarms)
            + sources(snapshot.sources)
            + snapshot.receivers.map { receiver($0) + (showsSatellites ? satellites($0.satellites) : "") }.joined()
            + server(snapshot.server)
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

    /// Silence of a receiver that is shown, seconds: the slowest speak every five.
    private static let shownSilence = 6.0

    private static func receiver(_ receiver: ReceiverReport) -> String {
        let name = [receiver.model, receiver.firmware.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
        var facts = [name.isEmpty ? receiver.languages : "\(name), \(receiver.languages)"]
        if let age = receiver.age, age >= shownSilence {
            facts.append("last heard \(FixedDecimal.text(age, digits: 0)) s ago")
        }
        facts += [
            receiver.fix.map { "fix: \($0)" }, satellites(receiver), dilution(receiver),
            receiver.timeAccuracy.map { "time ± \(Format.duration($0))" },
            receiver.antenna.map { "antenna: \($0)" }, receiver.jamming.map { "jamming: \($0)" },
            receiver.spoofing.map { "spoofing: \($0)" }, receiver.survey.map { survey(receiver, $0) },
            receiver.leapSeconds.map { "GPS − UTC: \($0) s" }, leapSecond(receiver),
            receiver.sawtooth.map { "sawtooth: \($0)" }, receiver.profile.map { "profile: \($0)" },
        ].compactMap(\.self)
        if !receiver.alarms.isEmpty { facts.append("ALARM: " + receiver.alarms.joined(separator: "; ")) }
        return "\n" + Format.column(receiver.source, 17) + facts.joined(separator: "; ") + "\n"
    }

    private static func satellites(_ receiver: ReceiverReport) -> String? {
        let best = receiver.satellites.map(\.signal).max() ?? 0
        let counts = [
            receiver.satellitesUsed.map { "\($0) used" }, receiver.satellitesInView.map { "\($0) in view" },
            best > 0 ? "best \(best) dBHz" : nil,
        ].compactMap(\.self)
        return counts.isEmpty ? nil : "satellites: " + counts.joined(separator: ", ")
    }

    private static func dilution(_ receiver: ReceiverReport) -> String? {
        let values = [
            receiver.horizontalDilution.map { ("H", $0) }, receiver.positionDilution.map { ("P", $0) },
            receiver.timeDilution.map { ("T", $0) },
        ].compactMap(\.self)
        guard !values.isEmpty else { return nil }
        return "dilution: " + values.map { "\($0)DOP \(FixedDecimal.text($1, digits: 1))" }.joined(separator: ", ")
    }

    private static func survey(_ receiver: ReceiverReport, _ state: String) -> String {
        let facts = [
            receiver.surveyDuration.map { "\($0) s" },
            receiver.surveyAccuracy.map { "\(FixedDecimal.text($0, digits: 2)) m" },
            receiver.surveyProgress.map { "\($0) %" },
        ].compactMap(\.self)
        return "survey: " + ([state] + facts).joined(separator: ", ")
    }

    private static func leapSecond(_ receiver: ReceiverReport) -> String? {
        guard let change = receiver.leapChange, change != 0, let at = receiver.leapAt else { return nil }
        return "leap second \(change > 0 ? "inserted" : "deleted") before \(at)"
    }

    /// A row for each system: number, C/N0, and whether it is used.
    private static func satellites(_ satellites: [ReceiverReport.Satellite]) -> String {
        var systems: [String] = []
        for satellite in satellites where !systems.contains(satellite.constellation) {
            systems.append(satellite.constellation)
        }
        return systems.map { system in
            let row = satellites.filter { $0.constellation == system }.map {
                "\($0.number):\($0.signal > 0 ? "\($0.signal)" : "–")\($0.used == 1 ? "*" : "")"
            }
            return "  " + Format.column(system, 15) + row.joined(separator: " ") + "\n"
        }.joined()
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
