import ConfigurationLanguage
import Discipline
import GPSDWire
import Receivers
import ReferenceClocks
import TimeScale

extension Timekeeper {
    /// Takes what gpsd tells of a receiver.
    ///
    /// - Parameters:
    ///   - report: of gpsd's.
    ///   - arrived: kernel time at which it came.
    ///   - index: the source.
    public mutating func receive(_ report: GPSDReport, arrived: Instant, from index: Int) {
        watchClock()
        let now = clock.monotonicNow()
        // Stamps of another computer's clock say nothing about ours.
        let isRemote = sources[index].configuration.effectiveServer.isRemote
        switch report {
        case .pulse(let pulse):
            let isOthers = sources.indices.contains { Self.isPulseUnit($0, of: index, in: sources) }
            guard sources[index].believesPulses(of: pulse.device), !isOthers, !isRemote else { return }
            if let error = pulse.quantisationError {
                sources[index].note(
                    PulseSawtooth(second: pulse.reference.nearestSecond, correction: Double(error) * 1e-12))
            }
            return receive(pulse: pulse.clock, sequence: nil, from: index)
        case .error(let message):
            // What gpsd says of a request is no news about a source that delivers.
            if !sources[index].reach.isReachable { sources[index].suspend(.absent("gpsd: \(message)")) }
        default:
            var stamp = clock.reading(atKernelTime: arrived)
            if case .timeOffset(let offset) = report, !isRemote {
                stamp = clock.reading(atKernelTime: offset.clock)
                guard isRecent(stamp) else { return sources[index].countMalformed() }
            }
            var labels: [SecondLabel] = []
            sources[index].consume(report, arrived: stamp, now: now) { labels.append($0) }
            if sources[index].configuration.unit < 128 { receive(labels, from: index) }
        }
        reportConditions()
    }
}
