// HOT PATH
import TimeScale

/// When a reply will have left that is stamped now, learned from the kernel's own stamps of a few of them.
///
/// A reply's transmit timestamp is written before the reply goes through the system; left as it is, it would be early by
/// the microseconds that this takes, and a client's offset wrong by half of them.
public struct DepartureEstimate: Sendable {
    /// A reply whose departure the kernel was asked for.
    private struct Probe {
        let transmitTimestamp: NTPTimestamp
        /// When its group was begun, and its place therein.
        let begun: Instant
        let place: Int
        /// When it left, as far as known.
        var departed: Instant?
    }

    /// Between two probes, ns: a system without load, whose delays change the most, is asked as often as a busy one.
    private static let probeInterval = Interval.milliseconds(125)
    /// No delay on the way through a system is longer but by accident, seconds; nor does one change by more.
    private static let longestDelay = 50e-6
    private static let largestChange = 4e-6
    /// Some ten probes, or groups, make the estimate.
    private static let gain = 0.125

    /// From the beginning of a group to the departure of its first reply, seconds.
    private var delay = 0.0
    /// From one reply of a group to the next, seconds.
    private var spacing = 0.0
    private var probe: Probe?
    private var nextProbe = MonotonicInstant(nanoseconds: 0)

    /// Knows nothing yet: a reply leaves when it is stamped.
    public init() {}

    /// The moment at which a reply will have left.
    ///
    /// - Parameters:
    ///   - place: its place in its group, 0 or more.
    ///   - begun: the clock's reading when the group was begun.
    /// - Returns: not before the group was begun.
    public func departure(of place: Int, begun: Instant) -> Instant {
        begun + Interval(seconds: delay + spacing * Double(place))
    }

    /// Whether it is time to ask the kernel for a departure.
    public mutating func isProbeDue(at now: MonotonicInstant) -> Bool {
        guard now >= nextProbe else { return false }
        nextProbe = now + Self.probeInterval
        return true
    }

    /// Remembers the reply whose departure was asked for, and learns from the one before what is known of it: a better
    /// stamp that was to come has not.
    ///
    /// - Parameters:
    ///   - transmitTimestamp: as it was written.
    ///   - place: its place in its group.
    ///   - begun: the clock's reading when the group was begun.
    public mutating func expect(_ transmitTimestamp: NTPTimestamp, place: Int, begun: Instant) {
        if let probe, let departed = probe.departed { learn(probe, departed: departed) }
        probe = Probe(transmitTimestamp: transmitTimestamp, begun: begun, place: place)
    }

    /// Learns when the reply left that was asked about; any other is ignored.
    ///
    /// - Parameters:
    ///   - transmitTimestamp: of the reply that left.
    ///   - departed: the kernel's stamp, or the network card's.
    ///   - isProvisional: whether a better stamp may still come.
    public mutating func learn(_ transmitTimestamp: NTPTimestamp, departed: Instant, isProvisional: Bool = false) {
        guard let probe, probe.transmitTimestamp == transmitTimestamp else { return }
        self.probe?.departed = departed
        guard !isProvisional else { return }
        self.probe = nil
        learn(probe, departed: departed)
    }

    private mutating func learn(_ probe: Probe, departed: Instant) {
        let seen = (departed - probe.begun).seconds - spacing * Double(probe.place)
        guard seen > -Self.longestDelay, seen < 2 * Self.longestDelay else { return }
        let change = min(max(seen - delay, -Self.largestChange), Self.largestChange)
        delay = min(max(0, delay + change * Self.gain), Self.longestDelay)
    }

    /// Learns from a group how long a reply takes.
    ///
    /// - Parameters:
    ///   - elapsed: from the beginning of the group to the end of its sending.
    ///   - count: its replies, 1 or more.
    public mutating func learnSpacing(elapsed: Interval, count: Int) {
        // A lone reply tells only how long the first one takes.
        guard count > 1 else { return }
        let each = min(max(0, (elapsed.seconds - delay) / Double(count)), Self.longestDelay)
        spacing += (each - spacing) * Self.gain
    }
}
