import ConfigurationLanguage
import Discipline
import Receivers
import ReferenceClocks
import Reports
import TimeScale

extension Timekeeper {
    /// Notes that a source's device was opened.
    ///
    /// - Parameters:
    ///   - index: the source.
    ///   - name: by which it was opened, where that may be another than the configured one.
    ///   - isSame: whether it is certainly the device that was open before, if one was: what its labels have taught of
    ///     their delay holds for no other.
    ///   - missing: the device whose place it has taken.
    public mutating func deviceOpened(
        _ index: Int, as name: String? = nil, isSame: Bool = true, insteadOf missing: String? = nil
    ) {
        let configured = sources[index].configuration.effectiveDevicePath ?? ""
        let other = name == configured ? nil : name
        let isNews = sources[index].deviceOpened(as: other)
        if !isSame, sources[index].configuration.driver.isReceiver {
            for pulsed in numbered(by: index) { sources[pulsed].beNumbered(by: sources[index]) }
        }
        guard isNews || missing != nil else { return }
        let remark =
            if let missing {
                ", another device in place of \(missing)"
            } else {
                other == nil ? "" : ", for \(configured) is gone or another device"
            }
        note(.notice, index, "opened" + (other.map { " as \($0)" } ?? "") + remark)
    }

    /// Notes that a serial receiver's pulses are not there, and why.
    public mutating func pulsesAbsent(_ index: Int, reason: String) {
        note(.warning, index, "\(reason); no pulses until it is there, will try again")
    }

    /// Notes that a source's device is not there.
    ///
    /// - Parameters:
    ///   - index: the source.
    ///   - reason: the system's words.
    ///   - isMissing: whether there is nothing to open; else something is in the way.
    public mutating func deviceAbsent(_ index: Int, reason: String, isMissing: Bool = true) {
        sources[index].deviceAbsent(reason, isMissing: isMissing)
        reportConditions()
    }

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
        for news in news.alarms { note(news.isRaised ? .warning : .notice, index, news.words) }
        for news in sources[index].takeProfileNews() {
            note(news.isFault ? .warning : .notice, index, news.description)
        }
        if news.wasReset { note(.notice, index, "the receiver was reset") }
    }

    /// What the receiver of a source says about itself; `nil` where none has spoken since the device was opened.
    func receiver(of index: Int) -> ReceiverReport? {
        let (source, now) = (sources[index], clock.monotonicNow())
        guard let status = source.status(at: now), let age = source.silence(at: now) else { return nil }
        var report = ReceiverReport(status)
        report.source = source.configuration.name
        report.age = ReceiverReport.rounded(age, 1)
        report.languages = source.languages.map(\.description).joined(separator: ", ")
        report.second = source.lastLabel?.utc.description
        report.sawtooth = numbered(by: index).lazy.compactMap { sources[$0].sawtoothUse }.first
        report.profile = source.profileState
        report.alarms = source.alarmsInForce.map(\.description) + status.alarms
        return report
    }
}
