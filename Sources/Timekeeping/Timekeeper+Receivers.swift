import ConfigurationLanguage
import Discipline
import Receivers
import ReferenceClocks
import Reports
import TimeScale

extension Timekeeper {
    /// Notes that a receiver writes at a speed that it was not thought to, bit/s, and in which languages.
    public mutating func speedFound(_ index: Int, baudRate: Int, languages: String) {
        let configured = sources[index].configuration.configuredBaudRate ?? baudRate
        let remark = configured == baudRate ? "" : ", not \(configured) as configured"
        note(.notice, index, "the receiver writes \(languages) at \(baudRate) bit/s\(remark)")
    }

    /// Notes that the line of a receiver is read at another speed from now on, bit/s.
    public mutating func speedChanged(_ index: Int, to baudRate: Int) {
        sources[index].changeSpeed(to: baudRate)
        for pulsed in numbered(by: index) { sources[pulsed].beNumbered(by: sources[index]) }
        recallSources()
    }

    /// Logs what a source's receiver has found wrong, or right again.
    mutating func reportReceiver(_ index: Int) {
        let news = sources[index].takeReceiverNews(now: clock.monotonicNow())
        for (words, isRaised) in news.alarms { note(isRaised ? .warning : .notice, index, words) }
        for news in sources[index].takeProfileNews() {
            note(news.isFault ? .warning : .notice, index, news.description)
        }
        if news.wasReset { note(.notice, index, "the receiver was reset") }
    }

    /// What the receiver of a source says about itself; `nil` where none has spoken.
    func receiver(of index: Int) -> ReceiverReport? {
        let source = sources[index]
        guard let status = source.status, !source.languages.isEmpty else { return nil }
        var report = ReceiverReport()
        report.source = source.configuration.name
        report.languages = source.languages.map(\.description).joined(separator: ", ")
        (report.model, report.firmware) = (status.model, status.firmware)
        report.second = source.lastLabel?.utc.description
        report.fix = status.fix?.rawValue
        report.satellitesUsed = status.satellitesUsed
        report.satellitesInView = status.satellites.isEmpty ? nil : status.satellites.count
        report.horizontalDilution = status.horizontalDilution
        report.positionDilution = status.positionDilution
        report.timeDilution = status.timeDilution
        report.timeAccuracy = status.timeAccuracy
        report.antenna = status.antenna?.rawValue
        report.jamming = status.jamming.map { "\($0)" }
        report.jammingIndicator = status.jammingIndicator
        report.spoofing = status.spoofing.map { "\($0)" }
        report.survey = status.survey?.words
        report.leapSeconds = status.leapSeconds
        report.sawtooth = numbered(by: index).lazy.compactMap { sources[$0].sawtoothUse }.first
        report.profile = source.profileState
        report.alarms = (source.alarmsInForce.map(\.description) + status.alarms).joined(separator: "; ")
        report.temperature = status.temperature
        (report.latitude, report.longitude) = (status.place?.latitude, status.place?.longitude)
        report.satellites = status.satellites.map { ReceiverReport.Satellite($0) }
        return report
    }
}

extension ReceiverStatus.Survey {
    /// The survey in words: `going on, 120 s, 2.31 m`.
    fileprivate var words: String {
        var words = isActive ? "going on" : isValid ? "done" : "none"
        if duration > 0 { words += ", \(duration) s" }
        if let accuracy { words += ", \(FixedDecimal.text(accuracy, digits: 2)) m" }
        if let progress { words += ", \(progress) %" }
        return words
    }
}

extension ReceiverReport.Satellite {
    fileprivate init(_ satellite: Satellite) {
        self.init()
        constellation = satellite.constellation.rawValue
        (number, signal) = (satellite.number, satellite.signal)
        (elevation, azimuth) = (satellite.elevation, satellite.azimuth)
        used = satellite.isUsed ? 1 : 0
    }
}
