import Receivers
import TimeScale

/// Something that a receiver says is wrong with it or around it, while it may go on telling the time.
public enum ReceiverAlarm: Int, CaseIterable, Sendable {
    /// The antenna draws no current: it is unplugged, or its cable broken.
    case antennaOpen
    /// The antenna or its cable is shorted.
    case antennaShort
    /// Interference is indicated, or so strong that there is no fix.
    case jamming
    /// Signals seem to pretend to be a satellite's.
    case spoofing
    /// The almanac is incomplete.
    case noAlmanac

    /// The alarms of a receiver in a certain state.
    public static func of(_ status: ReceiverStatus) -> Set<ReceiverAlarm> {
        var alarms: Set<ReceiverAlarm> = []
        if status.antenna == .open { alarms.insert(.antennaOpen) }
        if status.antenna == .short { alarms.insert(.antennaShort) }
        if let jamming = status.jamming, jamming > .none { alarms.insert(.jamming) }
        if let spoofing = status.spoofing, spoofing > .none { alarms.insert(.spoofing) }
        if status.hasAlmanac == false { alarms.insert(.noAlmanac) }
        return alarms
    }
}

extension ReceiverAlarm: CustomStringConvertible {
    /// Words for the log: what is wrong, and what to look at.
    public var description: String {
        switch self {
        case .antennaOpen: "the antenna is unplugged or its cable broken, says the receiver"
        case .antennaShort: "the antenna or its cable is shorted, says the receiver"
        case .jamming: "the receiver sees interference (jamming)"
        case .spoofing: "the receiver sees signals that pretend to be a satellite's (spoofing)"
        case .noAlmanac: "the receiver's almanac is incomplete"
        }
    }

    /// Words for the log once it is over, by what the receiver then says.
    public func end(_ status: ReceiverStatus) -> String {
        switch self {
        case .antennaOpen, .antennaShort:
            status.antenna == nil ? "the receiver no longer knows how the antenna is" : "the antenna is all right again"
        case .jamming:
            status.jamming == nil ? "the receiver no longer knows of interference (jamming)" : "interference is over"
        case .spoofing:
            status.spoofing == nil
                ? "the receiver no longer knows whether its signals are true (spoofing)"
                : "the signals are trusted again by the receiver"
        case .noAlmanac: "the almanac is complete"
        }
    }
}

/// Names each alarm once when it comes, and once when it has been over for a while.
struct ReceiverAlarms: Sendable {
    /// An alarm that comes back within this time has never been over.
    private static let settling = Interval.seconds(10)

    /// The alarms in force, and when each was last raised.
    private var lastRaised: [ReceiverAlarm: MonotonicInstant] = [:]

    /// The alarms in force.
    var inForce: [ReceiverAlarm] { ReceiverAlarm.allCases.filter { lastRaised[$0] != nil } }

    /// Takes note of the alarms of a moment.
    ///
    /// - Parameters:
    ///   - alarms: those that are raised.
    ///   - now: the moment.
    /// - Returns: what has changed: the alarms that have come (`true`) and that are over (`false`).
    mutating func update(_ alarms: Set<ReceiverAlarm>, now: MonotonicInstant) -> [(
        alarm: ReceiverAlarm, isRaised: Bool
    )] {
        ReceiverAlarm.allCases.compactMap { alarm in
            let last = lastRaised[alarm]
            if alarms.contains(alarm) {
                lastRaised[alarm] = now
                return last == nil ? (alarm, true) : nil
            }
            guard let last, now - last >= Self.settling else { return nil }
            lastRaised[alarm] = nil
            return (alarm, false)
        }
    }
}
