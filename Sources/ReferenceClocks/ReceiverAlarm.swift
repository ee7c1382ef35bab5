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

    /// What a receiver says about one topic.
    enum Telling: Equatable {
        /// Nothing, or nothing that decides.
        case nothing
        /// All is well.
        case fine
        /// Something is wrong.
        case wrong(ReceiverAlarm)
    }

    /// What a receiver in a certain state says about a topic; an antenna that is switched off is neither well nor ill.
    static func telling(of topic: ReceiverStatus.Topics, _ status: ReceiverStatus) -> Telling {
        switch topic {
        case .antenna:
            switch status.antenna {
            case nil, .off: .nothing
            case .good: .fine
            case .open: .wrong(.antennaOpen)
            case .short: .wrong(.antennaShort)
            }
        case .jamming: status.jamming.map { $0 > .none ? .wrong(.jamming) : .fine } ?? .nothing
        case .spoofing: status.spoofing.map { $0 > .none ? .wrong(.spoofing) : .fine } ?? .nothing
        case .almanac: status.hasAlmanac.map { $0 ? .fine : .wrong(.noAlmanac) } ?? .nothing
        default: .nothing
        }
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

    /// Words for the log once the receiver says that it is over.
    public var end: String {
        switch self {
        case .antennaOpen, .antennaShort: "the antenna is all right again"
        case .jamming: "interference is over"
        case .spoofing: "the signals are trusted again by the receiver"
        case .noAlmanac: "the almanac is complete"
        }
    }

    /// Words for the log once the receiver says neither that it goes on nor that it is over.
    public var lapse: String {
        let subject =
            switch self {
            case .antennaOpen, .antennaShort: "the state of the antenna"
            case .jamming: "interference"
            case .spoofing: "whether the signals are to be trusted"
            case .noAlmanac: "whether the almanac is complete"
            }
        return subject + " is not told any more by the receiver"
    }
}

/// What has come of a receiver's alarm, for the log.
public struct ReceiverNews: Equatable, Sendable {
    /// What has happened.
    public let words: String
    /// Whether an alarm has come; else one is over.
    public let isRaised: Bool
}

/// Names each alarm once when it comes, and once when the receiver has said for a while that it is over, or says nothing
/// more about it.
struct ReceiverAlarms: Sendable {
    /// What is known about one topic.
    private struct Subject: Sendable {
        /// The alarm in force.
        var alarm: ReceiverAlarm?
        /// When it was last told.
        var lastRaised: MonotonicInstant?
        /// What was told last, and when.
        var telling = ReceiverAlarm.Telling.nothing
        var lastTold: MonotonicInstant?
        /// Whether it is told again and again, so that its absence means something; some say what has changed, and once.
        var isRepeated = false
    }

    /// An alarm that comes back within this time has never been over.
    private static let settling = Interval.seconds(10)
    /// What was told again and again and then not for so long, while other things were, is not told any more: a minute,
    /// longer than any receiver waits between two reports of its antenna.
    static let lifetime = Interval.seconds(60)
    private static let topics: [ReceiverStatus.Topics] = [.antenna, .jamming, .spoofing, .almanac]

    private var subjects = [Subject](repeating: Subject(), count: topics.count)

    /// The alarms in force, but for those that the receiver has just said are over.
    var inForce: [ReceiverAlarm] { subjects.compactMap { $0.telling == .fine ? nil : $0.alarm } }

    /// Takes note of what a receiver says.
    ///
    /// - Parameters:
    ///   - status: its state.
    ///   - told: what it has told since the last call.
    ///   - spoken: when it last said anything.
    ///   - now: the moment.
    /// - Returns: what has changed.
    mutating func update(
        _ status: ReceiverStatus, told: ReceiverStatus.Topics, spoken: MonotonicInstant?, now: MonotonicInstant
    ) -> [ReceiverNews] {
        zip(subjects.indices, Self.topics).compactMap { index, topic in
            let telling = ReceiverAlarm.telling(of: topic, status)
            return Self.update(
                &subjects[index], told.contains(topic) && telling != .nothing ? telling : nil, spoken: spoken, now)
        }
    }

    private static func update(
        _ subject: inout Subject, _ telling: ReceiverAlarm.Telling?, spoken: MonotonicInstant?, _ now: MonotonicInstant
    ) -> ReceiverNews? {
        if let telling {
            subject.isRepeated = telling == subject.telling
            (subject.telling, subject.lastTold) = (telling, now)
        }
        if case .wrong(let alarm) = subject.telling {
            if telling != nil { subject.lastRaised = now }
            if alarm != subject.alarm {
                subject.alarm = alarm
                return ReceiverNews(words: alarm.description, isRaised: true)
            }
        }
        guard let alarm = subject.alarm else { return nil }
        if subject.telling == .fine, now - (subject.lastRaised ?? now) >= settling {
            subject.alarm = nil
            return ReceiverNews(words: alarm.end, isRaised: false)
        }
        if isOld(subject, spoken: spoken) {
            (subject.alarm, subject.telling) = (nil, .nothing)
            return ReceiverNews(words: alarm.lapse, isRaised: false)
        }
        return nil
    }

    private static func isOld(_ subject: Subject, spoken: MonotonicInstant?) -> Bool {
        guard subject.isRepeated, let last = subject.lastTold, let spoken else { return false }
        return spoken - last > lifetime
    }

    /// What was told again and again, and is not any more.
    func lapsed(spoken: MonotonicInstant?) -> ReceiverStatus.Topics {
        var lapsed: ReceiverStatus.Topics = []
        for (subject, topic) in zip(subjects, Self.topics) where Self.isOld(subject, spoken: spoken) {
            lapsed.formUnion(topic)
        }
        return lapsed
    }

    /// Notes that the receiver was silent, and speaks again: it has a minute to say what it said before.
    mutating func resume(at now: MonotonicInstant) {
        for index in subjects.indices where subjects[index].lastTold != nil { subjects[index].lastTold = now }
    }

    /// Notes that it may be another receiver, or has begun anew: what is wrong stays until it says otherwise, or nothing.
    mutating func forgetReceiver() {
        for index in subjects.indices {
            subjects[index].telling = .nothing
            subjects[index].isRepeated = subjects[index].alarm != nil
        }
    }
}
