import ConfigurationLanguage
import Receivers
import TimeScale

/// Finds the speed and the parity with which a receiver writes to a serial line, by listening with one after the other.
///
/// The owner of the line sets it to `settings` and tells what its decoder has counted, each time that bytes have come and
/// when it is `due`. Told to change them, it sets them, throws away what the line has gathered, and resets the decoder,
/// whose counts go on.
public struct SpeedSearch: Sendable {
    /// What is to be done next.
    public enum Step: Equatable, Sendable {
        /// Go on listening.
        case listen
        /// Listen with these settings from now on.
        case change(LineSettings)
        /// A receiver writes with the settings that are set. The search is over.
        case found(Finding)
        /// No settings were right. The search is over; another one may be begun.
        case failed(Failure)
    }

    /// What speaks with the settings that were found.
    public struct Finding: Equatable, Sendable {
        /// Of the line.
        public let settings: LineSettings
        /// The languages heard, the one with most messages first.
        public let languages: [ReceiverProtocol]
    }

    /// Why no settings were found.
    public enum Failure: Equatable, Sendable {
        /// Not a single byte came. A wrong speed would have shown garbage, so the other speeds are not tried.
        case silent
        /// Bytes came, and made no message with any settings.
        case unreadable
    }

    /// Every speed without parity, the likeliest first, and among them what Trimble's receivers have, but for Thunderbolt
    /// and Copernicus (driver29).
    public static let likely: [LineSettings] = {
        var settings = LineSettings.speeds.map { LineSettings($0) }
        // After the four speeds with which receivers leave the factory.
        settings.insert(LineSettings(9600, .odd), at: 4)
        return settings
    }()

    /// How long a speed is listened to: receivers write once a second, some every two.
    public static let patience = Interval.milliseconds(2500)

    /// Messages that prove a speed at once. TSIP has no checksum, so one of it can be noise.
    private static let enoughMessages: UInt64 = 2
    /// Largest share of noise with which they do: of random bytes almost all are noise.
    private static let mostNoise = 0.5
    /// Speeds after which a line without a byte is silent: a receiver takes seconds to begin.
    private static let silentSpeeds = 2

    /// The settings that are listened with.
    public private(set) var settings: LineSettings
    private var remaining: ArraySlice<LineSettings>
    private var before: ReceiverStatistics
    private var changed: MonotonicInstant
    private var speedsTried = 0
    private var hasHeard = false

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - first: the settings to be tried first, where they are among the others: those that the port has.
    ///   - settings: those that the port takes, in the order in which they are tried; not empty.
    ///   - statistics: what the decoder has counted so far.
    ///   - now: the time.
    public init(
        first: LineSettings? = nil, among settings: [LineSettings] = likely,
        statistics: ReceiverStatistics = ReceiverStatistics(), now: MonotonicInstant
    ) {
        precondition(!settings.isEmpty, "a search has settings to try")
        let ordered = settings.filter { $0 == first } + settings.filter { $0 != first }
        (self.settings, remaining) = (ordered[0], ordered.dropFirst())
        (before, changed) = (statistics, now)
    }

    /// When the owner is to call again though no bytes have come.
    public var due: MonotonicInstant { changed + Self.patience }

    /// Looks at what has come since the speed was set.
    ///
    /// - Parameters:
    ///   - statistics: what the decoder has counted, the bytes just read included.
    ///   - now: the time.
    /// - Returns: what is to be done; not to be asked again after `found` and `failed`.
    public mutating func observe(_ statistics: ReceiverStatistics, now: MonotonicInstant) -> Step {
        hasHeard = hasHeard || statistics.bytes > before.bytes
        let isOver = now >= due
        if let finding = finding(statistics, isOver: isOver) { return .found(finding) }
        guard isOver else { return .listen }
        speedsTried += 1
        if !hasHeard, speedsTried >= Self.silentSpeeds { return .failed(.silent) }
        guard let next = remaining.popFirst() else { return .failed(hasHeard ? .unreadable : .silent) }
        (settings, before, changed) = (next, statistics, now)
        return .change(next)
    }

    /// What speaks at this speed: proven by messages among little noise, or in the end by one message with a checksum.
    private func finding(_ statistics: ReceiverStatistics, isOver: Bool) -> Finding? {
        let messages = statistics.messages - before.messages
        let unproven = statistics.messages(of: .tsip) - before.messages(of: .tsip)
        let noise = Double(statistics.skippedBytes - before.skippedBytes)
        let noiseShare = noise / Double(max(statistics.bytes - before.bytes, 1))
        let isClear = messages >= Self.enoughMessages && noiseShare <= Self.mostNoise
        guard isClear || isOver && messages > unproven else { return nil }
        let counts = ReceiverProtocol.allCases.map { ($0, statistics.messages(of: $0) - before.messages(of: $0)) }
        let languages = counts.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }.map(\.0)
        return Finding(settings: settings, languages: languages)
    }
}
