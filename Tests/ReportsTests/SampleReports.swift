import Reports

/// Reports in which no two properties have the same value.
enum SampleReports {
    static let tracking: TrackingReport = {
        var report = TrackingReport()
        (report.version, report.state, report.reason, report.clock) = ("1", "2", "3", "4")
        (report.stratum, report.leapIndicator, report.precision) = (5, 6, 7)
        (report.referenceID, report.source) = ("8", "9")
        (report.referenceTime, report.time, report.offset, report.offsetDeviation) = (10, 11, 12, 13)
        (report.frequency, report.frequencyDeviation, report.correction, report.jitter) = (14, 15, 16, 17)
        (report.rootDelay, report.rootDispersion, report.uptime) = (18, 19, 20)
        return report
    }()

    static let source: SourceReport = {
        var report = SourceReport()
        (report.name, report.referenceID, report.device, report.use, report.reason) = ("1", "2", "3", "4", "5")
        (report.reach, report.samples, report.pulses, report.pulsesMissed, report.rejected) = (6, 7, 8, 9, 10)
        (report.offset, report.jitter, report.age) = (11, 12, 13)
        (report.labelDelay, report.labelDelayDeviation) = (14, 15)
        return report
    }()

    static let receiver: ReceiverReport = {
        var report = ReceiverReport()
        (report.source, report.languages, report.model, report.firmware, report.fix) = ("1", "2", "3", "4", "5")
        (report.satellitesUsed, report.satellitesInView, report.jammingIndicator, report.leapSeconds) = (6, 7, 8, 9)
        (report.horizontalDilution, report.positionDilution, report.timeDilution) = (10, 11, 12)
        (report.timeAccuracy, report.temperature, report.latitude, report.longitude) = (13, 14, 15, 16)
        (report.antenna, report.jamming, report.spoofing, report.survey) = ("17", "18", "19", "20")
        (report.sawtooth, report.profile, report.alarms) = ("21", "22", ["23"])
        (report.second, report.protocolVersion, report.almanac, report.leapAt) = ("24", "25", "26", "27")
        (report.age, report.uptime, report.clockBias, report.clockDrift) = (28, 29, 30, 31)
        (report.surveyDuration, report.surveyAccuracy, report.surveyProgress) = (32, 33, 34)
        (report.leapChange, report.height) = (35, 36)
        return report
    }()

    static let server: ServerReport = {
        var report = ServerReport()
        (report.received, report.replied, report.failed, report.truncated) = (1, 2, 3, 4)
        (report.badVersion, report.badMode, report.badTail, report.denied) = (5, 6, 7, 8)
        (report.limited, report.flaked, report.kissed, report.clients) = (9, 10, 11, 12)
        (report.clientsForgotten, report.clientsUnrecorded) = (13, 14)
        (report.badAuthentication, report.authenticated, report.cryptoNAKs) = (15, 16, 17)
        report.declined = 18
        return report
    }()
}
