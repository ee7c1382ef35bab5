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
            guard sources[index].isAbout(pulse.device), !isOthers, !isRemote else { return }
            if let error = pulse.quantisationError {
                sources[index].note(
                    PulseSawtooth(second: pulse.reference.nearestSecond, correction: Double(error) * 1e-12))
            }
            return receive(pulse: pulse.clock, sequence: nil, from: index)
        case .error(let message): sources[index].suspend(.absent("gpsd: \(message)"))
        case .device(let device) where !device.isActive && sources[index].isAbout(device.path):
            sources[index].consume(report, arrived: arrived, now: now) { _ in }
            sources[index].suspend(.absent("gpsd has no receiver at \(device.path)"))
        case .fix(let fix) where !sources[index].isAbout(fix.device): return
        case .satellites(let sky) where !sources[index].isAbout(sky.device): return
        case .timeOffset(let offset) where !sources[index].isAbout(offset.device): return
        default:
            var stamp = arrived
            if case .timeOffset(let offset) = report, !isRemote { stamp = offset.clock }
            guard isRecent(clock.reading(atKernelTime: stamp)) else { return sources[index].countMalformed() }
            var labels: [SecondLabel] = []
            sources[index].consume(report, arrived: clock.reading(atKernelTime: stamp), now: now) { labels.append($0) }
            if sources[index].configuration.unit < 128 { receive(labels, from: index) }
        }
        reportConditions()
    }
}
