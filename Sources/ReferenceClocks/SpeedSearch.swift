import Receivers
import TimeScale

/// Finds the speed at which a receiver writes to a serial line, by listening at one speed after the other.
///
/// The owner of the line opens it at `baudRate` and tells what its decoder has counted, each time that bytes have come and
/// when it is `due`. Told to change the speed, it sets it, throws away what the line has gathered, and resets the decoder,
/// whose counts go on.
public struct SpeedSearch: Sendable {
    /// What is to be done next.
    public enum Step: Equatable, Sendable {
        /// Go on listening.
        case listen
        /// Listen at this speed, bit/s, from now on.
        case change(Int)
        /// A receiver writes at the speed that is set. The search is over.
        case found(Finding)
        /// No speed was right. The search is over; another one may be begun.
        case failed(Failure)
    }

    /// What speaks at the speed that was found.
    public struct Finding: Equatable, Sendable {
        /// The line's speed, bit/s.
        public let baudRate: Int
        /// The languages heard, the one with most messages first.
        public let languages: [ReceiverProtocol]
        /// Share of the bytes that belong to no message, 0 ... 1; the remainder of the first message among them.
        public let noiseShare: Double
    }

    /// Why no speed was found.
    public enum Failure: Equatable, Sendable {
        /// Not a single byte came. A wrong speed would have shown garbage, so the other speeds are not tried.
        case silent
        /// Bytes came, and made no message at any speed.
        case unreadable
    }

    /// Every speed that Linux's serial ports commonly take, bit/s, the likeliest first: what receivers leave the factory
    /// with (hardware.md §4), then what people set.
    public static let likelySpeeds = [9600, 38_400, 115_200, 4800, 57_600, 19_200, 230_400, 460_800, 921_600]

    /// How long a speed is listened to: receivers write once a second, some every two.
    public static let patience = Interval.milliseconds(2500)

    /// Messages that prove a speed at once. TSIP has no checksum, so one of it can be noise.
    private static let enoughMessages: UInt64 = 2
    /// Largest share of noise with which they do: of random bytes almost all are noise.
    private static let mostNoise = 0.5
    /// Speeds after which a line without a byte is silent: a receiver takes seconds to begin.
    private static let silentSpeeds = 2

    /// The speed that is listened at, bit/s.
    public private(set) var baudRate: Int
    private var remaining: ArraySlice<Int>
    private var before: ReceiverStatistics
    private var changed: MonotonicInstant
    private var speedsTried = 0
    private var hasHeard = false

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - first: the speed to be tried first, bit/s: that which the port is set to, or which was right before.
    ///   - speeds: those that the port takes, in the order in which they are tried; not empty.
    ///   - statistics: what the decoder has counted so far.
    ///   - now: the time.
    public init(
        first: Int? = nil, speeds: [Int] = likelySpeeds, statistics: ReceiverStatistics = ReceiverStatistics(),
        now: MonotonicInstant
    ) {
        precondition(!speeds.isEmpty, "a search has speeds to try")
        let ordered = speeds.filter { $0 == first } + speeds.filter { $0 != first }
        (baudRate, remaining) = (ordered[0], ordered.dropFirst())
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
        (baudRate, before, changed) = (next, statistics, now)
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
        return Finding(baudRate: baudRate, languages: languages, noiseShare: noiseShare)
    }
}
